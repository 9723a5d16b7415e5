from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.errors import NotReadable
from freewheel.install.discovery import installed, installed_in
from freewheel.install.installed import InfoKind
from freewheel.model.artifact import normalize
from freewheel.model.target import Interpreter
from tests.support.legacy import add_develop, add_distutils, add_egg, add_egg_info
from tests.unit.commands.test_place import VIRTUAL


def interpreter(*folders: Path) -> Interpreter:
    return replace(VIRTUAL, search_paths=tuple(map(str, folders)))


def test_every_kind_is_found_and_told(tmp_path: Path) -> None:
    site, source = tmp_path / "site", tmp_path / "source"
    site.mkdir()
    add_egg_info(site, "flat", requires="a\n[x]\nb\n")
    add_distutils(site, "ancient")
    add_develop(site, source, "linked-one")
    egg, zipped = add_egg(site, "egg"), add_egg(site, "zipped", is_zipped=True)
    found = installed(interpreter(site))
    assert {name: (one.kind, one.location, one.home) for name, one in found.items()} == {
        "flat": (InfoKind.EGG_INFO, str(site), str(site)),
        "ancient": (InfoKind.DISTUTILS, str(site), str(site)),
        "linked-one": (InfoKind.EGG_INFO, str(source), str(site)),
        "egg": (InfoKind.EGG, str(egg), str(site)),
        "zipped": (InfoKind.EGG, str(zipped), str(site)),
    }
    flat = found[normalize("flat")].metadata()
    assert (flat.requires_dist, flat.provides_extra) == (("a", 'b ; extra == "x"'), ("x",))
    assert found[normalize("linked-one")].editable_project == str(source)
    assert found[normalize("flat")].entries() == ["flat.py", *(f"flat-1.0-py3.11.egg-info/{name}" for name in (
        "PKG-INFO", "top_level.txt",
    ))]  # fmt: skip


def test_path_lines_are_read_in_the_interpreters_own_folders_alone(tmp_path: Path) -> None:
    site, added = tmp_path / "site", tmp_path / "added"
    site.mkdir()
    added.mkdir()
    add_distutils(added, "there")
    text = f"# {added}\nimport os; os.getcwd()\n\n{added}\n{tmp_path / 'missing'}\n"
    (site / "x.pth").write_text(text, encoding="utf-8")
    (added / "y.pth").write_text(str(site), encoding="utf-8")
    assert list(installed(interpreter(site))) == ["there"]
    assert installed_in([str(site)]) == {}
    assert installed(interpreter(), before=[str(site)]) == {}


def test_what_comes_first_on_the_path_wins(tmp_path: Path) -> None:
    first, second, added = (tmp_path / name for name in ("first", "second", "added"))
    for folder, version in ((first, "1.0"), (second, "2.0"), (added, "3.0")):
        folder.mkdir()
        add_distutils(folder, "thing", version)
    (first / "a.pth").write_text(str(added), encoding="utf-8")
    (second / "thing-2.0.egg-info").rename(second / "else-2.0.egg-info")
    one = normalize("thing")
    assert installed(interpreter(first, second))[one].version == "1.0"
    assert installed(interpreter(second, first))[one].version == "2.0"
    assert installed(interpreter(second), before=[str(added)])[one].version == "3.0"


def test_a_link_to_nowhere_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.egg-link").write_text("\n", encoding="utf-8")
    (tmp_path / "b.egg-link").write_text("missing\n.", encoding="utf-8")
    (tmp_path / "c.egg").write_bytes(b"no archive")
    (tmp_path / "easy-install.pth").write_text("./c.egg\n", encoding="utf-8")
    assert installed(interpreter(tmp_path)) == {}


def put_info(site: Path, name: str, metadata: bytes | None) -> Path:
    """A dist-info folder with this METADATA, or none."""
    info = site / f"{name}.dist-info"
    info.mkdir(parents=True)
    if metadata is not None:
        (info / "METADATA").write_bytes(metadata)
    return info


@pytest.mark.parametrize(
    ("metadata", "damage"),
    [
        (None, "it is missing"),
        (b"", "it is empty"),
        (b"\xff\xfe\x00N\x00a", "it has no Name"),
        (b"\0" * 300, "it has no Name"),
        (b"Name: six\n\nVersion: 1.0\n", "it has no Version"),
        (b"Name: seven\nVersion: 7.0\n", "it is that of seven"),
        (b"Name: six-seven\nVersion: 7.0\n", "it is that of six-seven"),
        (b"Name: si\nVersion: 7.0\n", "it is that of si"),
    ],
)
def test_a_dist_info_without_metadata_is_what_its_folder_is_named(
    tmp_path: Path, metadata: bytes | None, damage: str
) -> None:
    info = put_info(tmp_path, "six-1.16.0", metadata)
    [one] = installed_in([str(tmp_path)]).values()
    assert (one.project, one.name, one.version, one.damage) == ("six", "six", "1.16.0", damage)
    assert one.fault == (
        f"{info / 'METADATA'}: {damage}. `freewheel install --force-reinstall --no-deps six==1.16.0` writes it anew."
    )
    assert (one.metadata().name, one.metadata().version) == ("six", "1.16.0")
    assert b"Name: six\nVersion: 1.16.0\n" in one.metadata_bytes()


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("Foo_Bar-1.0", "foo.bar", "1.0"),
        ("my-project-1.0", "my-project", "1.0"),
        ("six-1.0-1", "six", "1.0.post1"),
        ("odd-unknown", "odd", "UNKNOWN"),
        ("six", "six", "1.0"),
    ],
)
def test_other_ways_to_write_a_folders_name_are_no_damage(
    tmp_path: Path, folder: str, name: str, version: str
) -> None:
    put_info(tmp_path, folder, f"Name: {name}\nVersion: {version}\n".encode())
    [one] = installed_in([str(tmp_path)]).values()
    assert (one.name, one.version, one.damage, one.fault) == (name, version, None, None)


def test_what_names_nothing_is_nothing(tmp_path: Path) -> None:
    put_info(tmp_path, "six", None)
    (tmp_path / "seven-1.0.dist-info").write_bytes(b"")
    (tmp_path / "eight-1.0.egg-info").mkdir()
    assert installed_in([str(tmp_path)]) == {}


def test_several_of_one_project_in_one_place_are_one(tmp_path: Path) -> None:
    """The first that is sound stands for all; what lies in another folder is none of its business."""
    site = tmp_path / "site"
    put_info(site, "six-1.0", b"")
    put_info(site, "six-1.1", b"Name: six\nVersion: 1.1\n")
    put_info(site, "Six-1.2", b"Name: six\nVersion: 1.2\n")
    put_info(tmp_path / "other", "six-0.9", b"Name: six\nVersion: 0.9\n")
    [one] = installed_in([str(site), str(tmp_path / "other")]).values()
    assert (one.version, one.damage) == ("1.2", None)
    assert sorted(each.version for each in one.beside) == ["1.0", "1.1"]
    assert one.fault == (
        f"six stands several times in {site}: Six-1.2.dist-info, six-1.0.dist-info, six-1.1.dist-info. "
        "`freewheel install --force-reinstall --no-deps six` leaves one of them."
    )


def test_an_own_folder_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A loop of links stands for everything that keeps root, too, from reading; other folders are passed over."""
    (tmp_path / "loop").symlink_to("loop")
    loop = str(tmp_path / "loop")
    with pytest.raises(NotReadable) as caught:
        installed_in([loop])
    assert caught.value.path == loop
    assert installed(interpreter(), before=[loop]) == {}
    assert installed(interpreter(tmp_path / "loop")) == {}
    for own in (
        replace(interpreter(tmp_path / "loop"), paths={"purelib": loop, "platlib": loop}),
        replace(interpreter(tmp_path / "loop"), user_site=loop),
    ):
        with pytest.raises(NotReadable):
            installed(own)
    assert installed_in([str(tmp_path / "absent")]) == {}
