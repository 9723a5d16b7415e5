from __future__ import annotations

import os
from pathlib import Path

from freewheel.commands.script_location import scripts_off_path, warning

CONSIDER = (
    "Consider adding this directory to PATH or, if you prefer to suppress this warning, use "
    "--no-warn-script-location."
)


def test_scripts_off_path_are_told_by_folder(tmp_path: Path) -> None:
    on, off, beside = (tmp_path / name for name in ("on", "off", "beside"))
    for folder in (on, off, beside):
        folder.mkdir()
    (tmp_path / "link").symlink_to(on)
    scripts = [str(folder / name) for folder in (on, off, beside) for name in ("b", "a")]
    path = os.pathsep.join((str(tmp_path / "link"), "/usr/bin"))
    found = scripts_off_path(scripts, path=path, interpreter=str(beside / "python"))
    assert found == {str(off): ("a", "b")}


def test_the_warning_is_pips() -> None:
    assert warning({}, path="") is None
    assert warning({"/x/bin": ("one",)}, path="/usr/bin") == (
        f"The script one is installed in '/x/bin' which is not on PATH.\n{CONSIDER}"
    )
    several = warning({"/x": ("a", "b", "c"), "/y": ("d",)}, path="~/bin")
    assert several is not None
    assert several.splitlines() == [
        "The scripts a, b and c are installed in '/x' which is not on PATH.",
        "The script d is installed in '/y' which is not on PATH.",
        CONSIDER.replace("this", "these", 1).replace("directory", "directories"),
        "NOTE: The current PATH contains path(s) starting with `~`, which may not be expanded by all applications.",
    ]
