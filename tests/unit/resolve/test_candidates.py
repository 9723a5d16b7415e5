"""Which artifacts fit, and which comes first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from freewheel.errors import UploadTimeUnknown
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.releases import parse
from freewheel.resolve.candidates import Assessment, Assessor, Selection, order
from tests.support.universe import TARGET

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def six(version: str, *, url: str = "", uploaded: datetime | None = NOON, is_direct: bool = False) -> Artifact:
    filename = f"six-{version}-py3-none-any.whl"
    return Artifact(
        kind=ArtifactKind.WHEEL,
        project=normalize("six"),
        version=Version(version),
        filename=filename,
        url=url or f"https://files.example/{filename}",
        upload_time=uploaded,
        listed_at="https://index.example/simple/six/",
        is_direct=is_direct,
    )


def assess(*artifacts: Artifact, **selection: object) -> Assessment:
    assessor = Assessor.create(target=TARGET, selection=Selection(**selection))  # type: ignore[arg-type]
    return assessor.assess(artifacts)


@pytest.mark.parametrize(
    ("control", "specifier", "chosen"),
    [
        ([], "", ["1"]),
        ([], ">=2a1", ["2rc1"]),
        ([("all-releases", "six")], "", ["2rc1", "1"]),
        ([("only-final", "six")], "", ["1"]),
        ([("only-final", "six")], "==2rc1", []),
        ([("only-final", ":all:"), ("all-releases", "six")], ">=1", ["2rc1", "1"]),
    ],
)
def test_pre_releases_count_as_somebody_said(
    control: list[tuple[str, str]], specifier: str, chosen: list[str]
) -> None:
    selection = Selection(releases=parse(control))
    usable = assess(six("1"), six("2rc1")).usable
    found = order(usable, SpecifierSet(specifier), selection=selection)
    assert [str(one.artifact.version) for one in found] == chosen


def test_only_what_was_uploaded_before_a_time_counts() -> None:
    later = NOON.replace(hour=13)
    found = assess(six("1"), six("2", uploaded=later), uploaded_before=later)
    assert found.versions == ("1",)
    assert [(one.kind, one.reason) for one in found.rejected] == [
        ("uploaded", "it was uploaded at 2026-01-02 13:00:00+00:00")
    ]


def test_an_index_that_states_no_time_of_upload_is_an_error_where_it_decides() -> None:
    with pytest.raises(UploadTimeUnknown) as caught:
        assess(six("1"), six("2", uploaded=None), uploaded_before=NOON)
    assert caught.value.page == "https://index.example/simple/six/"
    assert assess(six("1", uploaded=None)).versions == ("1",)


def test_the_time_of_upload_is_nothing_that_files_here_or_named_by_url_have() -> None:
    here = six("1", url="file:///wheels/six-1-py3-none-any.whl", uploaded=None)
    assert assess(here, six("2", uploaded=None, is_direct=True), uploaded_before=NOON).versions == ("1", "2")


def test_what_does_not_fit_anyway_needs_no_time_of_upload() -> None:
    for_windows = Artifact(
        kind=ArtifactKind.WHEEL,
        project=normalize("six"),
        version=Version("3"),
        filename="six-3-cp312-cp312-win_amd64.whl",
        url="https://files.example/six-3-cp312-cp312-win_amd64.whl",
    )
    assert assess(for_windows, uploaded_before=NOON).rejected[0].kind == "tags"
