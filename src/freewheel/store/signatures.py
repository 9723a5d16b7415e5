"""Records that say who wrote them: Ed25519 (RFC 8032) over everything that a record says and where it belongs.

    signed:  "freewheel record v1" NUL, then MessagePack of [kind, partition, key, fields, blobs], mappings in order

The signature lies in the record's fields, under a name of its own. Whoever can write to a store could put anything
there; whoever has no key cannot sign it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from freewheel.errors import StoreError, StoreUnavailable
from freewheel.store.protocol import Entries, EntryInfo, Miss
from freewheel.store.record import Record, Value

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FIELD: Final = "signature"
SCHEME: Final = "ed25519:"
"""What a public key begins with, as people write it; the rest is base64 of its 32 bytes (RFC 8032 §5.1.5)."""

_DOMAIN: Final = b"freewheel record v1\0"
_PUBLIC_SIZE: Final = 32
_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")


class PublicKey(Struct, frozen=True, kw_only=True):
    """Whom one believes; `data` are its 32 bytes."""

    data: bytes

    @property
    def id(self) -> str:
        """What a signature calls it: 16 hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{SCHEME}{base64.b64encode(self.data).decode('ascii')}"

    def confirms(self, signature: bytes, content: bytes) -> bool:
        """Whether the signature is this key's, of this content."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.data).verify(signature, content)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """Who signs; its text is PEM (PKCS #8, RFC 5958), unencrypted, as other programs write and read it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public: Final = PublicKey(data=_raw(key.public_key()))

    @classmethod
    def new(cls) -> SigningKey:
        """A key that nobody else has."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, data: bytes) -> SigningKey:
        """Read one; ValueError with a clause for anything else."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(data, password=None)
        except TypeError:
            raise ValueError("it is encrypted, and nobody can be asked for its passphrase") from None
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("it holds no private key in PEM") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("it holds a key of another kind than Ed25519")  # noqa: TRY004  # a file's content is wrong
        return cls(key)

    def to_pem(self) -> bytes:
        """The key, for a file that only its owner can read."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, content: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(content)


def public_key(text: str) -> PublicKey:
    """Read a public key as `str` writes it; ValueError for anything else."""
    scheme, data = text[: len(SCHEME)], text[len(SCHEME) :]
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # Base64 has several texts for the same bytes: a mistyped one is none of them that anybody was given.
    if scheme != SCHEME or len(raw) != _PUBLIC_SIZE or str(PublicKey(data=raw)) != text:
        raise ValueError(f"{text!r} is no public key ({SCHEME} and 44 characters of base64)")
    return PublicKey(data=raw)


class SignedEntries(Struct, frozen=True, kw_only=True):
    """Entries that sign what is kept, if there is a `signer`, and hold what is read against the `trusted` keys.

    With `is_required` what no trusted key has signed is a miss; without it only a wrong signature of a trusted key
    is. `trusted` are by their id. Raises as the inner entries, and StoreUnavailable where nothing can be checked.
    """

    inner: Entries
    signer: SigningKey | None = None
    trusted: Mapping[str, PublicKey] = {}
    is_required: bool = False

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """The record without its signature; as the inner entries."""
        return self._accepted((kind, partition, key), self.inner.get(kind, partition, key))

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep, replacing what was there; as the inner entries."""
        self.inner.put(kind, partition, key, self._signed((kind, partition, key), record))

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        """Keep, unless something is there; as the inner entries."""
        return self.inner.add(kind, partition, key, self._signed((kind, partition, key), record))

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget; as the inner entries."""
        return self.inner.remove(kind, partition, key)

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every entry of a kind; what is not accepted is a miss."""
        for info, found in self.inner.scan(kind, partition):
            yield info, self._accepted((info.kind, info.partition, info.key), found)

    def _signed(self, address: tuple[str, str, str], record: Record) -> Record:
        if self.signer is None:
            return record
        try:
            content = content_of(address, record)
        except (ValueError, OverflowError, TypeError, RecursionError) as error:
            raise StoreError(path="/".join(address[:2]), reason=str(error)) from error
        signature: Mapping[str, Value] = {"by": self.signer.public.id, "value": self.signer.sign(content)}
        return Record(fields={**record.fields, FIELD: signature}, blobs=record.blobs)

    def _accepted(self, address: tuple[str, str, str], found: Record | Miss) -> Record | Miss:
        if isinstance(found, Miss):
            return found
        fields = dict(found.fields)
        stated = fields.pop(FIELD, None)
        record = Record(fields=fields, blobs=found.blobs)
        fault = self._fault(address, record, stated)
        return record if fault is None else Miss(reason=fault, is_damage=True)

    def _fault(self, address: tuple[str, str, str], record: Record, stated: object) -> str | None:
        """What speaks against a record, as a clause."""
        by = stated.get("by") if isinstance(stated, Mapping) else None
        value = stated.get("value") if isinstance(stated, Mapping) else None
        if not isinstance(by, str) or not isinstance(value, bytes):
            return "what is shared is not signed" if self.is_required else None
        key = self.trusted.get(by)
        if key is None:
            return f"what is shared is signed with a key that is not trusted ({by})" if self.is_required else None
        try:
            is_right = key.confirms(value, content_of(address, record))
        except (ValueError, OverflowError, TypeError, RecursionError):
            return "what is shared could never have been signed"
        except ImportError as error:
            reason = "signatures need the library cryptography, which is not installed"
            raise StoreUnavailable(path="/".join(address[:2]), reason=reason, is_final=True) from error
        return None if is_right else "the signature of what is shared is wrong"


def content_of(address: tuple[str, str, str], record: Record) -> bytes:
    """What is signed; the same for a record before it was kept and after it was read."""
    return _DOMAIN + _ENCODER.encode([*address, record.fields, list(map(str, record.blobs))])


def _raw(key: Ed25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
