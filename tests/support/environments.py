"""Virtual environments without pip in a few milliseconds, and what lies in them."""

from __future__ import annotations

import os
import sys
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.support.process import Result, clean_variables, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment; `python` is its interpreter, `home` that of the processes run in it."""

    root: Path
    python: Path
    scripts: Path
    site_packages: Path
    home: Path

    def installed(self) -> dict[str, str]:
        """Versions by normalized project name, as the standard library finds them."""
        found = distributions(path=[str(self.site_packages)])
        return {canonicalize_name(each.name): each.version for each in found}

    def run_python(self, code: str, *arguments: str | Path, expect: int | None = 0) -> str:
        """Run code in the environment, and what it printed."""
        return self.run(self.python, "-c", code, *arguments, expect=expect).stdout

    def run_script(self, name: str, *arguments: str | Path, expect: int | None = 0) -> Result:
        """Run a script that is installed in it."""
        return self.run(self.scripts / _executable(name), *arguments, expect=expect)

    def run(self, *command: str | Path, expect: int | None = 0) -> Result:
        """Run a command with a clean environment."""
        return run(command, variables=clean_variables(self.home), cwd=self.root, expect=expect)


def make_environment(path: Path, *, python: Path | None = None) -> Environment:
    """Create a virtual environment in `path`, of this interpreter or of `python`."""
    home = path.with_name(f"{path.name}-home")
    if python is None:
        venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(path)
    else:
        command = (python, "-m", "venv", "--without-pip", path)
        run(command, variables=clean_variables(home), cwd=path.parent)
    scripts = path / ("Scripts" if os.name == "nt" else "bin")
    libraries = path / "Lib" if os.name == "nt" else next((path / "lib").glob("python3*"))
    return Environment(
        root=path,
        python=scripts / _executable("python"),
        scripts=scripts,
        site_packages=libraries / "site-packages",
        home=home,
    )


def put_wheel(site: Path, wheel: Path, *, installer: str = "", **files: str) -> Path:
    """Unpack a wheel's modules into `site` without any installer, in no time; its dist-info folder.

    `files` are those of the folder, with two underscores for a dot.
    """
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        info = site / next(name for name in archive.namelist() if ".dist-info/" in name).partition("/")[0]
    for name, content in {"INSTALLER": installer, **files}.items():
        (info / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return info


def pip(
    environment: Environment,
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    expect: int | None = 0,
) -> Result:
    """Run the tests' own pip on an environment, without its cache."""
    command = (sys.executable, "-m", "pip", "--python", environment.python, *arguments)
    variables = clean_variables(environment.home) | {"PIP_NO_CACHE_DIR": "1"} | dict(env or {})
    return run(command, variables=variables, cwd=environment.root, expect=expect)


def _executable(name: str) -> str:
    return f"{name}.exe" if os.name == "nt" else name
