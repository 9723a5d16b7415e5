"""`freewheel hash`."""

from __future__ import annotations

from pathlib import Path

from freewheel.cli.arguments import usage
from freewheel.cli.invocation import Invocation
from freewheel.commands.hash import digest_of


def run(call: Invocation) -> int:
    """Print each file's digest in pip's form; raises UnusablePath."""
    if not call.config.words:
        call.printer.fail([usage("hash")])
        return 1
    for word in call.config.words:
        digest = digest_of(Path(call.platform.folder, word), call.config.request.algorithm)
        call.printer.print(f"{word}:\n--hash={digest}")
    return 0
