"""Where Ceph can be had."""

from __future__ import annotations

import pytest

from tests.support.ceph import obstacle

DEBIAN = ("debian", "12")


@pytest.mark.parametrize("system", [DEBIAN, ("ubuntu", "24.04"), ("Darwin", "")])
def test_what_is_here_needs_no_installing(system: tuple[str, str]) -> None:
    assert obstacle(missing=[], system=system, is_root=False) is None


def test_root_on_debian_12_can_install_it() -> None:
    assert obstacle(missing=["radosgw"], system=DEBIAN, is_root=True) is None


@pytest.mark.parametrize(
    ("system", "is_root", "end"),
    [
        (DEBIAN, False, "; you are not root."),
        (("ubuntu", "24.04"), True, "; this is ubuntu 24.04."),
        (("Darwin", ""), False, "; this is Darwin and you are not root."),
    ],
)
def test_what_is_missing_is_said_with_why(system: tuple[str, str], is_root: bool, end: str) -> None:
    said = obstacle(missing=["ceph-osd", "radosgw"], system=system, is_root=is_root)
    assert said is not None
    assert said.startswith("Ceph's ceph-osd, radosgw cannot be found. On Debian 12 ")
    assert said.endswith(end)
