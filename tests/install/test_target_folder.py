"""`--target`: into a plain folder, by pip's rules."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from freewheel.events import Warned
from freewheel.install.destination import in_folder
from tests.install.conftest import Bench
from tests.support.environments import Environment, pip

MakeWheel = Callable[..., Path]

HEADER = f"include/site/python{sys.version_info.major}.{sys.version_info.minor}/tool/tool.h"


@pytest.fixture
def into(bench: Bench, environment: Environment, tmp_path: Path) -> Callable[..., Path]:
    def install(*wheels: Path, upgrade: bool = False) -> Path:
        folder = tmp_path / "target"
        destination = in_folder(str(folder), bench.interpreter(environment))
        bench.install(environment, *wheels, destination=destination, replaces=upgrade)
        return folder

    return install


@pytest.fixture
def tool(wheel: MakeWheel) -> Callable[[str], Path]:
    def make(version: str) -> Path:
        return wheel(
            "tool",
            version,
            files={"tool/__init__.py": f"v = {version!r}\n", f"tool/only_{version[0]}.py": "", "tool_single.py": ""},
            entry_points={"console_scripts": {"tool": "tool:v.upper"}},
            data={"data/share/tool.txt": version},
            headers={"tool.h": ""},
        )

    return make


def relative(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def warnings(bench: Bench) -> list[str]:
    return [event.message for event in bench.reporter.events if isinstance(event, Warned)]


def test_it_has_the_files_that_pip_puts_there(
    environment: Environment, into: Callable[..., Path], tool: Callable[[str], Path], tmp_path: Path
) -> None:
    folder, theirs = into(tool("1.0")), tmp_path / "theirs"
    pip(environment, "install", "--no-index", "--no-deps", "--target", theirs, tool("1.0"))
    generated = {"tool-1.0.dist-info/REQUESTED", "tool-1.0.dist-info/direct_url.json"}
    assert relative(folder) == relative(theirs) - generated
    assert HEADER in relative(folder)
    record = (folder / "tool-1.0.dist-info/RECORD").read_text()
    assert "\nbin/tool,sha256=" in record


def test_what_is_there_stays_without_upgrade(
    bench: Bench, into: Callable[..., Path], tool: Callable[[str], Path], wheel: MakeWheel
) -> None:
    folder = into(tool("1.0"))
    before = {path: (folder / path).read_bytes() for path in relative(folder)}
    into(tool("2.0"), wheel("other"))
    assert warnings(bench) == [
        f"Target directory {folder / name} already exists. Specify --upgrade to force replacement."
        for name in ("tool", "tool_single.py", "bin/tool", HEADER, "share/tool.txt")
    ]
    assert (folder / "other.py").exists()
    assert all((folder / path).read_bytes() == content for path, content in before.items())


def test_upgrade_replaces_a_version_and_nothing_else(
    bench: Bench, into: Callable[..., Path], tool: Callable[[str], Path]
) -> None:
    folder = into(tool("1.0"))
    (folder / "tool" / "mine.txt").write_text("mine")
    (folder / "bin" / "mine").write_text("mine")
    into(tool("2.0"), upgrade=True)
    assert warnings(bench) == []
    found = relative(folder)
    assert {"tool/mine.txt", "bin/mine", "bin/tool", "tool/only_2.py"} <= found
    assert not {name for name in found if "only_1" in name or "1.0.dist-info" in name}
    assert (folder / "share/tool.txt").read_text() == "2.0"


def test_upgrade_does_not_follow_links(
    bench: Bench, into: Callable[..., Path], tool: Callable[[str], Path], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "tool").symlink_to(elsewhere)
    into(tool("1.0"), upgrade=True)
    assert warnings(bench) == [
        f"Target directory {folder / 'tool'} already exists. It is a link, which is not replaced."
    ]
    assert list(elsewhere.iterdir()) == []
    assert relative(folder) == set()


def test_two_parts_of_a_namespace_come_at_once(into: Callable[..., Path], wheel: MakeWheel) -> None:
    folder = into(wheel("ns-a", files={"ns/a.py": ""}), wheel("ns-b", files={"ns/b.py": ""}))
    assert {"ns/a.py", "ns/b.py"} <= relative(folder)


def test_scripts_and_data_of_another_project_stay_without_upgrade(
    bench: Bench, into: Callable[..., Path], tool: Callable[[str], Path], wheel: MakeWheel
) -> None:
    folder = into(tool("1.0"))
    before = (folder / "bin/tool").read_bytes()
    rival = wheel("rival", entry_points={"console_scripts": {"tool": "rival:x"}})
    into(rival)
    assert warnings(bench) == [
        f"Target directory {folder / 'bin/tool'} already exists. Specify --upgrade to force replacement."
    ]
    assert (folder / "bin/tool").read_bytes() == before
    into(rival, upgrade=True)
    assert (folder / "bin/tool").read_bytes() != before


def test_scripts_of_several_projects_share_a_folder(into: Callable[..., Path], wheel: MakeWheel) -> None:
    """Where pip warns of `bin`, and leaves the second project without its scripts."""
    for name in ("first", "second"):
        folder = into(wheel(name, entry_points={"console_scripts": {name: f"{name}:x"}}))
    assert {"bin/first", "bin/second"} <= relative(folder)


def test_upgrade_does_not_write_through_a_linked_folder_of_scripts(
    bench: Bench, into: Callable[..., Path], tool: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "bin").symlink_to(tmp_path / "elsewhere")
    into(tool("1.0"), upgrade=True)
    assert [message.partition(" already")[0] for message in warnings(bench)] == [
        f"Target directory {tmp_path / 'target/bin'}"
    ]
    assert not (tmp_path / "elsewhere").exists()
