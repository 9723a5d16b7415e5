"""Hash-checking mode: what users demand of the bytes is checked, wherever these come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.process import Result
from tests.support.server import IndexServer

WRONG = f"sha256:{'0' * 64}"
MISMATCH = (
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package "
    "versions, please update the hashes. Otherwise, examine the package contents carefully; someone may have "
    "tampered with them."
)
MISSING = "ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements."
UNPINNED = "ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:"

Install = Callable[..., Result]


def digest(path: Path, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, path.read_bytes()).hexdigest()}"


@pytest.fixture
def install(freewheel: Freewheel, server: IndexServer, environment: Environment) -> Install:
    """Install what `r.txt` is told to be, into the test's environment."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url

    def run(text: str, *words: str | Path, expect: int = 0, constraints: str | None = None) -> Result:
        (freewheel.cwd / "r.txt").write_text(text, encoding="utf-8")
        if constraints is not None:
            (freewheel.cwd / "c.txt").write_text(constraints, encoding="utf-8")
            words = (*words, "-c", "c.txt")
        return freewheel.run("install", "--python", environment.python, "-r", "r.txt", *words, expect=expect)

    return run


def test_what_has_a_demanded_digest_is_installed_and_nothing_else(
    install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    """Several digests are alternatives; the file that states one of them is chosen before a newer or better one."""
    sdist, wheel = make_sdist(archives, "six", "1.0"), make_wheel(archives, "six", "1.0")
    newer = make_wheel(archives, "six", "2.0")
    for path in (sdist, wheel, newer):
        server.add(path)
    done = install(f"six==1.0 --hash={WRONG} \\\n    --hash={digest(sdist)}\n")
    assert "Successfully built six" in done.lines
    assert server.requests_for(".whl") == []
    install(f"six>=1.0 --hash={digest(wheel)} --hash={digest(wheel, 'sha384')}\n", "--force-reinstall")
    assert len(server.requests_for(".whl")) == 1
    assert environment.installed() == {"six": "1.0"}


@pytest.mark.parametrize("hashes", [True, False])
def test_other_bytes_are_never_installed(
    *, install: Install, server: IndexServer, environment: Environment, archives: Path, hashes: bool
) -> None:
    """Downloaded now or in the cache, whether the index states what they are or not."""
    wheel = make_wheel(archives, "six")
    server.add(wheel, hashes=hashes)
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    for _ in range(2):
        done = install(f"# pinned\nsix==1.0 --hash={WRONG}\n", expect=1)
        assert MISMATCH in done.stderr.splitlines()
        assert f"expected: sha256 {'0' * 64}" in done.stderr
        assert f"found:    {digest(wheel).replace(':', ' ')}" in done.stderr
        assert "six==1.0 (from -r r.txt (line 2))" in done.stderr
    assert environment.installed() == {}
    install(f"six==1.0 --hash={digest(wheel)}\n")
    again = install(f"six==1.0 --hash={WRONG}\n", "--force-reinstall", expect=1)
    assert MISMATCH in again.stderr.splitlines()
    install(f"six==1.0 --hash={digest(wheel, 'sha512')}\n", "--force-reinstall")


def test_the_word_of_an_index_does_not_stand_in_for_a_demand(
    install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    """An index that states the demanded SHA-512 digest beside the SHA-256 digest of another file convinces nobody."""
    good = make_wheel(archives / "good", "six")
    bad = make_wheel(archives / "bad", "six", files={"six.py": "evil = True\n"})
    server.add(bad)
    install("six==1.0\n")
    server.add(bad, hashes={"sha256": digest(bad)[7:], "sha512": digest(good, "sha512")[7:]})
    done = install(f"six==1.0 --hash={digest(good, 'sha512')}\n", "--force-reinstall", expect=1)
    assert MISMATCH in done.stderr.splitlines()
    server.add(good, hashes={"sha256": digest(bad)[7:]})
    install(f"six==1.0 --hash={digest(good)}\n", "--force-reinstall")
    assert environment.run_python("import six; print(six.__version__)").strip() == "1.0"


def test_files_on_this_machine_are_checked_as_well(
    *, freewheel: Freewheel, install: Install, environment: Environment, archives: Path
) -> None:
    wheel = make_wheel(archives, "six")
    beside = make_wheel(freewheel.cwd, "rich")
    for text in (
        f"--no-index\n--find-links {archives}\nsix==1.0 --hash={WRONG}\n",
        f"{wheel.as_uri()} --hash={WRONG}\n",
        f"./{beside.name} --hash={WRONG}\n",
        f"six @ {wheel.as_uri()}#sha256={'0' * 64}\n",
    ):
        assert MISMATCH in install(text, expect=1).stderr.splitlines()
    install(
        f"--no-index\n--require-hashes\n{wheel.as_uri()}#{digest(wheel).replace(':', '=')}\n"
        f"./{beside.name} --hash={digest(beside)}\n"
    )
    assert environment.installed() == {"six": "1.0", "rich": "1.0"}


def test_a_digest_in_a_url_may_be_met_or_one_beside_it(install: Install, archives: Path) -> None:
    wheel = make_wheel(archives, "six")
    install(f"{wheel.as_uri()}#sha256={'0' * 64} --hash={digest(wheel)}\n")


def test_everything_that_lacks_a_digest_is_told_at_once(
    install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    """The lines that would do, ready to be copied; nothing is installed."""
    top = make_wheel(archives, "top", requires=["dep>=1", "other"], extras={"x": ["more"]})
    dep, other, more = (make_wheel(archives, name) for name in ("dep", "other", "more"))
    for path in (top, dep, other, more):
        server.add(path)
    done = install("top[x]==1.0\nother==1.0\n", "--require-hashes", expect=1)
    assert MISSING in done.stderr
    assert UNPINNED in done.stderr.splitlines()
    assert f"top==1.0 --hash={digest(top)}" in done.stderr
    assert f"other==1.0 --hash={digest(other)}" in done.stderr
    assert "dep>=1 (from top==1.0->-r r.txt (line 1))" in done.stderr
    assert f"dep==1.0 --hash={digest(dep)}" in done.stderr
    assert environment.installed() == {}
    files = {"top[x]": top, "dep": dep, "other": other, "more": more}
    install("".join(f"{name}==1.0 --hash={digest(path)}\n" for name, path in files.items()))
    assert environment.installed().keys() == {"top", "dep", "other", "more"}


def test_one_digest_turns_the_mode_on_and_an_option_keeps_it_off(
    install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    six, rich = make_wheel(archives, "six"), make_wheel(archives, "rich")
    server.add(six)
    server.add(rich)
    text = f"six==1.0 --hash={digest(six)}\nrich==1.0\n"
    assert f"rich==1.0 --hash={digest(rich)}" in install(text, expect=1).stderr
    install(f"--no-require-hashes\n{text}")
    assert environment.installed() == {"six": "1.0", "rich": "1.0"}
    done = install(f"six==1.0 --hash={WRONG}\nrich\n", "--no-require-hashes", "--force-reinstall", expect=1)
    assert MISMATCH in done.stderr.splitlines()


def test_the_mode_is_not_on_and_off(install: Install) -> None:
    problem = "ERROR: --require-hashes and --no-require-hashes are mutually exclusive"
    assert problem in install("six\n", "--require-hashes", "--no-require-hashes", expect=1).stderr.splitlines()
    done = install("six\n--no-require-hashes\n", "--require-hashes", expect=1)
    assert problem in done.stderr.splitlines()
    assert "where: -r r.txt (line 2)" in done.stderr


def test_what_has_no_file_of_its_own_is_refused(freewheel: Freewheel, install: Install, build_log: BuildLog) -> None:
    """Before anything of it is run."""
    make_project_dir(freewheel.cwd / "src", "project")
    done = install("./src\n", "--require-hashes", expect=1)
    problem = "ERROR: Can't verify hashes for these file:// requirements because they point to directories:"
    assert problem in done.stderr.splitlines()
    assert "./src (from -r r.txt (line 1))" in done.stderr
    assert build_log.calls() == []


def test_nothing_of_a_source_without_digest_is_run(
    install: Install, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    top = make_wheel(archives, "top", requires=["source"])
    sdist = make_sdist(archives, "source")
    server.add(top)
    url = server.add(sdist)
    done = install(f"top==1.0 --hash={digest(top)}\n", expect=1)
    assert f"source==1.0 --hash={digest(sdist)}" in done.stderr
    done = install(f"{url}\n", "--require-hashes", expect=1)
    assert f"{url} --hash={digest(sdist)}" in done.stderr
    assert build_log.calls() == []


def test_several_requirements_of_a_project_must_agree(
    install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    old, new = make_wheel(archives, "six", "1.0"), make_wheel(archives, "six", "2.0")
    server.add(old)
    server.add(new)
    install(f"six --hash={digest(old)} --hash={digest(new)}\nsix --hash={digest(old)} --hash={WRONG}\n")
    assert environment.installed() == {"six": "1.0"}
    text = f"six==1.0 --hash={digest(old)}\nsix==1.0 --hash={digest(new)}\n"
    assert MISMATCH in install(text, "--force-reinstall", expect=1).stderr.splitlines()


def test_constraints_may_have_the_digests(
    install: Install, server: IndexServer, environment: Environment, archives: Path
) -> None:
    top, old, new = (make_wheel(archives, "top", requires=["six"]), *(make_wheel(archives, "six", v) for v in "12"))
    for path in (top, old, new):
        server.add(path)
    limits = f"six==1 --hash={digest(old)}\ntop --hash={digest(top)}\n"
    install("top\n", constraints=limits)
    assert environment.installed() == {"six": "1", "top": "1.0"}
    done = install("top\n", "--force-reinstall", constraints=f"six==1\ntop --hash={digest(top)}\n", expect=1)
    assert f"six==1 --hash={digest(old)}" in done.stderr
    done = install("six\n", "--force-reinstall", constraints=f"six==1 --hash={digest(new)}\n", expect=1)
    assert MISMATCH in done.stderr.splitlines()


def test_what_is_installed_is_trusted(install: Install, server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "six"))
    install("six==1.0\n")
    install(f"six==1.0 --hash={WRONG}\n")


def test_new_content_behind_a_url_is_asked_for_before_it_is_refused(
    install: Install, server: IndexServer, archives: Path
) -> None:
    """What is stored has the wrong digest, is still fresh, and says nothing of what the server has now."""
    old = make_wheel(archives / "old", "six")
    new = make_wheel(archives / "new", "six", files={"six.py": "new = True\n"})
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    server.add(old, hashes=False)
    install("six==1.0\n")
    server.add(new, hashes=False)
    install(f"six==1.0 --hash={digest(new)} --hash={WRONG}\n", "--force-reinstall")


def test_downloads_and_wheels_are_checked_too(
    *, freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    sdist = make_sdist(archives, "six")
    server.add(sdist)
    for command in ("download", "wheel"):
        text = f"six==1.0 --hash={WRONG}\n"
        (freewheel.cwd / "r.txt").write_text(text, encoding="utf-8")
        done = freewheel.run(command, "-i", server.index_url, "-r", "r.txt", "-d" if command == "download" else "-w",
                             "out", expect=1)  # fmt: skip
        assert MISMATCH in done.stderr.splitlines()
        assert not (freewheel.cwd / "out").exists()
    assert build_log.calls() == []


def test_the_digest_of_the_source_decides_about_its_wheel(
    *, freewheel: Freewheel, install: Install, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviours 106, 107 and 109: of the wheel that was built no digest is ever accepted."""
    sdist = make_sdist(archives, "six")
    server.add(sdist)
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    install("six==1.0\n")
    (built,) = freewheel.cache.glob("wheels-v1/six/*/*.whl")
    server.clear()
    install(f"six==1.0 --hash={digest(sdist)}\n", "--force-reinstall")
    assert (server.log, build_log.builds()) == ([], 1)
    for wrong in (WRONG, digest(built)):
        done = install(f"six==1.0 --hash={wrong}\n", "--force-reinstall", expect=1)
        assert MISMATCH in done.stderr.splitlines()
        assert f"found:    {digest(sdist).replace(':', ' ')}" in done.stderr
    assert build_log.builds() == 1


@pytest.mark.parametrize("hashes", [True, False])
def test_a_built_wheel_whose_record_is_wrong_is_built_again_once(
    *, freewheel: Freewheel, install: Install, server: IndexServer, archives: Path, build_log: BuildLog, hashes: bool
) -> None:
    """Behaviour 108, with an index that states digests and with one that does not."""
    sdist = make_sdist(archives, "six")
    server.add(sdist, hashes=hashes)
    text = f"six==1.0 --hash={digest(sdist)}\n"
    install(text)
    (record,) = freewheel.cache.glob("wheels-v1/six/*/origin.json")
    right = record.read_text(encoding="utf-8")
    record.write_text(right.replace(digest(sdist)[7:], "0" * 64), encoding="utf-8")
    done = install(text, "--force-reinstall")
    assert "WARNING: The cached wheel of six-1.0-py3-none-any.whl was damaged (its origin.json" in done.stderr
    assert (record.read_text(encoding="utf-8"), build_log.builds()) == (right, 2)
    assert install(text, "--force-reinstall").stderr == ""
    assert build_log.builds() == 2


def test_no_password_is_in_the_record(
    *, freewheel: Freewheel, install: Install, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 111: and another password finds the wheel."""
    sdist = make_sdist(archives, "six")
    server.put(f"/private/{sdist.name}", sdist)
    for password in ("s3cret", "r0tated"):
        server.answer("/private/*", credentials=("me", password))
        url = server.url.replace("//", f"//me:{password}@") + f"private/{sdist.name}"
        install(f"six @ {url} --hash={digest(sdist)}\n", "--force-reinstall")
    (record,) = freewheel.cache.glob("wheels-v1/six/*/origin.json")
    assert "s3cret" not in record.read_text(encoding="utf-8")
    assert build_log.builds() == 1
