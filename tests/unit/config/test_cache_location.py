"""Where the cache lies: the numbered behaviours 1 to 15 of the command line's side."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.config.platform import Platform, default_cache
from freewheel.errors import InvalidOptionValue
from tests.support.told import GLOBAL_FILE, HOME, USER_FILE, told

DEFAULT = f"{HOME}/.cache/freewheel"


def cache(words: str | list[str] = "cache dir", **sources: dict[str, str]) -> str | None:
    return told(words, **sources).cache.folder


def test_without_settings_the_platform_decides() -> None:
    """Behaviour 1."""
    assert cache() == DEFAULT


def test_xdg_cache_home_decides_on_linux() -> None:
    """Behaviour 2."""
    assert cache(environ={"XDG_CACHE_HOME": "/x"}) == "/x/freewheel"


@pytest.mark.parametrize("value", ["", "relative/folder"])
def test_an_empty_or_relative_xdg_cache_home_is_unset(value: str) -> None:
    """Behaviour 3."""
    assert cache(environ={"XDG_CACHE_HOME": value}) == DEFAULT


@pytest.mark.parametrize(
    ("system", "environ", "expected"),
    [
        ("darwin", {}, "/home/me/Library/Caches/freewheel"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, "/x/freewheel"),
        ("win32", {"LOCALAPPDATA": r"C:\Local"}, r"C:\Local\freewheel\Cache"),
        ("win32", {"USERPROFILE": r"C:\me"}, r"C:\me\AppData\Local\freewheel\Cache"),
    ],
)
def test_each_platform_has_its_place(system: str, environ: dict[str, str], expected: str) -> None:
    """Behaviour 1."""
    platform = Platform(system=system, prefix="", interpreter="", folder="/project", home=HOME)
    assert default_cache(platform, environ) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("/srv/cache", "/srv/cache"), ("~/mine", f"{HOME}/mine"), ("~", HOME), ("here/it", "/project/here/it")],
)
def test_a_variable_names_the_folder(value: str, expected: str) -> None:
    """Behaviour 4."""
    assert cache(environ={"FREEWHEEL_CACHE_DIR": value}) == expected


def test_pips_folder_gets_a_folder_of_ours() -> None:
    assert cache(environ={"PIP_CACHE_DIR": "~/pip"}) == f"{HOME}/pip/freewheel"
    assert cache(files={USER_FILE: "[global]\ncache-dir = /srv/pip\n"}) == "/srv/pip/freewheel"
    assert cache(files={USER_FILE: "[freewheel]\ncache-dir = /srv/ours\n"}) == "/srv/ours"


def test_links_are_resolved(tmp_path: Path) -> None:
    """Behaviour 4."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert cache(["cache", "dir", "--cache-dir", str(tmp_path / "link")]) == str((tmp_path / "real").resolve())


SOURCES = {
    "words": "--cache-dir /words",
    "FREEWHEEL_CACHE_DIR": "/ours",
    "PIP_CACHE_DIR": "/pips",
    "[freewheel]": "/file-ours",
    "[cache]": "/file-command",
    "[global]": "/file-global",
}


@pytest.mark.parametrize(
    ("absent", "expected"),
    [
        ((), "/words"),
        (("words",), "/ours"),
        (("words", "FREEWHEEL_CACHE_DIR"), "/pips/freewheel"),
        (("words", "FREEWHEEL_CACHE_DIR", "PIP_CACHE_DIR"), "/file-ours"),
        (("words", "FREEWHEEL_CACHE_DIR", "PIP_CACHE_DIR", "[freewheel]"), "/file-command/freewheel"),
        (("words", "FREEWHEEL_CACHE_DIR", "PIP_CACHE_DIR", "[freewheel]", "[cache]"), "/file-global/freewheel"),
        (tuple(SOURCES), DEFAULT),
    ],
)
def test_the_command_line_beats_the_environment_and_that_beats_files(absent: tuple[str, ...], expected: str) -> None:
    """Behaviour 5."""
    present = {name: value for name, value in SOURCES.items() if name not in absent}
    sections = [f"{name}\ncache-dir = {value}" for name, value in present.items() if name.startswith("[")]
    assert (
        cache(
            f"cache dir {present.get('words', '')}",
            environ={name: value for name, value in present.items() if name.endswith("_DIR")},
            files={USER_FILE: "\n".join(reversed(sections))},
        )
        == expected
    )


def test_an_empty_variable_is_ignored() -> None:
    """Behaviour 6."""
    environ = {"FREEWHEEL_CACHE_DIR": "", "PIP_CACHE_DIR": "", "PIP_NO_CACHE_DIR": "", "FREEWHEEL_NO_CACHE_DIR": ""}
    assert cache(environ=environ) == DEFAULT


@pytest.mark.parametrize("words", ["cache dir --no-cache-dir", "--no-cache-dir cache dir", "cache dir --no-cache"])
def test_the_flag_switches_the_cache_off(words: str) -> None:
    """Behaviour 7."""
    config = told(words)
    assert config.cache.folder is None
    assert config.cache.source == "the command line"


@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "Y", "T"])
@pytest.mark.parametrize("prefix", ["PIP", "FREEWHEEL"])
def test_a_true_variable_switches_the_cache_off(prefix: str, value: str) -> None:
    """Behaviour 8."""
    config = told("cache dir", {f"{prefix}_NO_CACHE_DIR": value})
    assert config.cache.folder is None
    assert config.cache.source == f"{prefix}_NO_CACHE_DIR in the environment"


@pytest.mark.parametrize("value", ["0", "false", "no", "off", "N", "F"])
def test_a_false_value_switches_it_off_in_pips_places_and_on_in_ours(value: str) -> None:
    """Behaviour 9."""
    assert cache(environ={"PIP_NO_CACHE_DIR": value}) is None
    assert cache(files={USER_FILE: f"[global]\nno-cache-dir = {value}\n"}) is None
    assert cache(environ={"FREEWHEEL_NO_CACHE_DIR": value}) == DEFAULT
    assert cache(files={USER_FILE: f"[freewheel]\nno-cache-dir = {value}\n"}) == DEFAULT


@pytest.mark.parametrize("variable", ["PIP_NO_CACHE_DIR", "FREEWHEEL_NO_CACHE_DIR"])
def test_a_value_that_is_no_truth_value_is_refused(variable: str) -> None:
    """Behaviour 10."""
    with pytest.raises(InvalidOptionValue) as caught:
        told("cache dir", {variable: "maybe"})
    assert caught.value.problem == "--no-cache-dir error: invalid truth value 'maybe'"
    assert caught.value.source == f"{variable} in the environment"


def test_a_folder_on_the_command_line_beats_a_file_that_switches_off() -> None:
    """Behaviour 11."""
    assert cache("--cache-dir /x cache dir", files={GLOBAL_FILE: "[global]\nno-cache-dir = true\n"}) == "/x"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PIP_CACHE_DIR": "/x"}, "/x/freewheel"),
        ({"FREEWHEEL_CACHE_DIR": "/x"}, "/x"),
        ({"FREEWHEEL_NO_CACHE_DIR": "off"}, DEFAULT),
        ({"FREEWHEEL_NO_CACHE_DIR": "off", "PIP_CACHE_DIR": "/x", "PIP_NO_CACHE_DIR": "1"}, "/x/freewheel"),
    ],
)
def test_the_environment_switches_on_what_a_file_switches_off(environ: dict[str, str], expected: str) -> None:
    """Behaviour 12."""
    assert cache(environ=environ, files={GLOBAL_FILE: "[global]\nno-cache-dir = true\n"}) == expected


def test_off_beats_a_folder_in_the_same_place() -> None:
    assert cache(environ={"PIP_CACHE_DIR": "/x", "PIP_NO_CACHE_DIR": "1"}) is None
    assert cache(files={USER_FILE: "[global]\ncache-dir = /x\nno-cache-dir = 1\n"}) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cache dir --cache-dir /x --no-cache-dir", None),
        ("cache dir --no-cache-dir --cache-dir /x", "/x"),
        ("--no-cache-dir cache dir --cache-dir /x", "/x"),
        ("--cache-dir /x cache dir --no-cache-dir", None),
    ],
)
def test_the_last_on_the_command_line_counts(words: str, expected: str | None) -> None:
    """Behaviour 13."""
    assert cache(words) == expected


def test_an_empty_folder_on_the_command_line_switches_off() -> None:
    """Behaviour 14."""
    assert cache(["cache", "dir", "--cache-dir", ""]) is None
    assert cache(["cache", "dir", "--cache-dir="], environ={"PIP_CACHE_DIR": "/x"}) is None


def test_isolated_ignores_the_environment_and_the_users_files() -> None:
    """Behaviour 15."""
    environ = {"PIP_CACHE_DIR": "/x", "FREEWHEEL_CACHE_DIR": "/y"}
    user = {USER_FILE: "[global]\ncache-dir = /z\n"}
    assert cache("cache dir --isolated", environ=environ, files=user) == DEFAULT
    everybody = {GLOBAL_FILE: "[global]\nno-cache-dir = true\n"}
    assert cache("cache dir --isolated", environ=environ, files=everybody) is None


@pytest.mark.parametrize(
    ("words", "environ", "expected"),
    [
        ("cache dir", {}, False),
        ("cache dir --group-cache", {}, True),
        ("cache dir", {"FREEWHEEL_GROUP_CACHE": "yes"}, True),
        ("cache dir", {"FREEWHEEL_GROUP_CACHE": "0"}, False),
        ("cache dir --cache-dir /srv/cache", {"FREEWHEEL_GROUP_CACHE": "1"}, True),
    ],
)
def test_a_cache_is_shared_only_when_somebody_says_so(words: str, environ: dict[str, str], expected: bool) -> None:
    assert told(words, environ).cache.is_shared is expected


# Layers


def layers(words: str | list[str] = "install x", **sources: dict[str, str]) -> tuple[str, ...]:
    return told(words, **sources).cache.layers


def test_layers_are_a_list_in_the_order_in_which_they_are_named() -> None:
    assert layers() == ()
    assert layers("install --cache-layer /a --cache-layer=b x --cache-layer ~/c") == ("/a", "/project/b", f"{HOME}/c")
    assert layers(environ={"FREEWHEEL_CACHE_LAYER": "/a  /b"}) == ("/a", "/b")
    assert layers(environ={"PIP_CACHE_LAYER": "/a"}) == ("/a",)
    assert layers(files={USER_FILE: "[global]\ncache-layer =\n  /a\n  /b\n"}) == ("/a", "/b")


def test_the_nearest_place_names_layers_and_the_command_line_adds_to_them() -> None:
    sources = {
        "environ": {"FREEWHEEL_CACHE_LAYER": "/near"},
        "files": {GLOBAL_FILE: "[global]\ncache-layer = /far\n"},
    }
    assert layers(**sources) == ("/near",)
    assert layers("install --cache-layer /given x", **sources) == ("/near", "/given")
    assert layers("install --isolated x", **sources) == ("/far",)
    assert layers(["install", "--cache-layer", "", "x"]) == ()


def test_layers_stay_where_the_cache_is_switched_off() -> None:
    config = told("install --no-cache-dir --cache-layer /a x").cache
    assert (config.folder, config.layers) == (None, ("/a",))
