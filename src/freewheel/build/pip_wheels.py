"""Wheels that pip built and keeps: which of them is the one that a source would be built to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from packaging.tags import INTERPRETER_SHORT_NAMES
from packaging.utils import parse_wheel_filename

from freewheel.build import inspection
from freewheel.build.elsewhere import OtherWheel
from freewheel.build.inspection import SoundWheel
from freewheel.build.key import BuildInputs, build_key
from freewheel.errors import InvalidWheel
from freewheel.index.metadata import unpacking_errors
from freewheel.model import direct_url
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName
from freewheel.model.digest import Digest
from freewheel.model.target import Target
from freewheel.store.foreign import ForeignFolder
from freewheel.store.protocol import Miss

FOLDER: Final = "wheels"
"""Where pip keeps the wheels that it built, below its cache's root."""

_ORIGIN: Final = "origin.json"

_LAST_MOMENT: Final = 253_402_300_799.0
"""The end of the year 9999: file systems know later times, and calendars do not."""


class PipWheels:
    """Looks into pip's wheel cache; nothing there is changed. Each source is looked up once a run.

    pip knows a wheel by the URL of its source, a digest that was stated beside it, and the Python. What else decides
    about ours must be as it is where nobody has set anything. `is_wanted` tells whether wheels of a project that were
    built by somebody else are.
    """

    def __init__(self, *, folder: ForeignFolder, is_wanted: Callable[[NormalizedName], bool]) -> None:
        self._folder = folder
        self._is_wanted = is_wanted
        self._known: dict[tuple[str, str], OtherWheel | Miss | None] = {}

    def find(self, artifact: Artifact, inputs: BuildInputs) -> OtherWheel | Miss | None:
        """The wheel of a source, or why it is not used; None where there is none. Reads the whole wheel."""
        if artifact.kind is not ArtifactKind.SDIST or inputs.digest is None:
            return None
        name = artifact.url, build_key(inputs)
        if name not in self._known:
            self._known[name] = self._find(artifact, inputs, inputs.digest)
        return self._known[name]

    def _find(self, artifact: Artifact, inputs: BuildInputs, source: Digest) -> OtherWheel | Miss | None:
        miss: Miss | None = None
        for stated, place in places(artifact, inputs.target):
            wheels = [name for name in self._folder.names(FOLDER, *place) if name.endswith(".whl")]
            if not wheels:
                continue
            found = self._of_entry(artifact, inputs, source, place, wheels, is_of_source=stated == source)
            if not isinstance(found, Miss):
                return found
            miss = miss or found
        return miss

    def _of_entry(
        self,
        artifact: Artifact,
        inputs: BuildInputs,
        source: Digest,
        place: tuple[str, ...],
        wheels: list[str],
        *,
        is_of_source: bool,
    ) -> OtherWheel | Miss:
        obstacle = obstacle_of(inputs)
        if obstacle is None and not self._is_wanted(artifact.project):
            obstacle = "wheels that were not built here are not wanted (--no-binary)"
        if obstacle is not None:
            return Miss(reason=obstacle)
        fault = self._fault_of_origin(artifact, source, place)
        if fault is None and len(wheels) > 1 and not is_of_source:
            fault = f"its folder holds {len(wheels)} wheels, and {_ORIGIN} tells of the last one alone"
        if fault is not None:
            return Miss(reason=fault)
        name = _best(wheels, artifact, inputs.target)
        if isinstance(name, Miss):
            return name
        return _checked(self._folder.root.joinpath(FOLDER, *place, name), artifact, inputs.target)

    def _fault_of_origin(self, artifact: Artifact, source: Digest, place: tuple[str, ...]) -> str | None:
        """Why an entry may be of another source than this."""
        found = self._folder.read(FOLDER, *place, _ORIGIN)
        if isinstance(found, Miss):
            return f"its {_ORIGIN}: {found.reason}"
        origin = direct_url.parse(found[0])
        if origin is None:
            return f"its {_ORIGIN} cannot be read"
        hashes = None if origin.archive_info is None else origin.archive_info.hashes
        if (hashes or {}).get(source.algorithm) != source.value:
            return f"its {_ORIGIN} does not state the source's digest"
        if (origin.subdirectory or "") != artifact.subdirectory:
            return f"its {_ORIGIN} names another part of the source"
        return None


def places(artifact: Artifact, target: Target) -> Iterator[tuple[Digest | None, tuple[str, ...]]]:
    """Where pip keeps the wheels of a source, in pieces below `FOLDER`, with the digest that is part of the key.

    pip takes the first digest that was stated, or none: which that was depends on who named the source.
    """
    url = artifact.url.partition("#")[0]
    common = {"url": url, **_interpreter(target)}
    if artifact.subdirectory:
        common["subdirectory"] = artifact.subdirectory
    for digest in (*artifact.digests, None):
        key = common if digest is None else {**common, digest.algorithm: digest.value}
        yield digest, place_of(key)


def place_of(key: dict[str, str]) -> tuple[str, ...]:
    """The place of a key of pip's.

    >>> "".join(place_of({"url": "https://g.c/o/r"}))
    '72aa79d3315c181d2cc23239d7109a782de663b6f89982624d8c1e86'
    """
    text = json.dumps(key, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    name = hashlib.sha224(text.encode("ascii")).hexdigest()
    return name[:2], name[2:4], name[4:6], name[6:]


def obstacle_of(inputs: BuildInputs) -> str | None:
    """What decides about the wheel and is no part of pip's key, as a clause; None where nobody has set anything."""
    if inputs.config_settings:
        return "pip's cache does not tell with which config settings a wheel was built"
    if inputs.variables:
        names = ", ".join(name for name, _ in inputs.variables)
        return f"pip's cache does not tell with which variables a wheel was built ({names})"
    if inputs.build_constraints:
        return "pip's cache does not tell under which build constraints a wheel was built"
    if inputs.shared_projects is not None:
        return "pip's cache does not tell in which environment a wheel was built (--no-build-isolation)"
    if inputs.target.is_prerelease:
        return "pip's cache does not tell for which pre-release of Python a wheel was built"
    return None


def _interpreter(target: Target) -> dict[str, str]:
    name = INTERPRETER_SHORT_NAMES.get(target.implementation, target.implementation)
    return {"interpreter_name": name, "interpreter_version": target.python_version.replace(".", "")}


def _best(wheels: list[str], artifact: Artifact, target: Target) -> str | Miss:
    """The wheel with the most specific tags, as pip chooses, of those that fit by their names."""
    faults = {
        name: inspection.name_faults(name, project=artifact.project, version=artifact.version, target=target)
        for name in wheels
    }
    fitting = [name for name in wheels if not faults[name]]
    if not fitting:
        return Miss(reason="; ".join(f"{name}: {', '.join(found)}" for name, found in faults.items()))
    ranks = {tag: rank for rank, tag in enumerate(target.tags)}

    def rank(name: str) -> tuple[int, str]:
        tags = map(str, parse_wheel_filename(name)[3])
        return min(ranks.get(tag, len(ranks)) for tag in tags), name

    return min(fitting, key=rank)


def _checked(path: Path, artifact: Artifact, target: Target) -> OtherWheel | Miss:
    try:
        wheel = inspection.checked(path, project=artifact.project, version=artifact.version, target=target)
        if _lacks_extensions(wheel):
            # setuptools tags a wheel so whose optional extension modules could not be compiled.
            return Miss(reason=f"{path.name} is for a platform, and has no machine code")
        return OtherWheel(
            wheel=wheel,
            backend=_generator(path),
            built_at=min(max(0.0, path.stat().st_mtime), _LAST_MOMENT),
            place=str(path.parent),
        )
    except InvalidWheel as error:
        return Miss(reason=f"{path.name} is damaged: {'; '.join(error.problems)}")
    except unpacking_errors() as error:
        return Miss(reason=f"{path.name} cannot be read: {error}")


def _lacks_extensions(wheel: SoundWheel) -> bool:
    is_pure = all(tag.platform == "any" for tag in parse_wheel_filename(wheel.path.name)[3])
    return not wheel.is_compiled and not is_pure


def _generator(path: Path) -> str:
    """What made a wheel, by its own account."""
    with ZipFile(path) as archive:
        texts = (archive.read(name) for name in archive.namelist() if name.endswith(".dist-info/WHEEL"))
        lines = next(texts, b"").decode("utf-8", "replace").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.lower().startswith("generator:"))
    return next(named, "an unknown backend")
