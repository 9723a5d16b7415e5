"""Azurite, Microsoft's emulator of Azure's storage, from npm: on loopback, with everything in memory."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.daemons import CannotStart, answers, free_port, run_to_end, started, wait_until

_ACCOUNT = "someone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account on such a server; `url` names it too."""

    url: str
    version: str
    key: str

    @property
    def variables(self) -> Mapping[str, str]:
        """What tests have in their environment to use it."""
        return {
            "FREEWHEEL_TEST_AZURE": self.url,
            "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": self.key,
        }


@contextmanager
def azurite() -> Iterator[Account]:
    """An account with nothing in it, while this context is open; raises CannotStart."""
    missing = [program for program in ("node", "npm") if not shutil.which(program)]
    if missing:
        raise CannotStart(f"{' and '.join(missing)} cannot be found: azurite comes from npm, and runs on Node.js.")
    with tempfile.TemporaryDirectory(prefix="azurite-") as name:
        folder = Path(name)
        run_to_end("npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--silent", "azurite")
        package = folder / "node_modules" / "azurite"
        described = json.loads((package / "package.json").read_bytes())
        port, key = free_port(), base64.b64encode(secrets.token_bytes(64)).decode()
        log = folder / "azurite.log"
        with started(
            "node",
            package / described["bin"]["azurite-blob"],
            *("--blobHost", "127.0.0.1", "--blobPort", str(port)),
            *("--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"),
            log=log,
            variables={**os.environ, "AZURITE_ACCOUNTS": f"{_ACCOUNT}:{key}"},
        ) as process:
            url = f"http://127.0.0.1:{port}/{_ACCOUNT}"
            wait_until(lambda: answers(url), process, log)
            yield Account(url=url, version=described["version"], key=key)
