"""`download` and `wheel`: the files of a resolution, put where the user wants them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from freewheel.commands.archive import archive
from freewheel.commands.existing import Existing
from freewheel.commands.wheels import Wheels
from freewheel.errors import NotWritable
from freewheel.events import Noted, Reporter, Saved
from freewheel.install.link import create
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.digest import Digest
from freewheel.model.requirement import Requirement
from freewheel.model.resolution import Pin
from freewheel.resolve.remembering import Resolves
from freewheel.store.replacing import replacing


class Collector:
    """Resolves without regard to any environment, and puts files into `folder`.

    `source_of` gives the folder of a source as it was prepared for its metadata, `existing` decides about archives of
    sources that are there already.
    """

    def __init__(
        self,
        *,
        resolver: Resolves,
        wheels: Wheels,
        source_of: Callable[[Artifact], Path],
        existing: Existing,
        folder: Path,
        shown: str,
        reporter: Reporter,
    ) -> None:
        self._resolver = resolver
        self._wheels = wheels
        self._source_of = source_of
        self._existing = existing
        self._folder = folder
        self._shown = shown
        self._reporter = reporter

    def download(self, requirements: Sequence[Requirement], constraints: Sequence[Requirement]) -> list[Pin]:
        """Save each pin's artifact as the index has it, an sdist where that was chosen.

        Source folders are built; commits of repositories, and what a requirements file has as editable, are archived.
        Raises what resolving, fetching and building raise, NotWritable and InTheWay.
        """
        pins = list(self._resolver.resolve(requirements, constraints=constraints).pins)
        wanted = [(pin, pin.artifact) for pin in pins if pin.artifact is not None]
        files = [artifact for _, artifact in wanted if artifact.kind in (ArtifactKind.WHEEL, ArtifactKind.SDIST)]
        for download in self._wheels.fetch(files):
            self._save(download.artifact.filename, download.digest, download.open)
        folders = [pin for pin, one in wanted if one.kind is ArtifactKind.DIRECTORY and not one.is_editable]
        for wheel in self._wheels.ready(folders):
            self._save(wheel.filename, wheel.digest, wheel.open)
        for pin, artifact in wanted:
            if artifact.kind is ArtifactKind.REPOSITORY or artifact.is_editable:
                self._archive(pin, artifact)
        return pins

    def build(self, requirements: Sequence[Requirement], constraints: Sequence[Requirement]) -> list[Pin]:
        """Save a wheel of each pin, building those that the index has as sdists only; raises as `download`.

        As in pip, nothing is said of saving what was just built.
        """
        pins = list(self._resolver.resolve(requirements, constraints=constraints).pins)
        for wheel in self._wheels.ready(pins):
            self._save(wheel.filename, wheel.digest, wheel.open, verbosity=1 if wheel.was_built else 0)
        return pins

    def _archive(self, pin: Pin, artifact: Artifact) -> None:
        target = self._folder / f"{pin.name}-{pin.metadata.version}.zip"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_new = archive(
                self._source_of(artifact),
                target,
                name=pin.name,
                existing=self._existing,
                reporter=self._reporter,
            )
        except OSError as error:
            raise NotWritable(path=str(target), reason=error.strerror or type(error).__name__) from error
        if is_new:
            self._reporter.emit(Saved(path=f"{self._shown}/{target.name}"))

    def _save(self, filename: str, digest: Digest, source: Callable[[], BinaryIO], *, verbosity: int = 0) -> None:
        target = self._folder / filename
        shown = f"{self._shown}/{filename}"
        try:
            if _is_same(target, digest):
                self._reporter.emit(Noted(message=f"  File was already downloaded {target}", verbosity=0))
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            _copy(source, target)
        except OSError as error:
            raise NotWritable(path=str(target), reason=error.strerror or type(error).__name__) from error
        self._reporter.emit(Saved(path=shown, verbosity=verbosity))


def _is_same(target: Path, digest: Digest) -> bool:
    if not target.is_file():
        return False
    with target.open("rb") as stream:
        return file_digest(stream, digest.algorithm).hexdigest() == digest.value


def _copy(source: Callable[[], BinaryIO], target: Path) -> None:
    """Aside and then renamed, so that nobody finds half a file under its name."""
    with replacing(target) as aside, source() as stream, create(str(aside), is_executable=False) as file:
        shutil.copyfileobj(stream, file, 1 << 20)
