"""Where to install: what the options come to in an environment, by pip's rules and with pip's refusals."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum

from msgspec import Struct

from freewheel.errors import CommandMisused, NotVirtual, NoUserSite
from freewheel.events import Noted, Reporter
from freewheel.install.destination import below_prefix, below_root, in_environment, in_folder, in_user_site
from freewheel.install.environment import check_managed
from freewheel.install.folders import is_below
from freewheel.install.installed import InstalledDistribution
from freewheel.install.plan import Destination
from freewheel.model.artifact import NormalizedName
from freewheel.model.target import Interpreter


class PlaceKind(StrEnum):
    """What kind of place it is, which decides what counts as installed there and what gives way."""

    ENVIRONMENT = "environment"
    USER = "user"
    APART = "apart"  # below another prefix or root: the environment counts, and is left alone
    FOLDER = "folder"  # `--target`: nothing counts


class PlaceOptions(Struct, frozen=True, kw_only=True):
    """Where somebody wants it. Paths are absolute; `user` is None where it is left open.

    `changes_nothing` is true of a dry run with a report, which pip lets pass where the distributor forbids changes.
    """

    user: bool | None = None
    prefix: str | None = None
    root: str | None = None
    target: str | None = None
    may_break_managed: bool = False
    changes_nothing: bool = False


class Place(Struct, frozen=True, kw_only=True):
    """Where to install: an environment's scheme, the user's, one below another folder, or a plain folder.

    `installed` reads what is there; `counts` says whether that fulfils requirements (not with `--target` or
    `--ignore-installed`). `changing` is held while the place is changed, so that runs do so one after the other;
    `recover` takes back what a run that died has left half done there.
    """

    interpreter: Interpreter
    destination: Destination
    installed: Callable[[], Mapping[NormalizedName, InstalledDistribution]]
    changing: Callable[[], AbstractContextManager[object]]
    recover: Callable[[], None]
    counts: bool = True
    kind: PlaceKind = PlaceKind.ENVIRONMENT


def check_place(options: PlaceOptions, interpreter: Interpreter) -> None:
    """Refuse what cannot be, before anything is read or fetched.

    Raises CommandMisused, ExternallyManaged, NoUserSite.
    """
    if options.user and options.target is not None:
        raise CommandMisused(problem="Can not combine '--user' and '--target'")
    is_elsewhere = any(folder is not None for folder in (options.root, options.target, options.prefix))
    if not (is_elsewhere or options.changes_nothing or options.may_break_managed):
        check_managed(interpreter)
    if options.user:
        _check_user(options, interpreter)
    if options.target is not None and options.prefix is not None:
        raise CommandMisused(problem="Cannot set --target and --prefix together")
    if options.target is not None and os.path.lexists(options.target) and not os.path.isdir(options.target):  # noqa: PTH112
        raise CommandMisused(problem="Target path exists but is not a directory, will not continue.")


def _check_user(options: PlaceOptions, interpreter: Interpreter) -> None:
    if options.prefix is not None:
        raise CommandMisused(
            problem="Can not combine '--user' and '--prefix' as they imply different installation locations"
        )
    if not interpreter.sees_base:
        problem = "Can not perform a '--user' install. User site-packages are not visible in this virtualenv."
        raise NoUserSite(path=interpreter.prefix, problem=problem)
    if interpreter.user_site is None:
        problem = "Can not perform a '--user' install. User site-packages are disabled for this Python."
        raise NoUserSite(path=interpreter.prefix, problem=problem)


def find_place(
    options: PlaceOptions,
    interpreter: Interpreter,
    *,
    also: Iterable[str] = (),
    is_writable: Callable[[Iterable[str]], bool],
    reporter: Reporter,
) -> tuple[PlaceKind, Destination]:
    """Where things go, by options that `check_place` let pass.

    Where nobody says where, the user's own site-packages stand in for those of an environment that cannot be written,
    which is reported. `also` are folders that are searched besides the interpreter's own.
    """
    if options.target is not None:
        return PlaceKind.FOLDER, _below(options.root, in_folder(options.target, interpreter))
    if options.prefix is not None:
        return PlaceKind.APART, _below(options.root, below_prefix(options.prefix, interpreter))
    own = _below(options.root, in_environment(interpreter, also=tuple(also)))
    if _is_users(options, interpreter, own, is_writable, reporter):
        own = _below(options.root, in_user_site(interpreter))
        return (PlaceKind.APART if options.root is not None else PlaceKind.USER), own
    return (PlaceKind.APART if options.root is not None else PlaceKind.ENVIRONMENT), own


def _below(root: str | None, destination: Destination) -> Destination:
    return destination if root is None else below_root(root, destination)


def _is_users(
    options: PlaceOptions,
    interpreter: Interpreter,
    own: Destination,
    is_writable: Callable[[Iterable[str]], bool],
    reporter: Reporter,
) -> bool:
    if options.user is not None:
        return options.user
    if interpreter.user_site is None or is_writable((own.schemes["purelib"], own.schemes["platlib"])):
        return False
    message = "Defaulting to user installation because normal site-packages is not writeable"
    reporter.emit(Noted(message=message, verbosity=0))
    return True


def changed_places(
    kind: PlaceKind, destination: Destination, interpreter: Interpreter, *, also: Iterable[str] = ()
) -> tuple[Destination, ...]:
    """The places that a run may change which installs into `destination`, or takes something out of it.

    Outside virtual environments what gives way may lie in the user's site-packages. `also` is as in `find_place`.
    """
    if kind is PlaceKind.USER:
        return destination, in_environment(interpreter, also=tuple(also))
    if kind is PlaceKind.ENVIRONMENT and interpreter.user_site is not None and not interpreter.is_virtual:
        return destination, in_user_site(interpreter)
    return (destination,)


def gives_way(place: Place, installed: InstalledDistribution) -> bool:
    """Whether an installed version is taken out before another one comes in.

    As in pip, one in the environment stays when another comes into the user's site-packages, which are searched
    first; in a virtual environment they are not. Raises NoUserSite there.
    """
    if place.kind in (PlaceKind.FOLDER, PlaceKind.APART) or not place.counts:
        return False
    if place.kind is PlaceKind.ENVIRONMENT or is_below(installed.home, place.interpreter.user_site or ""):
        return True
    if place.interpreter.is_virtual and is_below(installed.home, place.interpreter.paths["purelib"]):
        problem = (
            "Will not install to the user site because it will lack sys.path precedence to "
            f"{installed.name} in {installed.location}"
        )
        raise NoUserSite(path=installed.location, problem=problem)
    return False


def check_virtual(interpreter: Interpreter) -> None:
    """Refuse what changes something outside a virtual environment (`--require-virtualenv`); raises NotVirtual."""
    if not interpreter.is_virtual:
        raise NotVirtual(path=interpreter.executable)
