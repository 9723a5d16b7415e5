"""What a command was asked for, before anything is resolved."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.cli.asked import Asked, ask
from freewheel.config.platform import Platform
from freewheel.config.values import InstallConfig
from freewheel.errors import NothingAsked, UnusablePath
from freewheel.events import Noted, Recorder
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.requirement import Requirement
from freewheel.wiring.run import Run
from tests.support.archives import make_project_dir, make_wheel
from tests.support.told import LINUX, told


class Asking:
    """Asks in a folder, with the interpreter that runs the tests and no cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform: Platform = replace(LINUX, folder=str(folder))
        self.reporter = Recorder()
        self.install = InstallConfig(python=sys.executable)

    def ask(self, *words: str) -> Asked:
        config = replace(told([*words, "--no-cache-dir"], platform=self.platform), install=self.install)
        with Run(config, reporter=self.reporter) as run:
            return ask(config, run, self.platform)

    def notes(self) -> Iterator[str]:
        return (event.message for event in self.reporter.events if isinstance(event, Noted))


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    return Asking(tmp_path)


def test_a_folder_and_a_file_get_their_projects_names(asking: Asking) -> None:
    make_project_dir(asking.folder / "src", "My.Project")
    wheel = make_wheel(asking.folder, "six")
    asked = asking.ask("install", "./src", f"./{wheel.name}", "rich>=1")
    assert [(one.name, one.url) for one in asked.requirements] == [
        ("my-project", (asking.folder / "src").as_uri()),
        ("six", wheel.as_uri()),
        ("rich", None),
    ]


def test_what_a_marker_rules_out_is_not_even_looked_at(asking: Asking) -> None:
    broken = make_project_dir(asking.folder / "src", "broken")
    (broken / "pyproject.toml").write_text("not toml", encoding="utf-8")
    assert asking.ask("install", "./src ; python_version < '3'").requirements == ()
    assert list(asking.notes()) == ["Ignoring ./src: markers 'python_version < \"3\"' don't match your environment"]


def test_nothing_asked_for_is_an_error(asking: Asking) -> None:
    with pytest.raises(NothingAsked) as caught:
        asking.ask("download", "--no-deps")
    assert caught.value.command == "download"


def test_a_missing_path_is_an_error_with_its_origin(asking: Asking) -> None:
    with pytest.raises(UnusablePath) as caught:
        asking.ask("install", (asking.folder / "absent").as_uri())
    assert caught.value.origin == "the command line"


def test_a_digest_of_one_requirement_makes_all_need_one_and_one_in_a_url_does_not(asking: Asking) -> None:
    lines = asking.folder / "r.txt"
    lines.write_text(f"six @ https://x.example/six-1.0.tar.gz#sha256={'ab' * 32}\n", encoding="utf-8")
    checking = asking.ask("install", "-r", "r.txt").program.hash_checking
    assert not checking.is_required
    assert [demand.origin for demand in checking.of_urls["https://x.example/six-1.0.tar.gz"]] == [
        f"six @ https://x.example/six-1.0.tar.gz#sha256={'ab' * 32} (from -r r.txt (line 1))"
    ]
    lines.write_text(f"six --hash=sha256:{'ab' * 32}\n", encoding="utf-8")
    assert asking.ask("install", "-r", "r.txt").program.hash_checking.is_required
    assert not asking.ask("install", "-r", "r.txt", "--no-require-hashes").program.hash_checking.is_required


def an_artifact(project: str, url: str, *, subdirectory: str = "") -> Artifact:
    return Artifact(
        kind=ArtifactKind.SDIST,
        project=normalize(project),
        version=Version("1.0"),
        filename=f"{project}-1.0.tar.gz",
        url=url,
        subdirectory=subdirectory,
    )


def test_settings_belong_to_what_is_named_beside_them(asking: Asking) -> None:
    (asking.folder / "r.txt").write_text("b\nc -C own=1\n", encoding="utf-8")
    wheel = make_wheel(asking.folder, "d")
    program = asking.ask("install", "a", f"./{wheel.name}", "-r", "r.txt", "-C", "all=1").program
    found = [
        program.build_settings.of(an_artifact(name, f"https://x.example/{name}.zip")) for name in ("a", "b", "c")
    ]
    assert found == [(("all", "1"),), (), (("own", "1"),)]
    assert program.build_settings.of(an_artifact("d", wheel.as_uri())) == (("all", "1"),)


def test_two_projects_in_one_archive_have_settings_of_their_own(asking: Asking) -> None:
    url = "https://me:pw@x.example/both.tar.gz"
    lines = [f"{name} @ {url}#subdirectory={name} -C of={name}\n" for name in ("one", "two")]
    (asking.folder / "r.txt").write_text("".join(lines), encoding="utf-8")
    settings = asking.ask("install", "-r", "r.txt").program.build_settings
    bare = "https://x.example/both.tar.gz"
    for name in ("one", "two"):
        assert settings.of(an_artifact("both", bare, subdirectory=name)) == (("of", name),)


def test_options_of_a_file_make_another_program(asking: Asking) -> None:
    (asking.folder / "r.txt").write_text("--pre\nsix\n", encoding="utf-8")
    asked = asking.ask("install", "-r", "r.txt")
    assert asked.program.config.resolve.releases == (("pre", ""),)
    assert all(isinstance(one, Requirement) for one in asked.requirements)
