"""What `cache verify` says of each kind of finding, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.cli.cache_verify import report, summary
from freewheel.commands.cache_verify import COUNTED, Again, Outcome, document
from freewheel.store.verification.findings import Fault, Finding, Repair, ThingKind, Trouble, Verdict

DIGEST = Fault(trouble="digest", expected="sha256:ab", found="sha256:cd")
FINDING = Finding(kind="blob", path=Path("/c/blobs-v1/ab/ab12"), name="ab12", faults=(DIGEST,))
TREE = Finding(
    kind="tree",
    path=Path("/c/trees-v1/ab/ab12"),
    name="six 1.0",
    project="six",
    faults=(replace(DIGEST, file="files/purelib/six.py"),),
    wheel="ab12",
)


def outcome(
    *findings: Finding, repairs: tuple[Repair, ...] | None = None, kept: frozenset[str] = frozenset()
) -> Outcome:
    checked = dict.fromkeys(COUNTED, 1) | {"record": 2}
    return Outcome(
        verdict=Verdict(checked=checked, size=1_500_000, findings=findings, kept_wheels=kept), repairs=repairs
    )


def said(finding: Finding, kept: frozenset[str] = frozenset()) -> str:
    return "\n".join(report(outcome(finding, kept=kept)))


def test_a_finding_says_what_where_expected_found_means_and_to_do() -> None:
    finding = replace(FINDING, project="six", needed_by=(("http", "six", "GET https://me:s3cret@a.example/six/"),))
    assert list(report(outcome(finding))) == [
        "File or page ab12 (six): its bytes were changed.",
        "  where:     /c/blobs-v1/ab/ab12",
        "  expected:  sha256:ab",
        "  found:     sha256:cd",
        "  needed by: http GET https://me:****@a.example/six/",
        "  means:     No run was given it, as it is checked whenever it is read.",
        "  to do:     `freewheel cache verify --repair` drops it; it is fetched again when it is next needed.",
        "",
        summary(outcome(finding)),
    ]
    assert summary(outcome(finding)) == (
        "Checked 1 file or page, 2 records, 1 built wheel, 1 unpacked wheel, 1 set of bytecode and 1 clone (1.5 MB):"
        " 1 is wrong."
    )


@pytest.mark.parametrize("trouble", Trouble.__args__)  # type: ignore[attr-defined]
@pytest.mark.parametrize("kind", ThingKind.__args__)  # type: ignore[attr-defined]
def test_each_kind_and_each_trouble_has_words(kind: ThingKind, trouble: Trouble) -> None:
    finding = replace(TREE, kind=kind, faults=(replace(DIGEST, trouble=trouble),))
    text = said(finding)
    assert "  means:     " in text
    assert "  to do:     " in text
    for end in ("dropped", "put right", "gone", "failed"):
        repair = Repair(finding=finding, outcome=end, reason="It is busy")  # type: ignore[arg-type]
        assert "  done:      " in "\n".join(report(outcome(finding, repairs=(repair,))))


def test_a_change_that_installing_does_not_notice_is_told_as_such() -> None:
    assert "--force-reinstall" in said(TREE)
    assert "--force-reinstall" not in said(replace(TREE, faults=(replace(DIGEST, trouble="size"),)))
    (digest,) = TREE.faults
    noticed = (digest, replace(digest, trouble="time"))
    assert "--force-reinstall" not in said(replace(TREE, faults=noticed))
    assert "--force-reinstall" in said(replace(TREE, faults=(*noticed, replace(digest, file="files/other.py"))))
    assert "Its bytes are right." in said(replace(TREE, faults=(replace(DIGEST, trouble="mode"),)))
    assert "gives its files back what they had" in said(replace(TREE, faults=(replace(DIGEST, trouble="time"),)))


def test_a_tree_comes_back_from_its_wheel_if_that_is_kept() -> None:
    assert "is fetched again" in said(TREE)
    assert "from its wheel, which is kept and sound" in said(TREE, kept=frozenset({"ab12"}))


def test_a_few_of_many_faults_are_told_and_all_are_in_json() -> None:
    faults = tuple(replace(DIGEST, file=f"files/{number}.py") for number in range(30))
    users = tuple(("http", "six", f"GET {number}") for number in range(30))
    finding = replace(TREE, faults=faults, needed_by=users)
    text = said(finding)
    assert text.count("expected:") == 5
    assert text.count("  and:       25 more") == 2
    (found,) = document(outcome(finding), Path("/c"))["findings"]  # type: ignore[misc]
    assert len(found["faults"]) == len(found["needed-by"]) == 30


def test_the_last_line_counts_what_became_of_it() -> None:
    assert summary(outcome()).endswith(": all are sound.")
    assert summary(outcome(FINDING, TREE)).endswith(": 2 are wrong.")
    ends = ("dropped", "dropped", "put right", "gone", "failed")
    repairs = tuple(Repair(finding=FINDING, outcome=end) for end in ends)  # type: ignore[arg-type]
    done = outcome(FINDING, repairs=repairs)
    assert summary(done).endswith(": 5 were wrong, 2 dropped, 1 put right, 1 gone meanwhile and 1 still wrong.")
    assert not done.is_sound
    assert outcome(FINDING, repairs=repairs[:4]).is_sound
    assert not outcome(FINDING).is_sound


def test_records_that_went_with_a_blob_are_told() -> None:
    repair = Repair(finding=FINDING, outcome="dropped", with_it=2)
    lines = list(report(outcome(FINDING, repairs=(repair,))))
    assert "  done:      It was dropped with 2 records; it is fetched again when it is next needed." in lines


def test_every_word_of_the_json_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "cache.md").read_text(encoding="utf-8")
    section = page.partition("### Verifying")[2].partition("\n## ")[0]
    shown = document(outcome(TREE, repairs=(Repair(finding=TREE, outcome="gone"),)), Path("/c"))
    (found,) = shown["findings"]  # type: ignore[misc]
    words = {*shown, *found, *found["faults"][0], *Trouble.__args__, *ThingKind.__args__, *Again.__args__}  # type: ignore[attr-defined]
    words |= {"dropped", "put right", "gone", "failed", "partition", "key"}
    assert {word for word in words if f"`{word}`" not in section} == set()


@pytest.mark.parametrize(
    ("finding", "again"),
    [
        (FINDING, "fetched"),
        (TREE, "fetched"),
        (replace(TREE, wheel="kept"), "unpacked"),
        (replace(TREE, kind="bytecode"), "compiled"),
        (replace(FINDING, kind="wheel"), "built"),
        (replace(FINDING, kind="repository"), "cloned"),
        (replace(FINDING, kind="folder"), "made"),
        (replace(FINDING, kind="record", path=Path("/c/entries-v1/http/six/ab")), "fetched"),
        (replace(FINDING, kind="record", path=Path("/c/entries-v1/resolution/_/ab")), "made"),
    ],
)
def test_json(finding: Finding, again: str) -> None:
    finding = replace(finding, name="GET https://me:s3cret@a.example/")
    repair = Repair(finding=finding, outcome="failed", reason="It is busy")
    fault = finding.faults[0]
    done = outcome(finding, repairs=(repair,), kept=frozenset({"kept"}))
    assert document(done, Path("/c")) == {
        "format": 1,
        "cache": "/c",
        "checked": {"blob": 1, "record": 2, "wheel": 1, "tree": 1, "bytecode": 1, "repository": 1},
        "bytes": 1_500_000,
        "is-sound": False,
        "findings": [
            {
                "kind": finding.kind,
                "project": finding.project,
                "name": "GET https://me:****@a.example/",
                "path": str(finding.path),
                "faults": [
                    {"trouble": "digest", "file": fault.file, "expected": "sha256:ab", "found": "sha256:cd"},
                ],
                "needed-by": [],
                "again": again,
                "repair": "failed",
                "reason": "It is busy",
            }
        ],
    }
