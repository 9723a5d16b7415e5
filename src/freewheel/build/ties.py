"""What ties a wheel to the place or the day of its build, so that it is not what another build would give."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from freewheel.build.inspection import is_machine_code
from freewheel.model.artifact import CoreMetadata


def tie_of_wheel(wheel: Path, *, folders: Collection[Path], now: float) -> str | None:
    """Why another build of the same source would give another wheel, as a clause; None where nothing is seen.

    `folders` are the source folder by each of its paths, `now` is in seconds since the epoch. Machine code is passed
    over: where it was compiled is in it for debuggers. Raises OSError, BadZipFile.
    """
    return _tie_of_version(wheel.name.split("-")[1], now) or _tie_of_place(wheel, folders)


def tie_of_metadata(metadata: CoreMetadata, *, folders: Collection[Path], now: float) -> str | None:
    """The same of metadata."""
    place = _naming(folders)
    if any(place.search(text.encode("utf-8", "surrogateescape")) for text in metadata.requires_dist):
        return "its metadata has the path of its folder in it"
    return _tie_of_version(metadata.version, now)


def _tie_of_place(wheel: Path, folders: Collection[Path]) -> str | None:
    """A file in which the build has written where its folder lies."""
    place = _naming(folders)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith(".dist-info/METADATA"):
                data, _, _ = data.partition(b"\n\n")  # what follows is a text that the project has, too
            if not is_machine_code(data) and place.search(data):
                return f"the build wrote the path of its folder into {name}"
    return None


def _tie_of_version(version: str, now: float) -> str | None:
    """Whether a version tells the day on which it was made, as setuptools-scm's of a folder with changes do.

    >>> _tie_of_version("1.2.dev3+g1234.d20261129", 1_795_910_400)
    'its version tells the day'
    """
    today = datetime.fromtimestamp(now, UTC)
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):  # whatever the clock's zone
        if re.search(rf"(?<!\d)({day:%Y%m%d}|{day.year}\.{day.month}\.{day.day})(?!\d)", version):
            return "its version tells the day"
    return None


def _naming(folders: Collection[Path]) -> re.Pattern[bytes]:
    """A folder's path or URL, where it is not a piece of a longer name; a compiler's option may stand before it."""
    paths = [os.fsencode(folder) for folder in folders]
    urls = [folder.as_uri().encode("ascii") for folder in folders]
    spellings = {*paths, *(path.replace(b"\\", b"\\\\") for path in paths), *urls}
    either = b"|".join(re.escape(one) for one in sorted(spellings))
    return re.compile(rb"(?:(?<![\w.~%/])|(?<=-I)|(?<=-L))(?:" + either + rb")(?![\w.~%-])")
