"""Object stores: in memory, in a folder, an S3 server that a test starts and stops, and real ones that are named.

FREEWHEEL_TEST_S3 is the URL of a real server that speaks S3, FREEWHEEL_TEST_AZURE that of an account on one that
speaks Azure; the keys are where obstore looks for them. `tests.support.real_stores` starts such servers.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from obstore.store import AzureStore, LocalStore, MemoryStore, S3Store

from freewheel.net.aside import Aside
from freewheel.store.object_storage import ObjectBlobs, ObjectEntries, Storage
from freewheel.store.protocol import Entries
from freewheel.store.remote_calls import RemoteCalls
from freewheel.store.shared import SharedStore
from freewheel.store.signatures import SignedEntries, SigningKey
from tests.support import signed_requests

REAL_S3: Final = os.environ.get("FREEWHEEL_TEST_S3")
REAL_AZURE: Final = os.environ.get("FREEWHEEL_TEST_AZURE")


def _from_environment(*names: str) -> Mapping[str, str]:
    return {name: os.environ[name] for name in names}


ACCESS: Final[Mapping[str, str]] = (
    {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    if REAL_S3 is None
    else _from_environment("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
)
"""What a client of the S3 server has in its environment; the one that a test starts believes anybody."""

AZURE_ACCESS: Final[Mapping[str, str]] = (
    {} if REAL_AZURE is None else _from_environment("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY")
)


@contextmanager
def s3_server() -> Iterator[str]:
    """A server that speaks S3, and keeps everything in memory where it is not a real one; its URL."""
    if REAL_S3 is not None:
        yield REAL_S3
        return
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(endpoint: str) -> str:
    """Make a bucket on such a server; its name."""
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    response = signed_requests.to_s3("PUT", f"{endpoint}/{name}", ACCESS)
    assert response.status == 200, response.data
    return name


def in_bucket(
    endpoint: str,
    bucket: str | None = None,
    *,
    prefix: str = "team/cache",
    access: Mapping[str, str] = ACCESS,
) -> Storage:
    """A part of a bucket on such a server, as somebody with this access sees it: a new one where none is named."""
    name = bucket or new_bucket(endpoint)
    objects = S3Store(
        name,
        prefix=prefix,
        endpoint=endpoint,
        access_key_id=access["AWS_ACCESS_KEY_ID"],
        secret_access_key=access["AWS_SECRET_ACCESS_KEY"],
        region=access["AWS_REGION"],
        client_options={"allow_http": True},
    )
    return Storage(connect=lambda: objects, url=f"s3://{name}/{prefix}")


def new_container(endpoint: str) -> str:
    """Make a container in an account on an Azure server; its name."""
    name = f"container-{uuid.uuid4().hex[:12]}"
    response = signed_requests.to_azure("PUT", f"{endpoint}/{name}?restype=container", AZURE_ACCESS)
    assert response.status == 201, response.data
    return name


def in_container(endpoint: str, container: str | None = None, *, access: Mapping[str, str] = AZURE_ACCESS) -> Storage:
    """A part of a container on such a server: a new one where none is named."""
    name = container or new_container(endpoint)
    objects = AzureStore(
        name,
        prefix="team/cache",
        endpoint=endpoint,
        account_name=access["AZURE_STORAGE_ACCOUNT_NAME"],
        account_key=access["AZURE_STORAGE_ACCOUNT_KEY"],
        client_options={"allow_http": True},
    )
    return Storage(connect=lambda: objects, url=f"az://{name}/team/cache")


def in_memory() -> Storage:
    """An object store that is gone with the test."""
    return Storage(connect=MemoryStore, url="memory://")


def in_folder(folder: Path) -> Storage:
    """An object store in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(connect=lambda: LocalStore(folder), url=folder.as_uri())


def shared(
    storage: Storage,
    *,
    entries: Entries | None = None,
    may_write: bool = True,
    told: list[str] | None = None,
    patience: float = 10.0,
    in_vain: float = 60.0,
    check_writing: Callable[[], None] | None = None,
) -> SharedStore:
    """The shared store of one run; `told` gets what a person is told of it. Nobody waits for its threads."""
    heard = [] if told is None else told
    calls, writing = (
        RemoteCalls(
            aside=Aside(threads=8), clock=time.monotonic, on_rest=heard.append, patience=patience, in_vain=in_vain
        )
        for _ in range(2)
    )
    return SharedStore(
        url=storage.url,
        entries=ObjectEntries(storage=storage) if entries is None else entries,
        blobs=ObjectBlobs(storage=storage),
        calls=calls,
        writing=writing,
        may_write=may_write,
        check_writing=check_writing or storage.check_writing,
        on_write_fault=heard.append,
    )


def signed(entries: Entries) -> Entries:
    """Entries that are signed, and read by somebody who wants that."""
    key = SigningKey.new()
    return SignedEntries(inner=entries, signer=key, trusted={key.public.id: key.public}, is_required=True)
