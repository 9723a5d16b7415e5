"""A PEP 517 backend that needs nothing installed: it is copied into source trees as `build_backend.py`.

It packs what lies below `src/` as `backend.json` beside it says, and appends a line `<hook> <project> <version>` to
the file that the environment variable `BUILD_LOG` names, if there is one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SETTINGS: dict[str, Any] = json.loads((HERE / "backend.json").read_text(encoding="utf-8"))

_Settings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: _Settings = None) -> list[str]:  # noqa: ARG001 (PEP 517)
    """What the settings say."""
    _begin("get_requires_for_build_wheel")
    return list(SETTINGS["requires_for_build"])


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: _Settings = None) -> str:
    """The `.dist-info` folder without RECORD."""
    _begin("prepare_metadata_for_build_wheel")
    folder = _dist_info()
    for name, content in _dist_info_files(config_settings).items():
        path = Path(metadata_directory, folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def build_wheel(
    wheel_directory: str,
    config_settings: _Settings = None,
    metadata_directory: str | None = None,  # noqa: ARG001 (PEP 517)
) -> str:
    """Pack everything below `src/`."""
    _begin("build_wheel")
    source = HERE / "src"
    members = {path.relative_to(source).as_posix(): path.read_bytes() for path in _files(source)}
    return _write_wheel(wheel_directory, members, config_settings)


def build_editable(
    wheel_directory: str,
    config_settings: _Settings = None,
    metadata_directory: str | None = None,  # noqa: ARG001 (PEP 660)
) -> str:
    """A wheel that points at `src/` (PEP 660)."""
    _begin("build_editable")
    pointer = f"{HERE / 'src'}\n".encode()
    return _write_wheel(wheel_directory, {f"__editable__{SETTINGS['stem']}.pth": pointer}, config_settings)


if not SETTINGS["prepares_metadata"]:
    del prepare_metadata_for_build_wheel


def _begin(hook: str) -> None:
    log = os.environ.get("BUILD_LOG")
    if log:
        with Path(log).open("a", encoding="utf-8") as lines:
            lines.write(f"{hook} {SETTINGS['name']} {SETTINGS['version']}\n")
    if hook in SETTINGS["fails_in"]:
        raise RuntimeError(SETTINGS["failure"])


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _dist_info() -> str:
    return f"{SETTINGS['stem']}.dist-info"


def _dist_info_files(config_settings: _Settings) -> dict[str, bytes]:
    wheel = f"Wheel-Version: 1.0\nGenerator: in-tree\nRoot-Is-Purelib: true\nTag: {SETTINGS['tag']}\n"
    files = {
        "METADATA": SETTINGS["metadata"],
        "WHEEL": wheel,
        "config_settings.json": json.dumps(config_settings or {}, sort_keys=True),
    }
    if SETTINGS["entry_points"]:
        files["entry_points.txt"] = SETTINGS["entry_points"]
    return {name: text.encode() for name, text in files.items()}


def _write_wheel(folder: str, members: dict[str, bytes], config_settings: _Settings) -> str:
    dist_info = _dist_info()
    everything = dict(members)
    everything |= {f"{dist_info}/{name}": data for name, data in _dist_info_files(config_settings).items()}
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in everything.items())
    everything[f"{dist_info}/RECORD"] = f"{record}{dist_info}/RECORD,,\n".encode()
    filename = f"{SETTINGS['stem']}-{SETTINGS['tag']}.whl"
    with zipfile.ZipFile(Path(folder, filename), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in everything.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return filename


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
