"""Sources become wheels: each once, by whichever thread or process comes first."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from msgspec import Struct
from msgspec.structs import replace
from packaging.direct_url import DirectUrl
from packaging.utils import parse_wheel_filename

from freewheel.build import inspection
from freewheel.build.comparison import wheel_differences
from freewheel.build.inspection import SoundWheel
from freewheel.build.key import BuildInputs, build_key
from freewheel.build.lineage import OncePerSource
from freewheel.build.preparation import FreshWheel, PreparedSources
from freewheel.build.wheel_cache import CachedWheel, WheelCache
from freewheel.errors import CacheDiffers, StoreError
from freewheel.events import Adopted, Healed, Missed, Noted, Reporter, Reused, WheelBuilt
from freewheel.model import direct_url
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import Digest, identity
from freewheel.store.protocol import Locks, Miss

REBUILD: Final = "a rebuild was asked for"
"""Why what is kept of a source does not count: `--rebuild`."""


class Built(Struct, frozen=True, kw_only=True):
    """A wheel that came out of a source, in this run or before.

    `digest` is the wheel's SHA-256. `origin` is the PEP 610 record of the source, the same whether the
    wheel was built now or before; it becomes `direct_url.json` where the artifact is direct. `path` stays until the
    run ends, unless the cache is emptied meanwhile. `is_kept` says that the cache has it.
    """

    path: Path
    digest: Digest
    origin: DirectUrl
    was_reused: bool
    is_kept: bool


class Builder:
    """Gives the wheel of a source. Safe from many threads.

    What failed is not tried again in the same run. `locks` let only one process build a wheel; without them each may.
    With `verifies` a wheel that is reused is built all the same, and compared.
    """

    def __init__(
        self,
        *,
        sources: PreparedSources,
        cache: WheelCache,
        locks: Locks | None,
        reporter: Reporter,
        verifies: bool = False,
    ) -> None:
        self._verifies = verifies
        self._sources = sources
        self._cache = cache
        self._locks = locks
        self._reporter = reporter
        self._built: OncePerSource[Built] = OncePerSource()
        self._ready: OncePerSource[None] = OncePerSource()
        self._found: dict[tuple[str, str], CachedWheel] = {}
        self._rebuilt: set[tuple[str, str]] = set()

    def wheel(self, artifact: Artifact, *, name: str | None = None) -> Built:
        """The wheel, from the cache or built now; memory-fast when asked again in the same run.

        `name` is what a person calls the project.

        An sdist or commit whose project is not known yet is built anew, and tells; others are fetched only when they
        must be built, or when no SHA-256 digest is stated for them. Raises NetworkError, ArtifactError (InvalidWheel
        for what a backend made wrongly: it is not kept), BuildError, RepositoryError, TargetError, CacheDiffers.
        """
        shown = name or artifact.project or artifact.filename
        return self._built.get(artifact, lambda: self._of_source(artifact, shown))

    def make_ready(self, artifact: Artifact) -> None:
        """Have everything that the build of a source needs, so that builds side by side only build.

        Raises as `wheel` does.
        """
        self._ready.get(artifact, lambda: self._sources.prepared(artifact).make_ready())

    def stop(self) -> None:
        """End what other threads build; nothing is built in this run any more."""
        self._sources.stop()

    def cached(self, artifact: Artifact, *, near_only: bool = False) -> CachedWheel | Miss:
        """The wheel of a source if the cache has it; nothing is built. Raises as `wheel` does.

        With `near_only` no other cache is asked.
        """
        fleeting = self._sources.fleeting(artifact)
        if fleeting is not None:
            return Miss(reason=fleeting)
        return self._looked_up(artifact, self._sources.inputs(artifact), near_only=near_only)

    @property
    def asks_elsewhere(self) -> bool:
        """Whether wheels may come from other machines, for which looking takes a while."""
        return self._cache.shared is not None

    def expect(self, artifacts: Iterable[Artifact]) -> None:
        """Begin to look on other machines for the wheels of sources; returns at once, and fetches nothing."""
        self._cache.expect(
            (one, self._sources.inputs(one))
            for one in artifacts
            if one.kind is ArtifactKind.SDIST and one.project and identity(one.digests) is not None
        )

    def _looked_up(self, artifact: Artifact, inputs: BuildInputs, *, near_only: bool = False) -> CachedWheel | Miss:
        """What the cache has; a wheel that was found once is not read again as long as it is there."""
        if not artifact.project:
            return Miss(reason="its project is not known yet")
        name = artifact.project, build_key(inputs)
        if self._sources.is_rebuilt(artifact) and name not in self._rebuilt:
            return Miss(reason=REBUILD)
        known = self._found.get(name)
        if known is not None and known.path.exists():
            return known
        found = (self._cache.get_near if near_only else self._cache.get)(artifact, inputs)
        if not isinstance(found, Miss):
            self._found[name] = found
            if found.came_from:
                self._reporter.emit(
                    Adopted(kind="wheel", subject=found.path.name, size=found.size, source=found.came_from)
                )
        return found

    def _of_source(self, artifact: Artifact, name: str) -> Built:
        fleeting = self._sources.fleeting(artifact)
        return self._from_fixed(artifact, name) if fleeting is None else self._anew(artifact, name, reason=fleeting)

    def _anew(self, artifact: Artifact, name: str, *, reason: str) -> Built:
        fresh = self._sources.prepared(artifact).build(name, project=artifact.project)
        wheel = inspection.checked(fresh.path, project=artifact.project, version=None, target=self._sources.target)
        self._report_built(name, wheel, fresh, reason=reason, stored_in=None)
        return _result(wheel, origin=direct_url.of_artifact(artifact, None), is_kept=False)

    def _from_fixed(self, artifact: Artifact, name: str) -> Built:
        inputs = self._sources.inputs(artifact)
        found = self._looked_up(artifact, inputs)
        if not isinstance(found, Miss):
            if self._verifies:
                self._verify(artifact, name, found)
            return self._reused(artifact, inputs, found)
        with self._locks.hold(f"build {build_key(inputs)}") if self._locks else nullcontext():
            # Another process may have built it while this one waited.
            found = self._looked_up(artifact, inputs)
            if isinstance(found, Miss):
                return self._build(artifact, name, inputs, found)
        return self._reused(artifact, inputs, found)

    def _verify(self, artifact: Artifact, name: str, kept: CachedWheel) -> None:
        fresh = self._sources.prepared(artifact).build(name, project=artifact.project)
        try:
            found = wheel_differences(kept.path, fresh.path)
        except (OSError, BadZipFile) as error:
            found = (f"they cannot be compared: {error}",)
        if found:
            raise CacheDiffers(subject=kept.path.name, kept=str(kept.path), differences=found)
        self._reporter.emit(Noted(message=f"The wheel {kept.path.name} was built again, and is the same."))

    def _reused(self, artifact: Artifact, inputs: BuildInputs, wheel: CachedWheel) -> Built:
        self._reporter.emit(
            Reused(kind="wheel", subject=wheel.path.name, size=artifact.size or 0, seconds=wheel.seconds)
        )
        origin = direct_url.of_artifact(artifact, inputs.digest)
        return Built(
            path=wheel.path,
            digest=wheel.digest,
            origin=origin,
            was_reused=True,
            is_kept=True,
        )

    def _build(self, artifact: Artifact, name: str, inputs: BuildInputs, miss: Miss) -> Built:
        fresh = self._sources.prepared(artifact).build(name, project=artifact.project)
        version = artifact.version if artifact.project else None
        wheel = inspection.checked(fresh.path, project=artifact.project, version=version, target=inputs.target)
        if not artifact.project:
            project, found, _, _ = parse_wheel_filename(wheel.path.name)
            artifact = replace(artifact, project=normalize(project), version=found)
        stored_in = self._keep(artifact, inputs, wheel, fresh, is_rebuilt=miss.reason == REBUILD)
        self._rebuilt.add((artifact.project, build_key(inputs)))
        if miss.is_damage and stored_in is not None:
            self._reporter.emit(Healed(kind="wheel", subject=wheel.path.name, reason=miss.reason))
        self._report_built(name, wheel, fresh, reason=miss.reason, stored_in=stored_in)
        return _result(wheel, origin=direct_url.of_artifact(artifact, inputs.digest), is_kept=stored_in is not None)

    def _keep(
        self, artifact: Artifact, inputs: BuildInputs, wheel: SoundWheel, fresh: FreshWheel, *, is_rebuilt: bool
    ) -> Path | None:
        try:
            reason = self._sources.doubt_of_wheel(artifact, wheel.path)
            if reason is None:
                return self._cache.put(artifact, inputs, wheel, fresh, is_rebuilt=is_rebuilt)
        except (OSError, BadZipFile) as error:
            reason = str(error)
        except StoreError as error:
            reason = error.reason
        self._reporter.emit(Noted(message=f"The wheel {wheel.path.name} is not kept: {reason}"))
        return None

    def _report_built(
        self, name: str, wheel: SoundWheel, fresh: FreshWheel, *, reason: str, stored_in: Path | None
    ) -> None:
        self._reporter.emit(
            Missed(kind="wheel", subject=wheel.path.name, reason=reason, size=wheel.size, seconds=fresh.seconds)
        )
        self._reporter.emit(
            WheelBuilt(
                project=name,
                filename=wheel.path.name,
                size=wheel.size,
                digest=wheel.digest.value,
                stored_in=None if stored_in is None else str(stored_in),
            )
        )


def _result(wheel: SoundWheel, *, origin: DirectUrl, is_kept: bool) -> Built:
    """A wheel built now: the scratch's copy, which stays even if somebody empties the cache meanwhile."""
    return Built(
        path=wheel.path,
        digest=wheel.digest,
        origin=origin,
        was_reused=False,
        is_kept=is_kept,
    )
