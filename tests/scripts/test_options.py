"""Each option of the fetching commands, and what it changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.folders import snapshot
from tests.support.pages import HTML_PAGE, listed, project_page, write_index
from tests.support.process import Result
from tests.support.server import IndexServer

Install = Callable[..., Result]


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, archives: Path, tmp_path: Path) -> Callable[[], str]:
    """Make all archives so far the index of the runs that follow; the answer is its URL."""

    def publish() -> str:
        url = write_index(tmp_path / "index", sorted(archives.iterdir()))
        freewheel.variables["PIP_INDEX_URL"] = url
        return url

    publish()
    return publish


@pytest.fixture
def install(freewheel: Freewheel, environment: Environment) -> Install:
    """Install into the test's environment."""

    def run(*words: str | Path, expect: int = 0, env: Mapping[str, str] | None = None) -> Result:
        return freewheel.run("install", "--python", environment.python, *words, expect=expect, env=env)

    return run


def downloaded(freewheel: Freewheel, *words: str, expect: int = 0) -> list[str]:
    """The names of the files that a download into a new folder gives."""
    folder = Path(tempfile.mkdtemp(dir=freewheel.cwd))
    freewheel.run("download", "--dest", folder, *words, expect=expect)
    return sorted(path.name for path in folder.iterdir())


# What to install


def test_requirement_and_constraint_files(
    freewheel: Freewheel, install: Install, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    """`-r` and `-c`: a constraint limits, and installs nothing by itself."""
    for version in ("1.0", "2.0", "3.0"):
        make_wheel(archives, "six", version)
    make_wheel(archives, "other")
    index()
    (freewheel.cwd / "requirements.txt").write_text("six\n", encoding="utf-8")
    (freewheel.cwd / "constraints.txt").write_text("six<3\nother==1.0\n", encoding="utf-8")
    install("-r", "requirements.txt", "-c", "constraints.txt")
    assert environment.installed() == {"six": "2.0"}
    done = install("--constraint", "constraints.txt", "six>=3", expect=1)
    assert "six<3" in done.stderr
    assert "six>=3" in done.stderr


def test_upgrade_takes_the_newest_that_fits_and_leaves_alone_what_fits(
    install: Install, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    """`-U`."""
    for version in ("1.0", "2.0"):
        make_wheel(archives, "six", version)
        make_wheel(archives, "top", version, requires=["six"])
    index()
    install("top==1.0", "six==1.0")
    done = install("top")
    assert "Requirement already satisfied: top in " in done.stdout
    done = install("-U", "top")
    assert "Successfully installed top-2.0" in done.lines
    assert environment.installed() == {"top": "2.0", "six": "1.0"}
    install("--upgrade", "--upgrade-strategy", "eager", "top")
    assert environment.installed() == {"top": "2.0", "six": "2.0"}


def test_no_deps_leaves_out_what_is_needed(
    install: Install, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    make_wheel(archives, "top", requires=["missing"])
    index()
    install("--no-deps", "top")
    assert environment.installed() == {"top": "1.0"}


def test_pre_releases_only_where_they_are_wanted(
    freewheel: Freewheel, archives: Path, index: Callable[[], str]
) -> None:
    """`--pre`."""
    make_wheel(archives, "six", "1.0")
    make_wheel(archives, "six", "2.0rc1")
    index()
    assert downloaded(freewheel, "six") == ["six-1.0-py3-none-any.whl"]
    assert downloaded(freewheel, "--pre", "six") == ["six-2.0rc1-py3-none-any.whl"]
    assert downloaded(freewheel, "six>=2.0rc1") == ["six-2.0rc1-py3-none-any.whl"]


def test_force_reinstall_puts_back_what_was_changed(
    install: Install, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    make_wheel(archives, "six")
    index()
    install("six")
    module = environment.site_packages / "six.py"
    module.unlink()
    install("six")
    assert not module.exists()
    done = install("--force-reinstall", "six")
    assert "Successfully installed six-1.0" in done.lines
    assert module.read_text(encoding="utf-8") == '__version__ = "1.0"\n'


# Where from


def test_index_options(freewheel: Freewheel, archives: Path, tmp_path: Path) -> None:
    """`-i` takes the place of the index, `--extra-index-url` adds one, `--no-index` leaves all of them out."""
    pages = {}
    for name, version in (("first", "1.0"), ("second", "2.0"), ("third", "3.0")):
        folder = archives / name
        pages[name] = write_index(tmp_path / name, [make_wheel(folder, "six", version)])
    freewheel.variables["PIP_INDEX_URL"] = pages["first"]
    find_links = str(archives / "second")

    def version(*words: str, expect: int = 0) -> str:
        return "".join(downloaded(freewheel, *words, "six", expect=expect))[4:7]

    assert version("--index-url", pages["third"], "-i", pages["second"]) == "2.0"
    assert version("--extra-index-url", pages["third"], "--extra-index-url", pages["second"]) == "3.0"
    assert version("-f", find_links) == "2.0"
    assert version("--no-index", "--find-links", find_links, "--extra-index-url", pages["third"]) == "2.0"
    assert version("--no-index", expect=1) == ""


def test_unrelated_indexes_with_one_project_are_warned_of(
    freewheel: Freewheel, archives: Path, tmp_path: Path
) -> None:
    """The best version of all is taken, as in pip."""
    ours = write_index(tmp_path / "ours", [make_wheel(archives / "ours", "six", "1.0")])
    theirs = write_index(tmp_path / "theirs", [make_wheel(archives / "theirs", "six", "9.0")])
    done = freewheel.run("download", "-i", ours, "--extra-index-url", theirs, "six")
    assert "Saved ./six-9.0-py3-none-any.whl" in done.lines
    [warning] = done.stderr.splitlines()
    assert warning.startswith("WARNING: Both ")
    assert "offer six" in warning


def test_an_index_folder_without_the_project_is_an_index_without_it(
    freewheel: Freewheel, archives: Path, index: Callable[[], str], tmp_path: Path
) -> None:
    """Also where the index's folder itself does not exist."""
    make_wheel(archives, "six")
    index()
    (tmp_path / "empty").mkdir()
    others = [(tmp_path / name).as_uri() for name in ("empty", "missing")]
    words = [word for url in others for word in ("--extra-index-url", url)]
    assert downloaded(freewheel, *words, "six") == ["six-1.0-py3-none-any.whl"]
    done = freewheel.run("download", "-i", others[1], "six", expect=1)
    assert "ERROR: No matching distribution found for six" in done.stderr


def test_formats_options_choose_between_wheels_and_sdists(
    freewheel: Freewheel, archives: Path, index: Callable[[], str]
) -> None:
    """`--no-binary` and `--only-binary`, of which later ones change earlier ones."""
    for name in ("left", "right", "both"):
        make_wheel(archives, name, "1.0")
        make_sdist(archives, name, "2.0")
        make_sdist(archives, name, "1.0")
    index()
    sdist, wheel = "2.0.tar.gz", "1.0-py3-none-any.whl"

    def formats(*words: str) -> list[str]:
        names = downloaded(freewheel, *words, "left", "right", "both")
        return [name.partition("-")[2] for name in sorted(names, reverse=True)]

    assert formats("--prefer-binary", "--no-binary", "left") == [wheel, sdist, wheel]
    assert formats("--only-binary", "right,left", "--no-binary", "left") == [wheel, sdist, sdist]
    assert formats("--only-binary", ":all:", "--only-binary", ":none:") == [sdist, sdist, sdist]
    assert formats("--only-binary", ":all:") == [wheel, wheel, wheel]


# Where to


def test_the_environment_is_named_or_active_or_our_own(
    freewheel: Freewheel, environment: Environment, archives: Path, index: Callable[[], str], tmp_path: Path
) -> None:
    """`--python` (an interpreter or a folder), else VIRTUAL_ENV, else the interpreter that freewheel runs on."""
    make_wheel(archives, "six")
    make_wheel(archives, "seven")
    index()
    active = make_environment(tmp_path / "active")
    env = {"VIRTUAL_ENV": str(active.root)}
    freewheel.run("install", "six", env=env)
    assert active.installed() == {"six": "1.0"}
    freewheel.run("install", "--python", environment.python, "six", env=env)
    freewheel.run("--python", environment.root, "install", "seven", env=env)
    assert environment.installed() == {"six": "1.0", "seven": "1.0"}
    assert active.installed() == {"six": "1.0"}
    ours = json.loads(freewheel.run("list", "--format", "json").stdout)
    assert "freewheel" in {project["name"] for project in ours}


def test_target_installs_into_a_folder(
    freewheel: Freewheel, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    make_wheel(archives, "six", scripts={"six-script": "#!python\n"})
    index()
    before = snapshot(environment.root)
    freewheel.run("install", "-t", "folder", "six", env={"VIRTUAL_ENV": str(environment.root)})
    assert (freewheel.cwd / "folder" / "six.py").is_file()
    assert (freewheel.cwd / "folder" / "bin" / "six-script").is_file()
    assert snapshot(environment.root) == before


def test_dest_and_wheel_dir_say_where_files_go(
    freewheel: Freewheel, archives: Path, index: Callable[[], str], tmp_path: Path
) -> None:
    """`-d` and `-w`; a file that is there already is not written again."""
    make_wheel(archives, "six")
    make_sdist(archives, "built")
    index()
    freewheel.run("download", "-d", "down/loads", "six", "built")
    assert sorted(path.name for path in (freewheel.cwd / "down" / "loads").iterdir()) == [
        "built-1.0.tar.gz",
        "six-1.0-py3-none-any.whl",
    ]
    done = freewheel.run("wheel", "-w", tmp_path / "wheels", "six", "built")
    assert sorted(path.name for path in (tmp_path / "wheels").iterdir()) == [
        "built-1.0-py3-none-any.whl",
        "six-1.0-py3-none-any.whl",
    ]
    assert f"Saved {tmp_path / 'wheels' / 'six-1.0-py3-none-any.whl'}" in done.lines
    done = freewheel.run("download", "-d", "down/loads", "six")
    assert (
        f"  File was already downloaded {freewheel.cwd / 'down' / 'loads' / 'six-1.0-py3-none-any.whl'}" in done.lines
    )


# How


def test_a_dry_run_and_its_report_change_nothing(
    freewheel: Freewheel, install: Install, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    """`--dry-run` and `--report`, to a file and to stdout: pip's format 1."""
    wheel = make_wheel(archives, "six")
    make_wheel(archives, "top", requires=["six"], extras={"more": ["six"]})
    index()
    before = snapshot(environment.root)
    done = install("--dry-run", "--report", "report.json", "top[more]")
    assert "Would install six-1.0 top-1.0" in done.lines
    assert snapshot(environment.root) == before
    report = json.loads((freewheel.cwd / "report.json").read_text(encoding="utf-8"))
    items = {item["metadata"]["name"]: item for item in report["install"]}
    assert report["version"] == "1"
    assert items["six"]["download_info"]["url"] == wheel.as_uri()
    assert items["six"]["download_info"]["archive_info"]["hashes"].keys() == {"sha256"}
    assert [items[name]["requested"] for name in ("six", "top")] == [False, True]
    assert items["top"]["requested_extras"] == ["more"]
    assert report["environment"]["implementation_name"] == "cpython"
    done = install("--dry-run", "--quiet", "--report", "-", "top[more]")
    assert json.loads(done.stdout)["install"] == report["install"]


def test_bytecode_is_installed_unless_it_is_not_wanted(
    install: Install, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    """`--no-compile`, which pip reads the wrong way round in variables: there a false value means no bytecode."""
    make_wheel(archives, "six")
    index()
    compiled = environment.site_packages / "__pycache__"
    for words, env, expected in (
        (("--no-compile",), {}, False),
        (("--compile",), {"PIP_NO_COMPILE": "0"}, True),
        ((), {"PIP_NO_COMPILE": "0"}, False),
    ):
        install("--force-reinstall", *words, "six", env=env)
        assert compiled.exists() is expected, (words, env)


def test_without_isolation_the_environments_own_projects_build(
    *, install: Install, environment: Environment, archives: Path, index: Callable[[], str], build_log: BuildLog
) -> None:
    """`--no-build-isolation`."""
    backend = "import hammer\nfrom build_backend import *\n"
    pyproject = '[build-system]\nrequires = ["missing"]\nbuild-backend = "own"\nbackend-path = ["."]\n'
    make_sdist(archives, "house", more_files={"pyproject.toml": pyproject, "own.py": backend})
    make_wheel(archives, "hammer")
    index()
    assert "missing" in install("house", expect=1).stderr
    lacking = install("--no-build-isolation", "house", expect=1).stderr
    assert "hammer" in lacking
    assert "expected: a backend that is installed where the project is built" in lacking
    assert "leave the option out" in lacking
    install("hammer")
    install("--no-build-isolation", "house")
    assert environment.installed() == {"hammer": "1.0", "house": "1.0"}
    assert build_log.builds("house") == 1


def test_config_settings_reach_the_backend(
    install: Install, environment: Environment, archives: Path, index: Callable[[], str]
) -> None:
    """`-C`; a key that is given again becomes a list, as in pip."""
    make_sdist(archives, "built")
    index()
    install("-C", "a=1", "--config-settings", "b=x=y", "-C", "b=2", "built")
    [settings] = environment.site_packages.glob("built-1.0.dist-info/config_settings.json")
    assert json.loads(settings.read_text(encoding="utf-8")) == {"a": "1", "b": ["x=y", "2"]}
    done = install("-C", "nothing", "built", expect=2)
    assert "Arguments to --config-settings must be of the form KEY=VAL" in done.stderr


def test_a_trusted_host_is_spoken_to_without_tls(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """`--trusted-host`: plain HTTP to another machine, here through a proxy, is refused without it."""
    wheel = make_wheel(archives, "six")
    page = project_page("six", [listed(wheel, metadata=False)], HTML_PAGE, "http://index.example/files/")
    # What a proxy is asked for is a whole URL.
    server.put("http://index.example/simple/six/", page, HTML_PAGE)
    server.put(f"http://index.example/files/{wheel.name}", wheel)
    words = ("download", "--proxy", server.url, "-i", "http://index.example/simple/", "six")
    done = freewheel.run(*words, expect=1)
    assert "http://index.example/simple/six/ is plain HTTP to a host that is not trusted." in done.stderr
    assert "--trusted-host index.example" in done.stderr
    assert server.log == []
    freewheel.run(*words, "--trusted-host", "index.example")
    assert (freewheel.cwd / wheel.name).read_bytes() == wheel.read_bytes()


# What is said


def test_quiet_and_verbose(freewheel: Freewheel, archives: Path, index: Callable[[], str]) -> None:
    """`-q` hides what goes well, `-qq` warnings too, `-qqq` errors too; `-v` gives reasons."""
    make_wheel(archives, "six")
    index()
    two = ("--extra-index-url", _other_index(archives, "six"), "six")
    usual = freewheel.run("download", "-d", "a", "six").stdout
    assert "Saved ./a/six-1.0-py3-none-any.whl" in usual
    assert "reused" not in usual
    done = freewheel.run("download", "-d", "b", "-q", *two)
    assert (done.stdout, done.stderr.count("WARNING")) == ("", 1)
    assert (freewheel.cwd / "b" / "six-1.0-py3-none-any.whl").exists()
    assert freewheel.run("download", "-d", "c", "-qq", *two).stderr == ""
    assert "ERROR" in freewheel.run("download", "-qq", "missing", expect=1).stderr
    assert freewheel.run("download", "-qqq", "missing", expect=1).stderr == ""
    assert "reused" in freewheel.run("-v", "download", "-d", "d", "six").stdout


def _other_index(archives: Path, name: str) -> str:
    folder = archives.parent / "other"
    return write_index(folder / "index", [make_wheel(folder, name, "0.1")])


def test_very_verbose_names_every_request(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "six"))
    done = freewheel.run("download", "-vv", "-i", server.index_url, "six")
    for path in server.paths():
        assert f"  GET {server.url}{path[1:]}" in done.lines


def test_quiet_does_not_hide_what_was_asked_for(freewheel: Freewheel, environment: Environment) -> None:
    """Lists and places are printed whatever `-q` says."""
    for words in (["cache", "dir"], ["cache", "info"], ["list"]):
        usual = freewheel.run("--python", environment.python, *words).stdout
        assert freewheel.run("-qqq", "--python", environment.python, *words).stdout == usual


@pytest.mark.parametrize("style", ["auto", "on", "off"])
def test_without_a_terminal_there_are_lines_and_no_bars(
    freewheel: Freewheel, server: IndexServer, archives: Path, style: str
) -> None:
    """`--progress-bar`: bars are for people who watch."""
    server.add(make_wheel(archives, "six", files={"data.bin": os.urandom(1 << 20)}))
    done = freewheel.run("download", "--progress-bar", style, "-i", server.index_url, "six")
    assert "  Downloading six-1.0-py3-none-any.whl (1.0 MB)" in done.lines
    assert "\x1b" not in done.stdout
    assert "Progress" not in done.stdout


def test_raw_progress_is_for_programs(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """`--progress-bar raw`: pip's lines, with bytes so far and bytes in all."""
    wheel = make_wheel(archives, "six", files={"data.bin": os.urandom(1 << 20)})
    server.add(wheel)
    done = freewheel.run("download", "--progress-bar", "raw", "-i", server.index_url, "six")
    told = [line.split() for line in done.lines if line.startswith("Progress ")]
    size = str(wheel.stat().st_size)
    assert told[-1] == ["Progress", size, "of", size]
    assert [int(words[1]) for words in told] == sorted(int(words[1]) for words in told)
    done = freewheel.run("download", "--progress-bar", "fancy", "six", expect=2)
    assert "option --progress-bar: invalid choice: 'fancy'" in done.stderr


def test_unknown_options_are_refused_on_the_command_line_alone(
    freewheel: Freewheel, archives: Path, index: Callable[[], str]
) -> None:
    """In variables and files they are passed over, with a line at -v."""
    make_wheel(archives, "six")
    index()
    done = freewheel.run("download", "--frobnicate", "six", expect=2)
    assert "no such option: --frobnicate" in done.stderr
    assert done.stderr.startswith("Usage:")
    done = freewheel.run("download", "--use-deprecated", "legacy-resolver", "six", expect=2)
    assert "option --use-deprecated is not supported" in done.stderr
    env = {"PIP_FROBNICATE": "1", "PIP_USE_DEPRECATED": "legacy-resolver"}
    assert "DEPRECATED" not in freewheel.run("download", "-d", "a", "six", env=env).stdout
    verbose = freewheel.run("download", "-d", "b", "-v", "six", env=env).stdout
    assert "PIP_FROBNICATE" in verbose or "frobnicate" in verbose


# On a terminal


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no such terminals here")
class TestTerminal:
    def run(
        self,
        freewheel: Freewheel,
        *words: str | Path,
        variables: Mapping[str, str] | None = None,
        on_output: Callable[[str], None] = lambda _: None,
    ) -> str:
        """What a person sees on a terminal, control sequences included; `on_output` is told of all so far."""
        command = [sys.executable, "-m", "freewheel", *map(str, words)]
        env = freewheel.variables | {"TERM": "xterm", "COLUMNS": "100"} | dict(variables or {})
        ours, theirs = os.openpty()
        try:
            process = subprocess.Popen(
                command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=freewheel.cwd
            )
        finally:
            os.close(theirs)
        seen = b""
        for data in _read(ours):
            seen += data
            on_output(seen.decode("utf-8", "replace"))
        process.wait(60)
        return seen.decode("utf-8", "replace")

    def test_errors_have_a_colour_unless_it_is_not_wanted(self, freewheel: Freewheel) -> None:
        """`--no-color`, and the variables that programs agree on."""
        words = ("download", "--no-index", "missing")
        assert "\x1b[31mERROR: " in self.run(freewheel, *words)
        assert "\x1b" not in self.run(freewheel, "--no-color", *words)
        assert "\x1b" not in self.run(freewheel, *words, variables={"NO_COLOR": "1"})
        assert "\x1b" not in self.run(freewheel, *words, variables={"PIP_NO_COLOR": "1"})
        assert "\x1b" not in self.run(freewheel, *words, variables={"TERM": "dumb"})

    def test_a_long_build_has_a_bar(
        self, freewheel: Freewheel, server: IndexServer, archives: Path, index: Callable[[], str]
    ) -> None:
        """Unless `--progress-bar off` says otherwise. The build waits until the bar was seen, or half a minute."""
        bar_seen = Event()
        server.put("/go", "go")
        server.answer("/go", gate=bar_seen)
        backend = (
            "from urllib.request import urlopen\n"
            "import build_backend\n"
            "from build_backend import *\n"
            "def build_wheel(*words):\n"
            f"    urlopen({server.url + 'go'!r}, timeout=30)\n"
            "    return build_backend.build_wheel(*words)\n"
        )
        pyproject = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
        make_sdist(archives, "slow", more_files={"pyproject.toml": pyproject, "own.py": backend})
        index()

        def watch(seen: str) -> None:
            if "\u2501" in seen:  # a piece of a bar
                bar_seen.set()

        words = ("wheel", "--no-cache-dir", "slow")
        assert "Successfully built slow" in self.run(freewheel, *words, on_output=watch)
        assert "\u2501" not in self.run(freewheel, *words, "--progress-bar", "off")


def _read(descriptor: int) -> Iterator[bytes]:
    with open(descriptor, "rb", buffering=0) as terminal:
        while True:
            try:
                data = terminal.read(1 << 16)
            except OSError:  # how Linux says that nobody holds the other end any more
                return
            if not data:
                return
            yield data
