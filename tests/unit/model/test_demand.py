"""Which stated digests may be believed where a person demands some."""

from __future__ import annotations

import pytest

from freewheel.model.demand import Demand, expected
from freewheel.model.digest import Digest, parse


def demand(*texts: str) -> Demand:
    return Demand(allowed=frozenset(map(parse, texts)))


def digests(*texts: str) -> tuple[Digest, ...]:
    return tuple(map(parse, texts))


@pytest.mark.parametrize(
    ("demands", "stated", "believed"),
    [
        ((), ("sha256:a", "md5:b"), ("sha256:a", "md5:b")),
        ((demand("sha256:a", "sha256:c"),), ("sha256:a", "md5:b"), ("sha256:a",)),
        ((demand("sha512:a"),), ("sha256:b", "sha512:a"), ("sha512:a",)),
        ((demand("sha256:a"),), ("sha256:b",), ("sha256:a",)),
        ((demand("sha256:a"),), (), ("sha256:a",)),
        ((demand("sha256:a", "sha256:b"),), (), ()),
        ((demand("sha256:a", "sha256:b"),), ("sha256:c",), ()),
        ((demand("sha256:a", "sha256:b"), demand("sha256:b")), (), ("sha256:b",)),
        ((demand("sha256:a"), demand("sha512:b")), ("sha256:a",), ("sha256:a", "sha512:b")),
        ((demand("sha256:a"), demand("sha256:b")), ("sha256:a",), ()),
    ],
)
def test_what_is_stated_counts_as_far_as_it_is_demanded(
    demands: tuple[Demand, ...], stated: tuple[str, ...], believed: tuple[str, ...]
) -> None:
    assert expected(demands, digests(*stated)) == digests(*believed)
