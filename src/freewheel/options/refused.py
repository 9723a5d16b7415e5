"""pip's commands and options that freewheel does not have, each option with the reason."""

from __future__ import annotations

from collections.abc import Iterable

from freewheel.options.option import Kind, Option

PIP_COMMANDS = frozenset({
    "check", "completion", "config", "debug", "hash", "index", "inspect", "lock", "search", "show",
})  # fmt: skip
"""Commands of pip's that freewheel does not have."""

_FETCHING = ("install", "download", "wheel")
_SELECTING = (*_FETCHING, "list")
_EVERYWHERE = (*_SELECTING, "uninstall", "freeze", "cache", "help")
_NOT_YET = "it is not implemented yet"
_ONE_TARGET = "files are chosen for the environment's own interpreter; name another with --python"
_ONLY_OUTDATED = "what an index has is not compared with what is installed yet"


def _refused(
    names: str, commands: Iterable[str], refusal: str, *, kind: Kind = Kind.FLAG, short: str | None = None
) -> Option:
    name, *aliases = names.split()
    return Option(
        name=name, aliases=tuple(aliases), kind=kind, commands=frozenset(commands), short=short, refusal=refusal
    )


REFUSED: tuple[Option, ...] = (
    _refused("debug", _EVERYWHERE, "what goes wrong unexpectedly is never hidden"),
    _refused("keyring-provider", _EVERYWHERE, _NOT_YET, kind=Kind.VALUE),
    _refused("exists-action", _EVERYWHERE, "nothing is checked out where it could be in the way", kind=Kind.LIST),
    _refused("use-deprecated", _EVERYWHERE, "freewheel has no such past", kind=Kind.LIST),
    _refused("editable", ("install", "wheel"), "editables are not implemented yet", kind=Kind.LIST, short="e"),
    _refused("build-constraint", _FETCHING, _NOT_YET, kind=Kind.LIST),
    _refused("requirements-from-script", _FETCHING, _NOT_YET, kind=Kind.LIST),
    _refused("group", _FETCHING, "dependency groups are not implemented yet", kind=Kind.LIST),
    _refused("only-deps only-dependencies", _FETCHING, _NOT_YET),
    _refused("platform", ("install", "download"), _ONE_TARGET, kind=Kind.LIST),
    _refused("python-version", ("install", "download"), _ONE_TARGET, kind=Kind.VALUE),
    _refused("implementation", ("install", "download"), _ONE_TARGET, kind=Kind.VALUE),
    _refused("abi", ("install", "download"), _ONE_TARGET, kind=Kind.LIST),
    _refused("user", ("install", "list", "freeze"), "the user's site-packages are not looked at yet"),
    _refused("root", ("install",), _NOT_YET, kind=Kind.VALUE),
    _refused("prefix", ("install",), "use --python for an environment, --target for a folder", kind=Kind.VALUE),
    _refused("src source source-dir source-directory", _FETCHING, "it is for editables", kind=Kind.VALUE),
    _refused("ignore-requires-python", _FETCHING, _NOT_YET),
    _refused("check-build-dependencies", _FETCHING, _NOT_YET),
    _refused("require-hashes", _FETCHING, "hash-checking mode is not implemented yet"),
    _refused("no-require-hashes", _FETCHING, "hash-checking mode is not implemented yet"),
    _refused("no-clean", _FETCHING, "folders of a build are always removed at its end"),
    _refused("no-verify", ("wheel",), "a built wheel is always checked before it is used"),
    _refused("all-releases", _SELECTING, "use --pre, or name the version", kind=Kind.ACCUMULATING),
    _refused("only-final", _SELECTING, _NOT_YET, kind=Kind.ACCUMULATING),
    _refused("refresh-package", _SELECTING, _NOT_YET, kind=Kind.LIST),
    _refused("uploaded-prior-to", _SELECTING, _NOT_YET, kind=Kind.VALUE),
    _refused("requirement", ("freeze",), "the order of a file is not kept yet", kind=Kind.LIST, short="r"),
    _refused("path", ("list", "freeze"), "name the environment with --python", kind=Kind.LIST),
    _refused("outdated", ("list",), _ONLY_OUTDATED, short="o"),
    _refused("uptodate", ("list",), _ONLY_OUTDATED, short="u"),
)  # fmt: skip
