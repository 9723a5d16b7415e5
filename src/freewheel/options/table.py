"""The table: every command, every option that it takes, and what the option is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from freewheel.options.option import Group, Kind, Option
from freewheel.options.refused import REFUSED

COMMANDS: Mapping[str, str] = {
    "install": "Install projects and what they need.",
    "download": "Download projects and what they need.",
    "wheel": "Build or collect wheels of projects and of what they need.",
    "uninstall": "Remove installed projects.",
    "list": "List what is installed.",
    "freeze": "List what is installed as requirements.",
    "cache": "Look into the cache, and shrink it.",
    "help": "Show help for a command.",
}
"""Every command with its summary."""

_ALL = frozenset(COMMANDS)
_FETCHING = frozenset({"install", "download", "wheel"})
_INSTALL = frozenset({"install"})
_LIST = frozenset({"list"})
_FLAG, _COUNT, _VALUE, _REPEATED, _CHANGING = Kind.FLAG, Kind.COUNT, Kind.VALUE, Kind.LIST, Kind.ACCUMULATING

_GENERAL = tuple(replace(row, commands=_ALL, group=Group.GENERAL) for row in (
    Option(name="help", short="h", kind=_FLAG, help="Show this help."),
    Option(name="isolated", kind=_FLAG, help="Ignore environment variables and the user's files."),
    Option(name="require-virtualenv", aliases=("require-venv",), kind=_FLAG,
           help="Refuse to collect files or change anything outside a virtual environment."),
    Option(name="python", kind=_VALUE, metavar="python",
           help="The environment to act on: its interpreter or its folder."),
    Option(name="verbose", short="v", kind=_COUNT, help="Say more; up to three times."),
    Option(name="quiet", short="q", kind=_COUNT, help="Say less; up to three times."),
    Option(name="log", aliases=("log-file", "local-log"), kind=_VALUE, metavar="path",
           help="Append everything that could be said to a file."),
    Option(name="no-input", kind=_FLAG, help="Never ask a question."),
    Option(name="proxy", kind=_VALUE, metavar="url",
           help="Use this proxy: scheme://[user:password@]host:port."),
    Option(name="no-proxy-env", kind=_FLAG, help="Take no proxy from environment variables."),
    Option(name="retries", kind=_VALUE, metavar="n",
           help="How often a failed request is repeated (default 5)."),
    Option(name="timeout", aliases=("default-timeout",), kind=_VALUE, metavar="sec",
           help="How long to wait for a server, in seconds (default 15)."),
    Option(name="trusted-host", kind=_REPEATED, metavar="host[:port]",
           help="Speak plain HTTP, or HTTPS without checking the certificate, with this host."),
    Option(name="cert", kind=_VALUE, metavar="path",
           help="The certificate authorities to trust (PEM), in place of the system's."),
    Option(name="client-cert", kind=_VALUE, metavar="path",
           help="The client's own certificate and private key in one file (PEM)."),
    Option(name="cache-dir", kind=_VALUE, metavar="dir", help="Where the cache lies."),
    Option(name="no-cache-dir", kind=_FLAG, help="Use no cache."),
    Option(name="group-cache", kind=_FLAG, is_ours=True,
           help="Give what is kept the rights that the cache's folder gives to its group and to others."),
    Option(name="disable-pip-version-check", kind=_FLAG,
           without_effect="freewheel never looks for a newer version of itself"),
    Option(name="no-color", kind=_FLAG, help="Write without colours."),
    Option(name="no-python-version-warning", kind=_FLAG, without_effect="there is no such warning"),
    Option(name="use-feature", kind=_REPEATED, metavar="feature",
           without_effect="what pip tries out there changes how it works, not what it does"),
    Option(name="resume-retries", kind=_VALUE, metavar="n",
           without_effect="a download that breaks off is an error; the next run fetches the file as a whole"),
))  # fmt: skip

_INDEX = tuple(replace(row, commands=_FETCHING, group=Group.INDEX) for row in (
    Option(name="index-url", short="i", aliases=("pypi-url",), kind=_VALUE, metavar="url",
           help="The index to ask (PEP 503): a URL or a folder."),
    Option(name="extra-index-url", kind=_REPEATED, metavar="url",
           help="Another index, asked as well."),
    Option(name="no-index", kind=_FLAG, help="Ask no index, only --find-links."),
    Option(name="find-links", short="f", kind=_REPEATED, metavar="url",
           help="A folder of archives, or a page with links to them."),
    Option(name="pre", kind=_FLAG, help="Pre-releases too."),
    Option(name="no-binary", kind=_CHANGING, metavar="projects",
           help="No wheels from an index for these: names with commas, :all: or :none:."),
    Option(name="only-binary", kind=_CHANGING, metavar="projects",
           help="No sdists for these: names with commas, :all: or :none:."),
    Option(name="prefer-binary", kind=_FLAG, help="Rather an older wheel than a newer sdist."),
))  # fmt: skip

_COMMANDS_OWN = (
    Option(name="requirement", short="r", kind=_REPEATED, metavar="file", commands=_FETCHING | {"uninstall"},
           help="Take requirements from this file or URL."),
    Option(name="constraint", short="c", kind=_REPEATED, metavar="file", commands=_FETCHING,
           help="Keep versions within the limits of this file or URL."),
    Option(name="no-deps", aliases=("no-dependencies",), kind=_FLAG, commands=_FETCHING,
           help="Leave out what the projects need."),
    Option(name="dry-run", kind=_FLAG, commands=_INSTALL, help="Only say what would be installed."),
    Option(name="report", kind=_VALUE, metavar="file", commands=_INSTALL,
           help="Write a JSON report of what is installed; - is the standard output."),
    Option(name="target", short="t", kind=_VALUE, metavar="dir", commands=_INSTALL,
           help="Install into this folder and not into an environment."),
    Option(name="upgrade", short="U", kind=_FLAG, commands=_INSTALL, help="The newest versions that fit."),
    Option(name="upgrade-strategy", kind=_VALUE, choices=("only-if-needed", "eager"), commands=_INSTALL,
           help="What --upgrade does with dependencies: only-if-needed (default) or eager."),
    Option(name="force-reinstall", kind=_FLAG, commands=_INSTALL, help="Install again what is there already."),
    Option(name="ignore-installed", short="I", kind=_FLAG, commands=_INSTALL,
           help="Act as if nothing were installed, and overwrite it."),
    Option(name="break-system-packages", kind=_FLAG, commands=frozenset({"install", "uninstall"}),
           help="Change an environment that the distributor manages (PEP 668)."),
    Option(name="no-build-isolation", kind=_FLAG, commands=_FETCHING, inverted=True,
           help="Build in the environment itself, with what is installed there."),
    Option(name="config-settings", short="C", kind=_CHANGING, metavar="key=value",
           commands=frozenset({"install", "wheel"}), help="A setting for build backends."),
    Option(name="use-pep517", kind=_FLAG, commands=_FETCHING, without_effect="nothing is built in another way"),
    Option(name="compile", kind=_FLAG, commands=_INSTALL, help="Install bytecode with the modules (default)."),
    Option(name="no-compile", kind=_FLAG, commands=_INSTALL, inverted=True, help="Install no bytecode."),
    Option(name="link-mode", kind=_VALUE, choices=("auto", "hardlink", "clone", "copy"), commands=_INSTALL,
           is_ours=True, help="How files come out of the cache: auto (default), hardlink, clone or copy."),
    Option(name="no-warn-script-location", kind=_FLAG, commands=_INSTALL,
           without_effect="scripts go beside the interpreter, so there is nothing to warn of"),
    Option(name="no-warn-conflicts", kind=_FLAG, commands=_INSTALL, inverted=True,
           help="No warning about installed projects that no longer fit together."),
    Option(name="no-user", kind=_FLAG, commands=_INSTALL, without_effect="nothing goes to the user's site-packages"),
    Option(name="root-user-action", kind=_VALUE, choices=("warn", "ignore"),
           commands=frozenset({"install", "uninstall"}), without_effect="there is no such warning"),
    Option(name="progress-bar", kind=_VALUE, choices=("auto", "on", "off", "raw"), commands=_FETCHING,
           help="Progress of long downloads: auto (default), on, off or raw."),
    Option(name="dest", short="d", aliases=("destination-dir", "destination-directory"), kind=_VALUE, metavar="dir",
           commands=frozenset({"download"}), help="Where to put the files."),
    Option(name="wheel-dir", short="w", kind=_VALUE, metavar="dir", commands=frozenset({"wheel"}),
           help="Where to put the wheels."),
    Option(name="yes", short="y", kind=_FLAG, commands=frozenset({"uninstall"}), help="Do not ask before removing."),
    Option(name="format", kind=_VALUE, choices=("columns", "freeze", "json"), commands=_LIST,
           help="columns (default), freeze or json."),
    Option(name="format", kind=_VALUE, choices=("human", "abspath"), commands=frozenset({"cache"}),
           help="human (default) or abspath."),
    Option(name="not-required", kind=_FLAG, commands=_LIST, help="Only what no other installed project needs."),
    Option(name="editable", short="e", kind=_FLAG, commands=_LIST, help="Only editable projects."),
    Option(name="include-editable", kind=_FLAG, commands=_LIST, help="Editable projects too (default)."),
    Option(name="exclude-editable", kind=_FLAG, commands=_LIST, inverted=True, help="No editable projects."),
    Option(name="exclude-editable", kind=_FLAG, commands=frozenset({"freeze"}), help="No editable projects."),
    Option(name="exclude", kind=_REPEATED, metavar="project", commands=frozenset({"list", "freeze"}),
           help="Leave this project out."),
    Option(name="all", kind=_FLAG, commands=frozenset({"freeze"}), help="The installers themselves too."),
    Option(name="local", short="l", kind=_FLAG, commands=frozenset({"list", "freeze"}),
           without_effect="only what lies in the environment itself is listed"),
)  # fmt: skip

VERSION = Option(name="version", short="V", kind=_FLAG, help="Show the version.")
"""The one option that stands before a command only."""

_NEEDS_OUTDATED = tuple(
    replace(row, commands=_LIST, help="", refusal="it is for --outdated, which is not implemented yet")
    for row in _INDEX
)

TABLE = (*_COMMANDS_OWN, *_INDEX, *_GENERAL, *_NEEDS_OUTDATED, *REFUSED)
"""Every option; a name has one row for each command at most."""

BEFORE_COMMAND = (VERSION, *(row for row in TABLE if row.commands == _ALL))
"""The options that may stand before the command."""


def of_command(command: str) -> tuple[Option, ...]:
    """The options that a command takes or refuses, in the order of the table."""
    return tuple(row for row in TABLE if command in row.commands)


def by_key(command: str) -> Mapping[str, Option]:
    """The options of a command by each of their long names, as environment and files have them."""
    return {name: row for row in of_command(command) for name in row.long_names}


def known_keys() -> frozenset[str]:
    """The long names of every option of every command, refused ones aside."""
    return frozenset(name for row in TABLE if row.refusal is None for name in row.long_names)
