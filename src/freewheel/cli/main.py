"""The entry point: words in, an exit status out, whatever happens in between."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from freewheel.cli.arguments import VERSION_COMMAND, help_text, parse, usage, version_text
from freewheel.cli.completing import VARIABLE
from freewheel.cli.messages import Message, lines
from freewheel.cli.progress import Progress
from freewheel.cli.render import Printer
from freewheel.config.loading import load
from freewheel.config.platform import Platform, this_platform
from freewheel.config.values import Config
from freewheel.errors import FreewheelError, NotWritable, UsageError
from freewheel.events import Broadcast, Noted, Warned
from freewheel.options.option import ParsedArguments
from freewheel.options.table import NEEDING_VIRTUALENV

ANSWERING = frozenset({"list", "freeze", "show", "check", "inspect"})
"""Commands whose output is data, which other programs may read at any verbosity."""


class Terminated(KeyboardInterrupt):
    """The process was asked to end: unwound like Ctrl-C, so that a change of an environment is taken back."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run() -> int:
    """The `freewheel` command."""
    for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup, for one, has the signal ignored
            signal.signal(number, _terminate)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115 - a daemon may have closed them
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: PTH123, SIM115
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as Python does with the standard error stream
    environ, platform = dict(os.environ), this_platform()
    if VARIABLE in environ:
        return complete(environ, platform)
    return main(sys.argv[1:], environ=environ, platform=platform)


def _terminate(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise Terminated(number)


def complete(environ: Mapping[str, str], platform: Platform) -> int:
    """Answer a shell's completion script, a line for each possibility; whatever goes wrong, there is none."""
    from freewheel.cli.answering import answers

    with suppress(FreewheelError, OSError):
        for line in answers(environ, platform):
            print(line)  # noqa: T201 - there is no printer yet, and no configuration
    return 0


def main(words: Sequence[str], *, environ: Mapping[str, str], platform: Platform) -> int:
    """Carry out one command line; its exit status, as pip's: 0, 1 for an error, 2 for wrong usage."""
    printer = _printer(None, environ, platform)
    try:
        arguments = parse(words)
        if arguments.command == VERSION_COMMAND:
            printer.print(version_text())
            return 0
        if arguments.command == "help":
            width = shutil.get_terminal_size().columns
            printer.print(help_text(arguments.words[0] if arguments.words else None, width=width))
            return 0
        config = load(arguments, environ=environ, platform=platform)
        printer = _printer(config, environ, platform)
        if config.command in ANSWERING:
            printer.leave_room()
        return _carry_out(config, arguments, platform, printer)
    except KeyboardInterrupt as interrupt:
        printer.fail(["ERROR: Operation cancelled by user", "  hint: Environments are as they were before."])
        return 128 + interrupt.number if isinstance(interrupt, Terminated) else 1
    except UsageError as error:
        message = _described(error)
        head = [] if error.command is None else [usage(error.command or None), ""]
        printer.fail([*head, *lines(message)])
        return message.exit_status
    except (FreewheelError, OSError) as error:
        message = _described(error)
        printer.fail(lines(message))
        return message.exit_status
    except Exception:  # noqa: BLE001 - a defect of ours: say so, with everything that helps to mend it
        import traceback

        printer.fail(
            [
                "ERROR: freewheel met something that it does not expect. This is a defect of freewheel; please",
                "report it with what follows.",
                traceback.format_exc(),
            ]
        )
        return 2
    finally:
        printer.close()


def _described(error: FreewheelError | OSError) -> Message:
    # The texts of all errors are a tenth of a start, which only a failure pays.
    from freewheel.cli.errors_as_text import describe

    return describe(error)


def _carry_out(config: Config, arguments: ParsedArguments, platform: Platform, printer: Printer) -> int:
    from freewheel.cli.afterwards import finish
    from freewheel.cli.invocation import Invocation
    from freewheel.cli.person import Asking, person_at
    from freewheel.commands.savings import Ledger
    from freewheel.wiring.run import Run

    ledger = Ledger()
    for note in config.notes:
        printer.emit(Noted(message=note))
    for warning in config.warnings:
        printer.emit(Warned(message=warning))
    asking = Asking(printer) if config.network.may_ask else None
    with Run(
        config,
        reporter=Broadcast((printer, ledger)),
        person=person_at(asking),
        choose=None if asking is None else asking.choice,
    ) as this_run:
        if config.install.require_virtualenv and arguments.command in NEEDING_VIRTUALENV:
            from freewheel.commands.place import check_virtual

            check_virtual(this_run.interpreter)
        call = Invocation(config=config, run=this_run, printer=printer, platform=platform, ledger=ledger)
        command = importlib.import_module(f"freewheel.cli.commands.{arguments.command}")
        status: int = command.run(call)
        finish(call)
        return status


def _printer(config: Config | None, environ: Mapping[str, str], platform: Platform) -> Printer:
    style, log = "off", None
    if config is not None:
        wanted = config.output.progress_bar
        style = wanted if wanted in ("raw", "off") else "bars" if sys.stdout.isatty() else "off"
        log = _opened(config.output.log)
    has_colour = sys.stderr.isatty() and environ.get("TERM") != "dumb" and not environ.get("NO_COLOR")
    return Printer(
        out=sys.stdout,
        err=sys.stderr,
        verbosity=config.output.verbosity if config is not None else 0,
        has_colour=has_colour and (config is None or config.output.colour),
        progress=Progress(style=style, stream=sys.stdout, clock=time.monotonic),
        folder=platform.folder,
        log=log,
    )


def _opened(path: str | None) -> TextIO | None:
    if path is None:
        return None
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return open(path, "a", encoding="utf-8", buffering=1)  # noqa: PTH123 - open until the process ends
    except OSError as error:
        raise NotWritable(path=path, reason=error.strerror or str(error)) from error
