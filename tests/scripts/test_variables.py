"""What `${NAME}` stands for in a URL is used, and written as the file has it wherever anything is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.process import Result
from tests.support.server import IndexServer

SECRET = "s3cr3t-in-a-path"
WHEEL = "six-1.0-py3-none-any.whl"


@pytest.fixture
def behind(freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment) -> IndexServer:
    """A server with everything below a path that is a secret."""
    make_wheel(archives, "six")
    server.put(f"/{SECRET}/{WHEEL}", archives / WHEEL)
    server.put(f"/{SECRET}/simple/six/", f'<a href="../../{WHEEL}">{WHEEL}</a>', "text/html")
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root), "TOK": SECRET, "PIP_RETRIES": "0"}
    return server


def told(freewheel: Freewheel, *words: str | Path, expect: int = 0, lines: str = "") -> Result:
    """A run at full length, with a log, in neither of which the secret stands."""
    (freewheel.cwd / "r.txt").write_text(lines + "\n", encoding="utf-8")
    log = freewheel.cwd / "log.txt"
    done = freewheel.run(*words, "-vvv", "--log", log, expect=expect)
    assert SECRET not in done.stdout
    assert SECRET not in done.stderr
    assert SECRET not in log.read_text(encoding="utf-8")
    return done


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("six @ {url}${{TOK}}/" + WHEEL, "Collecting six @ {url}${{TOK}}/" + WHEEL),
        ("{url}${{TOK}}/" + WHEEL, "Collecting {url}${{TOK}}/" + WHEEL),
        ("-i {url}${{TOK}}/simple\nsix", "{url}${{TOK}}/simple/six/"),
        ("--index-url={url}${{TOK}}/simple/\nsix", "{url}${{TOK}}/simple/six/"),
        ("--no-index\n--find-links {url}${{TOK}}/simple/six/\nsix", "{url}${{TOK}}/simple/six/"),
    ],
)
def test_what_is_found_is_told_as_it_is_written(
    freewheel: Freewheel, behind: IndexServer, environment: Environment, line: str, shown: str
) -> None:
    done = told(freewheel, "install", "-r", "r.txt", lines=line.format(url=behind.url))
    assert shown.format(url=behind.url) in done.stdout
    assert environment.installed() == {"six": "1.0"}


def test_a_whole_url_in_a_variable(freewheel: Freewheel, behind: IndexServer) -> None:
    """Its host too stands only in the variable; what leads elsewhere from there is masked."""
    freewheel.variables["INDEX"] = f"{behind.url}{SECRET}/simple/"
    done = told(freewheel, "install", "-r", "r.txt", lines="-i ${INDEX}\nsix")
    assert "GET ${INDEX}/six/" in done.stdout
    assert f"GET {behind.url}****/{WHEEL}" in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "six @ {url}absent/${{TOK}}/" + WHEEL,
        "six @ {url}" + WHEEL + "?token=${{TOK}}",
        "-i {url}absent/${{TOK}}/simple\nsix",
        "--no-index\n-f {url}absent/${{TOK}}/\nsix",
        "-r {url}absent/${{TOK}}/more.txt",
        "-c {url}absent/${{TOK}}/limits.txt\nsix",
        "six @ git+{url}absent/${{TOK}}/six.git",
        "-e git+{url}absent/${{TOK}}/six.git#egg=six",
        "-i http://[${{TOK}}/simple\nsix",
        "six @ {url}${{TOK}}/" + WHEEL + " --hash=${{TOK}}",
        "six --hash=${{TOK}}",
        "six --${{TOK}}",
        "six @ ./${{TOK}}",
        "six @ {url}refused/${{TOK}}/" + WHEEL,
    ],
)
def test_what_is_not_found_is_told_so_too(freewheel: Freewheel, behind: IndexServer, line: str) -> None:
    behind.answer("/refused/*", status=401)
    status = 2 if "[" in line else 1
    done = told(freewheel, "install", "-r", "r.txt", expect=status, lines=line.format(url=behind.url))
    assert "${TOK}" in done.stderr


def test_what_files_behind_such_a_url_name(freewheel: Freewheel, behind: IndexServer) -> None:
    """Their own lines too, which are seen from there."""
    behind.put(f"/{SECRET}/more.txt", "-r limits-${TOK}.txt\n")
    behind.put(f"/{SECRET}/limits-{SECRET}.txt", "six==\n")
    done = told(freewheel, "install", "-r", "r.txt", expect=1, lines=f"-r {behind.url}${{TOK}}/more.txt")
    assert f"-r {behind.url}${{TOK}}/limits-${{TOK}}.txt (line 1)" in done.stderr


def test_a_build_that_fails(freewheel: Freewheel, behind: IndexServer, archives: Path) -> None:
    sdist = make_sdist(archives, "six", fails_in=["build_wheel"], failure="no compiler here")
    behind.put(f"/{SECRET}/{sdist.name}", sdist)
    done = told(freewheel, "install", "-r", "r.txt", expect=1, lines=f"six @ {behind.url}${{TOK}}/{sdist.name}")
    assert "no compiler here" in done.stderr


def test_what_is_written_down_is_what_can_be_read_again(
    freewheel: Freewheel, behind: IndexServer, environment: Environment
) -> None:
    """As in pip: the report and direct_url.json have the URL that was used, on the standard output too."""
    url = f"{behind.url}{SECRET}/{WHEEL}"
    (freewheel.cwd / "r.txt").write_text(f"six @ {behind.url}${{TOK}}/{WHEEL}\n", encoding="utf-8")
    done = freewheel.run("install", "-q", "--report", "-", "-r", "r.txt")
    assert json.loads(done.stdout)["install"][0]["download_info"]["url"] == url
    (record,) = environment.root.rglob("direct_url.json")
    assert json.loads(record.read_text(encoding="utf-8"))["url"] == url
    locked = freewheel.run("lock", "-q", "-o", "-", "-r", "r.txt")
    assert url in locked.stdout
