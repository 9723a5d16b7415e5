"""Texts for requirements that cannot be understood."""

from __future__ import annotations

import re

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts
from freewheel.model.url import redacted

_OF_REPOSITORY = re.compile(r"\b(git|hg|svn|bzr)\+")

_EXPECTED = {
    "requirement": "name[extras] specifier; marker",
    "options": "options of requirements files, or a requirement and options of its own",
    "constraint": "name specifier; marker, or the path or URL of a wheel",
    "digest": "--hash=sha256:9f86d081... behind a requirement, on its line or one that a backslash continues",
    "editable": "a folder with a pyproject.toml or setup.py, or git+https://host/path@revision",
}
"""What would have been right, by what has its place there."""


@describe.register
def _(error: errors.MalformedRequirement) -> Message:
    expected = _EXPECTED[error.wanted]
    if error.wanted == "requirement" and _OF_REPOSITORY.search(error.text):
        expected = "name @ git+https://host/path@revision"
    return Message(
        what=(f"Invalid requirement: {redacted(error.text)!r}",),
        facts=facts(("where", error.origin), ("found", error.reason), ("expected", expected)),
        hint=error.hint,
    )


@describe.register
def _(error: errors.RequirementsFileError) -> Message:
    return Message(
        what=(f"Could not open {error.kind} file: {error.reason}",),
        facts=facts(("where", redacted(error.path)), ("asked by", error.origin)),
        hint=error.hint
        or "Check the path; a relative one starts from the file that names it, or from the current folder.",
    )


@describe.register
def _(error: errors.RequirementsFileLoop) -> Message:
    again = f" and again in {redacted(error.first_in)}" if error.first_in is not None else ""
    return Message(
        what=(f"{redacted(error.path)} recursively references itself in {redacted(error.within)}{again}",),
        facts=facts(("where", error.origin)),
        hint="Take this line out; what two files have in common can stand in a third one.",
    )


@describe.register
def _(error: errors.MalformedToml) -> Message:
    return Message(
        what=(f"{redacted(error.path)} is no TOML.",),
        facts=facts(("where", error.place), ("found", error.reason), ("asked by", error.origin)),
        hint="Mend the file at that place; a file that a program wrote is best written anew by it.",
    )


@describe.register
def _(error: errors.LockFileError) -> Message:
    return Message(
        what=(f"The lock file {redacted(error.path)} cannot be used.",),
        facts=facts(
            ("where", error.origin),
            ("found", redacted(error.reason)),
            ("expected", "a lock file (PEP 751) that is for this environment"),
        ),
        hint=error.hint
        or "Ask for what the file declares; or lock again, with the interpreter and platform that it shall be for.",
    )


@describe.register
def _(error: errors.DependencyGroupError) -> Message:
    return Message(
        what=(f"[dependency-groups] resolution failed for '{error.group}' from '{error.path}'.",),
        facts=facts(
            ("where", error.origin),
            ("found", error.reason),
            ("expected", "a table [dependency-groups] with lists of requirements (PEP 735)"),
        ),
    )


@describe.register
def _(error: errors.ScriptMetadataError) -> Message:
    return Message(
        what=(error.reason,),
        facts=facts(
            ("where", error.origin),
            ("found", error.detail),
            ("expected", "one comment block `# /// script` with TOML in it (PEP 723)"),
        ),
        hint="The block ends with a line `# ///`, and each line of it begins with `# `.",
    )


@describe.register
def _(error: errors.ScriptForOtherPython) -> Message:
    return Message(
        what=(f"Script {error.path!r} requires a different Python: {error.python} not in {error.required!r}",),
        facts=facts(("where", error.origin)),
        hint="Name an environment of such a Python with --python; --ignore-requires-python goes on with this one.",
    )


@describe.register
def _(error: errors.UnusablePath) -> Message:
    return Message(
        what=(f"{error.path} cannot be used: {error.reason.rstrip('.')}.",),
        facts=facts(("where", error.origin), ("expected", error.expected)),
        hint=error.hint,
    )
