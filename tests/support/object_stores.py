"""Object stores: in memory, in a folder, and an S3 server on loopback that a test starts and stops."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import urllib3
from obstore.store import LocalStore, MemoryStore, S3Store

from freewheel.net.aside import Aside
from freewheel.store.object_storage import ObjectBlobs, ObjectEntries, Storage
from freewheel.store.protocol import Entries
from freewheel.store.remote_calls import RemoteCalls
from freewheel.store.shared import SharedStore
from freewheel.store.signatures import SignedEntries, SigningKey

ACCESS: Final[Mapping[str, str]] = {
    "AWS_ACCESS_KEY_ID": "someone",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
}
"""What a client of the server has in its environment: the server believes anybody."""


_SOMEBODY: Final = (
    "AWS4-HMAC-SHA256 Credential=someone/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)


@contextmanager
def s3_server() -> Iterator[str]:
    """A server that speaks S3 and keeps everything in memory; its URL."""
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
    response = urllib3.request("PUT", f"{endpoint}/{name}", headers={"Authorization": _SOMEBODY}, retries=False)
    assert response.status == 200, response.data
    return name


def in_bucket(endpoint: str, bucket: str | None = None, *, prefix: str = "team/cache") -> Storage:
    """A part of a bucket on such a server: a new one where none is named."""
    name = bucket or new_bucket(endpoint)
    objects = S3Store(
        name,
        prefix=prefix,
        endpoint=endpoint,
        access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
        secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
        region=ACCESS["AWS_REGION"],
        client_options={"allow_http": True},
    )
    return Storage(objects=objects, url=f"s3://{name}/{prefix}")


def in_memory() -> Storage:
    """An object store that is gone with the test."""
    return Storage(objects=MemoryStore(), url="memory://")


def in_folder(folder: Path) -> Storage:
    """An object store in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(objects=LocalStore(folder), url=folder.as_uri())


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
    return SharedStore(
        url=storage.url,
        entries=ObjectEntries(storage=storage) if entries is None else entries,
        blobs=ObjectBlobs(storage=storage),
        calls=RemoteCalls(
            aside=Aside(threads=8), clock=time.monotonic, on_rest=heard.append, patience=patience, in_vain=in_vain
        ),
        may_write=may_write,
        check_writing=check_writing or storage.check_writing,
        on_write_fault=heard.append,
    )


def signed(entries: Entries) -> Entries:
    """Entries that are signed, and read by somebody who wants that."""
    key = SigningKey.new()
    return SignedEntries(inner=entries, signer=key, trusted={key.public.id: key.public}, is_required=True)
