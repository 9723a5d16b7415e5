"""Options of the commands that look at environments, indexes, files and settings."""

from __future__ import annotations

from freewheel.options.option import Kind, Option

_LIST_ONLY, _FREEZE, _CONFIG = frozenset({"list"}), frozenset({"freeze"}), frozenset({"config"})
_COMPLETION, _HASH = frozenset({"completion"}), frozenset({"hash"})
_LISTING = frozenset({"list", "freeze"})
_INSPECTING = frozenset({"list", "freeze", "inspect"})
_FLAG, _VALUE, _LIST = Kind.FLAG, Kind.VALUE, Kind.LIST

SHELLS = ("bash", "zsh", "fish", "powershell")
"""Flags of `completion`, each the name of a shell."""

LOOKING = (
    Option(name="requirement", short="r", kind=_LIST, metavar="file", commands=_FREEZE,
           help="Keep the order and the comments of this file; may be given several times."),
    Option(name="outdated", short="o", kind=_FLAG, commands=_LIST_ONLY,
           help="Only what an index has a newer version of."),
    Option(name="uptodate", short="u", kind=_FLAG, commands=_LIST_ONLY,
           help="Only what no index has a newer version of."),
    Option(name="editable", short="e", kind=_FLAG, commands=_LIST_ONLY, help="Only editable projects."),
    Option(name="local", short="l", kind=_FLAG, commands=_LISTING,
           help="In a virtual environment with access to another's projects, only its own."),
    Option(name="local", kind=_FLAG, commands=frozenset({"inspect"}),
           help="In a virtual environment with access to another's projects, only its own."),
    Option(name="user", kind=_FLAG, commands=_INSPECTING, help="Only what lies in the user's own site-packages."),
    Option(name="path", kind=_LIST, metavar="dir", commands=_INSPECTING,
           help="Look into this folder instead; may be given several times."),
    Option(name="format", kind=_VALUE, choices=("columns", "freeze", "json"), commands=_LIST_ONLY,
           help="columns (default), freeze or json."),
    Option(name="not-required", kind=_FLAG, commands=_LIST_ONLY,
           help="Only what no other installed project needs."),
    Option(name="include-editable", kind=_FLAG, commands=_LIST_ONLY, help="Editable projects too (default)."),
    Option(name="exclude-editable", kind=_FLAG, commands=_LIST_ONLY, inverted=True, help="No editable projects."),
    Option(name="exclude-editable", kind=_FLAG, commands=_FREEZE, help="No editable projects."),
    Option(name="exclude", kind=_LIST, metavar="project", commands=_LISTING, help="Leave this project out."),
    Option(name="all", kind=_FLAG, commands=_FREEZE, help="The installers themselves too."),
    Option(name="files", short="f", kind=_FLAG, commands=frozenset({"show"}),
           help="The whole list of installed files too."),
    Option(name="json", kind=_FLAG, commands=frozenset({"index"}), help="As JSON."),
    Option(name="algorithm", short="a", kind=_VALUE, choices=("sha256", "sha384", "sha512"), commands=_HASH,
           help="The digest's algorithm: sha256 (default), sha384 or sha512."),
    Option(name="editor", kind=_VALUE, metavar="editor", commands=_CONFIG,
           help="The editor to open the file with (default: $VISUAL, else $EDITOR)."),
    Option(name="global", kind=_FLAG, commands=_CONFIG, help="The machine's configuration file alone."),
    Option(name="user", kind=_FLAG, commands=_CONFIG, help="The user's configuration file alone."),
    Option(name="site", kind=_FLAG, commands=_CONFIG, help="The environment's configuration file alone."),
    Option(name="bash", short="b", kind=_FLAG, commands=_COMPLETION, help="Completion for bash."),
    Option(name="zsh", short="z", kind=_FLAG, commands=_COMPLETION, help="Completion for zsh."),
    Option(name="fish", short="f", kind=_FLAG, commands=_COMPLETION, help="Completion for fish."),
    Option(name="powershell", short="p", kind=_FLAG, commands=_COMPLETION, help="Completion for PowerShell."),
)  # fmt: skip
"""In the order of the help."""

REMOVING = (
    Option(name="yes", short="y", kind=_FLAG, commands=frozenset({"uninstall"}), help="Do not ask before removing."),
)
"""Of `uninstall` alone."""
