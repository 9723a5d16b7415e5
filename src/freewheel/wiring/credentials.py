"""The credentials of a run: netrc, the keyring that it is configured for, and who can be asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from freewheel.config.values import NetworkConfig
from freewheel.events import Noted, Reporter, Warned
from freewheel.model.url import FROM_NETRC, Credentials
from freewheel.net.credentials import Keyring, Person, RunCredentials

if TYPE_CHECKING:
    import netrc

    from freewheel.net.keyrings import KeyringLibrary


def run_credentials(
    config: NetworkConfig, *, environment: Mapping[str, str], person: Person | None, reporter: Reporter
) -> RunCredentials:
    """What a run knows and may ask; reads and imports nothing before it is needed."""
    return RunCredentials(
        netrc=netrc_lookup(config.netrc, reporter=reporter),
        keyring=lambda: keyring_of(config, environment=environment, reporter=reporter),
        person=person if config.may_ask else None,
        reporter=reporter,
    )


def keyring_of(config: NetworkConfig, *, environment: Mapping[str, str], reporter: Reporter) -> Keyring | None:
    """The keyring library of freewheel's own environment, else the `keyring` command, as far as the user wants them.

    As in pip: a keyring may ask a person something, so that `auto` has none where nobody may be asked.
    """
    provider = config.keyring_provider
    if provider == "disabled" or (provider == "auto" and not config.may_ask):
        return None
    found = _library(provider, reporter) if provider in ("auto", "import") else None
    if found is None and provider in ("auto", "subprocess"):
        found = _command(environment)
    if found is None and provider != "auto":
        what = "library in freewheel's environment" if provider == "import" else "command on the PATH"
        reporter.emit(Warned(message=f"--keyring-provider {provider}: there is no keyring {what}."))
    return found


def _library(provider: str, reporter: Reporter) -> Keyring | None:
    from freewheel.net.keyrings import LibraryKeyring

    try:
        return LibraryKeyring(cast("KeyringLibrary", import_module("keyring")))
    except ImportError:
        return None
    except Exception as error:  # noqa: BLE001 - its backends are loaded, and raise what they like
        message = f"Installed copy of keyring fails with exception {error}"
        if provider == "auto":
            message += ", trying to find a keyring executable as a fallback"
        reporter.emit(Warned(message=message))
        return None


def _command(environment: Mapping[str, str]) -> Keyring | None:
    """The command of another environment: what is in freewheel's own would have been imported."""
    import shutil
    import sysconfig

    from freewheel.net.keyrings import CommandKeyring

    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    others = [folder for folder in folders if folder and not _is_same(folder, sysconfig.get_path("scripts"))]
    path = shutil.which("keyring", path=os.pathsep.join(others))
    return None if path is None else CommandKeyring(path, variables=environment)


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


def netrc_lookup(paths: Sequence[str], *, reporter: Reporter) -> Callable[[str], Credentials | None]:
    """From a host to its credentials in the first netrc file that exists; one that cannot be read holds none."""
    tables: list[netrc.netrc | None] = []

    def find(host: str) -> Credentials | None:
        if not tables:
            tables.append(_first_netrc(paths, reporter))
        table = tables[0]
        found = table.authenticators(host) if table is not None else None
        if found is None:
            return None
        return Credentials(user=found[0] or found[1] or "", password=found[2] or "", source=FROM_NETRC)

    return find


def _first_netrc(paths: Sequence[str], reporter: Reporter) -> netrc.netrc | None:
    import netrc

    for path in paths:
        try:
            return netrc.netrc(path)
        except FileNotFoundError:
            continue
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError) as error:
            # Without its text, which may quote a password.
            reporter.emit(Noted(message=f"{path} cannot be read as a netrc file: {type(error).__name__}."))
            return None
    return None
