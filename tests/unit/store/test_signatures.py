"""Records that say who wrote them."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from freewheel.model.digest import sha256_of
from freewheel.store.memory import MemoryEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Envelope, Record, Value, from_bytes, to_bytes
from freewheel.store.signatures import FIELD, PublicKey, SignedEntries, SigningKey, content_of, public_key
from tests.support.clock import FakeClock

WHERE = ("wheel", "six", "a build key")
RECORD = Record(fields={"filename": "six-1.0-py3-none-any.whl", "build": b"{}"}, blobs=(sha256_of(b"wheel"),))
OURS, THEIRS = SigningKey.new(), SigningKey.new()


def reading(inner: MemoryEntries, *keys: PublicKey, is_required: bool = True) -> SignedEntries:
    return SignedEntries(inner=inner, trusted={key.id: key for key in keys}, is_required=is_required)


@pytest.fixture
def entries() -> MemoryEntries:
    return MemoryEntries(clock=FakeClock())


def reason(found: Record | Miss) -> str:
    assert isinstance(found, Miss)
    assert found.is_damage
    return found.reason


def test_what_a_trusted_key_signed_is_read_without_its_signature(entries: MemoryEntries) -> None:
    SignedEntries(inner=entries, signer=OURS).put(*WHERE, RECORD)
    assert reading(entries, OURS.public, THEIRS.public).get(*WHERE) == RECORD
    assert [found for _, found in reading(entries, OURS.public).scan("wheel")] == [RECORD]


def test_what_is_not_signed_is_refused_where_signatures_are_required(entries: MemoryEntries) -> None:
    entries.put(*WHERE, RECORD)
    assert reason(reading(entries, OURS.public).get(*WHERE)) == "what is shared is not signed"
    assert reading(entries, OURS.public, is_required=False).get(*WHERE) == RECORD


def test_an_unknown_key_is_refused_where_signatures_are_required(entries: MemoryEntries) -> None:
    SignedEntries(inner=entries, signer=THEIRS).put(*WHERE, RECORD)
    found = reason(reading(entries, OURS.public).get(*WHERE))
    assert found == f"what is shared is signed with a key that is not trusted ({THEIRS.public.id})"
    assert reading(entries, OURS.public, is_required=False).get(*WHERE) == RECORD


@pytest.mark.parametrize("is_required", [True, False])
@pytest.mark.parametrize(
    "changed",
    [
        Record(fields={**RECORD.fields, "build": b"{} "}, blobs=RECORD.blobs),
        Record(fields={**RECORD.fields, "more": 1}, blobs=RECORD.blobs),
        Record(fields={"filename": RECORD.fields["filename"]}, blobs=RECORD.blobs),
        Record(fields=RECORD.fields, blobs=(sha256_of(b"another wheel"),)),
        Record(fields=RECORD.fields, blobs=(*RECORD.blobs, *RECORD.blobs)),
        Record(fields=RECORD.fields),
    ],
)
def test_nothing_that_is_signed_can_be_changed(entries: MemoryEntries, changed: Record, *, is_required: bool) -> None:
    SignedEntries(inner=entries, signer=OURS).put(*WHERE, RECORD)
    kept = entries.get(*WHERE)
    assert isinstance(kept, Record)
    entries.put(*WHERE, Record(fields={**changed.fields, FIELD: kept.fields[FIELD]}, blobs=changed.blobs))
    found = reading(entries, OURS.public, is_required=is_required).get(*WHERE)
    assert reason(found) == "the signature of what is shared is wrong"


@pytest.mark.parametrize(
    "elsewhere", [("metadata", *WHERE[1:]), ("wheel", "attrs", WHERE[2]), ("wheel", "six", "another build key")]
)
def test_a_signed_record_counts_nowhere_else(entries: MemoryEntries, elsewhere: tuple[str, str, str]) -> None:
    SignedEntries(inner=entries, signer=OURS).put(*WHERE, RECORD)
    kept = entries.get(*WHERE)
    assert isinstance(kept, Record)
    entries.put(*elsewhere, kept)
    assert reason(reading(entries, OURS.public).get(*elsewhere)) == "the signature of what is shared is wrong"


@pytest.mark.parametrize(
    "signature", [None, "text", [], {}, {"by": OURS.public.id}, {"by": 1, "value": b""}, {"by": "x", "value": "y"}]
)
def test_what_is_no_signature_is_none(entries: MemoryEntries, signature: Value) -> None:
    entries.put(*WHERE, Record(fields={**RECORD.fields, FIELD: signature}, blobs=RECORD.blobs))
    assert reason(reading(entries, OURS.public).get(*WHERE)) == "what is shared is not signed"


def test_what_could_never_have_been_signed_is_refused(entries: MemoryEntries) -> None:
    fields: dict[str, Value] = {"x": {1: 2}, FIELD: {"by": OURS.public.id, "value": b"0" * 64}}  # type: ignore[dict-item]
    entries.put(*WHERE, Record(fields=fields))
    assert reason(reading(entries, OURS.public).get(*WHERE)) == "what is shared could never have been signed"


def test_a_signature_of_the_wrong_length_is_wrong(entries: MemoryEntries) -> None:
    signature = {"by": OURS.public.id, "value": b"short"}
    entries.put(*WHERE, Record(fields={**RECORD.fields, FIELD: signature}, blobs=RECORD.blobs))
    assert reason(reading(entries, OURS.public).get(*WHERE)) == "the signature of what is shared is wrong"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values))
def test_what_is_signed_is_the_same_before_it_was_kept_and_after(fields: dict[str, Value]) -> None:
    record = Record(fields=fields, blobs=RECORD.blobs)
    kind, partition, key = WHERE
    kept = from_bytes(to_bytes(Envelope(kind=kind, partition=partition, key=key, record=record))).record
    assert content_of(WHERE, kept) == content_of(WHERE, record)


def test_keys_are_written_and_read() -> None:
    assert SigningKey.from_pem(OURS.to_pem()).public == OURS.public
    assert public_key(str(OURS.public)) == OURS.public
    assert OURS.public != THEIRS.public


def test_the_texts_of_a_known_key() -> None:
    """The second key of RFC 8032 §7.1."""
    data = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(secret))
    assert key.public == PublicKey(data=data)
    assert str(key.public) == "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
    assert key.public.id == "39f713d0a644253f"
    assert key.sign(b"\x72").hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519:",
        "ed25519:AAAA",
        "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgx=",  # other bits that count for nothing
        f"rsa:{base64.b64encode(bytes(32)).decode()}",
        "ed25519:" + "!" * 44,
        "ü",
    ],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no public key"):
        public_key(text)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no private key"),
        (b"\xff\x00", "no private key"),
        (
            Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "encrypted",
        ),
        (
            generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "another kind",
        ),
    ],
)
def test_a_file_that_is_no_signing_key_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SigningKey.from_pem(data)
