"""A shared cache in an account of a real server that speaks Azure, by way of the configuration: `make test-azure`."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from freewheel.errors import StoreUnavailable
from tests.support.archives import make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.object_stores import AZURE_ACCESS, REAL_AZURE, in_container, new_container
from tests.support.server import IndexServer
from tests.support.sources import make_sdist

if REAL_AZURE is None:
    pytest.skip("FREEWHEEL_TEST_AZURE names no account: make test-azure does", allow_module_level=True)


def test_a_wrong_key_is_refused_for_good() -> None:
    access = {**AZURE_ACCESS, "AZURE_STORAGE_ACCOUNT_KEY": base64.b64encode(bytes(64)).decode()}
    storage = in_container(REAL_AZURE, new_container(REAL_AZURE), access=access)
    with pytest.raises(StoreUnavailable) as raised:
        storage.data("x")
    assert (raised.value.reason, raised.value.is_final) == ("it refuses (403 Forbidden: AuthorizationFailure)", True)


def test_what_one_machine_builds_another_does_not(
    tmp_path: Path, archives: Path, build_log: BuildLog, server: IndexServer
) -> None:
    server.add(make_wheel(archives, "plain", files={"plain.py": b"x = 1\n"}))
    server.add(make_sdist(archives, "built", requires=["plain"]))
    variables = {
        **build_log.variables,
        **AZURE_ACCESS,
        "PIP_INDEX_URL": server.index_url,
        "FREEWHEEL_SHARED_CACHE": f"az://{new_container(REAL_AZURE)}/team",
        "FREEWHEEL_SHARED_CACHE_ENDPOINT": REAL_AZURE,
        "FREEWHEEL_SHARED_CACHE_MODE": "read-write",
    }
    first, second = (Freewheel(tmp_path / name, variables=variables) for name in ("first", "second"))
    first.run("install", "--target", "target", "built")
    done = second.run("install", "--target", "target", "built")
    assert "From the shared cache: 1 built wheel." in done.stdout + done.stderr
    assert build_log.builds() == 1
