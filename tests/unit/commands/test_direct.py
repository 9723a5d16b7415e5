"""What is named by path or URL, found out about once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.build.checkout import Revision
from freewheel.commands.direct import DirectArtifacts
from freewheel.errors import InconsistentMetadata, InvalidWheelName, MalformedRequirement, OtherProject, UnusablePath
from freewheel.events import Collecting, Recorder
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata
from freewheel.model.repository import RepositoryUrl
from freewheel.model.requirement import SourceRequirement, file_origin, parse
from freewheel.model.url import Credentials

WHEEL = "https://x.example/Six-1.0-py3-none-any.whl"
SDIST = "https://x.example/main.tar.gz"
COMMIT = "12" * 20


@dataclass
class FakeMetadata:
    """Says the same of everything, and counts."""

    name: str = "Six"
    version: str = "2.0"
    asked: list[Artifact] = field(default_factory=list)

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        self.asked.append(artifact)
        return CoreMetadata(name=self.name, version=self.version)


@dataclass
class FakeRepositories:
    """Resolves every revision to one commit, and has one folder for every editable project."""

    folder: Path = Path("/src")
    resolved: list[RepositoryUrl] = field(default_factory=list)

    def resolve(self, reference: RepositoryUrl) -> Revision:
        self.resolved.append(reference)
        return Revision(commit=COMMIT)

    def obtain(self, reference: RepositoryUrl, project: str) -> Path:
        self.resolved.append(reference)
        return self.folder / project


@dataclass
class World:
    repositories: FakeRepositories = field(default_factory=FakeRepositories)
    metadata: FakeMetadata = field(default_factory=FakeMetadata)
    reporter: Recorder = field(default_factory=Recorder)
    noted: list[tuple[str, Credentials]] = field(default_factory=list)

    def direct(self) -> DirectArtifacts:
        return DirectArtifacts(
            metadata=self.metadata,
            reporter=self.reporter,
            note_credentials=lambda url, credentials: self.noted.append((url, credentials)),
            revisions=lambda: self.repositories,
            editables=lambda: self.repositories,
        )


def source(url: str) -> SourceRequirement:
    return SourceRequirement(url=url, given=url, origin=file_origin("r.txt", 4))


def test_a_wheel_is_known_by_its_name() -> None:
    world = World()
    found = world.direct().artifact(WHEEL, source(WHEEL))
    assert (found.kind, found.project, str(found.version), found.is_direct) == (
        ArtifactKind.WHEEL,
        "six",
        "1.0",
        True,
    )
    assert world.metadata.asked == []
    assert world.reporter.events == [Collecting(requirement=WHEEL, wanted_by="-r r.txt (line 4)")]


def test_an_sdist_is_known_by_its_metadata_and_asked_once() -> None:
    world = World()
    direct = world.direct()
    found = direct.artifact(SDIST, source(SDIST))
    assert (found.kind, found.project, str(found.version)) == (ArtifactKind.SDIST, "six", "2.0")
    assert direct.artifact(SDIST, source(SDIST)) is found
    assert [asked.project for asked in world.metadata.asked] == [""]
    assert len(world.reporter.events) == 1


def test_a_fragment_says_which_bytes_and_where_in_them() -> None:
    url = f"{SDIST}#subdirectory=pkg/six&sha256={'ab' * 32}"
    found = World().direct().artifact(url, source(url))
    assert (found.url, found.subdirectory, str(*found.digests)) == (SDIST, "pkg/six", f"sha256:{'ab' * 32}")


def test_a_password_goes_to_the_transport_and_nowhere_else() -> None:
    """Behaviour 53."""
    world = World()
    url = "https://me:s3cret@x.example/six-1.0.tar.gz"
    wanted = parse(f"six @ {url}", origin=file_origin("r.txt", 1))
    found = world.direct().artifact(url, wanted)
    assert found.url == "https://x.example/six-1.0.tar.gz"
    ((noted, credentials),) = world.noted
    assert (noted, credentials.user, credentials.password) == (found.url, "me", "s3cret")
    assert "s3cret" not in str(world.reporter.events)


def test_a_requirement_by_url_alone_gets_the_projects_name() -> None:
    wanted = SourceRequirement(url=SDIST, given=SDIST, extras=frozenset(), config_settings=(("a", "1"),))
    named = World().direct().named(wanted)
    assert (named.name, named.url, named.config_settings) == ("six", SDIST, (("a", "1"),))


def test_another_project_than_the_one_asked_for_is_an_error() -> None:
    with pytest.raises(OtherProject) as caught:
        World().direct().artifact(SDIST, parse(f"seven @ {SDIST}"))
    assert (caught.value.field, caught.value.expected, caught.value.found) == ("name", "seven", "six")


def test_a_version_that_is_none_is_an_error() -> None:
    world = World(metadata=FakeMetadata(version="one"))
    with pytest.raises(InconsistentMetadata) as caught:
        world.direct().artifact(SDIST, source(SDIST))
    assert (caught.value.field, caught.value.found) == ("version", "one")


@pytest.mark.parametrize(
    ("url", "filename"),
    [
        ("https://x.example/six.exe", "six.exe"),
        ("https://x.example/download?id=7", "download"),
        ("https://me:pw@x.example/", "x.example"),
        ("https://x.example/six-1.0.tar.gz/download", "download"),
    ],
)
def test_a_url_that_names_no_file_may_lead_to_an_sdist(url: str, filename: str) -> None:
    """Its bytes will tell."""
    found = World().direct().artifact(url, source(url))
    assert (found.kind, found.filename, found.project, str(found.version)) == (
        ArtifactKind.SDIST,
        filename,
        "six",
        "2.0",
    )
    assert "pw" not in found.url


def test_a_wheel_with_an_impossible_name_is_an_error() -> None:
    with pytest.raises(InvalidWheelName):
        World().direct().artifact("https://x.example/six.whl", source("https://x.example/six.whl"))


def test_paths_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "project.zip").mkdir()
    (tmp_path / "six-1.0.tar.gz").touch()
    world = World()
    direct = world.direct()
    kinds = [direct.artifact(path.as_uri(), source(path.as_uri())).kind for path in sorted(tmp_path.iterdir())]
    assert kinds == [ArtifactKind.DIRECTORY, ArtifactKind.SDIST]
    assert [event.is_path for event in world.reporter.events if isinstance(event, Collecting)] == [True, True]
    for url in ((tmp_path / "absent").as_uri(), "file://other/six-1.0.tar.gz"):
        with pytest.raises(UnusablePath):
            direct.artifact(url, source(url))


def test_a_repository_is_known_by_the_commit_that_its_revision_is() -> None:
    world = World()
    url = "git+https://me:s3cret@x.example/team/six.git@main#subdirectory=sub"
    wanted = parse(f"six @ {url}", origin=file_origin("r.txt", 1))
    found = world.direct().artifact(url, wanted)
    assert (found.kind, found.url, found.commit, found.subdirectory, found.filename) == (
        ArtifactKind.REPOSITORY,
        "git+https://x.example/team/six.git@main",
        COMMIT,
        "sub",
        "six",
    )
    assert world.repositories.resolved == [RepositoryUrl(url="https://x.example/team/six.git", revision="main")]
    assert (found.project, str(found.version), found.is_editable) == ("six", "2.0", False)
    assert "s3cret" not in str((world.reporter.events, found))


def test_an_editable_repository_is_a_folder_that_somebody_works_in() -> None:
    world = World()
    url = "git+https://x.example/team/six.git@main#subdirectory=sub"
    wanted = replace(parse(f"six @ {url}"), is_editable=True)
    found = world.direct().artifact(url, wanted)
    assert (found.kind, found.url, found.subdirectory, found.is_editable) == (
        ArtifactKind.DIRECTORY,
        "file:///src/six",
        "sub",
        True,
    )
    assert world.reporter.events[0] == Collecting(requirement=f"six from {url}", is_editable=True)


def test_a_folder_is_editable_or_not_as_each_asks_for_it(tmp_path: Path) -> None:
    direct, url = World().direct(), tmp_path.as_uri()
    plain = direct.named(source(url))
    editable = direct.named(replace(source(url), is_editable=True))
    assert (plain.is_editable, editable.is_editable) == (False, True)
    assert direct.artifact(url, plain).place != direct.artifact(url, editable).place


@pytest.mark.parametrize("url", ["hg+https://x.example/six", "git+https://x.example/six@"])
def test_a_dependency_on_a_repository_that_cannot_be_used_is_an_error_with_its_origin(url: str) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        World().direct().artifact(url, source(url))
    assert caught.value.origin == "-r r.txt (line 4)"
