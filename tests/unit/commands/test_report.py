"""The report of an installation, in pip's form."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

from msgspec.structs import replace
from packaging.direct_url import DirectUrl

from freewheel.commands.install import Outcome
from freewheel.commands.report import report, report_items
from freewheel.commands.savings import Savings
from freewheel.commands.wheels import ReadyWheel
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import Digest, sha256_of
from freewheel.model.resolution import Pin, Resolution
from tests.support.universe import TARGET
from tests.unit.commands.pins import artifact, pin

AB = "ab" * 32


def text_of(artifact: Artifact, ready: ReadyWheel | None) -> bytes:
    source = "its wheel" if ready is not None else "an index"
    return f"Metadata-Version: 2.1\nName: {artifact.project}\nVersion: 1.0\nSummary: from {source}\n\nText\n".encode()


def reported(
    *pins: Pin,
    wheels: tuple[ReadyWheel, ...] = (),
    savings: Savings | None = None,
    fetched: Mapping[str, Digest] | None = None,
) -> Mapping[str, object]:
    changed = tuple(one for one in pins if one.artifact is not None)
    outcome = Outcome(resolution=Resolution(pins=pins), changed=changed, wheels=wheels)
    items = report_items(outcome, text_of=text_of, fetched=lambda one: (fetched or {}).get(one.filename))
    document = report(items, savings or Savings(), target=TARGET, version="0.1", pip_version="26.3")
    return dict(json.loads(json.dumps(document)))


def items(
    *pins: Pin, wheels: tuple[ReadyWheel, ...] = (), fetched: Mapping[str, Digest] | None = None
) -> list[dict[str, object]]:
    found = reported(*pins, wheels=wheels, fetched=fetched)["install"]
    assert isinstance(found, list)
    return found


def test_the_form_is_pips_first() -> None:
    found = reported()
    assert (found["version"], found["pip_version"], found["install"]) == ("1", "26.3", [])
    assert found["environment"] == dict(TARGET.markers)


def test_what_stays_is_not_in_it() -> None:
    assert items(pin(None, "there")) == []


def test_a_project_is_told_with_its_metadata() -> None:
    asked = pin(artifact("six", sha256=AB), "Six", is_requested=True)
    assert items(replace(asked, requested_extras=frozenset({normalize("x"), normalize("b")}))) == [
        {
            "download_info": {
                "archive_info": {"hash": f"sha256={AB}", "hashes": {"sha256": AB}},
                "url": "https://files.example/six-1.0-py3-none-any.whl",
            },
            "is_direct": False,
            "is_yanked": False,
            "requested": True,
            "requested_extras": ["b", "x"],
            "metadata": {
                "metadata_version": "2.1",
                "name": "six",
                "version": "1.0",
                "summary": "from an index",
                "description": "Text\n",
            },
        }
    ]


def test_a_dry_run_says_where_things_would_come_from() -> None:
    direct = artifact("a", ArtifactKind.SDIST, is_direct=True, subdirectory="sub", yanked="broken")
    folder = artifact("b", ArtifactKind.DIRECTORY, is_direct=True)
    archive, local = items(pin(direct), pin(folder))
    url = "https://files.example/a-1.0.tar.gz"
    assert archive["download_info"] == {"archive_info": {}, "subdirectory": "sub", "url": url}
    assert (archive["is_direct"], archive["is_yanked"]) == (True, True)
    assert local["download_info"] == {"dir_info": {}, "url": "file:///src/b"}


def test_a_dry_run_tells_the_digest_of_what_had_to_be_fetched() -> None:
    (item,) = items(pin(artifact("a")), fetched={"a-1.0-py3-none-any.whl": sha256_of(b"x")})
    digest = sha256_of(b"x").value
    assert item["download_info"] == {
        "archive_info": {"hash": f"sha256={digest}", "hashes": {"sha256": digest}},
        "url": "https://files.example/a-1.0-py3-none-any.whl",
    }


def test_what_was_fetched_is_told_by_what_it_was() -> None:
    """Behaviour 105."""
    found = artifact("a", ArtifactKind.SDIST)
    origin = {"archive_info": {"hash": "sha256=cd", "hashes": {"sha256": "cd"}}, "url": found.url}
    wheel = ReadyWheel(
        pin=pin(found),
        artifact=found,
        filename="a-1.0-py3-none-any.whl",
        digest=sha256_of(b""),
        origin=DirectUrl.from_dict(origin),
        open=io.BytesIO,
    )
    (item,) = items(wheel.pin, wheels=(wheel,))
    assert item["download_info"] == origin
    assert item["metadata"] == {
        "metadata_version": "2.1",
        "name": "a",
        "version": "1.0",
        "summary": "from its wheel",
        "description": "Text\n",
    }


def test_what_was_saved_is_counted() -> None:
    """Behaviour 134."""
    savings = Savings(reused={"download": 1}, made={"tree": 2}, saved_bytes=7, saved_seconds=1.23456, requests=3)
    savings = replace(savings, downloads={"six-1.0.zip": "freewheel; hit"}, adopted={"download": 1})
    assert reported(savings=savings)["freewheel"] == {
        "version": "0.1",
        "reused": {"download": 1},
        "made": {"tree": 2},
        "adopted": {"download": 1},
        "requests": 3,
        "saved_bytes": 7,
        "saved_seconds": 1.235,
        "downloads": {"six-1.0.zip": "freewheel; hit"},
    }
