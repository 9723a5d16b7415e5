from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from freewheel.errors import InvalidWheel
from freewheel.install.plan import (
    Destination,
    InstallPlan,
    PlaceFile,
    Unpacked,
    WriteFile,
    plan,
    with_shebang,
)
from freewheel.model.digest import sha256_of
from freewheel.store.protocol import Bytecode, BytecodeFile, Manifest, Tree, TreeFile

SITE = "/env/lib/python3.12/site-packages"


def destination(executable: str = "/env/bin/python", platform: str = "linux-x86_64") -> Destination:
    return Destination(
        schemes={
            "purelib": SITE,
            "platlib": "/env/lib64/python3.12/site-packages",
            "headers": "/env/include/site/python3.12",
            "scripts": "/env/bin",
            "data": "/env",
        },
        executable=executable,
        python_version="3.12",
        platform=platform,
    )


def file(path: str, scheme: str = "purelib", *, is_executable: bool = False) -> TreeFile:
    return TreeFile(scheme=scheme, path=path, size=3, digest=f"of-{path}", mtime=7, is_executable=is_executable)


def unpacked(
    project: str,
    *files: TreeFile,
    entry_points: Iterable[tuple[str, str, str]] = (),
    scripts: Mapping[str, bytes] | None = None,
    compiled: Iterable[str] = (),
    root_scheme: str = "purelib",
    direct_url: str | None = None,
    is_requested: bool = False,
) -> Unpacked:
    manifest = Manifest(
        project=project,
        version="1.0",
        dist_info=f"{project}-1.0.dist-info",
        root_scheme=root_scheme,
        files=(*files, file(f"{project}-1.0.dist-info/METADATA", root_scheme)),
        entry_points=tuple(entry_points),
    )
    bytecode = tuple(
        BytecodeFile(scheme="purelib", path=path, source="", size=5, digest="", mtime=7) for path in compiled
    )
    return Unpacked(
        tree=Tree(wheel=sha256_of(project.encode()), root=Path(f"/store/{project}"), manifest=manifest),
        scripts=scripts or {},
        bytecode=Bytecode(variant="v", root=Path(f"/store/{project}-pyc"), files=bytecode) if compiled else None,
        direct_url=direct_url,
        is_requested=is_requested,
    )


def places(decided: InstallPlan) -> dict[str, PlaceFile]:
    operations = [operation for each in decided.distributions for operation in each.operations]
    return {each.destination: each for each in operations if isinstance(each, PlaceFile)}


def writes(decided: InstallPlan) -> dict[str, WriteFile]:
    operations = [operation for each in decided.distributions for operation in each.operations]
    return {each.destination: each for each in operations if isinstance(each, WriteFile)}


def record(decided: InstallPlan, project: str, site: str = SITE) -> dict[str, tuple[str, str]]:
    text = writes(decided)[f"{site}/{project}-1.0.dist-info/RECORD"].content.decode()
    return {row[0]: (row[1], row[2]) for row in csv.reader(text.splitlines())}


def test_modules_and_their_data_may_be_shared_and_nothing_else() -> None:
    files = [file("a.py"), file("a/x.txt"), file("a.so", "platlib", is_executable=True)]
    copied = [file("share/d.txt", "data"), file("a.h", "headers")]
    found = places(plan([unpacked("a", *files, *copied, compiled=["__pycache__/a.pyc"])], destination()))
    assert {path for path, each in found.items() if each.may_share} == {
        f"{SITE}/a.py",
        f"{SITE}/a/x.txt",
        "/env/lib64/python3.12/site-packages/a.so",
        f"{SITE}/__pycache__/a.pyc",
    }
    assert {path for path, each in found.items() if not each.may_share} == {
        "/env/share/d.txt",
        "/env/include/site/python3.12/a/a.h",
        f"{SITE}/a-1.0.dist-info/METADATA",
    }
    assert found[f"{SITE}/a.py"] == PlaceFile(
        source="/store/a/purelib/a.py",
        destination=f"{SITE}/a.py",
        size=3,
        mtime=7,
        is_executable=False,
        may_share=True,
    )
    assert found["/env/lib64/python3.12/site-packages/a.so"].is_executable


def test_record_leads_from_the_site_folder_to_every_scheme() -> None:
    files = [file("a.py"), file("p.so", "platlib"), file("share/d.txt", "data"), file("a.h", "headers")]
    single = unpacked("a", *files, scripts={"run": b"#!python\n"}, compiled=["__pycache__/a.pyc"])
    found = record(plan([single], destination()), "a")
    assert found["a.py"] == ("sha256=of-a.py", "3")
    assert found["__pycache__/a.pyc"] == found["a-1.0.dist-info/RECORD"] == ("", "")
    assert found["../../../bin/run"][1] == str(len("#!/env/bin/python\n"))
    assert {"../../../lib64/python3.12/site-packages/p.so", "../../../share/d.txt"} < found.keys()
    assert "../../../include/site/python3.12/a/a.h" in found
    assert list(found) == sorted(found)


def test_record_lies_in_the_root_scheme() -> None:
    platlib = "/env/lib64/python3.12/site-packages"
    found = record(plan([unpacked("a", file("a.so", "platlib"), root_scheme="platlib")], destination()), "a", platlib)
    assert "a.so" in found


@pytest.mark.parametrize(
    ("is_requested", "direct_url", "expected"),
    [
        (False, None, {"INSTALLER": b"freewheel\n"}),
        (True, None, {"INSTALLER": b"freewheel\n", "REQUESTED": b""}),
        (False, '{"url": "u"}', {"INSTALLER": b"freewheel\n", "direct_url.json": b'{"url": "u"}'}),
    ],
)
def test_what_the_installer_notes(is_requested: bool, direct_url: str | None, expected: Mapping[str, bytes]) -> None:
    decided = plan([unpacked("a", is_requested=is_requested, direct_url=direct_url)], destination())
    notes = {path.rpartition("/")[2]: each.content for path, each in writes(decided).items()}
    del notes["RECORD"]
    assert notes == expected
    assert {f"a-1.0.dist-info/{name}" for name in expected} < record(decided, "a").keys()


def test_a_path_of_two_projects_goes_to_the_later_and_stays_in_both_records() -> None:
    decided = plan([unpacked("a", file("t.py")), unpacked("b", file("t.py"))], destination())
    assert places(decided)[f"{SITE}/t.py"].source == "/store/b/purelib/t.py"
    assert decided.overwritten == ((f"{SITE}/t.py", "a", "b"),)
    assert "t.py" in record(decided, "a")
    assert "t.py" in record(decided, "b")
    destinations = [each.destination for single in decided.distributions for each in single.operations]
    assert len(destinations) == len(set(destinations))


def test_entry_points_become_launchers_that_hide_setuptools_own() -> None:
    points = [("console_scripts", "tool", "a.b:main.run"), ("gui_scripts", "window", "a:show")]
    scripts = {"tool": b"old", "tool-script.py": b"old", "TOOL.exe": b"kept", "other": b"#!/bin/sh\n"}
    found = writes(plan([unpacked("a", entry_points=points, scripts=scripts)], destination()))
    names = {path.removeprefix("/env/bin/") for path in found if path.startswith("/env/bin/")}
    assert names == {"tool", "window", "other", "TOOL.exe"}
    assert b"from a.b import main" in found["/env/bin/tool"].content
    assert found["/env/bin/tool"].content.startswith(b"#!/env/bin/python\n")
    assert found["/env/bin/other"].content == b"#!/bin/sh\n"
    assert all(found[f"/env/bin/{name}"].is_executable for name in names)


def test_launchers_for_windows_are_programs() -> None:
    points = [("console_scripts", "tool", "a:main")]
    found = writes(plan([unpacked("a", entry_points=points)], destination(platform="win-amd64")))
    assert found["/env/bin/tool.exe"].content.startswith(b"MZ")


def test_pips_own_scripts_are_named_after_the_interpreter() -> None:
    points = [("console_scripts", name, "pip:main") for name in ("pip", "pip3", "pip3.9")]
    found = writes(plan([unpacked("pip", entry_points=points)], destination()))
    names = {path.removeprefix("/env/bin/") for path in found if path.startswith("/env/bin/")}
    assert names == {"pip", "pip3", "pip3.12"}
    other = writes(plan([unpacked("a", entry_points=points)], destination()))
    assert "/env/bin/pip3.9" in other


@pytest.mark.parametrize("path", ["../a.py", "/a.py", "a/../../b.py", "C:/a.py", "a\\b.py"])
def test_a_manifest_that_leads_out_is_refused(path: str) -> None:
    for item in (
        unpacked("a", file(path)),
        unpacked("a", file("a.py"), compiled=[path]),
        unpacked("a", entry_points=[("console_scripts", path, "a:main")]),
    ):
        with pytest.raises(InvalidWheel) as caught:
            plan([item], destination())
        assert caught.value.problems == (f"{path} leads out of its folder",)


def test_a_shebang_that_the_system_would_not_read_goes_through_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / ("it's a long name " * 8)
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(sys.executable)
    content = with_shebang(b"#!pythonw\nimport sys\nprint(sys.argv[1:])\n", str(python))
    script = tmp_path / "script"
    script.write_bytes(content)
    script.chmod(0o755)
    done = subprocess.run([script, "a b"], capture_output=True, text=True, check=True)
    assert done.stdout == "['a b']\n"


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"print()\n", b"\x7fELF#!python"])
def test_other_scripts_stay_as_they_are(content: bytes) -> None:
    assert with_shebang(content, "/env/bin/python") == content
