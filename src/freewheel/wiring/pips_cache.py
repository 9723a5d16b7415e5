"""pip's own cache, opened to be read: for those who want what it has, and imported for nobody else."""

from __future__ import annotations

import os
from pathlib import Path

from freewheel.build.elsewhere import OtherWheels
from freewheel.build.pip_wheels import FOLDER as WHEELS
from freewheel.build.pip_wheels import PipWheels
from freewheel.events import Noted, Reporter, Warned
from freewheel.model.artifact import ArtifactKind
from freewheel.model.formats import FormatControl
from freewheel.net.pip_responses import FOLDER as RESPONSES
from freewheel.store.admission import Unusable
from freewheel.store.foreign import ForeignFolder, admit


def open_pips_cache(place: str, reporter: Reporter) -> ForeignFolder | None:
    """The folder, if it is safe to read; what others could have put there is warned of, and left."""
    uid = os.geteuid() if hasattr(os, "geteuid") else None
    found = admit(Path(place), (RESPONSES, WHEELS), uid=uid)
    if found is None:
        reporter.emit(Noted(message=f"pip has no cache at {place}, of which something could be taken over."))
    if isinstance(found, Unusable):
        reporter.emit(Warned(message=f"Nothing is taken over from pip's cache ({found.reason})."))
        return None
    return found


def wheels_of(folder: ForeignFolder, formats: FormatControl) -> OtherWheels:
    """The wheels that pip built, of projects of which wheels are wanted that were not built here."""
    return PipWheels(folder=folder, is_wanted=lambda project: formats.may_use(ArtifactKind.WHEEL, project))
