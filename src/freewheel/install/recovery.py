"""What a process that was killed in the middle of a change has left: found, judged, and taken back."""

# Paths are strings here, as everywhere where a journal is.
# ruff: noqa: PTH104, PTH116, PTH118, PTH120

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from functools import cache
from itertools import chain

from freewheel.events import Noted, Reporter, Warned
from freewheel.install import changes
from freewheel.install.change_log import FOLDER, ChangeInProgress, ChangeLog, is_folder
from freewheel.install.folders import is_below, is_inside, real
from freewheel.install.journal import Journal, new_stash
from freewheel.install.plan import Destination

_SLACK = 2.0
"""Seconds by which a folder may be younger than the log: file systems round, and it is touched twice a second."""


def recover(
    destination: Destination, *, changing: Callable[[], AbstractContextManager[object]], reporter: Reporter
) -> None:
    """Bring `destination` back to where it was before a change that nobody will finish; say so.

    One question to the file system where there is none. A change that is under way is left alone, and so is one that
    cannot be judged: another user's, one of another place, or one that another installer has built upon. `changing`
    keeps others from changing the place meanwhile.
    """
    place = destination.schemes["purelib"]
    if not is_folder(os.path.join(place, FOLDER)) or not _is_left(place):
        return
    with changing():
        log = ChangeLog(place)
        try:
            if log.open():
                _settle(log, destination, reporter)
        except OSError as error:
            reporter.emit(Noted(message=f"{log.folder} is left alone: {error.strerror or error}."))
        finally:
            log.close()


def _is_left(place: str) -> bool:
    """Whether nobody has the log; where it cannot be opened, opening it again says why."""
    log = ChangeLog(place)
    try:
        return log.open()
    except ChangeInProgress:
        return False
    except OSError:
        return True
    finally:
        log.close()


def _settle(log: ChangeLog, destination: Destination, reporter: Reporter) -> None:
    place, notes = destination.schemes["purelib"], log.notes
    if notes.is_over:
        Journal.of(log).commit()
        return
    reason = _obstacle(log, destination)
    if reason is not None:
        kept = _put_away(log)
        message = (
            f"An earlier change of {place} was interrupted, and cannot be taken back: {reason}. What it had removed "
            f"lies in {kept}; `freewheel check` says what is missing."
        )
        reporter.emit(Warned(message=message))
        return
    failed = Journal.of(log).roll_back()
    reporter.emit(Warned(message=f"An earlier change of {place} was interrupted; it was taken back."))
    for path in failed:
        reporter.emit(Warned(message=f"{path} could not be put back where it was."))


def _obstacle(log: ChangeLog, destination: Destination) -> str | None:
    """Why a change must not be taken back, if it must not."""
    place, notes = destination.schemes["purelib"], log.notes
    if not notes.is_complete:
        return "it is not noted completely"
    if notes.place != os.path.realpath(place):
        return f"it was made when this was {notes.place}"
    if hasattr(os, "geteuid") and log.owner not in (os.geteuid(), os.stat(place).st_uid):
        return "another user made it"
    if _is_younger(log.last_change + _SLACK, (place, destination.schemes["platlib"])):
        return "another program has changed what is installed since then"
    roots, real_path = real(destination.roots), cache(os.path.realpath)
    touched = chain.from_iterable(map(changes.touched, notes.changes))
    outside = (path for path in touched if not is_inside(real_path(os.path.dirname(path)), roots))
    # A folder that the place itself lies in may have had to be made.
    strange = next((path for path in outside if not any(is_below(root, path) for root in roots)), None)
    return None if strange is None else f"it concerns {strange}, which lies elsewhere"


def _is_younger(moment: float, folders: Iterable[str]) -> bool:
    """Whether a distribution was installed after `moment`: its metadata folder changes at no other time."""
    for folder in dict.fromkeys(folders):
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".dist-info", ".egg-info")) and entry.stat().st_mtime > moment:
                    return True
    return False


def _put_away(log: ChangeLog) -> str:
    """Out of the way of the next change, and for a person to look into."""
    kept = new_stash(os.path.dirname(log.folder))
    os.rename(log.folder, kept)
    return kept
