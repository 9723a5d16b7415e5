"""Digests as somebody states them."""

from __future__ import annotations

import pytest

from freewheel.model.digest import Digest, identity, parse, sha256_of, strongest


@pytest.mark.parametrize("text", ["sha256:AB12", "SHA256=ab12", " sha256 : ab12 "])
def test_either_separator_and_any_case(text: str) -> None:
    assert parse(text) == Digest(algorithm="sha256", value="ab12")


@pytest.mark.parametrize(
    "text", ["", "sha256", "sha256:", "sha256:xyz", "crc32:ab", "sha256:ab 12", ":ab", "sha256:\u0661"]
)
def test_what_is_no_digest(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(text)


def test_the_strongest_is_compared_and_sha256_identifies() -> None:
    stated = [parse(text) for text in ("md5:01", "sha256:02", "sha512:03", "sha1:04")]
    assert str(strongest(stated)) == "sha512:03"
    assert str(identity(stated)) == "sha256:02"
    assert strongest([]) is None
    assert identity([parse("sha512:03")]) is None
    assert [digest.is_strong for digest in stated] == [False, True, True, False]


def test_bytes_have_one() -> None:
    assert str(sha256_of(b"")) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
