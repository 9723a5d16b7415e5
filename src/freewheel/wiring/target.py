"""What artifacts are chosen for, by the interpreter and by what options say."""

from __future__ import annotations

from freewheel.config.values import TargetConfig
from freewheel.model.other_target import Restriction, restricted
from freewheel.model.target import Interpreter, Target


def target_of(wanted: TargetConfig, interpreter: Interpreter) -> Target:
    """The interpreter's own target, or the one that options name."""
    return restricted(
        interpreter.target,
        Restriction(
            platforms=wanted.platforms,
            python_version=wanted.python_version,
            implementation=wanted.implementation,
            abis=wanted.abis,
        ),
    )
