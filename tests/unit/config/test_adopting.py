"""Where pip's cache lies, of which something is to be taken over: by pip's rule, and as pip itself says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from freewheel.config.platform import Platform, this_platform
from freewheel.config.values import CacheConfig
from tests.support.process import clean_variables
from tests.support.told import GLOBAL_FILE, HOME, LINUX, USER_FILE, told

WORDS = "install --adopt-pip-cache six"
DEFAULT = f"{HOME}/.cache/pip"


def cache(words: str = WORDS, **sources: dict[str, str]) -> CacheConfig:
    return told(words, **sources).cache


def test_nothing_is_adopted_unless_somebody_says_so() -> None:
    assert cache("install six").adopts_from is None
    assert cache("install six", environ={"FREEWHEEL_ADOPT_PIP_CACHE": "0"}).adopts_from is None


@pytest.mark.parametrize(
    "sources",
    [
        {"environ": {"FREEWHEEL_ADOPT_PIP_CACHE": "1"}},
        {"environ": {"PIP_ADOPT_PIP_CACHE": "true"}},
        {"files": {USER_FILE: "[freewheel]\nadopt-pip-cache = yes\n"}},
        {"files": {USER_FILE: "[install]\nadopt-pip-cache = yes\n"}},
        {"files": {GLOBAL_FILE: "[global]\nadopt-pip-cache = yes\n"}},
    ],
)
def test_the_option_is_read_like_any_other(sources: dict[str, dict[str, str]]) -> None:
    assert cache("install six", **sources).adopts_from == DEFAULT


@pytest.mark.parametrize(
    ("system", "environ", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/pip"),
        ("darwin", {}, f"{HOME}/Library/Caches/pip"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, "/x/pip"),
    ],
)
def test_each_platform_has_its_place(system: str, environ: dict[str, str], expected: str) -> None:
    platform = Platform(system=system, prefix="", interpreter="", folder="/project", home=HOME)
    assert told(WORDS, environ, platform=platform).cache.adopts_from == expected


@pytest.mark.parametrize(
    ("environ", "user", "expected"),
    [
        ({"PIP_CACHE_DIR": "~/pips"}, "", f"{HOME}/pips"),
        ({"PIP_CACHE_DIR": "pips"}, "", "/project/pips"),
        ({"PIP_CACHE_DIR": ""}, "", DEFAULT),
        ({"PIP_CACHE_DIR": "/variable"}, "[global]\ncache-dir = /file", "/variable"),
        ({}, "[global]\ncache-dir = /file", "/file"),
        ({}, "[global]\ncache-dir = /file\n[install]\ncache-dir = /command", "/command"),
        ({}, "[download]\ncache-dir = /command", DEFAULT),
        ({"FREEWHEEL_CACHE_DIR": "/ours"}, "[freewheel]\ncache-dir = /ours-too", DEFAULT),
        ({"FREEWHEEL_CACHE_DIR": "/pips", "PIP_CACHE_DIR": "/pips"}, "", "/pips"),
    ],
)
def test_what_is_set_for_pip_says_where(environ: dict[str, str], user: str, expected: str) -> None:
    assert cache(environ=environ, files={USER_FILE: user}).adopts_from == expected


def test_the_words_about_our_cache_say_nothing_about_pips() -> None:
    found = cache(f"{WORDS} --cache-dir /ours")
    assert (found.folder, found.adopts_from) == ("/ours", DEFAULT)


def test_links_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    found = cache(environ={"PIP_CACHE_DIR": str(tmp_path / "link")})
    assert found.adopts_from == str((tmp_path / "real").resolve())


@pytest.mark.parametrize(
    ("words", "environ", "user", "reason"),
    [
        (f"{WORDS} --no-cache-dir", {}, "", "there is no cache that could keep it"),
        (WORDS, {"PIP_NO_CACHE_DIR": "1"}, "", "there is no cache that could keep it"),
        (f"{WORDS} --cache-dir /ours", {"PIP_NO_CACHE_DIR": "1"}, "", "pip's own settings switch its cache off"),
        (f"{WORDS} --cache-dir /ours", {"PIP_NO_CACHE_DIR": "0"}, "", "pip's own settings switch its cache off"),
        (
            f"{WORDS} --cache-dir /ours",
            {"PIP_CACHE_DIR": "/pips"},
            "[global]\nno-cache-dir = yes",
            "pip's own settings switch its cache off",
        ),
        (f"{WORDS} --group-cache", {}, "", "--group-cache shares what is kept"),
    ],
)
def test_in_vain_it_is_noted(words: str, environ: dict[str, str], user: str, reason: str) -> None:
    config = told(words, environ, {USER_FILE: user})
    assert config.cache.adopts_from is None
    assert [note for note in config.notes if note.startswith("--adopt-pip-cache has no effect: ") and reason in note]


def test_isolated_leaves_variables_and_the_users_files_out() -> None:
    environ, user = {"PIP_CACHE_DIR": "/variable"}, {USER_FILE: "[global]\ncache-dir = /file"}
    assert cache(f"{WORDS} --isolated", environ=environ, files=user).adopts_from == DEFAULT


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"XDG_CACHE_HOME": ""},
        {"PIP_CACHE_DIR": "~/pips"},
        {"PIP_CACHE_DIR": "here/pips"},
        {"XDG_CACHE_HOME": "/x", "PIP_CACHE_DIR": ""},
    ],
)
def test_the_installed_pip_says_the_same(tmp_path: Path, changes: dict[str, str]) -> None:
    variables = clean_variables(tmp_path / "home") | changes
    done = subprocess.run(
        [sys.executable, "-m", "pip", "cache", "dir"],
        env=variables,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    here = this_platform()
    platform = Platform(
        system=here.system, prefix=LINUX.prefix, interpreter="", folder=str(tmp_path), home=variables["HOME"]
    )
    assert told(WORDS, variables, platform=platform).cache.adopts_from == done.stdout.strip()
