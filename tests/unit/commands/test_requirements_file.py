"""Requirements files that name one another."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.commands.requirements_file import FileLine, FileOption, RequirementsFiles
from freewheel.config.values import Location
from freewheel.errors import MalformedRequirement, RequirementsFileError, RequirementsFileLoop, Unreachable
from freewheel.model.url import Credentials
from tests.support.told import LINUX


class Reading:
    """Files below a folder, and pages at URLs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages: dict[str, str] = {}
        self.environ: dict[str, str] = {}
        self.asked: list[Location] = []

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def fetch_text(self, location: Location) -> str:
        self.asked.append(location)
        if location.url not in self.pages:
            raise Unreachable(url=location.url, reason="there is no such page")
        return self.pages[location.url]

    def lines(self, name: str, option: FileOption = "-r") -> list[FileLine]:
        platform = replace(LINUX, folder=str(self.folder))
        files = RequirementsFiles(environ=self.environ, platform=platform, fetch_text=self.fetch_text)
        return list(files.lines(name, option))


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def said(lines: list[FileLine]) -> list[tuple[str, str]]:
    return [(line.requirement, str(line.origin)) for line in lines if line.requirement]


def test_each_requirement_knows_its_file_and_line(reading: Reading) -> None:
    reading.write("a.txt", "six\n\nrich \\\n  >=13\n")
    lines = reading.lines("a.txt")
    assert said(lines) == [("six", "-r a.txt (line 1)"), ("rich   >=13", "-r a.txt (line 3)")]
    assert lines[1].origin.is_user


def test_a_file_named_in_a_file_is_seen_from_there(reading: Reading) -> None:
    reading.write("deep/a.txt", "six\n-r more/b.txt\n-c c.txt\nrich\n")
    reading.write("deep/more/b.txt", "flit\n")
    reading.write("deep/c.txt", "attrs<20\n")
    lines = reading.lines("deep/a.txt")
    assert [(line.requirement, line.option) for line in lines if line.requirement] == [
        ("six", "-r"),
        ("flit", "-r"),
        ("attrs<20", "-c"),
        ("rich", "-r"),
    ]
    assert str(lines[1].origin) == f"-r {reading.folder}/deep/more/b.txt (line 1)"
    assert lines[1].folder == f"{reading.folder}/deep/more"


def test_a_file_behind_a_url_names_files_beside_it(reading: Reading) -> None:
    reading.pages = {"https://x.example/a/reqs.txt": "-r ../b.txt\nsix\n", "https://x.example/b.txt": "rich\n"}
    lines = reading.lines("https://x.example/a/reqs.txt")
    assert said(lines) == [
        ("rich", "-r https://x.example/b.txt (line 1)"),
        ("six", "-r https://x.example/a/reqs.txt (line 2)"),
    ]
    assert all(line.folder is None for line in lines)


def test_a_file_url_is_read_from_this_machine(reading: Reading) -> None:
    reading.write("a b.txt", "six\n")
    url = (reading.folder / "a b.txt").as_uri()
    assert said(reading.lines(url)) == [("six", f"-r {url} (line 1)")]


def test_passwords_in_a_files_url_are_used_and_never_shown(reading: Reading) -> None:
    reading.pages = {"https://x.example/reqs.txt": "six\n"}
    assert said(reading.lines("https://me:secret@x.example/reqs.txt")) == [
        ("six", "-r https://me:****@x.example/reqs.txt (line 1)")
    ]
    credentials = Credentials(user="me", password="secret")
    assert reading.asked == [Location(url="https://x.example/reqs.txt", credentials=credentials)]


@pytest.mark.parametrize("name", ["pylock.toml", "folder/pylock.dev.toml", "https://x.example/pylock.toml"])
def test_a_lock_file_stands_in_no_other_file(reading: Reading, name: str) -> None:
    reading.write("a.txt", f"-r {name}\n")
    with pytest.raises(RequirementsFileError, match="stands in no other file") as caught:
        reading.lines("a.txt")
    assert caught.value.origin == "-r a.txt (line 1)"
    with pytest.raises(RequirementsFileError, match="stands in no other file"):
        reading.lines(name)


def test_variables_are_put_in_and_not_shown(reading: Reading) -> None:
    reading.environ = {"TOKEN": "secret"}
    reading.write("a.txt", "six @ https://${TOKEN}@x.example/six.whl\n-i https://${TOKEN}@x.example/ --bad\n")
    with pytest.raises(MalformedRequirement) as caught:
        reading.lines("a.txt")
    assert caught.value.origin == "-r a.txt (line 2)"
    assert caught.value.text == "-i https://****@x.example/ --bad"
    assert caught.value.reason == "no such option: --bad"
    reading.write("a.txt", "six @ https://${TOKEN}@x.example/six.whl\n")
    (line,) = reading.lines("a.txt")
    assert line.requirement == "six @ https://secret@x.example/six.whl"
    assert line.shown == "six @ https://****@x.example/six.whl"


@pytest.mark.parametrize("detour", ["a.txt", "sub/../a.txt", "./a.txt"])
def test_a_file_that_names_itself_is_an_error_and_no_endless_loop(reading: Reading, detour: str) -> None:
    reading.write("a.txt", "-r sub/b.txt\n")
    reading.write("sub/b.txt", f"six\n-c ../{detour}\n")
    with pytest.raises(RequirementsFileLoop) as caught:
        reading.lines("a.txt")
    assert caught.value.origin == f"-r {reading.folder}/sub/b.txt (line 2)"
    assert caught.value.path == f"{reading.folder}/a.txt"
    assert caught.value.within == f"{reading.folder}/sub/b.txt"
    assert caught.value.first_in is None


def test_a_file_that_comes_back_to_itself_is_told_with_who_named_it_first(reading: Reading) -> None:
    reading.write("a.txt", "-r b.txt\n")
    reading.write("b.txt", "-r c.txt\n")
    reading.write("c.txt", "-r b.txt\n")
    with pytest.raises(RequirementsFileLoop) as caught:
        reading.lines("a.txt")
    assert (caught.value.path, caught.value.first_in) == (f"{reading.folder}/b.txt", "a.txt")


def test_a_loop_of_files_behind_urls_shows_no_password(reading: Reading) -> None:
    reading.pages = {"https://x.example/a.txt": "-r a.txt\n"}
    with pytest.raises(RequirementsFileLoop) as caught:
        reading.lines("https://me:s3cret@x.example/a.txt")
    assert "s3cret" not in str(caught.value)
    assert caught.value.path == "https://me:****@x.example/a.txt"


def test_a_file_may_be_named_twice(reading: Reading) -> None:
    reading.write("a.txt", "-r b.txt\n-r b.txt\n")
    reading.write("b.txt", "six\n")
    assert [requirement for requirement, _ in said(reading.lines("a.txt"))] == ["six", "six"]


def test_a_missing_file_is_named_with_who_wants_it(reading: Reading) -> None:
    with pytest.raises(RequirementsFileError) as caught:
        reading.lines("absent.txt")
    assert (caught.value.origin, caught.value.path) == ("the command line", "absent.txt")
    assert caught.value.reason == "No such file or directory"
    reading.write("a.txt", "\n-c absent.txt\n")
    with pytest.raises(RequirementsFileError) as caught:
        reading.lines("a.txt")
    assert caught.value.origin == "-r a.txt (line 2)"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "Is a directory"),
        ("bytes.txt", "codec can't decode"),
        ("six-1.0-py3-none-any.whl", "it is an archive and no text"),
        ("wide.txt", "it is no text"),
        ("pyproject.toml", "it configures a project"),
        ("file://other/a.txt", "no path on this"),
        ("https://[x.example/a.txt", "this is no URL"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error(reading: Reading, name: str, reason: str) -> None:
    (reading.folder / "folder").mkdir()
    (reading.folder / "bytes.txt").write_bytes(b"\xff")
    (reading.folder / "six-1.0-py3-none-any.whl").write_bytes(b"PK\x03\x04")
    (reading.folder / "wide.txt").write_bytes("six".encode("utf-16-le"))
    reading.write("pyproject.toml", "[project]\n")
    with pytest.raises(RequirementsFileError) as caught:
        reading.lines(name)
    assert reason in caught.value.reason
    assert caught.value.path == name


def test_options_of_a_line_that_names_a_file_count_too(reading: Reading) -> None:
    reading.write("a.txt", "-r b.txt --pre\n")
    reading.write("b.txt", "six\n")
    assert [(line.requirement, [one.name for one in line.given]) for line in reading.lines("a.txt")] == [
        ("six", []),
        ("", ["pre"]),
    ]
