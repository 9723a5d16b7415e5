"""Certificates, proxies, passwords."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.config.values import Location
from freewheel.errors import InvalidOptionValue
from freewheel.model.url import Credentials
from tests.support.told import HOME, told

ORDER = ["--cert", "FREEWHEEL_CERT", "PIP_CERT", "cert", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]


@pytest.mark.parametrize("nearest", range(len(ORDER)))
def test_the_first_bundle_named_counts(tmp_path: Path, nearest: int) -> None:
    words, environ, files = ["list"], {}, {}
    for place in ORDER[nearest:]:
        bundle = tmp_path / place
        bundle.touch()
        if place == "--cert":
            words += [place, str(bundle)]
        elif place == "cert":
            files["/etc/pip.conf"] = f"[global]\ncert = {bundle}\n"
        else:
            environ[place] = str(bundle)
    assert told(words, environ, files).network.ca_bundle == str(tmp_path / ORDER[nearest])


def test_without_any_the_systems_store_decides() -> None:
    network = told("list", {"SSL_CERT_FILE": ""}).network
    assert (network.ca_bundle, network.ca_folder) == (None, None)


def test_a_folder_of_certificates(tmp_path: Path) -> None:
    network = told("list", {"SSL_CERT_DIR": str(tmp_path)}).network
    assert (network.ca_bundle, network.ca_folder) == (None, str(tmp_path))


def test_a_bundle_that_is_not_there_is_an_error_with_its_source(tmp_path: Path) -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        told("install six", {"SSL_CERT_FILE": str(tmp_path / "absent.pem")})
    assert caught.value.source == "SSL_CERT_FILE in the environment"
    assert str(tmp_path / "absent.pem") in caught.value.problem


def test_a_client_certificate(tmp_path: Path) -> None:
    (tmp_path / "client.pem").touch()
    words = ["list", "--client-cert", str(tmp_path / "client.pem")]
    assert told(words).network.client_certificate == str(tmp_path / "client.pem")


def test_proxies_come_from_the_option_or_the_environment() -> None:
    environ = {"https_proxy": "http://me:pw@proxy.example:3128", "HTTPS_PROXY": "http://other", "NO_PROXY": "a,b"}
    network = told("list", environ).network
    location = Location(url="http://proxy.example:3128", credentials=Credentials(user="me", password="pw"))
    assert network.proxies == (("https", location),)
    assert network.no_proxy == "a,b"
    chosen = told("list --proxy proxy.example:1", environ).network.proxies
    assert chosen == (("all", Location(url="http://proxy.example:1")),)
    assert told("list --no-proxy-env", environ).network.proxies == ()
    assert told(["list", "--proxy", ""], environ).network.proxies == ()


def test_netrc() -> None:
    assert told("list", {"NETRC": "~/passwords"}).network.netrc == (f"{HOME}/passwords",)
    assert told("list").network.netrc == (f"{HOME}/.netrc", f"{HOME}/_netrc")


def test_trusted_hosts_are_collected() -> None:
    environ = {"PIP_TRUSTED_HOST": "A.example b.example:8080"}
    hosts = told("list --trusted-host c.example", environ).network.trusted_hosts
    assert hosts == ("a.example", "b.example:8080", "c.example")
