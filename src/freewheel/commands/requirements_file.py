"""Requirements and constraints files, with the files that they name."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from freewheel.commands.lock_names import lock_request
from freewheel.commands.requirements_text import NoText, decode, logical_lines, read_line
from freewheel.config.platform import Platform, absolute
from freewheel.config.values import Location
from freewheel.errors import MalformedRequirement, RequirementsFileError, RequirementsFileLoop, UsageError
from freewheel.model import url as urls
from freewheel.model.requirement import COMMAND_LINE, Origin, file_origin
from freewheel.model.variables import Expanded, UrlPart, expand
from freewheel.options.option import Given

PROJECT_FILE = "pyproject.toml"
FileOption = Literal["-r", "-c"]
_URL_SCHEMES = ("http", "https", "file")
_KINDS: dict[FileOption, str] = {"-r": "requirements", "-c": "constraint"}
_OF_PROJECTS = (PROJECT_FILE, "setup.py", "setup.cfg")
_NESTED: dict[str, FileOption] = {"requirement": "-r", "constraint": "-c"}


class FileLine(Struct, frozen=True, kw_only=True):
    """One line: a requirement with its options, or options alone; `is_editable` tells one that `-e` stands before.

    `shown` is the line as it may be shown: without passwords, and with `${NAME}` in place of its value; `text` tells
    which these are. `folder` is where the file lies, None for a file behind a URL.
    """

    origin: Origin
    option: FileOption
    shown: str
    text: Expanded
    requirement: str
    given: tuple[Given, ...]
    folder: str | None
    is_editable: bool = False


class RequirementsFiles(Struct, frozen=True, kw_only=True):
    """Reads files from this machine and, by `fetch_text` (which raises NetworkError), from elsewhere.

    `warn` is told of what was read in an encoding that was guessed, `conceal` of what shall not be shown, before it
    is used.
    """

    environ: Mapping[str, str]
    platform: Platform
    fetch_text: Callable[[Location], str]
    warn: Callable[[str], None] = lambda _: None
    conceal: Callable[[tuple[UrlPart, ...]], None] = lambda _: None

    def lines(self, name: str, option: FileOption, wanted_by: Origin = COMMAND_LINE) -> Iterator[FileLine]:
        """The lines of a file and, in their place, those of the files that it names.

        Raises RequirementsFileError, RequirementsFileLoop, MalformedRequirement, NetworkError.
        """
        return self._lines(name, option, wanted_by, {self.locate(name, wanted_by): None})

    def text(self, name: str, wanted_by: Origin, *, kind: str) -> str:
        """The text of a file that a person named, by path or URL; raises RequirementsFileError, NetworkError."""
        location = self.locate(name, wanted_by)
        return self._text(location, urls.redacted(name) if _is_remote(name) else name, wanted_by, kind)

    def locate(self, name: str, wanted_by: Origin = COMMAND_LINE) -> str:
        """The absolute path of a file that a person named, or its URL as it was written.

        Raises RequirementsFileError for what only begins like a URL.
        """
        if _is_remote(name) and not urls.is_well_formed(name):
            raise RequirementsFileError(origin=str(wanted_by), path=urls.redacted(name), reason="this is no URL")
        # Without `..`, so that a file which names itself by a detour is recognized.
        return name if _is_remote(name) else os.path.normpath(absolute(name, self.platform, self.environ))

    def _lines(
        self, name: str, option: FileOption, wanted_by: Origin, within: Mapping[str, str | None]
    ) -> Iterator[FileLine]:
        """`within` has the files that are being read, each with the one that names it."""
        location = self.locate(name, wanted_by)
        shown_name = urls.redacted(name) if _is_remote(name) else name
        for line in logical_lines(self._requirements_in(name, location, shown_name, wanted_by, _KINDS[option])):
            origin = file_origin(shown_name, line.number, option=option)
            shown, text = urls.redacted(line.text), self._expanded(line.text, location)
            try:
                parsed = read_line(text.text)
            except UsageError as error:
                reason = text.as_written(error.problem)
                raise MalformedRequirement(origin=str(origin), text=shown, reason=reason, wanted="options") from None
            nested = () if parsed.requirement else tuple(one for one in parsed.given if one.name in _NESTED)
            for one in nested:
                inner = _beside(location, one.value or "")
                named = self.locate(inner, origin)
                if named in within:
                    shown_again = urls.redacted(named) if _is_remote(named) else named
                    raise RequirementsFileLoop(
                        origin=str(origin), path=shown_again, within=shown_name, first_in=within[named]
                    )
                yield from self._lines(inner, _NESTED[one.name], origin, {**within, named: shown_name})
            yield FileLine(
                origin=origin,
                option=option,
                shown=shown,
                text=text,
                requirement=parsed.requirement,
                given=tuple(one for one in parsed.given if one not in nested),
                folder=None if _is_remote(location) else str(Path(location).parent),
                is_editable=parsed.is_editable,
            )

    def _requirements_in(self, name: str, location: str, shown_name: str, wanted_by: Origin, kind: str) -> str:
        """The text of a file, if it is no file of another kind that people mistake for one with requirements."""
        reason, hint = "a lock file is given with -r on the command line, and stands in no other file", None
        if lock_request(name) is None:
            text = self._text(location, shown_name, wanted_by, kind)
            filename = re.split(r"[/\\]", shown_name)[-1]
            if filename not in _OF_PROJECTS:
                return text
            reason = "it configures a project, and is no list of requirements"
            hint = f"Install the project by its folder: {shown_name.removesuffix(filename) or '.'}"
            hint += "; --group names a dependency group of it." if filename == PROJECT_FILE else "."
        raise RequirementsFileError(origin=str(wanted_by), path=shown_name, reason=reason, kind=kind, hint=hint)

    def _expanded(self, line: str, location: str) -> Expanded:
        text = expand(line, self.environ)
        parts = text.url_parts(base=location if _is_remote(location) else "")
        if parts:
            self.conceal(parts)
        return text

    def _text(self, location: str, shown_name: str, wanted_by: Origin, kind: str) -> str:
        if _is_remote(location) and not urls.is_local(location):
            return self.fetch_text(Location.of(location))
        hint = None
        try:
            path = urls.to_path(location, windows=self.platform.is_windows) if _is_remote(location) else location
            return self._decoded(Path(path).read_bytes(), shown_name)
        except OSError as error:
            reason = error.strerror or type(error).__name__
        except (UnicodeDecodeError, LookupError) as error:
            reason = f"{error}; a comment such as `# -*- coding: latin-1 -*-` on the first line names the encoding"
        except NoText as error:
            reason, hint = str(error), error.hint
        except ValueError:
            reason = "this is no path on this machine"
        raise RequirementsFileError(origin=str(wanted_by), path=shown_name, reason=reason, kind=kind, hint=hint)

    def _decoded(self, data: bytes, shown_name: str) -> str:
        """As in pip, what is not what it says or should be is tried in the locale's encoding, with a warning."""
        try:
            return decode(data)
        except UnicodeDecodeError:
            encoding = self.platform.encoding
            if codecs.lookup(encoding).name == "utf-8":
                raise
            text = data.decode(encoding)
        self.warn(
            f"{shown_name} is no UTF-8 and was read as {encoding}, the locale's encoding."
            f" A comment `# -*- coding: {encoding} -*-` on its first line says so everywhere."
        )
        return text


def _is_remote(name: str) -> bool:
    return urls.is_url(name) and urls.scheme(name) in _URL_SCHEMES


def _beside(location: str, name: str) -> str:
    """A file named in a file: as seen from there."""
    if _is_remote(location) and urls.is_well_formed(name):
        return urls.join(location, name)
    return name if _is_remote(name) else str(Path(location).parent / name)
