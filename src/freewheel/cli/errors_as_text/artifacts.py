"""Texts for artifacts that are not what they should be."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts
from freewheel.model.url import redacted


@describe.register
def _(error: errors.DigestMismatch) -> Message:
    return Message(
        what=(f"{error.subject} does not match its stated digest; it was not used and not kept.",),
        facts=facts(
            ("where", redacted(error.url)),
            ("expected", f"{error.algorithm} {error.expected}"),
            ("found", f"{error.algorithm} {error.found}"),
        ),
        hint="Somebody may have tampered with the file, or the index is changing: try again, then ask its owner.",
    )


@describe.register
def _(error: errors.BrokenArchive) -> Message:
    return Message(
        what=(f"{error.subject} cannot be read as an archive.",),
        facts=facts(("found", error.reason)),
        hint="Get the file again; a download that broke off looks like this.",
    )


@describe.register
def _(error: errors.InvalidWheel) -> Message:
    return Message(
        what=(f"{error.subject} is invalid.",),
        facts=facts(("found", "\n".join(error.problems)), ("expected", "a wheel of the binary distribution format")),
        hint="The project's maintainers can mend it; another version may be sound.",
    )


@describe.register
def _(error: errors.InvalidWheelName) -> Message:
    return Message(
        what=(error.reason,),
        facts=facts(("where", error.subject), ("expected", "name-version[-build]-python-abi-platform.whl")),
        hint="Give it the name that it was built or published under (name-version-...): what it is for stands there.",
    )


@describe.register
def _(error: errors.PartsDiffer) -> Message:
    return Message(
        what=(f"The metadata that a server sent of {error.subject} is not the wheel's own. Nothing was installed.",),
        facts=facts(
            ("where", redacted(error.url)),
            ("expected", "parts of the wheel with the digest that the index states"),
            ("found", "parts of another file, by which versions were chosen"),
        ),
        hint="Run it again: the wheel is here now, and its own metadata counts. Tell whoever runs the server.",
    )


@describe.register
def _(error: errors.UnsupportedWheel) -> Message:
    return Message(
        what=(f"{error.subject} is not a supported wheel on this platform.",),
        facts=facts(("expected", f"a wheel for {error.target}"), ("found", "-".join(error.wheel_tags))),
    )


@describe.register
def _(error: errors.InconsistentMetadata) -> Message:
    return Message(
        what=(f"{error.subject} has inconsistent metadata.",),
        facts=facts(("where", f"the field {error.field}"), ("expected", error.expected), ("found", error.found)),
        hint="Its file name and its content belong to different releases.",
    )


@describe.register
def _(error: errors.OtherProject) -> Message:
    return Message(
        what=(f"{error.expected} was asked for, and {redacted(error.subject)} is {error.found}.",),
        facts=facts(("where", error.origin), ("expected", error.expected), ("found", error.found)),
        hint=f"Ask for it by its own name ({error.found} @ ...), or correct the URL.",
    )
