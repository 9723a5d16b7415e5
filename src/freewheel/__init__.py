"""A package installer with pip's commands around a cache that never does the same work twice."""

__version__ = "0.1.0.dev0"
