"""Pins become wheels at hand: downloaded, built, or both done before."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import BinaryIO, Protocol

from msgspec import Struct
from packaging.direct_url import DirectUrl

from freewheel.build.builder import Builder, Built
from freewheel.errors import BuildError, FreewheelError
from freewheel.events import BuildsDone, BuildsPlanned, FileReused, Reporter, Reused
from freewheel.model import direct_url
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, Place
from freewheel.model.digest import Digest, identity
from freewheel.model.resolution import Pin
from freewheel.net.download import Download, Downloads
from freewheel.store.protocol import Miss

PARALLEL_DOWNLOADS = 8
"""Files under way at a time: waiting for a server costs next to nothing, and more would look like an attack."""

PARALLEL_LOOKUPS = 32
"""Wheels that are looked for elsewhere at a time: a store of one's own is made for it. Each is a round trip."""


class ReadyWheel(Struct, frozen=True, kw_only=True):
    """A pin's wheel; `digest` is its SHA-256.

    `open` gives a seekable stream, which the caller closes, any number of times until the run ends; `renew` does so
    after fetching it again, where that can be done. `origin` is the PEP 610 record of where it came from, as JSON
    text. Without `may_be_kept` nothing of it may outlast the run. `was_built` tells a wheel that this run made.
    """

    pin: Pin
    artifact: Artifact
    filename: str
    digest: Digest
    origin: DirectUrl
    open: Callable[[], BinaryIO]
    renew: Callable[[], BinaryIO] | None = None
    may_be_kept: bool = True
    was_built: bool = False


class Confirming(Protocol):
    """What was said of wheels before they were here."""

    def is_unconfirmed(self, artifact: Artifact) -> bool:
        """Whether something said of a wheel waits for the wheel itself."""

    def confirm(self, download: Download) -> None:
        """Hold it against the wheel; raises ArtifactError."""


class Wheels:
    """Fetches and builds, at most `parallel_builds` at a time; used from one thread."""

    def __init__(
        self,
        *,
        downloads: Downloads,
        builder: Builder,
        reporter: Reporter,
        said: Confirming | None = None,
        parallel_builds: int = 1,
    ) -> None:
        self._downloads = downloads
        self._builder = builder
        self._reporter = reporter
        self._said = said
        self._parallel_builds = parallel_builds

    def ready(
        self,
        pins: Iterable[Pin],
        *,
        is_unpacked: Callable[[Digest], bool] = lambda _: False,
        arrived: Callable[[ReadyWheel], None] = lambda _: None,
    ) -> list[ReadyWheel]:
        """A wheel for each pin that has an artifact, in their order; downloads run side by side, the largest first.

        A wheel whose stated digest `is_unpacked` knows is not read at all unless somebody opens it. `arrived` gets
        each that had to be fetched, and each of a source, while others are under way. Raises NetworkError,
        ArtifactError, BuildError, TargetError.
        """
        wanted = [(pin, pin.artifact) for pin in pins if pin.artifact is not None]
        unpacked: dict[str, Digest] = {}
        missing: list[Artifact] = []
        pin_of: dict[Place, Pin] = {}
        for pin, artifact in wanted:
            if artifact.kind is not ArtifactKind.WHEEL:
                continue
            stated = identity(artifact.digests)
            if stated is not None and is_unpacked(stated) and not self._waits(artifact):
                unpacked[artifact.url] = stated
                self._say_reused(artifact)
            else:
                missing.append(artifact)
                pin_of[artifact.place] = pin
        self.fetch(missing, arrived=lambda one: arrived(self._of_wheel(pin_of[one.place], one, None)))
        built = self._build([(pin, one) for pin, one in wanted if one.kind is not ArtifactKind.WHEEL], arrived)
        return [
            built[artifact.place]
            if artifact.place in built
            else self._of_wheel(pin, artifact, unpacked.get(artifact.url))
            for pin, artifact in wanted
        ]

    def _waits(self, artifact: Artifact) -> bool:
        return self._said is not None and self._said.is_unconfirmed(artifact)

    def _say_reused(self, artifact: Artifact) -> None:
        if urls.is_local(artifact.url):
            return  # it lies here anyway
        self._reporter.emit(FileReused(filename=artifact.filename, size=artifact.size))
        self._reporter.emit(Reused(kind="download", subject=artifact.filename, size=artifact.size or 0))

    def fetch(
        self, artifacts: Sequence[Artifact], *, arrived: Callable[[Artifact], None] = lambda _: None
    ) -> list[Download]:
        """The files, whole and checked, in their order; raises NetworkError, DigestMismatch, PartsDiffer.

        `arrived` gets each, while others are still under way.
        """
        largest_first = sorted(artifacts, key=lambda artifact: -(artifact.size or 0))

        def take(download: Download) -> Download:
            if self._said is not None:
                self._said.confirm(download)
            arrived(download.artifact)
            return download

        if len(artifacts) == 1:  # in this thread an interrupt ends it at once
            return [take(self._downloads.fetch(artifacts[0]))]
        with ThreadPoolExecutor(max_workers=PARALLEL_DOWNLOADS) as pool:
            running = [pool.submit(self._downloads.fetch, artifact) for artifact in largest_first]
            try:
                for done in as_completed(running):
                    take(done.result())
            except FreewheelError:
                pool.shutdown(cancel_futures=True)
                for done in running:  # of several that failed the first in order is told, whichever was faster
                    if not done.cancelled():
                        done.result()
                raise
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return [self._downloads.fetch(artifact) for artifact in artifacts]

    def _build(
        self, sources: Sequence[tuple[Pin, Artifact]], arrived: Callable[[ReadyWheel], None]
    ) -> dict[Place, ReadyWheel]:
        """A wheel for each artifact; `arrived` gets each."""
        ready: dict[Place, ReadyWheel] = {}

        def take(pin: Pin, artifact: Artifact) -> None:
            wheel = self._builder.wheel(artifact, name=pin.name)
            # Of what an index offers this was said when its metadata came from the built wheel.
            if wheel.was_reused and artifact.is_direct:
                self._reporter.emit(FileReused(filename=wheel.path.name, size=None))
            ready[artifact.place] = _of_source(pin, artifact, wheel)
            arrived(ready[artifact.place])

        has = self._having_wheels([artifact for _, artifact in sources])
        for pin, artifact in sources:
            if artifact.place in has:
                take(pin, artifact)
        missing = [(pin, artifact) for pin, artifact in sources if artifact.place not in has]
        if missing:
            self._reporter.emit(BuildsPlanned(projects=tuple(pin.name for pin, _ in missing)))
            self._build_side_by_side(missing, take)
        return ready

    def _build_side_by_side(
        self, sources: Sequence[tuple[Pin, Artifact]], take: Callable[[Pin, Artifact], None]
    ) -> None:
        """Build, and take each; the first that fails ends the others. Raises as `ready` does."""
        done: list[str] = []
        current = ""
        with ThreadPoolExecutor(max_workers=self._parallel_builds) as pool:
            try:
                for pin, artifact in sources:  # one after the other: what is installed for them is not told
                    current = pin.name
                    self._builder.make_ready(artifact)
                building = {pool.submit(self._builder.wheel, one, name=pin.name): (pin, one) for pin, one in sources}
                for future in as_completed(building):
                    current = building[future][0].name
                    future.result()
                    done.append(current)
                    take(*building[future])
            except BaseException as error:
                self._builder.stop()
                pool.shutdown(cancel_futures=True)
                if isinstance(error, BuildError):
                    self._reporter.emit(BuildsDone(projects=tuple(done), failed=(current,)))
                raise
        self._reporter.emit(BuildsDone(projects=tuple(pin.name for pin, _ in sources)))

    def _having_wheels(self, sources: Sequence[Artifact]) -> set[Place]:
        """Those of which a wheel is in the cache, or comes from where wheels are shared."""
        if not self._builder.asks_elsewhere:
            return {one.place for one in sources if self._has_wheel(one)}
        self._builder.expect(sources)
        with ThreadPoolExecutor(max_workers=PARALLEL_LOOKUPS) as pool:
            found = pool.map(self._has_wheel, sources)
            return {one.place for one, is_there in zip(sources, found, strict=True) if is_there}

    def _has_wheel(self, artifact: Artifact) -> bool:
        try:
            return not isinstance(self._builder.cached(artifact), Miss)
        except FreewheelError:
            return False  # building it will say what is wrong

    def _of_wheel(self, pin: Pin, artifact: Artifact, stated: Digest | None) -> ReadyWheel:
        if stated is not None:
            digest, may_be_kept = stated, True
        else:
            download = self._downloads.fetch(artifact)
            digest, may_be_kept = download.digest, download.may_be_kept
        return ReadyWheel(
            pin=pin,
            artifact=artifact,
            filename=artifact.filename,
            digest=digest,
            may_be_kept=may_be_kept,
            origin=direct_url.of_artifact(artifact, digest),
            open=lambda: self._downloads.fetch(artifact).open(),
            renew=lambda: self._downloads.again(artifact).open(),
        )


def _of_source(pin: Pin, artifact: Artifact, built: Built) -> ReadyWheel:
    return ReadyWheel(
        pin=pin,
        artifact=artifact,
        filename=built.path.name,
        digest=built.digest,
        origin=built.origin,
        open=held(built.path),
        may_be_kept=artifact.kind is not ArtifactKind.DIRECTORY or built.is_kept,
        was_built=not built.was_reused,
    )


def held(path: Path) -> Callable[[], BinaryIO]:
    """Opens a file any number of times, one after the other, even when the cache is emptied meanwhile.

    The file is open from now on, which keeps its bytes; raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def open_again() -> BinaryIO:
        copy = os.dup(descriptor)
        os.lseek(copy, 0, os.SEEK_SET)
        return os.fdopen(copy, "rb")

    weakref.finalize(open_again, os.close, descriptor)
    return open_again
