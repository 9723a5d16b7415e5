"""Texts for requirements that cannot be understood."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts
from freewheel.model.url import redacted


@describe.register
def _(error: errors.MalformedRequirement) -> Message:
    return Message(
        what=(f"Invalid requirement: {redacted(error.text)!r}",),
        facts=facts(("where", error.origin), ("found", error.reason), ("expected", "name[extras] specifier; marker")),
        hint=error.hint,
    )


@describe.register
def _(error: errors.RequirementsFileError) -> Message:
    return Message(
        what=(f"Could not open requirements file: {error.reason}",),
        facts=facts(("where", redacted(error.path)), ("asked by", error.origin)),
        hint="Check the path; a relative one starts from the file that names it, or from the current folder.",
    )


@describe.register
def _(error: errors.UnusablePath) -> Message:
    return Message(
        what=(f"{error.path} cannot be used: {error.reason.rstrip('.')}.",),
        facts=facts(
            ("where", error.origin),
            ("expected", "a wheel, an sdist, or a folder with a pyproject.toml or setup.py"),
        ),
    )
