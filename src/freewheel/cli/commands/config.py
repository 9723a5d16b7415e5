"""`freewheel config`: the words of pip's command, and its exit status."""

from __future__ import annotations

import os
from collections.abc import Iterable

from freewheel.cli.invocation import Invocation
from freewheel.commands import config
from freewheel.commands.config import FileSettings, masked
from freewheel.events import Warned

ARGUMENTS = {"list": (), "edit": (), "get": ("name",), "set": ("name", "value"), "unset": ("name",), "debug": ()}


def run(call: Invocation) -> int:
    """Carry out one action; raises CommandMisused, ConfigurationFileError, NotWritable."""
    action, words = config.checked_action(call.config.words, ARGUMENTS)
    settings = FileSettings(call.config.files, call.config.environment, is_isolated=call.config.is_isolated)

    def warn(message: str) -> None:
        call.run.reporter.emit(Warned(message=message))

    match action:
        case "list" | "debug":
            _print_all(call, _listed(settings) if action == "list" else _everything(settings))
            for sentence in dict.fromkeys(config.unread(settings.found(settings.looked_at()))):
                warn(sentence)
        case "get":
            call.printer.print(settings.value(words[0]))
        case "set":
            call.printer.tell(f"Writing to {settings.set(words[0], words[1], warn=warn)}")
        case "unset":
            call.printer.tell(f"Writing to {settings.unset(words[0], warn=warn)}")
        case _:
            config.edit(settings.file(warn), call.config.files.editor)
    return 0


def _print_all(call: Invocation, lines: Iterable[str]) -> None:
    for line in lines:
        call.printer.print(line)


def _listed(settings: FileSettings) -> list[str]:
    """As in pip: file by file, the environment last, and in each by key."""
    found = sorted(settings.found(settings.looked_at()), key=lambda one: (one.place, one.key))
    return [f"{one.key}={one.shown!r}" for one in found]


def _everything(settings: FileSettings) -> Iterable[str]:
    """As in pip: where each level's files would lie, and what they say."""
    levels, looked_at = settings.levels(), settings.looked_at()
    yield "env_var:"
    yield from (f"  {name}={masked(name, value)!r}" for name, value in settings.variables())
    for name in sorted({"env", *levels}):
        yield f"{name}:"
        for path in reversed(levels[name].paths) if name in levels else ():
            yield f"  {path}, exists: {os.path.exists(path)!r}"  # noqa: PTH110 - Path.exists raises where it may not look
            if levels[name] in looked_at:
                yield from (f"    {one.key}: {one.shown}" for one in config.found_in(path))
