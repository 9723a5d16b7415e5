from __future__ import annotations

import os
from pathlib import Path

from freewheel.commands.script_location import scripts_off_path


def test_scripts_off_path_are_told_by_folder(tmp_path: Path) -> None:
    on, off, beside = (tmp_path / name for name in ("on", "off", "beside"))
    for folder in (on, off, beside):
        folder.mkdir()
    (tmp_path / "link").symlink_to(on)
    scripts = [str(folder / name) for folder in (on, off, beside) for name in ("b", "a")]
    path = os.pathsep.join((str(tmp_path / "link"), "/usr/bin"))
    found = scripts_off_path(scripts, path=path, interpreter=str(beside / "python"))
    assert found == {str(off): ("a", "b")}
