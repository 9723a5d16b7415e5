"""Certificates: which authorities are trusted, and what is said of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.server import IndexServer

WHEEL = "six-1.0-py3-none-any.whl"


@pytest.fixture
def server(archives: Path) -> Iterator[IndexServer]:
    """An index whose certificate only its own authority vouches for."""
    with IndexServer(tls=True) as running:
        running.add(make_wheel(archives, "six"))
        yield running


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """The bundle of an authority that vouches for nobody here."""
    path = tmp_path / "strangers.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def test_the_option_names_the_authorities(freewheel: Freewheel, server: IndexServer, strangers: Path) -> None:
    """`--cert` counts more than every variable."""
    env = {"PIP_CERT": str(strangers), "SSL_CERT_FILE": str(strangers)}
    freewheel.run("download", "--cert", server.ca_bundle, "six", env=env)
    assert (freewheel.cwd / WHEEL).exists()


@pytest.mark.parametrize("variable", ["FREEWHEEL_CERT", "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_variable_names_the_authorities(freewheel: Freewheel, server: IndexServer, variable: str) -> None:
    freewheel.run("download", "six", env={variable: str(server.ca_bundle)})
    assert (freewheel.cwd / WHEEL).exists()


def test_a_file_names_the_authorities(freewheel: Freewheel, server: IndexServer, strangers: Path) -> None:
    """What pip is configured with counts more than what is for all programs."""
    settings = strangers.with_name("pip.conf")
    settings.write_text(f"[global]\ncert = {server.ca_bundle}\n", encoding="utf-8")
    freewheel.run("download", "six", env={"PIP_CONFIG_FILE": str(settings), "REQUESTS_CA_BUNDLE": str(strangers)})
    assert (freewheel.cwd / WHEEL).exists()


@pytest.mark.parametrize("named", ["strangers", "system"])
def test_an_untrusted_certificate_is_an_error_that_says_what_to_do(
    freewheel: Freewheel, server: IndexServer, strangers: Path, named: str
) -> None:
    """At once: asking again would not help. Nothing is kept."""
    words = ("--cert", str(strangers)) if named == "strangers" else ()
    before = snapshot(freewheel.folder)
    done = freewheel.run("download", *words, "six", expect=1)
    assert f"ERROR: The certificate of {server.index_url}six/ is not trusted." in done.stderr
    assert "--cert" in done.stderr
    assert "retry" not in done.stderr
    assert done.stderr.count("ERROR") == 1
    assert server.log == []
    assert {path for path in snapshot(freewheel.folder).keys() - before.keys() if path.endswith(".whl")} == set()


def test_a_trusted_host_needs_no_certificate(freewheel: Freewheel, server: IndexServer) -> None:
    """Behaviour 49: with its port or for all ports. A run that does not trust it sees nothing of what it gave."""
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    freewheel.run("download", "--trusted-host", "127.0.0.1", "six")
    assert (freewheel.cwd / WHEEL).exists()
    server.clear()
    freewheel.run("download", "--trusted-host", f"127.0.0.1:{server.port}", "--dest", "again", "six")
    assert server.log == []
    done = freewheel.run("download", "six", expect=1)
    assert "is not trusted" in done.stderr
    freewheel.run("download", "--trusted-host", "127.0.0.1:1", "six", expect=1)


def test_authorities_that_are_not_there_are_an_error_before_anything_is_done(
    freewheel: Freewheel, server: IndexServer, tmp_path: Path
) -> None:
    missing = tmp_path / "missing.pem"
    for words, env, source in (
        (("--cert", str(missing)), {}, "the command line"),
        ((), {"REQUESTS_CA_BUNDLE": str(missing)}, "REQUESTS_CA_BUNDLE in the environment"),
    ):
        done = freewheel.run("download", *words, "six", env=env, expect=2)
        assert f"The CA bundle {missing} does not exist (set by {source})." in done.stderr
    missing.write_text("no certificate\n", encoding="utf-8")
    done = freewheel.run("download", "--cert", missing, "six", expect=1)
    assert str(missing) in done.stderr
    assert "cannot be read as certificates" in done.stderr
    assert server.log == []
