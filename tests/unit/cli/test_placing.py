from __future__ import annotations

from freewheel.cli.placing import scripts_warning

CONSIDER = (
    "Consider adding this directory to PATH or, if you prefer to suppress this warning, use "
    "--no-warn-script-location."
)


def test_the_warning_is_pips() -> None:
    assert scripts_warning({}, path="") is None
    assert scripts_warning({"/x/bin": ("one",)}, path="/usr/bin") == (
        f"The script one is installed in '/x/bin' which is not on PATH.\n{CONSIDER}"
    )
    several = scripts_warning({"/x": ("a", "b", "c"), "/y": ("d",)}, path="~/bin")
    assert several is not None
    assert several.splitlines() == [
        "The scripts a, b and c are installed in '/x' which is not on PATH.",
        "The script d is installed in '/y' which is not on PATH.",
        CONSIDER.replace("this", "these", 1).replace("directory", "directories"),
        "NOTE: The current PATH contains path(s) starting with `~`, which may not be expanded by all applications.",
    ]
