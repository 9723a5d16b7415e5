"""Texts for builds that failed."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts

_FAILURES = {
    "get_requires_for_build_wheel": "Failed to build {!r} when getting requirements to build wheel",
    "prepare_metadata_for_build_wheel": "Encountered error while generating package metadata of {}",
    "build_wheel": "Failed building wheel for {}",
}
"""pip's words for the hooks that fail."""


@describe.register
def _(error: errors.BackendFailed) -> Message:
    what = _FAILURES.get(error.hook, "Failed building {}")
    return Message(
        what=(what.format(error.project),),
        facts=facts(
            ("failed hook", error.hook), ("output ends with", error.output.rstrip()), ("whole log", error.log_path)
        ),
        hint="The failure lies in the project's build, not in freewheel; it may need a compiler or a library.",
    )


@describe.register
def _(error: errors.BackendUnusable) -> Message:
    expected = "a [build-system] table as in PEP 518 and 517"
    if error.is_absent:
        expected = "a backend that is installed where the project is built"
    return Message(
        what=(f"{error.project} cannot be built.",),
        facts=facts(("found", error.reason), ("expected", expected)),
        hint="With --no-build-isolation, install what `requires` in [build-system] names into the environment, or"
        " leave the option out. Without it, `requires` has to name the backend."
        if error.is_absent
        else None,
    )


@describe.register
def _(error: errors.ProjectFolderMissing) -> Message:
    return Message(
        what=(f"{error.project} does not appear to be a Python project: it has no folder {error.subdirectory}.",),
        facts=facts(("where", error.place), ("found", f"#subdirectory={error.subdirectory} in the URL")),
        hint="Correct the folder, which is seen from the root of the archive or repository, or leave it out.",
    )


@describe.register
def _(error: errors.BuildRequirementsUnavailable) -> Message:
    cause = describe(error.__cause__) if error.__cause__ is not None else None
    return Message(
        what=(
            f"Failed to build {error.project!r} when installing build dependencies",
            *(cause.what if cause else ()),
        ),
        facts=(("needed", ", ".join(error.requirements)), *(cause.facts if cause else ())),
        hint=cause.hint if cause else None,
    )


@describe.register
def _(error: errors.BuildRequirementsUnmet) -> Message:
    if error.conflicting:
        unfit = ", ".join(f"{there} is incompatible with {need}" for there, need in error.conflicting)
        what = f"Some build dependencies for {error.project} conflict with the backend dependencies: {unfit}."
    else:
        missing = ", ".join(map(repr, error.missing))
        what = f"Some build dependencies for {error.project} are missing: {missing}."
    return Message(what=(what,), hint="Install them, or build with isolation.")


@describe.register
def _(error: errors.EditableUnsupported) -> Message:
    missing = "uses a build backend that is missing the 'build_editable' hook"
    return Message(
        what=(f"Project {error.project} {missing}, so it cannot be installed in editable mode.",),
        hint="Consider using a build backend that supports PEP 660, or install the project without -e.",
    )
