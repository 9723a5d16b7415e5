"""Who may do what on a real server that speaks S3: `make test-ceph`, or whatever FREEWHEEL_TEST_S3 names.

A second user, who is given rights by bucket policies, is named by FREEWHEEL_TEST_S3_READER_ARN, _KEY and _SECRET.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping

import obstore
import pytest

from freewheel.errors import StoreUnavailable
from freewheel.model.digest import sha256_of
from freewheel.store.object_storage import PART, ObjectBlobs, ObjectEntries, Storage
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from tests.support import signed_requests
from tests.support.object_stores import ACCESS, REAL_S3, in_bucket, new_bucket, shared

if REAL_S3 is None:
    pytest.skip("FREEWHEEL_TEST_S3 names no real server: make test-ceph does", allow_module_level=True)

RECORD = Record(fields={"n": 1}, blobs=(sha256_of(b"kept"),))
OTHER = Record(fields={"n": 2})
READING = ("s3:GetObject", "s3:ListBucket")

WRITES: Mapping[str, Callable[[Storage], object]] = {
    "create": lambda storage: storage.create("new", b"x"),
    "replace": lambda storage: storage.replace("new", b"x"),
    "upload": lambda storage: keep(storage, b"new"),
    "upload in parts": lambda storage: keep(storage, bytes(PART + 1)),
    "remove": lambda storage: ObjectEntries(storage=storage).remove("wheel", "six", "key"),
    "check": lambda storage: storage.check_writing(),
}
READS: Mapping[str, Callable[[Storage], object]] = {
    "record": lambda storage: ObjectEntries(storage=storage).get("wheel", "six", "key"),
    "blob": lambda storage: ObjectBlobs(storage=storage).open(sha256_of(b"kept")),
    "size": lambda storage: storage.size("x"),
    "list": lambda storage: list(ObjectEntries(storage=storage).scan("wheel")),
}


def keep(storage: Storage, content: bytes) -> None:
    writer = ObjectBlobs(storage=storage).create()
    writer.write(content)
    writer.commit()


@pytest.fixture
def bucket(s3: str) -> str:
    """A bucket of the writer's, with a record and its blob."""
    name = new_bucket(s3)
    storage = in_bucket(s3, name)
    keep(storage, b"kept")
    ObjectEntries(storage=storage).put("wheel", "six", "key", RECORD)
    return name


@pytest.fixture(scope="session")
def reader() -> Mapping[str, str]:
    """What somebody has in the environment who owns nothing."""
    if "FREEWHEEL_TEST_S3_READER_ARN" not in os.environ:
        pytest.skip("FREEWHEEL_TEST_S3_READER_ARN names no second user")
    return {
        "AWS_ACCESS_KEY_ID": os.environ["FREEWHEEL_TEST_S3_READER_KEY"],
        "AWS_SECRET_ACCESS_KEY": os.environ["FREEWHEEL_TEST_S3_READER_SECRET"],
        "AWS_REGION": ACCESS["AWS_REGION"],
    }


def allow(s3: str, bucket: str, *actions: str) -> None:
    """Have the second user do these things in a bucket, and nothing else."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [os.environ["FREEWHEEL_TEST_S3_READER_ARN"]]},
        "Action": actions,
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    response = signed_requests.to_s3("PUT", f"{s3}/{bucket}?policy", ACCESS, body=policy)
    assert response.status in (200, 204), response.data


def refused(storage: Storage, ask: Callable[[Storage], object]) -> str:
    """Why it is refused for good."""
    with pytest.raises(StoreUnavailable) as raised:
        ask(storage)
    assert raised.value.is_final
    assert raised.value.path.startswith(storage.url)
    return raised.value.reason


@pytest.mark.parametrize("ask", [*WRITES.values(), *READS.values()], ids=[*WRITES, *READS])
def test_a_wrong_secret_is_refused_for_good(s3: str, bucket: str, ask: Callable[[Storage], object]) -> None:
    liar = in_bucket(s3, bucket, access={**ACCESS, "AWS_SECRET_ACCESS_KEY": "another"})
    assert refused(liar, ask) in (
        "it refuses (403 Forbidden: SignatureDoesNotMatch)",
        "it refuses (403 Forbidden)",  # what is asked with HEAD has no body to say more
    )


def test_a_key_that_nobody_has_is_refused_for_good(s3: str, bucket: str) -> None:
    nobody = in_bucket(s3, bucket, access={**ACCESS, "AWS_ACCESS_KEY_ID": "nobody"})
    assert refused(nobody, READS["record"]) == "it refuses (403 Forbidden: InvalidAccessKeyId)"


def test_who_was_given_nothing_reads_nothing(s3: str, bucket: str, reader: Mapping[str, str]) -> None:
    stranger = in_bucket(s3, bucket, access=reader)
    assert refused(stranger, READS["record"]) == "it refuses (403 Forbidden: AccessDenied)"


def test_a_reader_reads(s3: str, bucket: str, reader: Mapping[str, str]) -> None:
    allow(s3, bucket, *READING)
    storage = in_bucket(s3, bucket, access=reader)
    entries = ObjectEntries(storage=storage)
    assert entries.get("wheel", "six", "key") == RECORD
    assert [record for _, record in entries.scan("wheel")] == [RECORD]
    stream = ObjectBlobs(storage=storage).open(sha256_of(b"kept"))
    assert not isinstance(stream, Miss)
    with stream:
        assert stream.read() == b"kept"
    assert isinstance(entries.get("wheel", "six", "other"), Miss)
    assert isinstance(ObjectBlobs(storage=storage).open(sha256_of(b"other")), Miss)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_reader_does_not_write(
    s3: str, bucket: str, reader: Mapping[str, str], write: Callable[[Storage], object]
) -> None:
    allow(s3, bucket, *READING)
    assert refused(in_bucket(s3, bucket, access=reader), write) == "it refuses (403 Forbidden: AccessDenied)"
    assert [record for _, record in ObjectEntries(storage=in_bucket(s3, bucket)).scan("wheel")] == [RECORD]


def test_a_reader_who_may_not_list_is_refused_what_is_not_there(
    s3: str, bucket: str, reader: Mapping[str, str]
) -> None:
    """Else names could be found out by asking: 403 instead of 404, which nobody can tell from no rights at all."""
    allow(s3, bucket, "s3:GetObject")
    storage = in_bucket(s3, bucket, access=reader)
    entries = ObjectEntries(storage=storage)
    assert entries.get("wheel", "six", "key") == RECORD
    assert refused(storage, lambda _: entries.get("wheel", "six", "other")).endswith("403 Forbidden: AccessDenied)")
    assert refused(storage, READS["list"]).endswith("403 Forbidden: AccessDenied)")


def test_a_writer_needs_no_right_to_remove(s3: str, bucket: str, reader: Mapping[str, str]) -> None:
    allow(s3, bucket, *READING, "s3:PutObject")
    storage = in_bucket(s3, bucket, access=reader)
    store = shared(storage)
    store.offer(("wheel", "six", "new"), OTHER, {})
    store.offer(("wheel", "six", "key"), OTHER, {})
    store.finish()
    assert (store.tally.written, store.tally.unfinished) == (1, 0)
    assert ObjectEntries(storage=storage).get("wheel", "six", "key") == RECORD
    keep(storage, bytes(PART + 1))
    assert refused(storage, WRITES["remove"]) == "it refuses (403 Forbidden: AccessDenied)"


def test_a_run_that_may_not_write_is_told_so_once_and_goes_on_reading(
    s3: str, bucket: str, reader: Mapping[str, str]
) -> None:
    allow(s3, bucket, *READING)
    told: list[str] = []
    store = shared(in_bucket(s3, bucket, access=reader), told=told)
    for number in range(3):
        store.offer(("wheel", "six", f"new {number}"), OTHER, {})
    store.finish()
    assert told == ["it refuses (403 Forbidden: AccessDenied)"]
    assert store.record(("wheel", "six", "key")) == RECORD


def test_what_is_large_goes_in_parts(s3: str) -> None:
    storage = in_bucket(s3)
    for size, parts in ((PART, 1), (2 * PART, 2), (2 * PART + 1, 3)):
        keep(storage, bytes(size))
        (found,) = [one for one in storage.listed("blobs-v1") if one["size"] == size]
        tag = obstore.head(storage.objects, found["path"])["e_tag"]
        assert tag is not None
        assert tag.strip('"').partition("-")[2] == ("" if parts == 1 else str(parts))
