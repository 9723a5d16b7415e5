"""`debug`: what helps with a report, for this environment and for others."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.process import run


def blocks(lines: list[str]) -> dict[str, list[str]]:
    """The indented lines below each line that is not; a value behind a colon is the only line."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("  "):
            found[title].append(line.strip())  # noqa: F821 - a title comes first
        else:
            title, _, value = line.partition(":")
            found[title] = [value.strip()] if value.strip() else []
    return found


def test_it_says_what_is_in_use(freewheel: Freewheel, environment: Environment, tmp_path: Path) -> None:
    env = {
        "PIP_INDEX_URL": "https://me:s3cret@index.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://t0ken@other.example/",
        "HTTPS_PROXY": "http://me:s3cret@proxy.example:3128",
        "PIP_CERT": str(tmp_path / "absent.pem"),
        "FREEWHEEL_CACHE_DIR": str(tmp_path / "cache"),
        "PATH": str(tmp_path),
    }
    done = freewheel.run("debug", "--python", environment.root, env=env)
    assert done.stderr.startswith("WARNING: This command is only meant for debugging. Do not use this with ")
    assert "s3cret" not in done.stdout
    assert "t0ken" not in done.stdout
    told = blocks(done.lines)
    assert told["freewheel version"][0].startswith("freewheel ")
    assert f"executable: {environment.python}" in told["environment acted on"]
    assert f"purelib: {environment.site_packages}" in told["its folders"]
    assert told["searched for installed projects"] == [str(environment.site_packages)]
    assert f"python_version: {sys.version_info[0]}.{sys.version_info[1]}" in told["markers"]
    assert told["certificates"] == [f"{tmp_path / 'absent.pem'} (which does not exist)"]
    assert told["proxies"] == ["https: http://****@proxy.example:3128"]
    assert told["indexes"] == ["https://****@index.example/simple", "https://****@other.example/"]
    assert told["cache"] == [
        f"folder: {tmp_path / 'cache'}",
        "set by: FREEWHEEL_CACHE_DIR in the environment",
        "use: read and written",
    ]
    assert told["configuration files"] == ["none"]
    assert "PIP_EXTRA_INDEX_URL='https://****@other.example/'" in told["variables"]
    assert any(line.startswith("urllib3==2.") for line in told["libraries"])
    assert told["git"] == ["not found"]


def test_a_setting_that_is_wrong_is_said_and_the_rest_too(freewheel: Freewheel) -> None:
    told = blocks(freewheel.run("debug", "--no-cache-dir", env={"PIP_INDEX_URL": "https://[index.example/"}).lines)
    assert told["indexes"] == ["not known: option --index-url: 'https://[index.example/' is no URL"]
    assert told["cache"][2] == "use: switched off"
    assert int(told["Compatible tags"][0]) > 10


def test_files_are_listed_whether_they_exist_or_not(freewheel: Freewheel) -> None:
    users = Path(freewheel.variables["XDG_CONFIG_HOME"], "pip", "pip.conf")
    users.parent.mkdir(parents=True)
    users.write_text("", encoding="utf-8")
    told = blocks(freewheel.run("debug", env={"PIP_CONFIG_FILE": ""}).lines)
    assert f"user: {users}, exists: True" in told["configuration files"]
    assert f"user: {freewheel.variables['HOME']}/.pip/pip.conf, exists: False" in told["configuration files"]


def test_tags_are_those_of_pip_for_every_target(freewheel: Freewheel) -> None:
    for words in (
        [],
        ["--platform", "manylinux2014_x86_64", "--python-version", "312", "--implementation", "cp"],
        ["--abi", "abi3", "--platform", "macosx_11_0_arm64", "--platform", "any_other"],
        ["--implementation", "pp", "--python-version", "3"],
    ):
        told = freewheel.run("debug", "-v", *words).lines
        pips = run(
            [sys.executable, "-m", "pip", "debug", "-v", *words], variables=freewheel.variables, cwd=Path.cwd()
        )
        start = [line.startswith("Compatible tags: ") for line in pips.lines].index(True)
        assert told[told.index(pips.lines[start]) :] == pips.lines[start:], words
    told = freewheel.run("debug").lines
    assert told[-1] == "  [First 10 tags shown. Pass --verbose to show all.]"


def test_an_environment_that_is_gone_is_told_with_the_rest(freewheel: Freewheel, tmp_path: Path) -> None:
    freewheel.variables |= {"VIRTUAL_ENV": str(tmp_path / "gone"), "PIP_INDEX_URL": "https://index.example/simple"}
    error = [
        f"ERROR: {tmp_path / 'gone'} cannot be used as Python interpreter.",
        "named by: $VIRTUAL_ENV",
        "found:    there is no such file or folder",
        "expected: Python 3.9 or newer, or a virtual environment with one",
        "hint: Leave that environment with `deactivate`, or `unset VIRTUAL_ENV`; or name another one with --python.",
    ]
    told = blocks(freewheel.run("debug").lines)
    assert told["environment acted on"] == error
    assert told["Compatible tags"] == ["not known"]
    assert told["indexes"] == ["https://index.example/simple"]
    for command in ("list", "install"):
        done = freewheel.run(command, *(["six"] if command == "install" else []), expect=1)
        assert [line.strip() for line in done.stderr.splitlines()] == error


def test_the_files_are_those_of_the_environment_that_is_named(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    """The indexes are what `install` would ask with the same words."""
    for root, host in ((environment.root, "named"), (tmp_path / "active", "active")):
        root.mkdir(exist_ok=True)
        (root / "pip.conf").write_text(f"[install]\nindex-url = https://{host}.example/simple\n", encoding="utf-8")
    freewheel.variables |= {"VIRTUAL_ENV": str(tmp_path / "active"), "PIP_CONFIG_FILE": ""}
    told = blocks(freewheel.run("debug", "--python", environment.root).lines)
    assert told["indexes"] == ["https://named.example/simple"]
    assert f"site: {environment.root / 'pip.conf'}, exists: True" in told["configuration files"]
    isolated = blocks(freewheel.run("debug", "--isolated", "--python", environment.root).lines)
    assert isolated["indexes"] == ["https://named.example/simple"]
