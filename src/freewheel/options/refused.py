"""pip's commands and options that freewheel does not have, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from freewheel.options.option import Kind, Option

REFUSED_COMMANDS: Mapping[str, str] = {
    "search": "no index answers pip's search any more; look for projects on the index's own pages",
}
"""Commands of pip's that freewheel does not have, with the reason."""

REFUSED = (
    Option(name="use-deprecated", kind=Kind.LIST, metavar="feature", choices=("legacy-resolver", "legacy-certs"),
           refusal="freewheel has no older resolver, and no certificates but the system's and yours"),
)  # fmt: skip
"""Options that no command has; the table gives them their commands."""
