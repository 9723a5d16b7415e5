"""Requirements become a resolution (resolvelib)."""
