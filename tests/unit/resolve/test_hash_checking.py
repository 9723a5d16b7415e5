"""Hash-checking mode without files and network: who demands what, and what lacks a digest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from freewheel.errors import HashesRequired
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import Digest, parse
from freewheel.model.requirement import Origin, Requirement, SourceRequirement, file_origin
from freewheel.model.requirement import parse as parse_requirement
from freewheel.resolve.candidates import Selection, Usable, order
from freewheel.resolve.hash_checking import Asked, HashChecking, hash_checking

FOUND = parse("sha256:f0")
A, B, C = (parse(f"sha256:{value}") for value in ("a", "b", "c"))


def artifact(version: str = "1.0", *digests: Digest, kind: ArtifactKind = ArtifactKind.WHEEL) -> Artifact:
    suffix = "-py3-none-any.whl" if kind is ArtifactKind.WHEEL else ".tar.gz"
    return Artifact(
        kind=kind,
        project=normalize("six"),
        version=Version(version),
        filename=f"six-{version}{suffix}",
        url=f"https://x.example/six-{version}{suffix}",
        digests=digests,
    )


def asked(text: str, *digests: Digest) -> Requirement:
    return replace(parse_requirement(text, origin=file_origin("r.txt", 1)), digests=digests)


def checking(*requirements: Asked, limits: Sequence[Requirement] = (), wanted: bool | None = None) -> HashChecking:
    return hash_checking(requirements, limits, wanted=wanted, digest_of=lambda _: FOUND)


@pytest.mark.parametrize(
    ("requirement", "limit", "wanted", "is_required"),
    [
        (asked("six"), None, None, False),
        (asked("six", A), None, None, True),
        (asked("six", A), None, False, False),
        (asked("six"), None, True, True),
        (asked("six"), asked("rich", A), None, True),
        (asked("six @ https://x.example/six.zip#sha256=aa"), None, None, False),
    ],
)
def test_a_digest_that_somebody_demands_turns_the_mode_on(
    requirement: Requirement, limit: Requirement | None, wanted: bool | None, is_required: bool
) -> None:
    limits = () if limit is None else (limit,)
    assert checking(requirement, limits=limits, wanted=wanted).is_required == is_required


def test_every_requirement_of_a_project_has_its_demand() -> None:
    found = checking(asked("six", A, B), asked("six>=1", B), asked("rich", C), limits=[asked("six", B, C)])
    assert [demand.allowed for demand in found.demands(normalize("six"))] == [{A, B}, {B}, {B, C}]
    admitted = found.admit(artifact("1.0", B, parse("md5:d")), asked("six"))
    assert admitted.digests == (B,)
    assert len(admitted.demands) == 3
    assert found.admit(admitted, asked("six")) == admitted


def test_a_direct_reference_is_known_by_its_url() -> None:
    url = "https://x.example/six-1.0.tar.gz"
    source = SourceRequirement(url=f"{url}#sha256=aa", given="six", origin=file_origin("r.txt", 2), digests=(A,))
    found = checking(source, wanted=False)
    direct = replace(artifact(kind=ArtifactKind.SDIST), url=url, is_direct=True, project=normalize(""))
    admitted = found.admit(direct, source)
    assert [demand.allowed for demand in admitted.demands] == [{A, parse("sha256:aa")}]
    assert admitted.digests == ()
    assert found.admit(replace(direct, is_direct=False), source).demands == ()


def test_a_digest_in_the_url_of_a_dependency_is_no_demand() -> None:
    needed = replace(asked("six @ https://x.example/six.zip#sha256=aa"), origin=Origin(text="rich==1"))
    assert checking(needed).of_urls == {}


def test_all_that_was_chosen_without_digest_is_told() -> None:
    found = checking(wanted=True)
    found.admit(artifact("1.0"), asked("six[x]==1.0"), is_pinned=True)
    found.admit(artifact("2.0"), asked("six>1"), is_pinned=False)
    found.admit(artifact("3.0"), asked("six>2"), is_pinned=False)
    found.check([])
    with pytest.raises(HashesRequired) as caught:
        found.check([artifact("1.0"), artifact("2.0")])
    assert caught.value.lacking == (f"six[x]==1.0 --hash={FOUND}",)
    assert caught.value.unpinned == ("six>1 (from -r r.txt (line 1))",)
    assert caught.value.pins == (f"six==2.0 --hash={FOUND}",)


def test_a_repository_that_something_needs_is_told_as_one() -> None:
    needed = replace(asked("six @ git+https://x.example/six"), origin=Origin(text="rich==1"))
    found = replace(artifact(kind=ArtifactKind.DIRECTORY), url="git+https://x.example/six", is_direct=True)
    with pytest.raises(HashesRequired) as caught:
        checking(wanted=True).admit(found, needed)
    assert caught.value.repositories == ("six @ git+https://x.example/six (from rich==1)",)
    assert (caught.value.folders, caught.value.lacking) == ((), ())


@pytest.mark.parametrize("kind", [ArtifactKind.SDIST, ArtifactKind.DIRECTORY])
def test_a_source_without_digest_ends_it_before_it_is_asked_anything(kind: ArtifactKind) -> None:
    with pytest.raises(HashesRequired) as caught:
        checking(wanted=True).admit(artifact(kind=kind), asked("six==1.0"))
    assert bool(caught.value.folders) == (kind is ArtifactKind.DIRECTORY)
    assert bool(caught.value.lacking) == (kind is ArtifactKind.SDIST)


def test_what_has_no_file_is_told_at_once() -> None:
    repository = asked("six @ git+https://x.example/six")
    editable = replace(asked("rich @ file:///rich"), is_editable=True)
    with pytest.raises(HashesRequired) as caught:
        checking(repository, editable, wanted=True)
    assert caught.value.repositories == ("six @ git+https://x.example/six (from -r r.txt (line 1))",)
    assert caught.value.editables == ("rich @ file:///rich (from -r r.txt (line 1))",)


def test_what_a_lock_file_has_without_digest_is_spared_unless_digests_are_required() -> None:
    repository = replace(asked("six @ git+https://x.example/six"), is_locked=True)
    locked = replace(asked("rich==1"), is_locked=True, artifact=artifact("1", A))
    folder = replace(artifact(kind=ArtifactKind.DIRECTORY), is_direct=True)
    found = checking(repository, locked)
    assert found.is_required
    assert found.admit(folder, repository) == folder
    with pytest.raises(HashesRequired):
        checking(repository, locked, wanted=True)


@pytest.mark.parametrize(
    ("demanded", "chosen"),
    [
        ((), ["2.0 b", "2.0 -", "1.0 a"]),
        ((A,), ["1.0 a", "2.0 -"]),
        ((B,), ["2.0 b", "2.0 -"]),
        ((A, B), ["2.0 b", "1.0 a", "2.0 -"]),
        ((C,), ["2.0 b", "2.0 -", "1.0 a"]),
    ],
)
def test_what_states_a_demanded_digest_comes_first(demanded: tuple[Digest, ...], chosen: list[str]) -> None:
    """What states others is out where something fits; what states none stays, as in pip."""
    offered = [artifact("1.0", A), artifact("2.0", kind=ArtifactKind.SDIST), artifact("2.0", B)]
    usable = [Usable(artifact=one, tag_rank=0 if one.kind is ArtifactKind.WHEEL else 1) for one in offered]
    demands = checking(asked("six", *demanded)).demands(normalize("six"))
    found = order(usable, SpecifierSet(), selection=Selection(), demands=demands)
    assert [
        f"{one.artifact.version} {one.artifact.digests[0].value if one.artifact.digests else '-'}" for one in found
    ] == chosen


def test_a_yanked_file_with_the_demanded_digest_is_chosen_for_a_pin() -> None:
    yanked = replace(artifact("1.0", A), yanked="broken")
    usable = [Usable(artifact=one, tag_rank=0) for one in (yanked, artifact("1.0", B))]
    demands = checking(asked("six", A)).demands(normalize("six"))
    (found,) = order(usable, SpecifierSet("==1.0"), selection=Selection(), demands=demands)
    assert found.artifact == yanked
