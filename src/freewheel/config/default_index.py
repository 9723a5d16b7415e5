"""The index that the installed pip asks when nobody names one."""

from __future__ import annotations

from freewheel.errors import CommandMisused


def index_of_pip() -> str:
    """pip's own default, which a distributor may have changed; raises CommandMisused where pip does not tell.

    Costs pip's import, about 20 ms: only where no index is configured.
    """
    try:
        from pip._internal.models.index import PyPI
    except ImportError as error:
        raise CommandMisused(
            problem="no index is configured, and the installed pip does not tell its own",
            hint="name one with --index-url, or as index-url in a configuration file",
        ) from error
    return str(PyPI.simple_url)
