"""`cache verify`: what it found in words or as JSON, and its exit status."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping

from freewheel.cli.invocation import Invocation
from freewheel.cli.messages import facts, joined
from freewheel.cli.render import size_text
from freewheel.commands.cache_verify import COUNTED, Again, Outcome, again, document, verify
from freewheel.model.url import redacted
from freewheel.store.root import CacheRoot
from freewheel.store.verification.findings import Fault, Finding, Repair, ThingKind, Trouble, Verdict

_SHOWN = 5
"""Faults of one thing, and records that need it, that are told in words; JSON has all."""

_KINDS: Mapping[ThingKind, tuple[str, str, str]] = {
    "blob": ("File or page", "file or page", "files and pages"),
    "record": ("Record", "record", "records"),
    "wheel": ("Built wheel", "built wheel", "built wheels"),
    "tree": ("Unpacked wheel", "unpacked wheel", "unpacked wheels"),
    "bytecode": ("Bytecode", "set of bytecode", "sets of bytecode"),
    "repository": ("Clone", "clone", "clones"),
    "folder": ("Folder", "folder", "folders"),
}

_TROUBLES: Mapping[Trouble, str] = {
    "unreadable": "it cannot be read",
    "type": "something else lies where it belongs",
    "checksum": "its bytes were changed",
    "shape": "it says what nothing that is kept says",
    "address": "it lies where it does not belong",
    "blob missing": "the bytes that it stands for are not there",
    "digest": "its bytes were changed",
    "size": "its bytes were changed",
    "time": "its times were changed",
    "mode": "its permissions were changed",
    "missing": "a part of it is missing",
    "provenance": "what is recorded of it cannot be used",
    "archive": "its bytes were changed",
}

_MEANINGS: Mapping[ThingKind, str] = {
    "blob": "No run was given it, as it is checked whenever it is read.",
    "record": "No run was misled by it: it counts as missing.",
    "wheel": "No run was given it, as it is checked whenever it is reused.",
    "tree": "Installing notices it, and unpacks the wheel again.",
    "bytecode": "Installing notices it, and compiles again.",
    "repository": "Whoever needs it clones again.",
    "folder": "Nothing in it is found, and nothing could be checked.",
}

_UNNOTICED = (
    "Its size and time are right, so installing does not notice. Environments that share its files have what is in"
    " them now: install there again, with --force-reinstall."
)

_ADJUSTABLE = "Its bytes are right. Environments that share its files have the same times and permissions."

_AGAIN: Mapping[Again, str] = {
    "fetched": "is fetched again when it is next needed",
    "made": "is made again when it is next needed",
    "built": "is built again when it is next needed",
    "unpacked": "is unpacked again when it is next needed, from its wheel, which is kept and sound",
    "compiled": "is compiled again when it is next needed",
    "cloned": "is cloned again when it is next needed",
}


def run(call: Invocation, root: CacheRoot) -> int:
    """Check the cache; 1 where something is, or stays, wrong. Raises ReadOnlyStore."""
    wanted = call.config.holdings
    threads = min(8, os.cpu_count() or 1)
    outcome = verify(
        root,
        threads=threads,
        reporter=call.printer,
        clock=call.run.clock,
        pause=time.sleep,
        repairs=wanted.is_repaired and not wanted.dry_run,
    )
    match call.config.output.list_format:
        case "json":
            call.printer.print(json.dumps(document(outcome, root.path), indent=2))
        case "abspath":
            for finding, _ in outcome.told:
                call.printer.print(str(finding.path))
        case _:
            for line in report(outcome):
                call.printer.print(line)
    return 0 if outcome.is_sound else 1


def report(outcome: Outcome) -> Iterator[str]:
    """Each finding in a few lines, and what all of it comes to in one."""
    for finding, repair in outcome.told:
        yield from _paragraph(finding, repair, outcome.verdict)
        yield ""
    yield summary(outcome)


def _paragraph(finding: Finding, repair: Repair | None, verdict: Verdict) -> Iterator[str]:
    troubles = joined(dict.fromkeys(_TROUBLES[fault.trouble] for fault in finding.faults))
    project = f" ({finding.project})" if finding.project else ""
    yield f"{_KINDS[finding.kind][0]} {redacted(finding.name)}{project}: {troubles}."
    needed = [f"{kind} {redacted(key)}" for kind, _, key in finding.needed_by]
    rows = [
        *facts(("where", str(finding.path))),
        *(row for fault in finding.faults[:_SHOWN] for row in _rows(fault)),
        *facts(("and", f"{len(finding.faults) - _SHOWN} more" if len(finding.faults) > _SHOWN else None)),
        *facts(("needed by", "\n".join(needed[:_SHOWN]))),
        *facts(("and", f"{len(needed) - _SHOWN} more" if len(needed) > _SHOWN else None)),
        ("means", _meaning(finding)),
        ("to do" if repair is None else "done", _remedy(finding, repair, verdict)),
    ]
    for label, text in rows:
        first, *rest = text.splitlines()
        yield f"  {label + ':':<10} {first}"
        yield from (f"  {'':<10} {line}" for line in rest)


def _rows(fault: Fault) -> tuple[tuple[str, str], ...]:
    return facts(("file", fault.file), ("expected", redacted(fault.expected)), ("found", redacted(fault.found)))


def _meaning(finding: Finding) -> str:
    if finding.kind not in ("tree", "bytecode"):
        return _MEANINGS[finding.kind]
    if finding.is_adjustable:
        return _ADJUSTABLE
    noticed = {fault.file for fault in finding.faults if fault.trouble == "time"}
    is_noticed = all(fault.trouble != "digest" or fault.file in noticed for fault in finding.faults)
    return _MEANINGS[finding.kind] if is_noticed else _UNNOTICED


def _remedy(finding: Finding, repair: Repair | None, verdict: Verdict) -> str:
    comes_back = _AGAIN[again(finding, verdict)]
    if repair is None:
        if finding.kind in ("tree", "bytecode") and finding.is_adjustable:
            return "`freewheel cache verify --repair` gives its files back what they had."
        return f"`freewheel cache verify --repair` drops it; it {comes_back}."
    match repair.outcome:
        case "put right":
            return "It was put right in its place."
        case "gone":
            return "Nothing: somebody else has put it right, or removed it, meanwhile."
        case "dropped":
            records = f" with {_counted('record', repair.with_it)}" if repair.with_it else ""
            return f"It was dropped{records}; it {comes_back}."
        case "failed":
            return f"It could not be put right: {repair.reason}. Whoever owns {finding.path.parent} can remove it."


def summary(outcome: Outcome) -> str:
    """How much was checked, and how much of it is wrong."""
    verdict = outcome.verdict
    counts = joined(_counted(kind, verdict.checked.get(kind, 0)) for kind in COUNTED)
    checked = f"Checked {counts} ({size_text(verdict.size)})"
    wrong = len(list(outcome.told))
    if not wrong:
        return f"{checked}: all are sound."
    if outcome.repairs is None:
        return f"{checked}: {wrong} {'is' if wrong == 1 else 'are'} wrong."
    ends = Counter(repair.outcome for repair in outcome.repairs)
    texts = {"dropped": "dropped", "put right": "put right", "gone": "gone meanwhile", "failed": "still wrong"}
    account = joined(f"{ends[end]} {text}" for end, text in texts.items() if ends[end])  # type: ignore[index]
    return f"{checked}: {wrong} {'was' if wrong == 1 else 'were'} wrong, {account}."


def _counted(kind: ThingKind, number: int) -> str:
    _, one, many = _KINDS[kind]
    return f"{number} {one if number == 1 else many}"
