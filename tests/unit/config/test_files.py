"""Where configuration files lie, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.config.files import global_files, read_text, sections, site_file, user_files
from freewheel.config.platform import Platform
from freewheel.errors import ConfigurationFileError

LINUX = Platform(system="linux", prefix="/usr", interpreter="", folder="/", home="/home/me")
MAC = Platform(system="darwin", prefix="/usr", interpreter="", folder="/", home="/Users/me")
WINDOWS = Platform(system="win32", prefix=r"C:\Python", interpreter="", folder="C:\\", home=r"C:\Users\me")


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        (LINUX, {}, ("/home/me/.config/pip/pip.conf", "/home/me/.pip/pip.conf")),
        (LINUX, {"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, ("/x/pip/pip.conf", "/h/.pip/pip.conf")),
        (
            MAC,
            {},
            (
                "/Users/me/Library/Application Support/pip/pip.conf",
                "/Users/me/.config/pip/pip.conf",
                "/Users/me/.pip/pip.conf",
            ),
        ),
        (WINDOWS, {"APPDATA": r"D:\App"}, (r"D:\App\pip\pip.ini", r"C:\Users\me\pip\pip.ini")),
        (WINDOWS, {}, (r"C:\Users\me\AppData\Roaming\pip\pip.ini", r"C:\Users\me\pip\pip.ini")),
    ],
)
def test_the_users_files(platform: Platform, environ: dict[str, str], expected: tuple[str, ...]) -> None:
    assert user_files(platform, environ) == expected


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        (LINUX, {}, ("/etc/pip.conf", "/etc/xdg/pip/pip.conf")),
        (LINUX, {"XDG_CONFIG_DIRS": "/a:/b"}, ("/etc/pip.conf", "/b/pip/pip.conf", "/a/pip/pip.conf")),
        (MAC, {}, ("/Library/Application Support/pip/pip.conf",)),
        (WINDOWS, {}, (r"C:\ProgramData\pip\pip.ini",)),
    ],
)
def test_the_files_for_everybody(platform: Platform, environ: dict[str, str], expected: tuple[str, ...]) -> None:
    assert global_files(platform, environ) == expected


def test_the_file_of_the_environment() -> None:
    assert site_file(LINUX, {}) == "/usr/pip.conf"
    assert site_file(LINUX, {"VIRTUAL_ENV": "/venv"}) == "/venv/pip.conf"
    assert site_file(WINDOWS, {}) == r"C:\Python\pip.ini"


def test_a_key_may_be_spelt_as_an_option_or_a_name() -> None:
    text = "[global]\n--Index_Url = x\nno_input: y\n"
    assert sections(text, "pip.conf") == {"global": {"index-url": "x", "no-input": "y"}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = secret\n", "line 1: something stands before the first [section]"),
        ("[a]\nsecret\n", "line 2: it does not follow the form `option = value` in [sections]"),
        ("[a]\nx=1\nx=secret\n", "line 3: an option stands twice in one section"),
        ("[a]\n[a]\n", "line 2: a section stands twice"),
    ],
)
def test_a_broken_file_is_told_by_line_and_never_quoted(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationFileError) as caught:
        sections(text, "pip.conf")
    assert caught.value.reason == reason
    assert caught.value.__cause__ is None


def test_a_file_that_is_not_there_or_is_a_folder_is_none(tmp_path: Path) -> None:
    assert read_text(str(tmp_path / "absent")) is None
    assert read_text(str(tmp_path)) is None


def test_a_file_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_bytes(b"[global]\nx = \xff\n")
    with pytest.raises(ConfigurationFileError) as caught:
        read_text(str(tmp_path / "pip.conf"))
    assert caught.value.reason == "byte 13 is not UTF-8"
