"""Distributions as they were installed before there were wheels: what setuptools, easy_install and distutils left."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.support.metadata import core_metadata


def add_egg_info(
    site: Path, name: str, version: str = "1.0", *, requires: str = "", lists_files: bool = True
) -> None:
    """As `setup.py install --single-version-externally-managed` does: a module, and a folder beside it."""
    info = site / f"{name}-{version}-py3.11.egg-info"
    info.mkdir()
    (site / f"{name}.py").write_text("x = 1\n", encoding="utf-8")
    (info / "PKG-INFO").write_text(core_metadata(name, version), encoding="utf-8")
    (info / "top_level.txt").write_text(f"{name}\n", encoding="utf-8")
    if requires:
        (info / "requires.txt").write_text(requires, encoding="utf-8")
    if lists_files:
        lines = (f"../{name}.py", "PKG-INFO", "top_level.txt")
        (info / "installed-files.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def add_distutils(site: Path, name: str, version: str = "1.0") -> None:
    """As distutils' own `install` does: a module, and a file beside it that lists nothing."""
    (site / f"{name}.py").write_text("x = 1\n", encoding="utf-8")
    (site / f"{name}-{version}.egg-info").write_text(core_metadata(name, version), encoding="utf-8")


def add_develop(site: Path, source: Path, name: str, version: str = "1.0", *, scripts: Path | None = None) -> None:
    """As `setup.py develop` does: a link to a source folder, which a `.pth` file adds to the search path."""
    info = source / f"{name.replace('-', '_')}.egg-info"
    info.mkdir(parents=True)
    (source / f"{name.replace('-', '_')}.py").write_text("x = 1\n", encoding="utf-8")
    (info / "PKG-INFO").write_text(core_metadata(name, version), encoding="utf-8")
    (site / f"{name}.egg-link").write_text(f"{source}\n.", encoding="utf-8")
    _add_line(site, str(source))
    if scripts is not None:
        (info / "entry_points.txt").write_text(f"[console_scripts]\n{name} = {name}:x\n", encoding="utf-8")
        (scripts / name).write_text("#!/bin/sh\n", encoding="utf-8")


def add_egg(site: Path, name: str, version: str = "1.0", *, is_zipped: bool = False) -> Path:
    """As easy_install does: an egg of its own, which a `.pth` file adds to the search path."""
    egg = site / f"{name}-{version}-py3.11.egg"
    contents = {f"{name}.py": "x = 1\n", "EGG-INFO/PKG-INFO": core_metadata(name, version)}
    if is_zipped:
        with zipfile.ZipFile(egg, "w") as archive:
            for path, text in contents.items():
                archive.writestr(path, text)
    else:
        for path, text in contents.items():
            (egg / path).parent.mkdir(parents=True, exist_ok=True)
            (egg / path).write_text(text, encoding="utf-8")
    _add_line(site, f"./{egg.name}")
    return egg


def _add_line(site: Path, line: str) -> None:
    with (site / "easy-install.pth").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
