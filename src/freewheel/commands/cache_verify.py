"""`cache verify`: whether everything that is kept is still what it was, and putting right what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from freewheel.build.kept_wheels import judge
from freewheel.events import CheckAdvanced, CheckFinished, CheckStarted, Reporter
from freewheel.model import url as urls
from freewheel.store.root import CacheRoot
from freewheel.store.verification.findings import Finding, Repair, ThingKind, Verdict
from freewheel.store.verification.repair import Repairs
from freewheel.store.verification.whole import Part, Verification, Watch

SUBJECTS: Mapping[ThingKind, str] = {
    "blob": "Files and pages",
    "record": "Records",
    "wheel": "Built wheels",
    "tree": "Unpacked wheels",
    "repository": "Clones",
}
"""What is checked at a time, as it is shown."""

COUNTED: tuple[ThingKind, ...] = ("blob", "record", "wheel", "tree", "bytecode", "repository")
"""What is counted, in the order in which it is told."""

FORMAT = 1
"""The version of the JSON document; fields may be added to it."""

Again: TypeAlias = Literal["fetched", "made", "built", "unpacked", "compiled", "cloned"]
"""How something comes back when it is next needed. All but `unpacked`, `compiled` and `made` may want a network."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a verification came to, and what became of its findings; `repairs` is None where none were asked for."""

    verdict: Verdict
    repairs: tuple[Repair, ...] | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong any more."""
        if self.repairs is None:
            return not self.verdict.findings
        return all(repair.outcome != "failed" for repair in self.repairs)

    @property
    def told(self) -> Iterator[tuple[Finding, Repair | None]]:
        """The findings with what became of them."""
        if self.repairs is None:
            yield from ((finding, None) for finding in self.verdict.findings)
        else:
            yield from ((repair.finding, repair) for repair in self.repairs)


def verify(
    root: CacheRoot,
    *,
    threads: int,
    reporter: Reporter,
    clock: Callable[[], float],
    pause: Callable[[float], None],
    repairs: bool,
) -> Outcome:
    """Check a cache with so many threads, and put right what is wrong if that is asked for.

    `clock` and `pause` are as in `Verification`.

    Raises ReadOnlyStore, before anything is checked, where nothing could be put right.
    """
    verification = Verification(
        root=root, judge=judge, threads=threads, watch=_watch(reporter), clock=clock, pause=pause
    )
    repairing = Repairs(root=root, look=verification.look)
    if repairs:
        repairing.check_possible()
    verdict = verification.verify()
    if not repairs:
        return Outcome(verdict=verdict)
    done = list(map(repairing.put_right, verdict.findings))
    if any(repair.finding.kind == "folder" and repair.outcome != "failed" for repair in done):
        # Only now it can be seen what lies in it, or what lacks what was behind a link.
        verdict, known = verification.verify(), {repair.finding.path for repair in done}
        done += [repairing.put_right(finding) for finding in verdict.findings if finding.path not in known]
    return Outcome(verdict=verdict, repairs=tuple(done))


def again(finding: Finding, verdict: Verdict) -> Again:
    """How something that is dropped comes back when it is next needed."""
    match finding.kind:
        case "wheel":
            return "built"
        case "tree":
            return "unpacked" if finding.wheel in verdict.kept_wheels else "fetched"
        case "bytecode":
            return "compiled"
        case "repository":
            return "cloned"
        case "folder":
            return "made"
        case "record" if finding.path.parent.parent.name not in ("http", "metadata", "digest", "shared"):
            return "made"
        case _:
            return "fetched"


def document(outcome: Outcome, root: Path) -> Mapping[str, object]:
    """The outcome as JSON has it (docs/reference/cache.md)."""
    verdict = outcome.verdict
    return {
        "format": FORMAT,
        "cache": str(root),
        "checked": {kind: verdict.checked.get(kind, 0) for kind in COUNTED},
        "bytes": verdict.size,
        "is-sound": outcome.is_sound,
        "findings": [_described(finding, repair, verdict) for finding, repair in outcome.told],
    }


def _described(finding: Finding, repair: Repair | None, verdict: Verdict) -> Mapping[str, object]:
    return {
        "kind": finding.kind,
        "project": finding.project,
        "name": urls.redacted(finding.name),
        "path": str(finding.path),
        "faults": [
            {"trouble": fault.trouble, "file": fault.file, "expected": fault.expected, "found": fault.found}
            for fault in finding.faults
        ],
        "needed-by": [
            {"kind": kind, "partition": partition, "key": urls.redacted(key)}
            for kind, partition, key in finding.needed_by
        ],
        "again": again(finding, verdict),
        "repair": None if repair is None else repair.outcome,
        "reason": None if repair is None else repair.reason,
    }


def _watch(reporter: Reporter) -> Watch:
    def watch(part: Part, done: int) -> None:
        subject = SUBJECTS[part.kind]
        if done == 0:
            reporter.emit(CheckStarted(subject=subject, total=part.total, is_bytes=part.is_bytes))
        elif done < part.total:
            reporter.emit(CheckAdvanced(subject=subject, done=done))
        else:
            reporter.emit(CheckFinished(subject=subject))

    return watch
