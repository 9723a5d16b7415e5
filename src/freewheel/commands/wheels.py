"""Pins become wheels at hand: downloaded, built, or both done before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from freewheel.build.builder import Builder, Built
from freewheel.build.wheel_cache import archive_origin, as_json
from freewheel.errors import FreewheelError
from freewheel.events import BuildsDone, BuildsPlanned, FileReused, Reporter
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.digest import Digest
from freewheel.model.resolution import Pin
from freewheel.net.download import Download, Downloads
from freewheel.store.protocol import Miss

PARALLEL_DOWNLOADS = 8
"""Files under way at a time: waiting for a server costs next to nothing, and more would look like an attack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyWheel:
    """A pin's wheel. `digest` is its SHA-256; `source` that of the file the index or the user named.

    `open` gives a seekable stream, which the caller closes, any number of times until the run ends. `origin` is the
    PEP 610 record of where it came from, as JSON text.
    """

    pin: Pin
    artifact: Artifact
    filename: str
    digest: Digest
    size: int
    source: Digest | None
    origin: str
    open: Callable[[], BinaryIO]


class Wheels:
    """Fetches and builds; used from one thread."""

    def __init__(self, *, downloads: Downloads, builder: Builder, reporter: Reporter) -> None:
        self._downloads = downloads
        self._builder = builder
        self._reporter = reporter

    def ready(self, pins: Iterable[Pin]) -> list[ReadyWheel]:
        """A wheel for each pin that has an artifact, in their order; downloads run side by side, the largest first.

        Raises NetworkError, ArtifactError, BuildError, TargetError.
        """
        wanted = [(pin, pin.artifact) for pin in pins if pin.artifact is not None]
        wheels = [artifact for _, artifact in wanted if artifact.kind is ArtifactKind.WHEEL]
        self.fetch(wheels)
        built = self._build([artifact for _, artifact in wanted if artifact.kind is not ArtifactKind.WHEEL])
        return [self._ready(pin, artifact, built.get(artifact.url)) for pin, artifact in wanted]

    def fetch(self, artifacts: Sequence[Artifact]) -> list[Download]:
        """The files, whole and checked, in their order; raises NetworkError, DigestMismatch."""
        if len(artifacts) < 2:
            return [self._downloads.fetch(artifact) for artifact in artifacts]
        order = sorted(artifacts, key=lambda artifact: -(artifact.size or 0))
        with ThreadPoolExecutor(max_workers=PARALLEL_DOWNLOADS) as pool:
            running = [pool.submit(self._downloads.fetch, artifact) for artifact in order]
            try:
                for download in running:
                    download.result()
            except BaseException:
                for download in running:
                    download.cancel()
                raise
        return [self._downloads.fetch(artifact) for artifact in artifacts]

    def _build(self, sources: Sequence[Artifact]) -> dict[str, Built]:
        missing = [artifact for artifact in sources if not self._has_wheel(artifact)]
        if missing:
            self._reporter.emit(BuildsPlanned(projects=tuple(artifact.project for artifact in missing)))
        built = {}
        for artifact in sources:
            built[artifact.url] = self._builder.wheel(artifact)
            # Of what an index offers this was said when its metadata came from the built wheel.
            if built[artifact.url].was_reused and artifact.is_direct:
                self._reporter.emit(FileReused(filename=built[artifact.url].path.name, size=None))
        if missing:
            self._reporter.emit(BuildsDone(projects=tuple(artifact.project for artifact in missing)))
        return built

    def _has_wheel(self, artifact: Artifact) -> bool:
        if artifact.kind is ArtifactKind.DIRECTORY:
            return False
        try:
            return not isinstance(self._builder.cached(artifact), Miss)
        except FreewheelError:
            return False  # building it will say what is wrong

    def _ready(self, pin: Pin, artifact: Artifact, built: Built | None) -> ReadyWheel:
        if built is None:
            download = self._downloads.fetch(artifact)
            return ReadyWheel(
                pin=pin,
                artifact=artifact,
                filename=artifact.filename,
                digest=download.digest,
                size=download.size,
                source=download.digest,
                origin=as_json(archive_origin(artifact, download.digest)),
                open=download.open,
            )
        return ReadyWheel(
            pin=pin,
            artifact=artifact,
            filename=built.path.name,
            digest=built.digest,
            size=built.size,
            source=built.source,
            origin=built.origin,
            open=_opener(built.path),
        )


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")
