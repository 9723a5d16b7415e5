"""Runs the tests of shared caches on a real object store, which is started for them: `ceph` or `azurite`.

What was started is ended, and what was made is removed, also after a failure, Ctrl-C or SIGTERM. What follows the
name are words for pytest.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NoReturn, Protocol

from tests.support.azurite import azurite
from tests.support.ceph import ceph_gateway
from tests.support.daemons import CannotStart, started


class Server(Protocol):
    """What was started."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def version(self) -> str:
        """Its version's number."""

    @property
    def variables(self) -> Mapping[str, str]:
        """What tests have in their environment to use it."""


SERVERS: Final[Mapping[str, Callable[[], AbstractContextManager[Server]]]] = {
    "ceph": ceph_gateway,
    "azurite": azurite,
}
_CONTRACTS: Final = ("tests/contract/test_blobs.py", "tests/contract/test_entries.py", "tests/object_stores")
_TESTS: Final[Mapping[str, Sequence[str]]] = {
    "ceph": (
        *_CONTRACTS,
        "tests/scripts/test_shared_cache.py",
        "--ignore=tests/object_stores/test_azure.py",
        *("-k", "S3 or real_store or shared_cache"),
    ),
    "azurite": (*_CONTRACTS, "--ignore=tests/object_stores/test_s3_rights.py", "-k", "Azure or real_store"),
}


def tested(name: str, words: Sequence[str]) -> int:
    """Start a server and run the tests on it; pytest's exit status. Raises CannotStart."""
    with SERVERS[name]() as server:
        variables = {**os.environ, **server.variables}
        command = (sys.executable, "-m", "pytest", "-q", *_TESTS[name], *words)
        with started(*command, variables=variables, ending=signal.SIGINT) as process:
            status = process.wait()
            _ignore_signals()
        sys.stdout.write(f"{name} {server.version}\n")
    return status


def _ignore_signals() -> None:
    """What is being ended and removed shall be so."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)


def _leave(number: int, _frame: object) -> NoReturn:
    _ignore_signals()
    sys.exit(128 + number)


def main() -> int:
    """The exit status: pytest's, or where there is no such server here 2, or 0 if it may be left out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(".")[0])
    parser.add_argument("--or-leave-out", action="store_true", help="succeed where there is no such server here")
    parser.add_argument("server", choices=SERVERS)
    parser.add_argument("words", nargs=argparse.REMAINDER, help="for pytest")
    arguments = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _leave)
    try:
        return tested(arguments.server, arguments.words)
    except CannotStart as error:
        sys.stderr.write(f"No tests were run on {arguments.server}: {error}\n")
        return 0 if arguments.or_leave_out else 2


if __name__ == "__main__":
    sys.exit(main())
