"""A source folder as a zip file, as `download` saves what has no archive of its own."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from freewheel.commands.existing import BACKUP, IGNORE, WIPE, Existing, backup_of
from freewheel.events import Reporter, Warned
from freewheel.store.replacing import replacing

_FOLDER_MODE = (stat.S_IFDIR | 0o755) << 16


def archive(folder: Path, target: Path, *, name: str, existing: Existing, reporter: Reporter) -> bool:
    """Write everything below `folder` to the zip file `target`, below a folder `name`; whether that was done.

    Repositories are archived with their history, from which some backends make the version. A file that is there is
    dealt with as `existing` decides. Raises OSError, InTheWay.
    """
    if target.exists():
        question = f"The file {target} exists."
        chosen = existing.choose(target, found="it exists already", choices=IGNORE + WIPE + BACKUP, question=question)
        if chosen == IGNORE:
            return False
        if chosen == BACKUP:
            backup = backup_of(target)
            reporter.emit(Warned(message=f"Backing up {target} to {backup}"))
            target.rename(backup)
    with (
        replacing(target) as aside,
        zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as file,
    ):
        for path, inside in _below(folder, name):
            if path.is_dir():
                member = zipfile.ZipInfo(f"{inside}/")
                member.external_attr = _FOLDER_MODE
                file.writestr(member, b"")
            else:
                file.write(path, inside)
    return True


def _below(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for entry in (*folders, *sorted(files)):
            path = Path(place, entry)
            if path.exists():  # a link that leads nowhere has no content
                yield path, f"{name}/{path.relative_to(folder).as_posix()}"
