"""Compilers: what a source could be compiled by, and what changes when one comes or goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.build.toolchain import Toolchain, languages_in, newly_compilable


@pytest.mark.parametrize(
    ("names", "languages"),
    [
        (["six.py", "README.c.txt"], ()),
        (["src/six/_speed.c", "src/six/_fast.PYX"], ("C",)),
        (["a.cpp", "b.rs", "c.f90", "d.cu", "e.h"], ("C++", "CUDA", "Fortran", "Rust")),
        (["tests/a.c", "docs/b.rs", "Examples/c.cpp"], ()),
        (["src/tests/a.c"], ("C",)),
    ],
)
def test_languages_are_told_by_the_endings_of_files(
    tmp_path: Path, names: list[str], languages: tuple[str, ...]
) -> None:
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert languages_in(tmp_path) == languages


class TestCompilers:
    """What a compiler says of itself, without where it lies."""

    def put(self, folder: Path, name: str, text: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    def test_the_first_one_on_the_path_counts(self, tmp_path: Path) -> None:
        self.put(tmp_path / "bin", "gcc", "echo; echo ' gcc 12 '; echo more")
        self.put(tmp_path / "bin", "clang", "echo clang 15")
        toolchain = Toolchain({"PATH": f"{tmp_path / 'none'}:{tmp_path / 'bin'}"})
        assert toolchain.compilers(["C", "Rust"]) == {"C": "gcc 12"}
        assert toolchain.compilers([]) == {}

    def test_the_one_that_is_asked_for_counts_alone(self, tmp_path: Path) -> None:
        self.put(tmp_path / "bin", "gcc", "echo gcc 12")
        self.put(tmp_path / "bin", "mine", 'echo "mine $*"')
        path = {"PATH": str(tmp_path / "bin")}
        assert Toolchain(path | {"CC": "mine -m32"}).compilers(["C"]) == {"C": "mine -m32 --version"}
        assert Toolchain(path | {"CC": "absent"}).compilers(["C"]) == {}

    @pytest.mark.parametrize("named", ['"gcc', "gcc '", "''"])
    def test_one_that_no_shell_understands_is_none(self, tmp_path: Path, named: str) -> None:
        self.put(tmp_path / "bin", "gcc", "echo gcc 12")
        assert Toolchain({"PATH": str(tmp_path / "bin"), "CC": named}).compilers(["C"]) == {}

    def test_each_is_asked_once(self, tmp_path: Path) -> None:
        self.put(tmp_path / "bin", "cc", f"echo x >> {tmp_path / 'asked'}; echo cc 1")
        toolchain = Toolchain({"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
        assert [toolchain.compilers(["C"]) for _ in range(2)] == [{"C": "cc 1"}] * 2
        assert (tmp_path / "asked").read_text() == "x\n"

    @pytest.mark.parametrize("text", ["exit 1", "kill -9 $$"])
    def test_one_that_says_nothing_is_none(self, tmp_path: Path, text: str) -> None:
        self.put(tmp_path / "bin", "cc", text)
        assert Toolchain({"PATH": str(tmp_path / "bin")}).compilers(["C"]) == {}

    def test_a_language_of_a_later_version_has_none(self) -> None:
        assert Toolchain({}).compilers(["Zig"]) == {}


@pytest.mark.parametrize(
    ("languages", "before", "now", "reason"),
    [
        (["C"], {}, {}, None),
        (["C"], {"C": "gcc 12"}, {"C": "gcc 12"}, None),
        (["C"], {"C": "gcc 12"}, {}, None),
        ([], {}, {"C": "gcc 12"}, None),
        (["C"], {}, {"C": "gcc 12"}, "there is a compiler now (C: nothing -> gcc 12)"),
        (["C"], {"C": "gcc 12"}, {"C": "gcc 13"}, "the compiler is another one now (C: gcc 12 -> gcc 13)"),
        (["C", "Rust"], {"C": "a"}, {"C": "a", "Rust": "b"}, "there is a compiler now (Rust: nothing -> b)"),
    ],
)
def test_a_wheel_without_machine_code_may_have_some_where_a_compiler_came_or_changed(
    languages: list[str], before: dict[str, str], now: dict[str, str], reason: str | None
) -> None:
    told = newly_compilable(languages, before, now)
    assert told == (None if reason is None else f"it has no compiled modules, and {reason}")
