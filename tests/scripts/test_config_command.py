"""`config`: side by side with pip, in two homes that are alike."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from freewheel.config.default_index import index_of_pip
from tests.support.cli import Freewheel
from tests.support.process import Result
from tests.support.told import PIP_SERIES

SECRET = "https://me:s3cret@index.example/simple"
MASKED = "https://me:****@index.example/simple"


class Pair:
    """freewheel and pip, each in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.freewheel = Freewheel(folder / "freewheel")
        self.pip = Freewheel(folder / "pip", command=(sys.executable, "-m", "pip"))
        for one in (self.freewheel, self.pip):
            one.variables |= {
                "PIP_INDEX_URL": SECRET,
                "XDG_CONFIG_DIRS": str(one.folder / "xdg"),
            }
            for name in ("PIP_CONFIG_FILE", "PIP_NO_INPUT", "PIP_DISABLE_PIP_VERSION_CHECK"):
                del one.variables[name]

    def run(self, *words: str, config_file: str | None = None) -> tuple[Result, Result]:
        """What both say to the same words; `config_file` is the name of a file in each home, or the null device."""
        done = []
        for one in (self.freewheel, self.pip):
            env = {"PIP_CONFIG_FILE": str(one.folder / config_file)} if config_file else {}
            done.append(one.run("config", *words, env=env, expect=None))
        return done[0], done[1]

    def said(self, result: Result) -> tuple[int, str, str]:
        """Exit status and texts, so that they can be compared."""
        texts = []
        for text in (result.stdout, result.stderr):
            kept = [line for line in text.splitlines() if not line.startswith("  hint: ")]
            lines = "\n".join(kept).replace(SECRET, MASKED).replace(f"{sys.executable} -m pip", "freewheel")
            texts.append(lines.replace(str(self.pip.folder), str(self.freewheel.folder)))
        return result.code, *texts


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    found = Pair(tmp_path)
    version = found.pip.run("--version").stdout.split()[1]
    if not f"{version}.".startswith(f"{PIP_SERIES}."):
        pytest.skip(f"pip {PIP_SERIES} is the one to agree with, and this is {version}")
    return found


def test_it_says_and_does_what_pips_does(pair: Pair) -> None:
    """Passwords aside, which are masked where nobody asked for them."""
    for words in (
        "",
        "frobnicate",
        "set global.Index_URL " + SECRET,
        "set global.timeout 60",
        "set timeout 5",
        "set global.timeout",
        "list",
        "--user --site list",
        "get GLOBAL.timeout",
        "get timeout",
        "unset global.nothing",
        "--site get global.timeout",
        "debug",
        "unset global.timeout",
        "--isolated list",
        "--editor false edit",
    ):
        ours, pips = pair.run(*words.split())
        assert pair.said(ours) == pair.said(pips), words


def test_a_file_named_by_a_variable(pair: Pair) -> None:
    """It takes the place of the user's where it exists; the null device takes that of all."""
    for one in (pair.freewheel, pair.pip):
        (one.folder / "named.conf").write_text("[global]\ntimeout = 3\n", encoding="utf-8")
    for file, words in (
        ("named.conf", "set global.retries 1"),
        ("named.conf", "--user get global.retries"),
        ("named.conf", "debug"),
        ("absent.conf", "set global.retries 2"),
        (os.devnull, "list"),
        (os.devnull, "get global.timeout"),
    ):
        ours, pips = pair.run(*words.split(), config_file=file)
        assert pair.said(ours) == pair.said(pips), (file, words)
    ours, pips = pair.run("set", "global.timeout", "5", config_file=os.devnull)
    assert (ours.code, pips.code) == (1, 1)
    assert ours.stderr.startswith(f"ERROR: Cannot write to PIP_CONFIG_FILE when it is set to {os.devnull}\n")


# What pip does not


@pytest.fixture
def users(freewheel: Freewheel) -> Path:
    """The user's file."""
    freewheel.variables["PIP_CONFIG_FILE"] = ""
    path = Path(freewheel.variables["XDG_CONFIG_HOME"], "pip", "pip.conf")
    path.parent.mkdir(parents=True)
    return path


def test_our_variables_are_shown_too_and_count_more(freewheel: Freewheel) -> None:
    env = {"PIP_TIMEOUT": "5", "FREEWHEEL_TIMEOUT": "6", "FREEWHEEL_RETRIES": "", "PIP_RETRIES": "2"}
    listed = freewheel.run("config", "list", env=env).lines
    assert {":env:.timeout='6'", ":env:.retries='2'"} <= set(listed)
    told = freewheel.run("config", "debug", env=env).lines
    assert {"  FREEWHEEL_TIMEOUT='6'", "  PIP_TIMEOUT='5'", "  PIP_RETRIES='2'"} <= set(told)
    assert freewheel.run("config", "get", ":env:.timeout", env=env).lines == ["6"]


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("key", ["global.index-url", "install.proxy", "freewheel.find-links"])
def test_passwords_are_shown_to_who_asks_for_them_alone(key: str, freewheel: Freewheel) -> None:
    value = "me:s3cret@proxy.example:3128" if key.endswith("proxy") else SECRET
    freewheel.run("config", "set", key, value)
    assert freewheel.run("config", "get", key).lines == [value]
    for words in (("config", "list"), ("config", "debug"), ("config", "list", "-vvv"), ("debug",)):
        done = freewheel.run(*words, env={"PIP_PROXY": "me:s3cret@proxy.example:3128"})
        assert "s3cret" not in done.stdout + done.stderr
        assert "me:****@" in done.stdout


def test_comments_mode_and_links_stay(freewheel: Freewheel, users: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.conf"
    real.write_text("# mine\n[global]\ntimeout = 5 \n", encoding="utf-8")
    real.chmod(0o640)
    users.symlink_to(real)
    freewheel.run("config", "set", "global.retries", "1")
    freewheel.run("config", "unset", "global.timeout")
    assert users.is_symlink()
    assert real.read_text(encoding="utf-8") == "# mine\n[global]\nretries = 1\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir() if "dotfiles" in path.name] == ["dotfiles.conf"]


def test_a_broken_file_or_value_can_be_mended(freewheel: Freewheel, users: Path) -> None:
    users.write_text("[global]\ntimeout = soon\ncert = /absent\nverbose = very\n", encoding="utf-8")
    assert freewheel.run("list", expect=2).stderr
    for key in ("timeout", "cert", "verbose"):
        freewheel.run("config", "unset", f"global.{key}")
    assert users.read_text(encoding="utf-8") == ""
    users.write_text("nonsense secret\n", encoding="utf-8")
    done = freewheel.run("config", "set", "global.timeout", "5", expect=2)
    assert "ERROR: Configuration file could not be loaded." in done.stderr
    assert "secret" not in done.stderr
    editor = f"{sys.executable} -c \"import sys; open(sys.argv[1], 'w').write('[global]\\ntimeout = 9\\n')\""
    freewheel.run("config", "edit", env={"EDITOR": "false", "VISUAL": editor})
    assert freewheel.run("config", "get", "global.timeout").lines == ["9"]


def test_the_file_of_the_environment_acted_on(freewheel: Freewheel, users: Path, tmp_path: Path) -> None:
    """It is changed where it exists; `--python` names another environment's."""
    site, other = tmp_path / "site", tmp_path / "other"
    for folder in (site, other):
        folder.mkdir()
    freewheel.variables["VIRTUAL_ENV"] = str(site)
    freewheel.run("config", "set", "global.timeout", "1")
    freewheel.run("config", "--site", "set", "global.timeout", "2")
    freewheel.run("config", "set", "global.timeout", "3")
    freewheel.run("--python", other, "config", "--site", "set", "global.timeout", "4")
    found = [path.read_text(encoding="utf-8") for path in (users, site / "pip.conf", other / "pip.conf")]
    assert found == [f"[global]\ntimeout = {number}\n" for number in (1, 3, 4)]


def test_a_place_that_cannot_be_written(freewheel: Freewheel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    env = {"PIP_CONFIG_FILE": "", "XDG_CONFIG_HOME": str(tmp_path / "file")}
    done = freewheel.run("config", "set", "global.timeout", "1", env=env, expect=1)
    assert done.stderr.startswith(f"ERROR: Could not write {tmp_path / 'file' / 'pip' / 'pip.conf'}: ")


@pytest.mark.parametrize("action", ["list", "debug"])
def test_what_nobody_reads_is_told(freewheel: Freewheel, users: Path, action: str) -> None:
    """Where somebody looks, and not in each run: pip's own silence."""
    lines = "[instal]\nuser = yes\n[install]\ntimeout = 5\nno-comple = yes\n[global]\nindx-url = x\nhelp = 1\n"
    users.write_text(f"{lines}[search]\na = b\n", encoding="utf-8")
    done = freewheel.run("config", action)
    assert done.stderr.splitlines() == [
        f"WARNING: {users}: [instal] is read by no command; maybe you meant install.",
        f"WARNING: {users}: install.no-comple is not an option of install; maybe you meant no-compile.",
        f"WARNING: {users}: global.indx-url is not an option; maybe you meant index-url.",
    ]
    assert freewheel.run("list").stderr == ""


def test_what_is_set_counts(freewheel: Freewheel, users: Path) -> None:
    freewheel.run("config", "set", "freewheel.cache-dir", "/somewhere")
    assert freewheel.run("cache", "dir").lines == ["/somewhere"]
    assert index_of_pip() not in users.read_text(encoding="utf-8")
