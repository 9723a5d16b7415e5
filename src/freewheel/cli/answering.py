"""A shell's question answered from this machine: its files, its cache, and the environment acted on."""

# What is listed are texts that somebody types, not paths to be read.
# ruff: noqa: PTH112, PTH118, PTH208

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from freewheel.cli.arguments import parse
from freewheel.cli.completing import World, completions, question
from freewheel.commands.config import FileSettings
from freewheel.config.loading import load
from freewheel.config.platform import Platform
from freewheel.config.values import Config
from freewheel.errors import FreewheelError
from freewheel.events import Recorder
from freewheel.install.discovery import installed
from freewheel.options.option import ParsedArguments
from freewheel.wiring.program import Program
from freewheel.wiring.run import Run


def answers(environ: Mapping[str, str], platform: Platform) -> list[str]:
    """The possibilities; nothing is changed and nothing said. Raises FreewheelError, OSError."""
    asked = question(environ)
    if asked is None:
        return []
    words, number = asked
    before = words[1:number]

    def configured(command: str) -> Config:
        return load(_arguments(command, before), environ=environ, platform=platform)

    world = World(
        paths=paths_in,
        installed=lambda: _installed(configured("list")),
        kept=lambda: _kept(configured("cache")),
        set_keys=lambda: _set_keys(configured("config")),
    )
    return completions(words, number, world)


def paths_in(text: str, only_folders: bool) -> Iterator[str]:
    """Files and folders that a path may become, as it was begun; folders end in a slash.

    None for one that begins with `~`, which the shell knows better.
    """
    folder, name = os.path.split(text)
    if text.startswith("~") or not os.path.isdir(folder or "."):
        return
    try:
        names = sorted(os.listdir(folder or "."))
    except OSError:
        return
    for found in names:
        if os.path.normcase(found).startswith(os.path.normcase(name)) and (name or not found.startswith(".")):
            path = os.path.join(folder, found)
            if os.path.isdir(path):
                yield os.path.join(path, "")
            elif not only_folders:
                yield path


def _arguments(command: str, words: tuple[str, ...]) -> ParsedArguments:
    """A command with what the words so far say of the environment, cache and files."""
    try:
        given = parse(words).given
    except FreewheelError:
        given = ()
    return ParsedArguments(
        command=command, given=tuple(one for one in given if one.name in ("python", "isolated", "cache-dir"))
    )


def _installed(config: Config) -> list[str]:
    """The projects of the environment that the words name, or else that is active."""
    with Run(config, reporter=Recorder()) as this_run:
        return list(installed(Program(config, this_run).interpreter))


def _kept(config: Config) -> list[str]:
    with Run(config, reporter=Recorder()) as this_run:
        cache = this_run.cache
        return [] if cache is None else [wheel.project for wheel in cache.contents.catalog.wheels()]


def _set_keys(config: Config) -> set[str]:
    settings = FileSettings(config.files, {}, is_isolated=True)
    return {one.key for one in settings.found(settings.looked_at())}
