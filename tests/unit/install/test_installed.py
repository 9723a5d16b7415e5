from __future__ import annotations

from pathlib import Path

from freewheel.install.discovery import installed_in
from freewheel.model.artifact import normalize


def distribution(folder: Path, name: str, version: str = "1.0", suffix: str = ".dist-info", **files: str) -> Path:
    info = folder / f"{name}-{version}{suffix}"
    info.mkdir(parents=True)
    about = "METADATA" if suffix == ".dist-info" else "PKG-INFO"
    (info / about).write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: no field\n")
    for file, content in files.items():
        (info / file.replace("__", ".")).write_text(content)
    return info


def test_the_first_folder_wins(tmp_path: Path) -> None:
    distribution(tmp_path / "a", "Foo.Bar", "1.0")
    distribution(tmp_path / "b", "foo_bar", "2.0")
    distribution(tmp_path / "b", "other")
    found = installed_in([str(tmp_path / "a"), str(tmp_path / "missing"), str(tmp_path / "b")])
    assert {name: (each.name, each.version, each.location) for name, each in found.items()} == {
        "foo-bar": ("Foo.Bar", "1.0", str(tmp_path / "a")),
        "other": ("other", "1.0", str(tmp_path / "b")),
    }


def test_it_reads_what_the_folder_says(tmp_path: Path) -> None:
    editable = '{"url": "file:///src/app", "dir_info": {"editable": true}}'
    distribution(tmp_path, "app", RECORD="", INSTALLER="pip\n", REQUESTED="", direct_url__json=editable)
    distribution(tmp_path, "dep", direct_url__json='{"url": "file:///x", "dir_info": {}}')
    found = installed_in([str(tmp_path)])
    app, dep = found[normalize("app")], found[normalize("dep")]
    assert (app.installer, app.is_requested, app.has_record) == ("pip", True, True)
    assert (app.is_editable, app.editable_project) == (True, "/src/app")
    assert (dep.installer, dep.is_requested, dep.has_record) == ("", False, False)
    assert (dep.is_editable, dep.direct_url) == (False, '{"url": "file:///x", "dir_info": {}}')


def test_a_direct_url_that_is_none_means_nothing(tmp_path: Path) -> None:
    distribution(tmp_path, "app", direct_url__json="[1]")
    distribution(tmp_path, "bpp", direct_url__json="{")
    assert [each.is_editable for each in installed_in([str(tmp_path)]).values()] == [False, False]


def test_egg_info_is_listed_without_a_record(tmp_path: Path) -> None:
    distribution(tmp_path, "old", suffix="-py3.9.egg-info")
    (tmp_path / "older-0.1.egg-info").write_text("Name: older\nVersion: 0.1\n")
    found = installed_in([str(tmp_path)])
    assert {name: each.has_record for name, each in found.items()} == {"old": False, "older": False}
    assert found[normalize("older")].metadata().version == "0.1"


def test_leftovers_are_passed_over(tmp_path: Path) -> None:
    distribution(tmp_path, "~pp")
    (tmp_path / "nameless.dist-info").mkdir()
    (tmp_path / "nameless.dist-info/METADATA").write_bytes(b"\xff\xfe: x\nVersion: 1\n")
    assert installed_in([str(tmp_path)]) == {}


def test_metadata_is_read_to_the_first_empty_line(tmp_path: Path) -> None:
    info = distribution(tmp_path, "app")
    (info / "METADATA").write_text(
        "Metadata-Version: 2.2\nName: app\nVersion: 1.0\nRequires-Dist: a>=1;\n  python_version>'3'\n"
        "Requires-Dist: b\nRequires-Python: >=3.9\nProvides-Extra: x\nDynamic: License\n\nRequires-Dist: c\n"
    )
    metadata = installed_in([str(tmp_path)])[normalize("app")].metadata()
    assert metadata.requires_dist == ("a>=1; python_version>'3'", "b")
    assert (metadata.requires_python, metadata.provides_extra) == (">=3.9", ("x",))
    assert (metadata.metadata_version, metadata.dynamic) == ("2.2", ("license",))
