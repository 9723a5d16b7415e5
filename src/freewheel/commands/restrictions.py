"""What may be done for a target that is not the environment's own: pip's conditions, in pip's sentences."""

from __future__ import annotations

from collections.abc import Iterable

from freewheel.commands.lock_names import lock_request
from freewheel.errors import CommandMisused
from freewheel.model.formats import FormatControl
from freewheel.model.project_lists import ALL

_ONLY_WHEELS = FormatControl(only_binary=frozenset({ALL}))


def check_restrictions(
    *,
    formats: FormatControl,
    with_dependencies: bool,
    installs_into_environment: bool,
    files: Iterable[str],
) -> None:
    """Refuse what a target of another kind cannot have; called where options name one.

    Sources would be built for this machine, and an environment cannot use what is for another one. `files` are
    requirements files, of which lock files name their own targets. Raises CommandMisused.
    """
    named = "--python-version, --platform, --abi, or --implementation"
    if formats != _ONLY_WHEELS and with_dependencies:
        raise CommandMisused(
            problem=f"When restricting platform and interpreter constraints using {named}, either --no-deps must be "
            "set, or --only-binary=:all: must be set and --no-binary must not be set (or must be set to :none:)."
        )
    if installs_into_environment:
        raise CommandMisused(
            problem="Can not use any platform or abi specific options unless installing via '--target' or using "
            "'--dry-run'"
        )
    for file in files:
        if lock_request(file) is not None:
            raise CommandMisused(
                problem=f"Platform and interpreter constraints using {named}, are not supported when selecting "
                f"requirements from {file!r}"
            )
