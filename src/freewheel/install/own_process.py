"""Another process of the Python that this program runs in, for work that has to be shared."""

from __future__ import annotations

import json
import sys

_START = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
importlib.import_module(sys.argv[2]).main()
"""


def command(module: str, *, executable: str) -> list[str]:
    """What runs the `main` of one of this program's modules.

    It finds the program where this process does, whatever the environment says of paths and start-up files.
    """
    return [executable, "-I", "-S", "-c", _START, json.dumps(sys.path), module]
