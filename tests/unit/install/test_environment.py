from __future__ import annotations

import os
import platform
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from packaging.markers import default_environment

from freewheel.errors import ExternallyManaged, UnusableInterpreter
from freewheel.events import Healed, Missed, Recorder, Reused
from freewheel.install.environment import (
    FACTS_VERSION,
    KEPT_FIELDS,
    check_managed,
    host_facts,
    interrogate,
    locate,
)
from freewheel.model.target import Interpreter
from freewheel.store.memory import MemoryEntries
from freewheel.store.record import Record
from tests.support.environments import Environment, make_environment


class Asker:
    """Asks about interpreters, and says how that went."""

    def __init__(self) -> None:
        self.entries = MemoryEntries(clock=time.time)
        self.reporter = Recorder()

    def __call__(self, place: Path | str, host: tuple[str, ...] = ("host",)) -> Interpreter:
        return interrogate(str(place), entries=self.entries, reporter=self.reporter, host=host)

    def outcomes(self) -> list[str]:
        return [type(event).__name__ for event in self.reporter.events]


@pytest.fixture
def ask() -> Asker:
    return Asker()


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_it_describes_this_interpreter(ask: Asker) -> None:
    found = ask(sys.executable)
    assert found.executable == sys.executable
    assert found.prefix == sys.prefix
    assert found.target.full_version == sys.version.split()[0]
    assert found.target.implementation == sys.implementation.name
    assert found.target.markers["sys_platform"] == sys.platform
    assert found.target.tags[-1] == "py30-none-any"
    assert found.cache_tag == sys.implementation.cache_tag
    assert found.paths["purelib"] == sysconfig.get_path("purelib")


def test_an_environment_folder_stands_for_its_interpreter(ask: Asker, environment: Environment) -> None:
    found = ask(environment.root)
    assert found.executable == str(environment.python)
    assert found.is_virtual
    assert found.paths["scripts"] == str(environment.scripts)
    assert found.search_paths == (str(environment.site_packages),)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert found.paths["include"] == str(environment.root / "include" / "site" / version)


def test_it_is_asked_once(ask: Asker, environment: Environment) -> None:
    assert ask(environment.python) == ask(environment.python)
    assert ask.outcomes() == ["Missed", "Reused"]
    assert isinstance(ask.reporter.events[1], Reused)
    assert ask.reporter.events[1].kind == "interpreter"


def test_environments_of_one_binary_are_told_apart(ask: Asker, environment: Environment, tmp_path: Path) -> None:
    other = make_environment(tmp_path / "other")
    assert ask(environment.root).prefix == str(environment.root)
    assert ask(other.root).prefix == str(other.root)
    assert ask.outcomes() == ["Missed", "Missed"]


def test_a_change_of_what_identifies_it_asks_again(ask: Asker, environment: Environment) -> None:
    ask(environment.root)
    with (environment.root / "pyvenv.cfg").open("a") as configuration:
        configuration.write("include-system-site-packages = true\n")
    assert len(ask(environment.root).search_paths) > 1
    ask(environment.root, host=("newer host",))
    assert ask.outcomes() == ["Missed", "Missed", "Missed"]


def test_another_binary_in_the_same_place_asks_again(ask: Asker, tmp_path: Path) -> None:
    wrapper = tmp_path / "python"
    wrapper.symlink_to(sys.executable)
    first = ask(wrapper)
    target = script(tmp_path / "else", f'exec "{sys.executable}" "$@"')
    wrapper.unlink()
    wrapper.symlink_to(target)
    assert ask(wrapper).target == first.target
    assert ask.outcomes() == ["Missed", "Missed"]


def test_a_wrapper_that_chooses_by_itself_is_asked_each_time(ask: Asker, tmp_path: Path) -> None:
    wrapper = script(tmp_path / "python", f'exec "{sys.executable}" "$@"')
    assert ask(wrapper).executable == sys.executable
    ask(wrapper)
    assert ask.outcomes() == ["Missed", "Missed"]


def test_facts_that_cannot_be_read_are_asked_for_again(ask: Asker, environment: Environment) -> None:
    expected = ask(environment.root)
    ((info, _),) = ask.entries.scan("interpreter")
    ask.entries.put(info.kind, info.partition, info.key, Record(fields={"facts": {"prefix": 1}, "libpython": []}))
    assert ask(environment.root) == expected
    assert isinstance(ask.reporter.events[1], Healed)
    assert isinstance(ask.reporter.events[2], Missed)


def test_what_start_up_files_print_is_passed_over(ask: Asker, environment: Environment) -> None:
    (environment.site_packages / "noise.pth").write_text("import sys; print('hello'); print('{}')\n")
    assert ask(environment.root).prefix == str(environment.root)


def test_modules_beside_packaging_do_not_shadow_those_of_the_target(ask: Asker, environment: Environment) -> None:
    (environment.site_packages / "packaging").mkdir()
    (environment.site_packages / "packaging" / "__init__.py").write_text("raise SystemExit('a foreign packaging')")
    assert ask(environment.root).target.tags


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 3", "it does not answer like a Python: it ended with exit status 3"),
        ("echo nonsense", "it does not answer like a Python"),
        ('echo \'{"too_old": "3.6"}\'', "it is Python 3.6; 3.9 or newer is needed"),
        ("echo 'Unknown option: -I' >&2; exit 2", "Unknown option: -I"),
    ],
)
def test_what_is_no_usable_python_is_refused(ask: Asker, tmp_path: Path, text: str, reason: str) -> None:
    path = script(tmp_path / "python", text)
    with pytest.raises(UnusableInterpreter) as caught:
        ask(path)
    assert caught.value.reason == reason
    assert caught.value.path == str(path)


def test_what_cannot_be_run_is_refused(ask: Asker, tmp_path: Path) -> None:
    (tmp_path / "python").write_text("no program")
    with pytest.raises(UnusableInterpreter, match="Permission denied"):
        ask(tmp_path / "python")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (".", "there is no Python interpreter here"),
        ("missing", "there is no such file or folder"),
        ("missing/bin/python", "there is no such file or folder"),
        ("stale", "{}/stale/bin/python is a link to /gone/python3.9, which is not there"),
        ("stale/bin/python", "{}/stale/bin/python is a link to /gone/python3.9, which is not there"),
    ],
)
def test_a_place_without_an_interpreter_is_refused(tmp_path: Path, place: str, reason: str) -> None:
    (tmp_path / "stale" / "bin").mkdir(parents=True)
    (tmp_path / "stale" / "bin" / "python").symlink_to("/gone/python3.9")
    with pytest.raises(UnusableInterpreter) as caught:
        locate(str(tmp_path / place))
    assert caught.value.reason == reason.format(tmp_path)


def test_the_hosts_name_does_not_matter() -> None:
    assert host_facts() == host_facts()
    assert platform.release() in " ".join(host_facts())
    assert platform.node() not in host_facts()


def test_links_are_not_followed(environment: Environment) -> None:
    assert environment.python.is_symlink()
    assert locate(str(environment.python)) == str(environment.python)


def test_a_marked_environment_is_refused_with_the_explanation(ask: Asker, environment: Environment) -> None:
    """PEP 668."""
    marker = environment.root / "EXTERNALLY-MANAGED"
    marker.write_text("[externally-managed]\nError=Use the system's installer,\n 100% of the time.\n")
    managed = replace(ask(environment.root), externally_managed=str(marker))
    with pytest.raises(ExternallyManaged) as caught:
        check_managed(managed)
    assert caught.value.explanation == "Use the system's installer,\n100% of the time."
    marker.write_bytes(b"\xff")
    with pytest.raises(ExternallyManaged):
        check_managed(managed)


def test_a_virtual_environment_is_never_managed(ask: Asker, environment: Environment) -> None:
    check_managed(ask(environment.root))


# What the environment variables of a user decide, and the version of what is kept


def test_the_users_own_folders_are_those_of_the_variables(tmp_path: Path) -> None:
    """PEP 370; each user's facts are their own."""
    entries, reporter = MemoryEntries(clock=time.time), Recorder()
    base = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))

    def ask(**variables: str) -> Interpreter:
        return interrogate(base, entries=entries, reporter=reporter, variables=os.environ | variables)

    first, second = ask(PYTHONUSERBASE=str(tmp_path / "a")), ask(PYTHONUSERBASE=str(tmp_path / "b"))
    assert first.user_site == first.user_paths["purelib"] == first.search_paths[0]
    assert first.user_paths["data"] == str(tmp_path / "a")
    assert second.user_paths["scripts"] == str(tmp_path / "b" / "bin")
    without = ask(PYTHONNOUSERSITE="1")
    assert (without.user_site, without.user_paths != {}) == (None, True)
    assert [type(event) for event in reporter.events] == [Missed] * 3


def test_a_virtual_environment_sees_its_base_where_its_file_says_so(ask: Asker, environment: Environment) -> None:
    assert (ask(environment.root).sees_base, ask(environment.root).user_site) == (False, None)
    configuration = environment.root / "pyvenv.cfg"
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text.replace("packages = false", "packages = true"), encoding="utf-8")
    found = ask(environment.root)
    assert found.sees_base
    assert found.search_paths[:2] == (str(environment.site_packages), found.user_site)
    assert sysconfig.get_path("purelib", vars={"base": sys.base_prefix}) in found.search_paths


def test_what_is_kept_has_a_version() -> None:
    """Another field, another version: what older versions kept is never read."""
    fields = (
        "executable prefix base_prefix base_executable implementation python_version full_version abi abi_flags "
        "platform libc tags markers paths cache_tag magic search_paths user_paths user_site sees_base prefix_paths "
        "home_paths managed_marker libpython"
    )
    assert (2, tuple(fields.split())) == (FACTS_VERSION, KEPT_FIELDS)


def test_markers_are_those_of_packaging(ask: Asker) -> None:
    assert dict(ask(sys.executable).target.markers) == default_environment()


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="there is no /usr/bin/python3")
def test_the_systems_own_python_is_described(ask: Asker) -> None:
    """Debian's has its `posix_local` scheme, and its site-packages are called dist-packages."""
    found = ask("/usr/bin/python3")
    assert (found.prefix, found.is_virtual, found.sees_base) == ("/usr", False, True)
    assert "site-packages" in found.prefix_paths["purelib"]
    if any("dist-packages" in folder for folder in found.search_paths):
        version = found.target.python_version
        assert found.paths["purelib"] == f"/usr/local/lib/python{version}/dist-packages"
        assert found.paths["scripts"] == "/usr/local/bin"
        assert "/usr/lib/python3/dist-packages" in found.search_paths
