"""What is for this user alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.build.checkout import Checkouts
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName
from freewheel.model.repository import RepositoryUrl
from freewheel.model.url import Credentials
from freewheel.net.origins import parse_trusted_hosts
from freewheel.wiring.sharing import Privacy

SDIST = Artifact(
    kind=ArtifactKind.SDIST,
    project=NormalizedName("six"),
    version=Version("1.0"),
    filename="six-1.0.tar.gz",
    url="https://files.example/six-1.0.tar.gz",
    listed_at="https://index.example/simple/six/",
)


@dataclass
class FakeCheckouts:
    """Knows which repositories anybody may read."""

    open_to_all: frozenset[str] = frozenset()

    def is_open_to_all(self, reference: RepositoryUrl) -> bool:
        return reference.url in self.open_to_all


def privacy(
    *known: str, trusted: tuple[str, ...] = (), is_certified: bool = False, repositories: str = ""
) -> Privacy:
    checkouts = cast("Checkouts", FakeCheckouts(frozenset(repositories.split())))
    return Privacy(
        known=lambda url: Credentials(user="me", password="x") if any(map(url.startswith, known)) else None,
        checkouts=lambda: checkouts,
        trusted=parse_trusted_hosts(trusted),
        is_certified=is_certified,
    )


def test_what_anybody_may_fetch_is_open() -> None:
    assert not privacy().is_private(SDIST)
    assert not privacy("https://other.example/").is_private(SDIST)


def test_credentials_for_the_file_or_for_its_page_make_it_private() -> None:
    assert privacy("https://files.example/").is_private(SDIST)
    assert privacy("https://index.example/").is_private(SDIST)


def test_so_does_a_token_in_a_url() -> None:
    assert privacy().is_private(replace(SDIST, url=f"{SDIST.url}?X-Amz-Signature=1"))
    assert privacy().is_private(replace(SDIST, listed_at=f"{SDIST.listed_at}?token=1"))


def test_so_do_a_client_certificate_and_a_server_that_nobody_verifies() -> None:
    assert privacy(is_certified=True).is_private(SDIST)
    assert privacy(trusted=("index.example",)).is_private(SDIST)
    assert not privacy(trusted=("127.0.0.1",)).is_private(replace(SDIST, url="http://127.0.0.1/six-1.0.tar.gz"))


@pytest.mark.parametrize(("repositories", "is_private"), [("https://git.example/six.git", False), ("", True)])
def test_a_repository_is_open_where_anybody_may_read_it(repositories: str, *, is_private: bool) -> None:
    commit = replace(SDIST, kind=ArtifactKind.REPOSITORY, url="git+https://git.example/six.git@v1", commit="12" * 20)
    assert privacy(repositories=repositories).is_private(commit) is is_private
