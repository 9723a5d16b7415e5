from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.events import Collecting, Missed, Noted, PassedOver, Warned
from freewheel.model import requirement as requirements
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata, normalize
from freewheel.model.demand import Demand
from freewheel.model.digest import sha256_of
from freewheel.model.formats import FormatControl
from freewheel.model.requirement import file_origin
from freewheel.model.resolution import Pin, Resolution
from freewheel.resolve import memo
from freewheel.resolve.candidates import Selection, Usable
from freewheel.resolve.hash_checking import HashChecking
from freewheel.resolve.memo import FileSeen, InstalledSeen, Memo, ProjectSeen
from freewheel.resolve.resolver import ResolveOptions
from tests.support.universe import TARGET, installed

SIX = Artifact(
    kind=ArtifactKind.WHEEL,
    project=normalize("six"),
    version=Version("1.0"),
    filename="six-1.0-py3-none-any.whl",
    url="https://files.example/six-1.0-py3-none-any.whl",
    digests=(sha256_of(b"six"),),
    upload_time=datetime(2024, 1, 2, tzinfo=UTC),
    demands=(Demand(allowed=frozenset({sha256_of(b"six"), sha256_of(b"other")})),),
)
INPUTS: Mapping[str, Any] = {
    "requirements": [requirements.parse("six[a,b]>=1; python_version > '3'")],
    "constraints": [requirements.parse("six<9")],
    "target": TARGET,
    "options": ResolveOptions(),
    "hash_checking": HashChecking(of_projects={normalize("six"): SIX.demands}),
    "there": [None],
    "builds": {"variables": (("CC", "gcc"),)},
    "program_version": "1",
}


def key(**changed: Any) -> str:
    return memo.key(**{**INPUTS, **changed})


def test_equal_inputs_have_one_key() -> None:
    """Also where sets, whose order is by chance, are among them."""
    same = HashChecking(of_projects={normalize("six"): SIX.demands}, digest_of=lambda _: sha256_of(b""))
    again = [requirements.parse("six[b,a] >=1 ; python_version>'3'")]
    assert key() == key(hash_checking=same) == key(requirements=again)


@pytest.mark.parametrize(
    "changed",
    [
        {"there": ["six\n1.0\n/env\n\n"]},
        {"requirements": [requirements.parse("six[a]>=1; python_version > '3'")]},
        {"requirements": [requirements.parse("six[a,b]>=1; python_version > '2'")]},
        {"requirements": [requirements.parse("Six[a,b]>=1; python_version > '3'")]},
        {"requirements": [replace(INPUTS["requirements"][0], origin=file_origin("r.txt", 1))]},
        {"requirements": [replace(INPUTS["requirements"][0], digests=(sha256_of(b"six"),))]},
        {"requirements": [*INPUTS["requirements"], requirements.parse("a")]},
        {"requirements": [], "constraints": INPUTS["requirements"]},
        {"constraints": []},
        {"target": replace(TARGET, full_version="3.12.2")},
        {"target": replace(TARGET, tags=TARGET.tags[1:])},
        {"target": replace(TARGET, markers={**TARGET.markers, "platform_release": "7"})},
        {"options": ResolveOptions(force_reinstall=True)},
        {"options": ResolveOptions(selection=Selection(prefer_binary=True))},
        {"options": ResolveOptions(selection=Selection(uploaded_before=datetime(2024, 1, 2, tzinfo=UTC)))},
        {"options": ResolveOptions(selection=Selection(formats=FormatControl(no_binary=frozenset({"six"}))))},
        {"hash_checking": HashChecking()},
        {"hash_checking": replace(INPUTS["hash_checking"], is_required=True)},
        {"builds": {"variables": ()}},
        {"program_version": "2"},
    ],
)
def test_any_other_input_has_another_key(changed: Mapping[str, Any]) -> None:
    assert key(**changed) != key()


def test_a_memo_is_read_as_it_was_written() -> None:
    pin = Pin(
        project=SIX.project,
        name="Six",
        version="1.0",
        artifact=SIX,
        metadata=CoreMetadata(name="six", version="1.0", requires_dist=("a; extra == 'b'",)),
        requested_extras=frozenset({normalize("b")}),
        is_requested=True,
    )
    events = [Collecting(requirement="six", wanted_by="-r r.txt (line 1)"), Warned(message="w"), Noted(message="n")]
    said = tuple(one for one in map(memo.said, events) if one is not None)
    written = Memo(
        resolution=Resolution(pins=(pin, replace(pin, artifact=None))),
        projects=(ProjectSeen(project=SIX.project, digests=("a", "b"), usable="c", has_to_be_read=True),),
        installed=(
            InstalledSeen(project=SIX.project, found=None),
            InstalledSeen(project=SIX.project, found="x", metadata="y"),
        ),
        files=(FileSeen(url="file:///six.whl", state="1 2 3"),),
        unconfirmed=(SIX,),
        said=said,
    )
    read = memo.from_bytes(memo.to_bytes(written))
    assert read == written
    assert [memo.told_again(one) for one in read.said] == events


def test_what_costs_and_what_a_search_alone_tells_is_not_told_again() -> None:
    assert memo.said(Missed(kind="page", subject="six", reason="new")) is None
    assert memo.said(PassedOver(files=(("https://files.example/six", "why"),), verbosity=1)) is None


@pytest.mark.parametrize(
    "said",
    [
        memo.Said(kind="Gone", fields={}),
        memo.Said(kind="Noted", fields={"other": 1}),
        memo.Said(kind="Noted", fields={}),
    ],
)
def test_what_another_version_said_is_passed_over(said: memo.Said) -> None:
    assert memo.told_again(said) is None


def test_what_can_be_chosen_is_told_apart() -> None:
    usable = Usable(artifact=SIX, tag_rank=0)
    changed = Usable(artifact=replace(SIX, yanked=""), tag_rank=0)
    assert (
        len({memo.digest_of_usable(one) for one in ([], [usable], [changed], [usable, changed], [changed, usable])})
        == 5
    )


def test_what_the_environment_has_is_told_apart() -> None:
    six = installed("six", "1.0")
    others = [
        None,
        installed("six", "1.1"),
        type(six)(
            project=six.project, name=six.name, version=six.version, location="/x", read_metadata=six.read_metadata
        ),
        type(six)(
            project=six.project,
            name=six.name,
            version=six.version,
            location=six.location,
            read_metadata=six.read_metadata,
            is_editable=True,
        ),
    ]
    assert len({memo.identity_of(one) for one in (six, *others)}) == 5
