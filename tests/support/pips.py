"""What the installed pip says of itself: its commands and their options."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TypeAlias

from tests.support.told import PIP_SERIES

PipsOptions: TypeAlias = dict[str, list[tuple[list[str], bool, list[str]]]]
"""By command: the words of each option, whether it takes a value, and its choices."""

_READ = """
import json
import pip
from pip._internal.commands import commands_dict, create_command
found = {}
for name in commands_dict:
    parser = create_command(name).parser
    found[name] = [
        [option._short_opts + option._long_opts, option.takes_value(), list(option.choices or ())]
        for option in parser.option_list_all
    ]
print(json.dumps([pip.__version__, found]))
"""


def pips_own_options() -> PipsOptions | None:
    """Read from the installed pip; None where that is not of the series that everything is held against."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", _READ], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    version, found = json.loads(done.stdout)
    return found if f"{version}.".startswith(f"{PIP_SERIES}.") else None
