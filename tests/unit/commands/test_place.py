"""Where things go in each kind of environment, by facts alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.commands.place import (
    Place,
    PlaceKind,
    PlaceOptions,
    changed_places,
    check_place,
    find_place,
    gives_way,
)
from freewheel.errors import CommandMisused, ExternallyManaged, FreewheelError, NoUserSite
from freewheel.events import Noted, Recorder
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import normalize
from freewheel.model.target import Interpreter
from tests.support.universe import TARGET


def paths(base: str, site: str, include: str = "include/python3.12") -> dict[str, str]:
    return {
        "purelib": f"{base}/{site}",
        "platlib": f"{base}/{site}",
        "include": f"{base}/{include}",
        "scripts": f"{base}/bin",
        "data": base,
    }


BELOW = {"purelib": "lib/python3.12/site-packages", "platlib": "lib/python3.12/site-packages"} | {
    "include": "include/python3.12", "scripts": "bin", "data": ".",
}  # fmt: skip
HOME = {"purelib": "lib/python", "platlib": "lib/python", "include": "include/python", "scripts": "bin", "data": "."}
USER_SITE = "/home/me/.local/lib/python3.12/site-packages"

DEBIAN = Interpreter(
    executable="/usr/bin/python3",
    prefix="/usr",
    base_prefix="/usr",
    base_executable="/usr/bin/python3",
    target=TARGET,
    paths=paths("/usr/local", "lib/python3.12/dist-packages"),
    cache_tag="cpython-312",
    magic="00",
    search_paths=(USER_SITE, "/usr/local/lib/python3.12/dist-packages", "/usr/lib/python3/dist-packages"),
    user_paths=paths("/home/me/.local", "lib/python3.12/site-packages"),
    user_site=USER_SITE,
    prefix_paths=BELOW,
    home_paths=HOME,
)
"""Debian's own Python: the `posix_local` scheme, below /usr/local."""

VIRTUAL = replace(
    DEBIAN,
    executable="/env/bin/python",
    prefix="/env",
    paths=paths("/env", "lib/python3.12/site-packages", "include/site/python3.12"),
    search_paths=("/env/lib/python3.12/site-packages",),
    user_site=None,
    sees_base=False,
)


def found(
    options: PlaceOptions, interpreter: Interpreter = DEBIAN, *, writable: bool = True
) -> tuple[PlaceKind, Mapping[str, str], list[str]]:
    reporter = Recorder()

    def is_writable(folders: Iterable[str]) -> bool:
        assert list(folders)
        return writable

    check_place(options, interpreter)
    kind, destination = find_place(options, interpreter, is_writable=is_writable, reporter=reporter)
    assert destination.executable == interpreter.executable
    return kind, destination.schemes, [event.message for event in reporter.events if isinstance(event, Noted)]


@pytest.mark.parametrize(
    ("options", "interpreter", "kind", "site", "scripts"),
    [
        (PlaceOptions(), DEBIAN, "environment", "/usr/local/lib/python3.12/dist-packages", "/usr/local/bin"),
        (PlaceOptions(), VIRTUAL, "environment", "/env/lib/python3.12/site-packages", "/env/bin"),
        (PlaceOptions(user=True), DEBIAN, "user", USER_SITE, "/home/me/.local/bin"),
        (PlaceOptions(prefix="/usr"), DEBIAN, "apart", "/usr/lib/python3.12/site-packages", "/usr/bin"),
        (
            PlaceOptions(root="/image"),
            DEBIAN,
            "apart",
            "/image/usr/local/lib/python3.12/dist-packages",
            "/image/usr/local/bin",
        ),
        (PlaceOptions(user=True, root="/image"), DEBIAN, "apart", f"/image{USER_SITE}", "/image/home/me/.local/bin"),
        (
            PlaceOptions(prefix="/opt/x", root="/image"),
            DEBIAN,
            "apart",
            "/image/opt/x/lib/python3.12/site-packages",
            "/image/opt/x/bin",
        ),
        (PlaceOptions(target="/srv/app"), VIRTUAL, "folder", "/srv/app", "/srv/app/bin"),
        (PlaceOptions(target="/srv/app", root="/image"), VIRTUAL, "folder", "/image/srv/app", "/image/srv/app/bin"),
    ],
)
def test_each_scheme(options: PlaceOptions, interpreter: Interpreter, kind: str, site: str, scripts: str) -> None:
    assert found(options, interpreter)[0] == kind
    _, schemes, notes = found(options, interpreter)
    assert (schemes["purelib"], schemes["scripts"], notes) == (site, scripts, [])


def test_who_may_not_write_gets_the_users_own() -> None:
    kind, schemes, notes = found(PlaceOptions(), writable=False)
    assert (kind, schemes["purelib"]) == (PlaceKind.USER, USER_SITE)
    assert notes == ["Defaulting to user installation because normal site-packages is not writeable"]


@pytest.mark.parametrize(
    ("options", "interpreter"),
    [
        (PlaceOptions(user=False), DEBIAN),
        (PlaceOptions(), VIRTUAL),
        (PlaceOptions(), replace(DEBIAN, user_site=None)),
        (PlaceOptions(prefix="/x"), DEBIAN),
        (PlaceOptions(target="/x"), DEBIAN),
    ],
)
def test_the_users_own_is_not_taken_unasked(options: PlaceOptions, interpreter: Interpreter) -> None:
    kind, _, notes = found(options, interpreter, writable=False)
    assert (kind is PlaceKind.USER, notes) == (False, [])


@pytest.mark.parametrize(
    ("options", "interpreter", "error"),
    [
        (PlaceOptions(user=True, target="/x"), DEBIAN, CommandMisused),
        (PlaceOptions(user=True, prefix="/x"), DEBIAN, CommandMisused),
        (PlaceOptions(prefix="/x", target="/y"), DEBIAN, CommandMisused),
        (PlaceOptions(user=True), VIRTUAL, NoUserSite),
        (PlaceOptions(user=True), replace(DEBIAN, user_site=None), NoUserSite),
    ],
)
def test_what_cannot_be_is_refused(
    options: PlaceOptions, interpreter: Interpreter, error: type[FreewheelError]
) -> None:
    with pytest.raises(error):
        check_place(options, interpreter)


@pytest.mark.parametrize("user", [None, True, False])
def test_what_the_distributor_manages_is_left_alone(tmp_path: Path, user: bool | None) -> None:
    """PEP 668: the user's site-packages too. Other folders are exempt, as in pip, and a dry run with a report is."""
    managed = replace(DEBIAN, externally_managed=str(tmp_path / "EXTERNALLY-MANAGED"))
    with pytest.raises(ExternallyManaged):
        check_place(PlaceOptions(user=user), managed)
    check_place(PlaceOptions(user=user, may_break_managed=True), managed)
    check_place(PlaceOptions(user=user, changes_nothing=True), managed)
    for options in (PlaceOptions(prefix="/x"), PlaceOptions(root="/x"), PlaceOptions(target=str(tmp_path))):
        check_place(options, managed)


def distribution(location: str) -> InstalledDistribution:
    info = Path(location, "six-1.0.dist-info")
    return InstalledDistribution(project=normalize("six"), name="six", version="1.0", location=location, info=info)


def place(kind: PlaceKind, interpreter: Interpreter = DEBIAN, *, counts: bool = True) -> Place:
    options = PlaceOptions(user=True if kind is PlaceKind.USER else None)
    _, destination = find_place(options, interpreter, is_writable=lambda _: True, reporter=Recorder())
    return Place(
        interpreter=interpreter,
        destination=destination,
        installed=dict,
        changing=nullcontext,
        recover=lambda: None,
        counts=counts,
        kind=kind,
    )


def test_what_gives_way_to_another_version() -> None:
    system, users = distribution("/usr/lib/python3/dist-packages"), distribution(USER_SITE)
    assert [gives_way(place(PlaceKind.ENVIRONMENT), one) for one in (system, users)] == [True, True]
    assert [gives_way(place(PlaceKind.USER), one) for one in (system, users)] == [False, True]
    assert not gives_way(place(PlaceKind.ENVIRONMENT, counts=False), system)
    for kind in (PlaceKind.APART, PlaceKind.FOLDER):
        assert not gives_way(place(kind), system)


def test_where_a_run_may_change_something() -> None:
    """What gives way may lie in the user's site-packages, but never when seen from a virtual environment."""

    def sites(kind: PlaceKind, interpreter: Interpreter = DEBIAN) -> list[str]:
        options = PlaceOptions(
            user=True if kind is PlaceKind.USER else None,
            prefix="/prefix" if kind is PlaceKind.APART else None,
            target="/folder" if kind is PlaceKind.FOLDER else None,
        )
        found, destination = find_place(options, interpreter, is_writable=lambda _: True, reporter=Recorder())
        return [one.schemes["purelib"] for one in changed_places(found, destination, interpreter)]

    own = DEBIAN.paths["purelib"]
    assert sites(PlaceKind.ENVIRONMENT) == [own, USER_SITE]
    assert sites(PlaceKind.USER) == [USER_SITE, own]
    assert sites(PlaceKind.ENVIRONMENT, replace(DEBIAN, user_site=None)) == [own]
    assert sites(PlaceKind.ENVIRONMENT, replace(VIRTUAL, user_site=USER_SITE)) == [VIRTUAL.paths["purelib"]]
    assert len(sites(PlaceKind.APART)) == len(sites(PlaceKind.FOLDER)) == 1


def test_the_users_own_would_be_hidden_in_a_virtual_environment() -> None:
    sees_all = replace(VIRTUAL, sees_base=True, user_site=USER_SITE)
    with pytest.raises(NoUserSite, match=r"lack sys\.path precedence to six in /env"):
        gives_way(place(PlaceKind.USER, sees_all), distribution("/env/lib/python3.12/site-packages"))
