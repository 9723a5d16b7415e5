"""`python -m freewheel`."""

from __future__ import annotations

import sys

from freewheel.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
