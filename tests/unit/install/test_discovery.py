from __future__ import annotations

from dataclasses import replace
from pathlib import Path

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
