from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.errors import RecordMissing
from freewheel.install.changes import SetAside
from freewheel.install.discovery import installed_in
from freewheel.install.installed import InstalledDistribution
from freewheel.install.journal import Journal
from freewheel.install.plan import Destination
from freewheel.install.uninstall import is_within, removal_of, remove


@pytest.fixture
def env(tmp_path: Path) -> Path:
    folder = tmp_path / "env"
    (folder / "lib/site").mkdir(parents=True)
    (folder / "bin").mkdir()
    return folder


@pytest.fixture
def destination(env: Path) -> Destination:
    site = str(env / "lib/site")
    return Destination(
        schemes={
            "purelib": site,
            "platlib": site,
            "headers": str(env / "include"),
            "scripts": str(env / "bin"),
            "data": str(env),
        },
        executable=sys.executable,
        python_version="3.12",
        platform="linux-x86_64",
    )


def put(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def distribution(env: Path, *recorded: str, site: str = "lib/site") -> InstalledDistribution:
    info = env / site / "app-1.0.dist-info"
    put(info / "METADATA", "Name: app\nVersion: 1.0\n")
    put(info / "RECORD", "".join(f'"{path}",,\n' for path in (*recorded, "app-1.0.dist-info/RECORD")))
    (found,) = installed_in([str(env / site)]).values()
    return found


def relative(env: Path, paths: tuple[str, ...]) -> set[str]:
    return {Path(path).relative_to(env).as_posix() for path in paths}


def test_files_bytecode_and_scripts_go(env: Path, destination: Destination) -> None:
    for path in ("app/__init__.py", "app/m.py", "app/m.x.py", "app/table.txt"):
        put(env / "lib/site" / path)
    for name in ("m.cpython-39.pyc", "m.cpython-312.opt-1.pyc", "other.cpython-39.pyc", "m.x.cpython-39.pyc"):
        put(env / "lib/site/app/__pycache__" / name)
    put(env / "bin/app")
    put(env / "lib/site/app-1.0.dist-info/unlisted")
    found = distribution(env, "app/__init__.py", "app/m.py", "app/table.txt", "app/gone.py", "../../bin/app")
    removal = removal_of(found, destination)
    assert relative(env / "lib/site", tuple(path for path in removal.files if "/bin/" not in path)) == {
        "app/__init__.py",
        "app/m.py",
        "app/table.txt",
        "app/__pycache__/m.cpython-39.pyc",
        "app/__pycache__/m.cpython-312.opt-1.pyc",
        "app-1.0.dist-info/METADATA",
        "app-1.0.dist-info/RECORD",
        "app-1.0.dist-info/unlisted",
    }
    assert str(env / "bin/app") in removal.files
    assert removal.refused == ()


def test_empty_folders_go_and_roots_stay(env: Path, destination: Destination) -> None:
    put(env / "lib/site/app/deep/er/m.py")
    put(env / "lib/site/app/deep/er/__pycache__/m.cpython-39.pyc")
    put(env / "lib/site/app/plain/m.py")
    (env / "lib/site/app/plain/__pycache__").mkdir()
    put(env / "share/man/app.1")
    found = distribution(env, "app/deep/er/m.py", "app/plain/m.py", "../../share/man/app.1")
    journal = Journal([str(env)])
    remove(removal_of(found, destination), destination, journal)
    journal.commit()
    assert {path.relative_to(env).as_posix() for path in env.rglob("*")} == {"lib", "lib/site", "bin"}


def test_folders_that_have_nothing_else_are_one_step_each(env: Path, destination: Destination) -> None:
    recorded = [
        f"app/{folder}/m{number}.py" for folder in ("", "deep/", "deep/er/", "shared/") for number in range(9)
    ]
    for path in recorded:
        put(env / "lib/site" / path)
    put(env / "lib/site/app/shared/mine.txt")
    journal = Journal([str(env)])
    remove(removal_of(distribution(env, *recorded), destination), destination, journal)
    moved = [Path(change.path) for change in journal._changes if isinstance(change, SetAside)]
    assert [path.name for path in moved if path.is_relative_to(env / "lib/site/app/deep")] == ["deep"]
    assert [path.name for path in moved if path.suffix != ".py"] == ["app-1.0.dist-info", "deep"]
    journal.commit()
    assert {path.relative_to(env).as_posix() for path in (env / "lib/site").rglob("*")} == {
        "lib/site/app",
        "lib/site/app/shared",
        "lib/site/app/shared/mine.txt",
    }


def test_a_folder_that_cannot_be_moved_is_emptied(env: Path, destination: Destination) -> None:
    class Stuck(Journal):
        """As if something were mounted in each folder."""

        def set_folder_aside(self, path: str) -> bool:
            return super().set_folder_aside(f"{path}/missing")

    put(env / "lib/site/app/m.py")
    journal = Stuck([str(env)])
    remove(removal_of(distribution(env, "app/m.py"), destination), destination, journal)
    journal.commit()
    assert list((env / "lib/site").iterdir()) == []


def test_folders_with_others_files_stay(env: Path, destination: Destination) -> None:
    put(env / "lib/site/app/m.py")
    put(env / "lib/site/app/mine.txt")
    journal = Journal([str(env)])
    remove(removal_of(distribution(env, "app/m.py"), destination), destination, journal)
    journal.commit()
    assert {path.name for path in (env / "lib/site/app").iterdir()} == {"mine.txt"}


@pytest.mark.parametrize(
    "recorded", ["../../../precious", "{tmp}/precious", "link/precious", "../../../env/../precious"]
)
def test_what_lies_outside_is_refused(env: Path, destination: Destination, recorded: str) -> None:
    precious = put(env.parent / "precious")
    (env / "lib/site/link").symlink_to(env.parent)
    removal = removal_of(distribution(env, recorded.format(tmp=env.parent)), destination)
    assert removal.refused == (str(precious),)
    assert str(precious) not in removal.files


def test_links_themselves_go_and_not_what_they_lead_to(env: Path, destination: Destination) -> None:
    precious = put(env.parent / "precious")
    (env / "lib/site/link").symlink_to(precious)
    (env / "lib/site/folder").symlink_to(env.parent)
    removal = removal_of(distribution(env, "link", "folder"), destination)
    assert str(env / "lib/site/link") in removal.files
    assert str(env / "lib/site/folder") not in removal.files


def test_a_folder_in_record_is_not_removed_as_a_file(env: Path, destination: Destination) -> None:
    put(env / "lib/site/app/mine.txt")
    removal = removal_of(distribution(env, "app", "app/"), destination)
    assert not [path for path in removal.files if "app/" in path.replace("app-1.0", "")]


def test_without_a_record_it_cannot_be_uninstalled(env: Path, destination: Destination) -> None:
    found = distribution(env)
    (found.info / "RECORD").unlink()
    put(found.info / "INSTALLER", "\nconda\n")
    with pytest.raises(RecordMissing) as caught:
        removal_of(found, destination)
    assert (caught.value.project, caught.value.version, caught.value.installer) == ("app", "1.0", "conda")


def test_what_lies_outside_the_environment_stays(env: Path, destination: Destination) -> None:
    found = distribution(env.parent, site="other")
    assert not is_within(found, destination)
    removal = removal_of(found, destination)
    assert (removal.is_outside, removal.files) == (True, ())
    assert removal_of(found, replace(destination, reach=(str(env.parent / "other"),))).files != ()


def test_what_is_damaged_goes_by_its_record_or_its_folder(env: Path, destination: Destination) -> None:
    """Also what else stands for the project, and folders that are empty."""
    site = env / "lib/site"
    put(site / "app.py")
    found = distribution(env, "app.py")
    put(found.info / "METADATA")
    (site / "app-0.9.dist-info" / "licenses").mkdir(parents=True)
    (damaged,) = installed_in([str(site)]).values()
    removal = removal_of(damaged, destination)
    assert str(site / "app.py") in removal.files
    assert removal.unrecorded == (str(site / "app-0.9.dist-info"),)
    journal = Journal([str(env)])
    remove(removal, destination, journal)
    journal.commit()
    assert list(site.iterdir()) == []


def test_an_empty_metadata_folder_is_something_to_remove(env: Path, destination: Destination) -> None:
    info = env / "lib/site" / "app-1.0.dist-info"
    info.mkdir()
    (found,) = installed_in([str(info.parent)]).values()
    removal = removal_of(found, destination)
    assert (removal.files, removal.folders, removal.is_empty) == ((), (str(info),), False)
