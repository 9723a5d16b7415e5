"""Options of the commands that resolve requirements, fetch and build."""

from __future__ import annotations

from freewheel.options.option import Kind, Option

FETCHING = frozenset({"install", "download", "wheel", "lock"})
"""The commands that resolve requirements."""

_BUILDING = FETCHING - {"download"}
_EXPLAINING = frozenset({"cache"})  # whose `why` says what a build would make of these
_MAKING = frozenset({"install", "wheel"})
_TARGETED = frozenset({"install", "download", "index", "debug"})
_INSTALL = frozenset({"install"})
_CHANGING_ENVIRONMENTS = frozenset({"install", "uninstall"})
_FLAG, _VALUE, _LIST, _CHANGING = Kind.FLAG, Kind.VALUE, Kind.LIST, Kind.ACCUMULATING

REQUESTING = (
    Option(name="requirement", short="r", kind=_LIST, metavar="file", commands=FETCHING | {"uninstall"},
           help="Take requirements from this file or URL, or what a lock file (pylock.toml) has."),
    Option(name="constraint", short="c", kind=_LIST, metavar="file", commands=FETCHING,
           help="Keep versions within the limits of this file or URL."),
    Option(name="build-constraint", kind=_LIST, metavar="file", commands=FETCHING | _EXPLAINING,
           help="Keep the versions of what builds need within the limits of this file or URL."),
    Option(name="requirements-from-script", kind=_LIST, metavar="file", commands=FETCHING,
           help="Take requirements from a script's inline metadata (PEP 723)."),
    Option(name="group", kind=_LIST, metavar="[path:]group", commands=FETCHING,
           help="Take a dependency group (PEP 735) of this pyproject.toml, or of that in the current folder."),
    Option(name="editable", short="e", kind=_LIST, metavar="path/url", commands=_BUILDING,
           help="Install a project so that changes to its source count at once (PEP 660)."),
    Option(name="src", aliases=("source", "source-dir", "source-directory"), kind=_VALUE, metavar="dir",
           commands=FETCHING, help="Where editable projects are checked out to."),
    Option(name="no-deps", aliases=("no-dependencies",), kind=_FLAG, commands=FETCHING,
           help="Leave out what the projects need."),
    Option(name="only-deps", aliases=("only-dependencies",), kind=_FLAG, commands=FETCHING,
           help="Leave out the projects themselves, and take what they need."),
    Option(name="require-hashes", kind=_FLAG, commands=FETCHING,
           help="Take nothing that has no --hash (on by itself where one requirement has one)."),
    Option(name="no-require-hashes", kind=_FLAG, commands=FETCHING,
           help="A --hash of one requirement does not make others need one."),
    Option(name="ignore-requires-python", kind=_FLAG, commands=FETCHING | {"index"},
           help="Act as if every release ran on this Python."),
)  # fmt: skip
"""What is asked for."""

BUILDING = (
    Option(name="no-build-isolation", kind=_FLAG, commands=FETCHING | _EXPLAINING, inverted=True,
           help="Build in the environment itself, with what is installed there."),
    Option(name="check-build-dependencies", kind=_FLAG, commands=FETCHING,
           help="Without build isolation: fail where what a build needs is not installed."),
    Option(name="config-settings", short="C", kind=_CHANGING, metavar="key=value",
           commands=_BUILDING | _EXPLAINING, help="A setting for build backends."),
    Option(name="use-pep517", kind=_FLAG, commands=FETCHING, without_effect="nothing is built in another way"),
    Option(name="no-clean", kind=_FLAG, commands=FETCHING, help="Leave the folders of builds where they are."),
    Option(name="no-verify", kind=_FLAG, commands=frozenset({"wheel"}),
           without_effect="a built wheel is always checked before it is used"),
    Option(name="rebuild", kind=_FLAG, commands=_MAKING, is_ours=True,
           help="Build what is built from sources anew, and keep the new wheels in place of those in the cache."),
    Option(name="rebuild-package", kind=_CHANGING, metavar="projects", commands=_MAKING, is_ours=True,
           help="The same for these projects: names with commas, :all: or :none:."),
    Option(name="progress-bar", kind=_VALUE, choices=("auto", "on", "off", "raw"), commands=FETCHING,
           help="Progress of long downloads: auto (default), on, off or raw."),
)  # fmt: skip
"""How sources become wheels."""

TARGETING = (
    Option(name="platform", kind=_LIST, metavar="platform", commands=_TARGETED,
           help="Take wheels for this platform, such as manylinux_2_28_x86_64."),
    Option(name="python-version", kind=_VALUE, metavar="version", commands=_TARGETED,
           help="Take wheels for this Python: 3, 3.12, 312 or 3.12.1."),
    Option(name="implementation", kind=_VALUE, metavar="implementation", commands=_TARGETED,
           help="Take wheels for this implementation: cp, pp, or py for wheels of any."),
    Option(name="abi", kind=_LIST, metavar="abi", commands=_TARGETED,
           help="Take wheels for this ABI, such as cp312 or abi3."),
)  # fmt: skip
"""For which interpreter, where it is not the environment's own."""

INSTALLING = (
    Option(name="dry-run", kind=_FLAG, commands=_INSTALL, help="Only say what would be installed."),
    Option(name="report", kind=_VALUE, metavar="file", commands=_INSTALL,
           help="Write a JSON report of what is installed; - is the standard output."),
    Option(name="target", short="t", kind=_VALUE, metavar="dir", commands=_INSTALL,
           help="Install into this folder and not into an environment."),
    Option(name="user", kind=_FLAG, commands=_INSTALL, help="Install into the user's own site-packages."),
    Option(name="no-user", kind=_FLAG, commands=_INSTALL, inverted=True,
           help="Never install into the user's own site-packages."),
    Option(name="root", kind=_VALUE, metavar="dir", commands=_INSTALL,
           help="Install as if this folder were the root of the file system."),
    Option(name="prefix", kind=_VALUE, metavar="dir", commands=_INSTALL,
           help="Install below this folder: lib, bin and the rest."),
    Option(name="upgrade", short="U", kind=_FLAG, commands=_INSTALL,
           help="Take the newest versions that fit of what is named here."),
    Option(name="upgrade-strategy", kind=_VALUE, choices=("only-if-needed", "eager"), commands=_INSTALL,
           help="What --upgrade does with dependencies: only-if-needed (default) or eager."),
    Option(name="force-reinstall", kind=_FLAG, commands=_INSTALL, help="Install again what is there already."),
    Option(name="ignore-installed", short="I", kind=_FLAG, commands=_INSTALL,
           help="Act as if nothing were installed, and overwrite it."),
    Option(name="break-system-packages", kind=_FLAG, commands=_CHANGING_ENVIRONMENTS,
           help="Change an environment that the distributor manages (PEP 668)."),
    Option(name="compile", kind=_FLAG, commands=_INSTALL, help="Install bytecode with the modules (default)."),
    Option(name="no-compile", kind=_FLAG, commands=_INSTALL, inverted=True, help="Install no bytecode."),
    Option(name="link-mode", kind=_VALUE, choices=("auto", "hardlink", "clone", "copy"), commands=_INSTALL,
           is_ours=True, help="How files come out of the cache: auto (default), hardlink, clone or copy."),
    Option(name="no-warn-script-location", kind=_FLAG, commands=_INSTALL, inverted=True,
           help="No warning about scripts in a folder that is not on PATH."),
    Option(name="no-warn-conflicts", kind=_FLAG, commands=_INSTALL, inverted=True,
           help="No warning about installed projects that no longer fit together."),
    Option(name="root-user-action", kind=_VALUE, choices=("warn", "ignore"), commands=_CHANGING_ENVIRONMENTS,
           help="Warn (default) where root changes an environment that is not virtual, or ignore it."),
)  # fmt: skip
"""Where it goes, and how."""

COLLECTING = (
    Option(name="dest", short="d", aliases=("destination-dir", "destination-directory"), kind=_VALUE, metavar="dir",
           commands=frozenset({"download"}), help="Where to put the files."),
    Option(name="wheel-dir", short="w", kind=_VALUE, metavar="dir", commands=frozenset({"wheel"}),
           help="Where to put the wheels."),
    Option(name="output", short="o", kind=_VALUE, metavar="path", commands=frozenset({"lock"}),
           help="Where to write the lock file (default pylock.toml); - is the standard output."),
)  # fmt: skip
"""Where files are put."""
