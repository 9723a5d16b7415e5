"""Texts for sets of requirements that nothing fulfils."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts, joined
from freewheel.model.url import redacted

MAX_VERSIONS = 40
MAX_REJECTED = 10

_UNAVAILABLE = (
    "Additionally, some packages in these conflicts have no matching distributions available for your environment:"
)


@describe.register
def _(error: errors.NoMatchingDistribution) -> Message:
    asked = error.requirement + (f" (from {error.wanted_by})" if error.wanted_by else "")
    shown = error.available[-MAX_VERSIONS:]
    versions = ", ".join(shown) or "none"
    if len(error.available) > len(shown):
        versions = f"{len(error.available) - len(shown)} older ones, {versions}"
    kind = "final version" if error.is_final_only else "version"
    return Message(
        what=(
            *_ignored(error),
            f"Could not find a {kind} that satisfies the requirement {asked} (from versions: {versions})",
            f"No matching distribution found for {asked}",
        ),
        facts=facts(
            ("asked", ", ".join(redacted(one) for one in error.consulted)),
            ("passed over", _passed_over(error.rejected)),
        ),
        hint=_hint_for(error),
    )


def _passed_over(rejected: tuple[tuple[str, str], ...]) -> str:
    lines = [f"{name}: {reason}" for name, reason in rejected[-MAX_REJECTED:]]
    if len(rejected) > MAX_REJECTED:
        lines.append(f"and {len(rejected) - MAX_REJECTED} more")
    return "\n".join(lines)


@describe.register
def _(error: errors.NoVersions) -> Message:
    return Message(
        what=(f"No matching distribution found for {error.name}",),
        facts=facts(
            ("asked", ", ".join(redacted(one) for one in error.consulted)),
            ("passed over", _passed_over(error.rejected)),
        ),
        hint=(
            "Pre-releases are shown with --pre; yanked releases are not shown."
            if error.exists
            else "Check the project's name, and whether the index that has it is configured."
        ),
    )


def _ignored(error: errors.NoMatchingDistribution) -> Iterator[str]:
    """pip's sentences on what exists and did not count."""
    if error.yanked:
        yield f"Ignored the following yanked versions: {', '.join(error.yanked)}"
    if error.for_other_pythons:
        told = "; ".join(f"{version} Requires-Python {specifier}" for version, specifier in error.for_other_pythons)
        yield f"Ignored the following versions that require a different python version: {told}"


def _hint_for(error: errors.NoMatchingDistribution) -> str:
    if error.requirement.endswith((".txt", ".in")):
        return "To install what a file lists, use -r."
    if error.is_final_only and error.available:
        return "Loosen the requirement, or let the project's pre-releases in: --all-releases, not --only-final."
    if error.available:
        return "Loosen the requirement, or look for the version's spelling."
    if error.yanked:
        return "A yanked version is only taken where it is asked for by ==."
    if error.rejected or error.for_other_pythons:
        return "The project exists, but nothing of it fits; another Python or --no-binary may help."
    return "Check the project's name, and whether the index that has it is configured."


_WAYS_OUT = (
    "To fix this you could try to:",
    "1. loosen the range of package versions you've specified",
    "2. remove package versions to allow freewheel to attempt to solve the dependency conflict",
)


@describe.register
def _(error: errors.ConflictingRequirements) -> Message:
    told = [
        f"{parent} depends on {need}" if parent else f"The user requested {need}" for need, parent in error.causes
    ]
    told += [f"The user requested (constraint) {constraint}" for constraint in error.constraints]
    explained = [
        f"Cannot install {joined(error.triggers)} because these package versions have conflicting dependencies.",
        *("", "The conflict is caused by:", *_indented(told), ""),
        *((_UNAVAILABLE, *_indented(error.unavailable), "") if error.unavailable else ()),
        *(*_WAYS_OUT, ""),
    ]
    return Message(
        what=("\n".join(explained), "ResolutionImpossible: no versions fulfil all of this at the same time."),
        hint="`freewheel index versions NAME` lists the versions of a project; -v shows which were passed over.",
    )


def _indented(told: Iterable[str]) -> Iterator[str]:
    return (f"    {one}" for one in told)


@describe.register
def _(error: errors.UnsupportedPython) -> Message:
    (project, _, specifier), *others = error.requirers
    what = f"Package {project!r} requires a different Python: {error.python} not in {specifier!r}"
    if others:
        told = [f"{wanted!r} (required by {release})" for _, release, wanted in error.requirers]
        what = "\n".join((f"Packages require a different Python. {error.python} not in:", *told))
    return Message(
        what=(what,),
        hint="Ask for an older version, or use another interpreter with --python.",
    )


@describe.register
def _(error: errors.UnusableLockedArtifact) -> Message:
    return Message(
        what=(f"Could not install locked package {error.project!r} from {error.origin!r}: {error.reason}.",),
        facts=facts(("where", error.filename)),
        hint="Nothing else is taken in its place. Lock again, or loosen the option that excludes it.",
    )


@describe.register
def _(error: errors.ResolutionTooDeep) -> Message:
    return Message(
        what=(f"The resolver gave up after {error.rounds} rounds.",),
        hint="Narrow the versions with a constraints file (-c).",
    )


@describe.register
def _(error: errors.UploadTimeUnknown) -> Message:
    return Message(
        what=(f"Index {redacted(error.page)} does not provide upload-time metadata.".replace("  ", " "),),
        facts=facts(("file", error.filename)),
        hint="--uploaded-prior-to needs an index that states times of upload (PEP 700).",
    )
