"""Somebody without rights, for tests about permissions: a real user when the tests run as root, else ourselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import freewheel
from tests.support.cli import Freewheel
from tests.support.process import Result, clean_variables, run

_NOBODY = 65534


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user who owns `folder` and may run `python`, which has freewheel and its libraries.

    `uid` is None where that is the user who runs the tests. `folder` lies where the person can reach it, which
    pytest's folders do not. `variables` are what `python` needs to run.
    """

    uid: int | None
    python: Path
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def new_folder(self) -> Path:
        """A new empty folder of this person's."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        """Make the person own `path` and all below it."""
        if self.uid is None:
            return
        for each in (path, *path.rglob("*")):
            os.chown(each, self.uid, self.uid, follow_symlinks=False)

    def run(self, *command: str | Path, expect: int | None = 0) -> Result:
        """Run a command as this person, in a new folder with a clean environment."""
        folder = self.new_folder()
        variables = clean_variables(folder) | dict(self.variables)
        self.give(folder)
        return run(command, variables=variables, cwd=folder, expect=expect, user=self.uid)

    def freewheel(self) -> Freewheel:
        """The command line as this person runs it, in a new folder."""
        runner = Freewheel(
            self.new_folder(),
            command=(self.python, "-m", "freewheel"),
            variables=self.variables,
            user=self.uid,
        )
        self.give(runner.folder)
        return runner


@contextmanager
def unprivileged() -> Iterator[Person]:
    """Somebody who is not root; what belongs to them is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="person-") as name:
        folder = Path(name)
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            yield Person(uid=None, python=Path(sys.executable), folder=folder)
            return
        folder.chmod(0o755)
        own = folder / "own"
        own.mkdir()
        if _may_run(Path(sys.executable)):
            person = Person(uid=_NOBODY, python=Path(sys.executable), folder=own)
        else:
            python = _readable_interpreter(folder / "python")
            shared = {"LD_LIBRARY_PATH": str(python.parents[1] / "lib")}  # its run path leads to the original
            person = Person(uid=_NOBODY, python=python, folder=own, variables=shared)
        person.give(own)
        yield person


def _may_run(python: Path) -> bool:
    """Whether an unprivileged user can run an interpreter and import freewheel with it."""
    try:
        command = (python, "-c", "import freewheel, msgspec, pip")
        done = subprocess.run(command, user=_NOBODY, group=_NOBODY, extra_groups=[], capture_output=True, check=False)
    except PermissionError:
        return False
    return done.returncode == 0


def _readable_interpreter(root: Path) -> Path:
    """This interpreter, its libraries and freewheel again, as links below a folder that anyone may enter.

    An interpreter below a home folder of mode 0700 is out of reach for others although its files are not secret.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = root / "lib" / version
    _link_tree(Path(sysconfig.get_path("stdlib")), library, skipping=("site-packages", "test", "EXTERNALLY-MANAGED"))
    _link_tree(Path(sysconfig.get_path("purelib")), library / "site-packages", skipping=("freewheel",))
    _link_tree(Path(freewheel.__file__).parent, library / "site-packages" / "freewheel")
    python = root / "bin" / version
    python.parent.mkdir()
    _link(str(Path(sys.executable).resolve()), str(python))
    for shared in Path(sys.base_prefix, "lib").glob("libpython*.so*"):
        _link(str(shared), str(root / "lib" / shared.name))
    return python


def _link_tree(source: Path, destination: Path, *, skipping: tuple[str, ...] = ()) -> None:
    shutil.copytree(source, destination, copy_function=_link, ignore=shutil.ignore_patterns(*skipping))
    for folder in (destination, *(path for path in destination.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def _link(source: str, destination: str) -> None:
    """A hard link where all may read the file, else a copy that all may read."""
    mode = Path(source).stat().st_mode
    if mode & 0o004:
        try:
            os.link(source, destination)
        except OSError:
            shutil.copy2(source, destination)
    else:
        shutil.copy2(source, destination)
        Path(destination).chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
