"""The build key: everything that decides which wheel comes out of a source, as one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from freewheel.model import url as urls
from freewheel.model.artifact import Artifact
from freewheel.model.config_settings import ConfigSettings, grouped
from freewheel.model.digest import Digest
from freewheel.model.target import Target

Description: TypeAlias = "Mapping[str, str | list[str] | Description]"
"""A key in clear: nested mappings of JSON's text and lists of text."""

STEERING_VARIABLES: Final = (
    # compilers, linkers, and what they are told
    "CC", "CXX", "CPP", "LD", "LDSHARED", "AR", "FC", "F77", "F90",
    "CFLAGS", "CPPFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS", "ARCHFLAGS", "OPT",
    "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "INCLUDE", "LIB", "PKG_CONFIG_PATH",
    "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "_PYTHON_HOST_PLATFORM", "SOURCE_DATE_EPOCH",
    # build systems
    "CMAKE_ARGS", "CMAKE_PREFIX_PATH", "CMAKE_BUILD_TYPE", "CMAKE_GENERATOR", "CMAKE_TOOLCHAIN_FILE",
    "SKBUILD_*", "MESON_CROSS_FILE", "MESONPY_*", "SETUPTOOLS_SCM_PRETEND_*", "SETUPTOOLS_USE_DISTUTILS",
    "SETUPTOOLS_EXT_SUFFIX", "DISTUTILS_USE_SDK", "HATCH_BUILD_*", "PBR_VERSION", "PDM_BUILD_*",
    "CYTHON_*", "NO_CYTHON", "NPY_*", "OPENBLAS", "OPENSSL_DIR",
    # Rust
    "RUSTFLAGS", "RUSTC", "RUSTUP_TOOLCHAIN", "CARGO_BUILD_*", "MATURIN_PEP517_ARGS", "PYO3_*",
    # accelerators
    "CUDA_HOME", "CUDA_PATH", "CUDACXX", "CUDAFLAGS", "NVCC_*", "TORCH_CUDA_ARCH_LIST", "FORCE_CUDA",
    "ROCM_PATH", "ROCM_HOME", "HIP_PATH", "PYTORCH_ROCM_ARCH",
)  # fmt: skip
"""Environment variables that steer builds; `*` at the end stands for any ending.

None of them is known to carry a secret: the key is kept in clear.
"""

_KEY_LENGTH: Final = 32


class CommitSource(Struct, frozen=True, kw_only=True):
    """A commit of a repository (its URL without credentials; the full hash).

    `tags` is a digest of the tags in the commit's history, since backends make versions of them; empty without any.
    """

    repository: str
    commit: str
    tags: str = ""


class FolderSource(Struct, frozen=True, kw_only=True):
    """A source folder of this machine by the digest of its content, wherever it lies."""

    content: Digest


Source: TypeAlias = Digest | CommitSource | FolderSource
"""What is built: the SHA-256 digest of an sdist, a commit, or a folder."""


class BuildInputs(Struct, frozen=True, kw_only=True):
    """What a build's result depends on; known before the source is touched.

    `subdirectory` is where in the source the project lies (empty: at its root).
    `shared_projects` is None for an isolated build; otherwise `name==version` of everything in the environment
    that the build runs in. `variables` are the steering ones that are set.
    """

    source: Source
    target: Target
    subdirectory: str = ""
    config_settings: ConfigSettings = ()
    build_constraints: tuple[str, ...] = ()
    shared_projects: tuple[str, ...] | None = None
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> Digest | None:
        """The digest of the sdist; None for other sources."""
        return self.source if isinstance(self.source, Digest) else None


class Conditions(Struct, frozen=True, kw_only=True):
    """What the builds of a run have in common, and how they differ by project.

    `shared_projects` reads what the environment has (`BuildInputs.shared_projects`) when a build is at hand; None for
    isolated builds. `config_settings` tells those of an artifact's project, `is_rebuilt` whether its wheel is built
    though it is in the cache.
    """

    target: Target
    variables: tuple[tuple[str, str], ...] = ()
    build_constraints: tuple[str, ...] = ()
    shared_projects: Callable[[], tuple[str, ...]] | None = None
    config_settings: Callable[[Artifact], ConfigSettings]
    is_rebuilt: Callable[[Artifact], bool] = lambda _: False

    def inputs(self, artifact: Artifact, source: Source) -> BuildInputs:
        """What decides about the wheel of a source."""
        return BuildInputs(
            source=source,
            target=self.target,
            subdirectory=artifact.subdirectory,
            config_settings=self.config_settings(artifact),
            build_constraints=self.build_constraints,
            shared_projects=None if self.shared_projects is None else self.shared_projects(),
            variables=self.variables,
        )


class Difference(Struct, frozen=True, kw_only=True):
    """One part of two keys that is not the same; None where a key does not have it."""

    part: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        return f"{self.part}: {_said(self.old)} -> {_said(self.new)}"


def _said(value: str | None) -> str:
    """A value for people, for whom an empty one is not the same as none."""
    return "nothing" if value is None else value or "empty"


def steering(
    environment: Mapping[str, str], *, names: Collection[str] = STEERING_VARIABLES
) -> tuple[tuple[str, str], ...]:
    """The variables among `environment` that steer builds, sorted by name.

    >>> steering({"CC": "gcc", "HOME": "/h", "CMAKE_ARGS": "-DX=1"})
    (('CC', 'gcc'), ('CMAKE_ARGS', '-DX=1'))
    """
    exact = {name for name in names if not name.endswith("*")}
    prefixes = tuple(name[:-1] for name in names if name.endswith("*"))
    return tuple(
        (name, value) for name, value in sorted(environment.items()) if name in exact or name.startswith(prefixes)
    )


def described(inputs: BuildInputs) -> Description:
    """The key in clear, without credentials: what is digested, and what `build.json` keeps.

    A target's wheel tags and markers are left out: they follow from the rest, or concern the installing alone. A
    pre-release of Python is named in full, as its ABI may change until the final release.
    """
    target = inputs.target
    return {
        "source": {**_source(inputs.source), "subdirectory": inputs.subdirectory},
        "target": {
            "implementation": target.implementation,
            "python": target.full_version if target.is_prerelease else target.python_version,
            "abi": target.abi,
            "abi_flags": target.abi_flags,
            "platform": target.platform,
            "libc": target.libc,
        },
        "config_settings": grouped(tuple((name, _shown(value)) for name, value in inputs.config_settings)),
        "build_constraints": sorted(set(map(_shown, inputs.build_constraints))),
        "isolation": (
            {"mode": "isolated"}
            if inputs.shared_projects is None
            else {"mode": "shared", "projects": sorted(set(inputs.shared_projects))}
        ),
        "variables": {name: _shown(value) for name, value in inputs.variables},
    }


def build_key(inputs: BuildInputs) -> str:
    """The name under which the wheel is kept: the beginning of the SHA-256 digest of the key in clear."""
    return name_of(described(inputs))


def name_of(key: Mapping[str, object]) -> str:
    """The name of a key in clear."""
    text = json.dumps(key, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_KEY_LENGTH]


def differences(old: object, new: object) -> tuple[Difference, ...]:
    """What differs between two keys in clear, sorted by part; `old` is as it was read, whatever that is.

    >>> differences({"a": {"b": "1"}}, {"a": {"b": "2", "c": "3"}})[0]
    Difference(part='a.b', old='1', new='2')
    """
    before, after = dict(_flat(old)), dict(_flat(new))
    return tuple(
        Difference(part=part, old=_text(before.get(part)), new=_text(after.get(part)))
        for part in sorted(before.keys() | after.keys())
        if before.get(part) != after.get(part)
    )


def _source(source: Source) -> dict[str, str]:
    if isinstance(source, Digest):
        return {"digest": str(source)}
    if isinstance(source, FolderSource):
        return {"folder": str(source.content)}
    tags = {"tags": source.tags} if source.tags else {}
    return {"repository": _shown(source.repository), "commit": source.commit, **tags}


def _shown(value: str) -> str:
    """A value without credentials, and without what no text file can hold: bytes of a variable that are no UTF-8."""
    return urls.scrubbed(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _flat(value: object, part: str = "") -> Iterable[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{part}.{name}" if part else str(name))
    else:
        yield part, value


def _text(value: object) -> str | None:
    """A part of a key as it is shown: a list plainly where that can only be this list."""
    if not isinstance(value, list):
        return None if value is None else str(value)
    items = list(map(str, value))
    return json.dumps(items) if any(not item or "," in item for item in items) else ", ".join(items)
