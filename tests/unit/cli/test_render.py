"""What events look like, on a terminal and elsewhere."""

from __future__ import annotations

import doctest
import io

import pytest

from freewheel import events
from freewheel.cli import render
from freewheel.cli.progress import Progress
from freewheel.cli.render import Printer
from freewheel.cli.savings_text import savings_text
from freewheel.commands.savings import Savings
from tests.support.clock import FakeClock


class Screen:
    """A printer with its two streams."""

    def __init__(self, verbosity: int = 0, style: str = "off", colour: bool = False) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.clock = FakeClock(0.0)
        self.printer = Printer(
            out=self.out,
            err=self.err,
            verbosity=verbosity,
            has_colour=colour,
            progress=Progress(style=style, stream=self.out, clock=self.clock, width=80),
            folder="/here",
        )


PIPS_LINES = {
    "Collecting rich": events.Collecting(requirement="rich"),
    "Collecting mdurl~=0.1 (from rich)": events.Collecting(requirement="mdurl~=0.1", wanted_by="rich"),
    "Processing ./a": events.Collecting(requirement="file:///here/a", is_path=True),
    "Processing /hereabouts/a": events.Collecting(requirement="file:///hereabouts/a", is_path=True),
    "  Using cached a-1.tar.gz (1.0 kB)": events.FileReused(filename="a-1.tar.gz", size=1024),
    "  Using cached a-1-py3-none-any.whl": events.FileReused(filename="a-1-py3-none-any.whl", size=None),
    "  Downloading a-1.whl (2.0 MB)": events.DownloadStarted(filename="a-1.whl", url="u", size=2_000_001),
    "Requirement already satisfied: a in /s (from b) (1)": events.AlreadySatisfied(
        requirement="a", location="/s", version="1", wanted_by="b"
    ),
    "Building wheels for collected packages: a, b": events.BuildsPlanned(projects=("a", "b")),
    "  Building wheel for a (pyproject.toml): started": events.BuildStarted(
        step="Building wheel for a (pyproject.toml)"
    ),
    "  Building wheel for a (pyproject.toml): finished with status 'done'": events.BuildFinished(
        step="Building wheel for a (pyproject.toml)", succeeded=True, seconds=1
    ),
    "  Created wheel for a: filename=a-1.whl size=9 sha256=ab\n  Stored in directory: /c/w": events.WheelBuilt(
        project="a", filename="a-1.whl", size=9, digest="ab", stored_in="/c/w"
    ),
    "Successfully built a b": events.BuildsDone(projects=("a", "b")),
    "Failed to build c": events.BuildsDone(projects=(), failed=("c",)),
    "Successfully built a\nFailed to build c": events.BuildsDone(projects=("a",), failed=("c",)),
    "Installing collected packages: a, b-c": events.Installing(distributions=("a-1", "b-c-2")),
    "Saved ./a.whl": events.Saved(path="./a.whl"),
}


@pytest.mark.parametrize(("line", "event"), PIPS_LINES.items())
def test_pips_sentence(line: str, event: events.Event) -> None:
    screen = Screen()
    screen.printer.emit(event)
    assert (screen.out.getvalue(), screen.err.getvalue()) == (line + "\n", "")


@pytest.mark.parametrize("event", PIPS_LINES.values())
def test_quiet_hides_them(event: events.Event) -> None:
    screen = Screen(verbosity=-1)
    screen.printer.emit(event)
    assert screen.out.getvalue() == ""


def test_quiet_does_not_hide_what_was_asked_for() -> None:
    screen = Screen(verbosity=-1)
    screen.printer.print("/cache")
    screen.printer.tell("Done")
    assert screen.out.getvalue() == "/cache\n"


def test_warnings_go_to_the_other_stream() -> None:
    screen = Screen()
    screen.printer.emit(events.Warned(message="careful"))
    assert (screen.out.getvalue(), screen.err.getvalue()) == ("", "WARNING: careful\n")


def test_quiet_twice_hides_warnings() -> None:
    screen = Screen(verbosity=-2)
    screen.printer.emit(events.Warned(message="careful"))
    assert screen.err.getvalue() == ""


def test_colour_only_where_wanted() -> None:
    screen = Screen(colour=True)
    screen.printer.fail(["ERROR: no"])
    assert screen.err.getvalue() == "\x1b[31mERROR: no\x1b[0m\n"


def test_verbose_gives_the_reason_of_a_miss() -> None:
    """Behaviour 134."""
    miss = events.Missed(kind="wheel", subject="a 1", reason="none was built for this Python", seconds=2)
    screen = Screen(verbosity=1)
    screen.printer.emit(miss)
    assert screen.out.getvalue() == "  wheel a 1: not reused, none was built for this Python (2.0 s)\n"
    hushed = Screen()
    hushed.printer.emit(miss)
    assert hushed.out.getvalue() == ""


def test_a_healed_entry_is_one_warning() -> None:
    screen = Screen()
    screen.printer.emit(events.Healed(kind="page", subject="a", reason="its digest changed"))
    expected = "WARNING: The cached page of a was damaged (its digest changed); it is fetched again.\n"
    assert screen.err.getvalue() == expected
    screen.printer.emit(events.Healed(kind="page", subject="a", reason="it cannot be removed"))
    assert screen.err.getvalue() == expected
    screen.printer.emit(events.Healed(kind="wheel", subject="a", reason="its digest changed"))
    assert screen.err.getvalue().endswith("wheel of a was damaged (its digest changed); it is built again.\n")


def test_requests_are_shown_without_passwords() -> None:
    screen = Screen(verbosity=2)
    screen.printer.emit(events.Requested(method="GET", url="https://me:s3cret@index.example/"))
    told = "freewheel; hit; ttl=5"
    screen.printer.emit(
        events.Answered(method="GET", url="https://me:s3cret@index.example/", status=200, cache_status=told)
    )
    screen.printer.emit(events.Answered(method="GET", url="https://index.example/", status=404, cache_status=None))
    assert screen.out.getvalue().splitlines() == [
        "  GET https://me:****@index.example/",
        "  GET https://me:****@index.example/: 200 (freewheel; hit; ttl=5)",
        "  GET https://index.example/: 404",
    ]


def test_a_short_download_gets_no_bar() -> None:
    screen = Screen(style="bars")
    screen.printer.emit(events.DownloadStarted(filename="a.whl", url="u", size=10))
    screen.printer.emit(events.DownloadAdvanced(url="u", received=10))
    screen.printer.emit(events.DownloadFinished(url="u"))
    assert screen.out.getvalue() == "  Downloading a.whl (10 bytes)\n"


def test_a_long_download_gets_a_bar_that_goes_away() -> None:
    screen = Screen(style="bars")
    screen.printer.emit(events.DownloadStarted(filename="a.whl", url="u", size=100))
    screen.clock.advance(1)
    screen.printer.emit(events.DownloadAdvanced(url="u", received=50))
    screen.printer.emit(events.Warned(message="in between"))
    screen.printer.emit(events.DownloadFinished(url="u"))
    screen.printer.close()
    assert "a.whl" in screen.out.getvalue().partition("\n")[2]
    assert screen.err.getvalue() == "WARNING: in between\n"


@pytest.mark.parametrize(("is_bytes", "amount"), [(True, "2.5/5.0 MB"), (False, "2500000/5000000")])
def test_a_long_check_gets_a_bar_that_goes_away(is_bytes: bool, amount: str) -> None:
    screen = Screen(style="bars")
    screen.printer.emit(events.CheckStarted(subject="Records", total=5_000_000, is_bytes=is_bytes))
    screen.printer.emit(events.CheckAdvanced(subject="Records", done=1))
    assert screen.out.getvalue() == ""
    screen.clock.advance(1)
    screen.printer.emit(events.CheckAdvanced(subject="Records", done=2_500_000))
    screen.printer.emit(events.Warned(message="in between"))
    screen.printer.emit(events.CheckFinished(subject="Records"))
    shown = screen.out.getvalue()
    assert "Records" in shown
    assert amount in shown
    screen.clock.advance(1)
    screen.printer.progress.tick()
    assert screen.out.getvalue() == shown


def test_a_check_is_no_line_and_nothing_for_programs() -> None:
    for screen in (Screen(), Screen(style="raw"), Screen(style="bars", verbosity=-1)):
        screen.printer.emit(events.CheckStarted(subject="Records", total=5, is_bytes=False))
        screen.clock.advance(1)
        screen.printer.emit(events.CheckAdvanced(subject="Records", done=2))
        screen.printer.emit(events.CheckFinished(subject="Records"))
        assert screen.out.getvalue() == screen.err.getvalue() == ""


def test_nothing_is_drawn_after_the_end() -> None:
    screen = Screen(style="bars")
    screen.printer.emit(events.BuildStarted(step="Building wheel for six"))  # and then interrupted
    screen.printer.close()
    before = screen.out.getvalue()
    screen.clock.advance(1)
    screen.printer.progress.tick()
    assert screen.out.getvalue() == before


def test_raw_progress_is_for_programs() -> None:
    screen = Screen(style="raw")
    screen.printer.emit(events.DownloadStarted(filename="a.whl", url="u", size=100))
    screen.printer.emit(events.DownloadAdvanced(url="u", received=50))
    assert screen.out.getvalue().endswith("Progress 50 of 100\n")


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(render).failed == 0


ALL_KINDS = dict.fromkeys(("page", "download", "repository", "wheel", "tree", "bytecode"), 12)


@pytest.mark.parametrize(
    ("savings", "expected"),
    [
        (
            Savings(reused={"download": 12, "tree": 12, "bytecode": 12}, saved_bytes=1_500_000),
            ["Reused 12 downloads, 12 unpacked wheels and 12 sets of bytecode (1.5 MB saved)."],
        ),
        (
            Savings(made={"page": 9, "download": 9, "tree": 9, "bytecode": 9}),
            [
                "Nothing could be reused yet.",
                "New: 9 index pages, 9 downloads, 9 unpacked wheels and 9 sets of bytecode.",
            ],
        ),
        (
            Savings(reused=ALL_KINDS, made=ALL_KINDS, saved_bytes=123_000, saved_seconds=125),
            [
                "Reused 12 index pages, 12 downloads, 12 repositories, 12 built wheels,",
                "  12 unpacked wheels and 12 sets of bytecode",
                "  (123 kB and 2 min 5 s of building saved).",
                "New: 12 index pages, 12 downloads, 12 repositories, 12 built wheels,",
                "  12 unpacked wheels and 12 sets of bytecode.",
            ],
        ),
        (
            Savings(reused={"page": 2, "download": 2}, adopted={"page": 1, "download": 2}, saved_bytes=1_500_000),
            [
                "Reused 2 index pages and 2 downloads (1.5 MB saved).",
                "From pip's cache: 1 index page and 2 downloads.",
            ],
        ),
    ],
)
def test_what_a_run_reused_keeps_to_80_columns(savings: Savings, expected: list[str]) -> None:
    text = savings_text(savings)
    assert text is not None
    assert text.split("\n") == expected
