"""Unfinished changes: which are taken back, and which are left alone."""

from __future__ import annotations

import os
import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from freewheel.events import Noted, Recorder, Warned
from freewheel.install.change_log import FOLDER, ChangeInProgress, ChangeLog, is_half_done
from freewheel.install.changes import Created, SetAside
from freewheel.install.journal import STASH_PREFIX, Journal
from freewheel.install.plan import Destination
from freewheel.install.recovery import recover
from tests.support.folders import snapshot
from tests.support.unprivileged import Person


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "six-1.0.dist-info").mkdir(parents=True)
    (folder / "six.py").write_text("old")
    return folder


def unfinished(site: Path) -> ChangeLog:
    """A change that replaces `six.py` and adds `new/module.py`, up to the moment before its end; still alive."""
    journal = Journal([str(site)])
    for path in (site / "six.py", site / "new" / "module.py"):
        journal.make_way([str(path)])
        path.write_text("new")
    assert journal._log is not None
    return journal._log


def recovered(site: Path) -> list[str]:
    """What was said when the next run looked."""
    schemes = dict.fromkeys(("purelib", "platlib", "headers", "scripts", "data"), str(site))
    destination = Destination(schemes=schemes, executable="python", python_version="3.11", platform="linux")
    reporter = Recorder()
    recover(destination, changing=nullcontext, reporter=reporter)
    return [event.message for event in reporter.events if isinstance(event, Warned | Noted)]


def test_what_nobody_will_finish_is_taken_back_and_said_once(site: Path) -> None:
    before = snapshot(site)
    unfinished(site).close()
    assert recovered(site) == [f"An earlier change of {site} was interrupted; it was taken back."]
    assert snapshot(site) == before
    assert recovered(site) == []


def test_what_was_another_programs_comes_back(site: Path) -> None:
    journal = Journal([str(site)])
    journal.make_way([str(site / "new" / "mine"), str(site / "new" / "ours")])
    (site / "new" / "mine").write_text("mine")
    journal.make_way_again(str(site / "new" / "mine"))
    for name in ("mine", "ours"):
        (site / "new" / name).write_text("new")
    assert journal._log is not None
    journal._log.close()
    recovered(site)
    assert (site / "new" / "mine").read_text() == "mine"
    assert sorted(path.name for path in (site / "new").iterdir()) == ["mine"]


def test_what_takes_long_after_it_was_noted_is_still_the_same_change(site: Path) -> None:
    journal = Journal([str(site)])
    journal.make_way([str(site / "new" / "module.py")])
    assert journal._log is not None
    noted = (site / FOLDER / "log").stat()
    os.utime(site / FOLDER / "log", (noted.st_atime, noted.st_mtime - 60))
    assert journal._log.last_change == noted.st_mtime - 60
    journal.touch()
    assert journal._log.last_change >= noted.st_mtime


def test_what_is_under_way_is_left_alone(site: Path) -> None:
    log = unfinished(site)
    during = snapshot(site)
    assert recovered(site) == []
    with pytest.raises(ChangeInProgress):
        ChangeLog(str(site)).open()
    assert snapshot(site) == during
    log.close()
    assert len(recovered(site)) == 1


def test_what_was_only_to_be_tidied_up_is(site: Path) -> None:
    log = unfinished(site)
    log.finish()
    log.close()
    assert recovered(site) == []
    assert (site / "six.py").read_text() == "new"
    assert sorted(path.name for path in site.iterdir()) == ["new", "six-1.0.dist-info", "six.py"]


def test_a_log_of_which_the_last_line_is_broken_off(site: Path) -> None:
    before = snapshot(site)
    unfinished(site).close()
    with (site / FOLDER / "log").open("ab") as log:
        log.write(b"created\0" + os.fsencode(site / "six-1.0.dist-info"))
    assert len(recovered(site)) == 1
    assert snapshot(site) == before


@pytest.mark.parametrize(
    "obstacle", ["another installer", "moved", "no room", "elsewhere", "from elsewhere", "nonsense"]
)
def test_what_cannot_be_judged_is_put_away(obstacle: str, site: Path, tmp_path: Path) -> None:
    log = unfinished(site)
    expected = {
        "another installer": "another program has changed what is installed since then",
        "moved": f"it was made when this was {site}",
        "no room": "it is not noted completely",
        "elsewhere": f"it concerns {tmp_path / 'precious' / 'file'}, which lies elsewhere",
        "from elsewhere": f"it concerns {tmp_path / 'precious' / 'file'}, which lies elsewhere",
        "nonsense": "it is not noted completely",
    }
    match obstacle:
        case "another installer":
            moment = log.last_change + 3
            os.utime(site / "six-1.0.dist-info", (moment, moment))
        case "moved":
            site = site.rename(tmp_path / "elsewhere")
        case "elsewhere" | "from elsewhere":
            precious = tmp_path / "precious" / "file"
            precious.parent.mkdir()
            precious.write_text("mine")
            is_source = obstacle == "from elsewhere"
            log.add(SetAside(str(site / "taken"), str(precious)) if is_source else Created((str(precious),)))
        case "no room":
            (site / FOLDER / "log").write_bytes(b"incomplete\0\n")
        case _:
            with (site / FOLDER / "log").open("ab") as file:
                file.write(b"frobnicated\0\n")
    log.close()
    during = snapshot(site)
    [message] = recovered(site)
    found = re.fullmatch(r"(.+), and cannot be taken back: (.+)\. What it had removed lies in (.+?); .+", message)
    assert found is not None, message
    assert (found[1], found[2]) == (f"An earlier change of {site} was interrupted", expected[obstacle])
    assert Path(found[3]).name.startswith(STASH_PREFIX)
    assert (Path(found[3]) / "1").read_text() == "old"
    left = {path: what for path, what in snapshot(site).items() if "~" not in path}
    assert left == {path: what for path, what in during.items() if "~" not in path}
    assert recovered(site) == []
    if "elsewhere" in obstacle:
        assert (tmp_path / "precious" / "file").read_text() == "mine"


def test_what_cannot_be_put_back_is_kept_and_named(site: Path) -> None:
    unfinished(site).close()
    (site / "six.py").unlink()
    (site / "six.py").mkdir()
    taken_back, *failed = recovered(site)
    assert taken_back.endswith("it was taken back.")
    paths = [message.removesuffix(" could not be put back where it was.") for message in failed]
    assert Path(paths[-1]).read_text() == "old"
    assert not (site / FOLDER).exists()
    assert recovered(site) == []
    assert Path(paths[-1]).read_text() == "old"


def test_a_change_that_was_not_begun_leaves_nothing(site: Path) -> None:
    before = snapshot(site)
    log = ChangeLog(str(site))
    assert log.open()
    log.close()
    assert recovered(site) == []
    assert snapshot(site) == before


def test_who_only_looks_is_told_and_changes_nothing(site: Path) -> None:
    assert not is_half_done(str(site))
    log = unfinished(site)
    during = snapshot(site, with_times=True)
    assert not is_half_done(str(site))
    log.close()
    assert is_half_done(str(site))
    assert snapshot(site, with_times=True) == during
    recovered(site)
    assert not is_half_done(str(site))


@pytest.mark.parametrize("rest", ["no log", "nothing begun", "done"])
def test_what_needs_nothing_but_tidying_up_is_not_half_done(site: Path, rest: str) -> None:
    log = unfinished(site)
    if rest == "done":
        log.finish()
    log.close()
    if rest == "no log":
        (site / FOLDER / "log").unlink()
    elif rest == "nothing begun":
        (site / FOLDER / "log").write_bytes(b"")
    before = snapshot(site)
    assert not is_half_done(str(site))
    assert snapshot(site) == before


def test_the_format_of_the_log(site: Path) -> None:
    """A changed byte needs another name of the folder: logs of killed runs are read by later releases."""
    log = unfinished(site)
    text = (site / FOLDER / "log").read_bytes().replace(os.fsencode(site), b"SITE")
    log.close()
    assert FOLDER == "~freewheel-change-v1"
    assert text == (
        b"change of\0SITE\0\n"
        b"set aside\0SITE/six.py\0SITE/~freewheel-change-v1/1\0\n"
        b"created\0SITE/six.py\0\n"
        b"made folder\0SITE/new\0\n"
        b"created\0SITE/new/module.py\0\n"
    )


WITHOUT_A_LOG = """
import sys
from pathlib import Path
from freewheel.install.journal import Journal

locked, mine = Path("locked"), Path("mine")
locked.mkdir(mode=0o555)
mine.mkdir()
(mine / "six.py").write_text("old")
journal = Journal([str(mine.absolute())], place=str(locked.absolute()))
journal.set_aside(str(mine.absolute() / "six.py"))
assert list(locked.iterdir()) == []
print(journal.roll_back(), (mine / "six.py").read_text(), len(list(mine.iterdir())))
"""


def test_where_no_log_may_lie_a_change_goes_on_without(unprivileged: Person) -> None:
    assert unprivileged.run(unprivileged.python, "-c", WITHOUT_A_LOG).lines == ["[] old 1"]
