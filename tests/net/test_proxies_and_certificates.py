"""Each kind of proxy with each way of trusting a server, configured as a person does, on real sockets."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from freewheel import errors
from freewheel.events import Recorder
from freewheel.httpcache.message import Request
from freewheel.net.bodies import read_all
from freewheel.net.protocol import Reply
from freewheel.wiring.credentials import run_credentials
from freewheel.wiring.network import transport
from tests.support.proxy import ProxyServer
from tests.support.server import IndexServer
from tests.support.told import told

HOST = "index.example"
"""A name that the proxy alone can resolve."""

ORIGINS = ("mary", "origin:s3cret/%")
PROXYS = ("bob", "proxy@s3cret:%2F")
PROXYS_ENCODED = "bob:proxy%40s3cret%3A%252F"

PROXIES = ["none", "http", "http with credentials", "https", "https with credentials"]
TRUSTS = ["system", "file", "folder", "variable", "trusted host", "client certificate"]


def token(credentials: tuple[str, str]) -> str:
    return base64.b64encode(":".join(credentials).encode()).decode()


@dataclass(slots=True)
class World:
    """One authority that vouches for origin, proxy and client, whatever of them a test brings to life."""

    folder: Path
    stack: ExitStack
    authority: trustme.CA = field(default_factory=trustme.CA)

    def origin(self, *, tls: bool = True, wants_certificate: bool = False, **settings: object) -> IndexServer:
        server = IndexServer(
            authority=self.authority if tls else None,
            names=("127.0.0.1", HOST),
            wants_certificate=wants_certificate,
            **settings,  # type: ignore[arg-type]
        )
        self.stack.enter_context(server)
        server.put("/simple/six/", "a page", "text/html")
        return server

    def proxy(self, origin: IndexServer, kind: str, *, refusal: int | None = None) -> ProxyServer:
        proxy = ProxyServer(
            hosts={HOST: origin.port},
            authority=self.authority if kind.startswith("https") else None,
            credentials=PROXYS if kind.endswith("credentials") else None,
            refusal=refusal,
        )
        return self.stack.enter_context(proxy)

    @property
    def bundle(self) -> str:
        path = self.folder / "authorities" / "ours.pem"
        path.parent.mkdir(exist_ok=True)
        self.authority.cert_pem.write_to_path(str(path))
        return str(path)

    @property
    def client_certificate(self) -> str:
        path = self.folder / "client.pem"
        self.authority.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(str(path))
        return str(path)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(folder=tmp_path, stack=stack)


def send(
    url: str,
    words: list[str],
    environ: Mapping[str, str] | None = None,
    *,
    credentials: tuple[str, str] | None = ORIGINS,
) -> Reply:
    """One request as `download` with these words, in this environment, would send it."""
    index = url if credentials is None else url.replace("://", f"://{credentials[0]}:origin%3As3cret%2F%25@")
    config = told(["download", "--retries", "0", "--timeout", "20", "--index-url", index, *words], environ)
    reporter = Recorder()
    authority = run_credentials(config.network, environment={}, person=None, reporter=reporter)
    for location in config.index.indexes:
        if location.credentials is not None:
            authority.add(location.url, location.credentials)
    layers = transport(
        config.network,
        config.freshness,
        authority=authority,
        person=None,
        shared_pages=(),
        cache=None,
        reporter=reporter,
        clock=lambda: 0.0,
        at_end=lambda _: None,
    )
    return layers.send(Request(url=url))


def trusting(world: World, trust: str) -> tuple[list[str], dict[str, str]]:
    """The words and variables of a way of trusting."""
    if trust == "system":
        return [], {}
    if trust == "folder":
        return ["--cert", str(Path(world.bundle).parent)], {}
    if trust == "variable":
        return [], {"REQUESTS_CA_BUNDLE": world.bundle}
    if trust == "trusted host":
        return ["--trusted-host", HOST, "--trusted-host", "127.0.0.1"], {}
    own = ["--client-cert", world.client_certificate] if trust == "client certificate" else []
    return ["--cert", world.bundle, *own], {}


@pytest.mark.parametrize("trust", TRUSTS)
@pytest.mark.parametrize("kind", PROXIES)
def test_each_proxy_with_each_way_of_trusting(world: World, kind: str, trust: str) -> None:
    """Whoever is not trusted is told nothing; credentials reach whom they are for, and nobody in between."""
    origin = world.origin(wants_certificate=trust == "client certificate")
    origin.answer("*", credentials=ORIGINS)
    words, environ = trusting(world, trust)
    url, proxy = f"https://127.0.0.1:{origin.port}/simple/six/", None
    if kind != "none":
        url, proxy = f"https://{HOST}:{origin.port}/simple/six/", world.proxy(origin, kind)
        given = proxy.url_with(PROXYS_ENCODED) if kind.endswith("credentials") else proxy.url
        words += ["--proxy", given]
    if trust == "system":
        with pytest.raises(errors.UntrustedCertificate) as caught:
            send(url, words, environ)
        assert (caught.value.problem, origin.log) == ("unknown authority", [])
        assert caught.value.proxy == (proxy.url if proxy is not None and kind.startswith("https") else None)
        assert proxy is None or not proxy.requests or kind.startswith("http ") or kind == "http"
        return
    reply = send(url, words, environ)
    assert (reply.response.status, read_all(reply.body)) == (200, b"a page")
    [asked] = origin.log
    assert (asked.header("Authorization"), asked.header("Proxy-Authorization")) == (f"Basic {token(ORIGINS)}", None)
    if proxy is not None:
        [tunnel] = proxy.requests
        wanted = f"Basic {token(PROXYS)}" if kind.endswith("credentials") else None
        assert (tunnel.method, tunnel.target) == ("CONNECT", f"{HOST}:{origin.port}")
        assert (tunnel.header("Proxy-Authorization"), tunnel.header("Authorization")) == (wanted, None)
        assert not tunnel.showed_certificate
        assert proxy.passed
        for secret in (token(ORIGINS), token(PROXYS), "Authorization"):
            assert secret.encode() not in proxy.passed


@pytest.mark.parametrize("kind", PROXIES[1:])
def test_plain_http_goes_through_a_proxy_in_clear_and_the_proxys_password_no_further(world: World, kind: str) -> None:
    """The host is trusted, and the proxy is verified all the same."""
    origin = world.origin(tls=False)
    origin.answer("*", credentials=ORIGINS)
    proxy = world.proxy(origin, kind)
    given = proxy.url_with(PROXYS_ENCODED) if kind.endswith("credentials") else proxy.url
    url, words = f"http://{HOST}:{origin.port}/simple/six/", ["--trusted-host", HOST, "--proxy", given]
    if kind.startswith("https"):
        with pytest.raises(errors.UntrustedCertificate) as caught:
            send(url, words)
        assert caught.value.proxy == proxy.url
        words += ["--cert", world.bundle, "--client-cert", world.client_certificate]
    assert read_all(send(url, words).body) == b"a page"
    [asked], [forwarded] = origin.log, proxy.requests
    assert (asked.header("Authorization"), asked.header("Proxy-Authorization")) == (f"Basic {token(ORIGINS)}", None)
    assert (forwarded.method, forwarded.target) == ("GET", url)
    assert bool(forwarded.header("Proxy-Authorization")) is kind.endswith("credentials")
    assert not forwarded.showed_certificate


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("user_info", ["", "bob:wrong"])
def test_a_proxy_that_wants_other_credentials_is_named(world: World, scheme: str, user_info: str) -> None:
    """Without any password, and at once: asking again would not help."""
    origin = world.origin(tls=scheme == "https")
    proxy = world.proxy(origin, "http with credentials")
    words = ["--trusted-host", HOST, "--proxy", proxy.url_with(user_info) if user_info else proxy.url]
    with pytest.raises(errors.ProxyRefused) as caught:
        send(f"{scheme}://{HOST}:{origin.port}/simple/six/", [*words, "--retries", "5"])
    error = caught.value
    assert (error.status, error.had_credentials, error.proxy) == (407, bool(user_info), proxy.url)
    assert (len(proxy.requests), origin.log) == (1, [])


@pytest.mark.parametrize(("status", "kind"), [(403, errors.ProxyRefused), (502, errors.Unreachable)])
def test_a_proxy_that_makes_no_connection(world: World, status: int, kind: type[errors.NetworkError]) -> None:
    origin = world.origin()
    proxy = world.proxy(origin, "http", refusal=status)
    with pytest.raises(kind) as caught:
        send(f"https://{HOST}:{origin.port}/simple/six/", ["--cert", world.bundle, "--proxy", proxy.url])
    assert proxy.url in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "words", "is_used"),
    [
        pytest.param({"https_proxy": "{proxy}"}, [], True, id="its own scheme"),
        pytest.param({"ALL_PROXY": "{proxy}"}, [], True, id="all, in capitals"),
        pytest.param({"http_proxy": "{proxy}"}, [], False, id="another scheme"),
        pytest.param({"https_proxy": "", "HTTPS_PROXY": "{proxy}"}, [], False, id="taken back in lower case"),
        pytest.param({"https_proxy": "{proxy}", "no_proxy": ".example"}, [], False, id="not for this domain"),
        pytest.param({"https_proxy": "{proxy}", "NO_PROXY": "a.test, *"}, [], False, id="for nobody"),
        pytest.param({"https_proxy": "{proxy}", "no_proxy": "x.example"}, [], True, id="not for another host"),
        pytest.param({"https_proxy": "{proxy}"}, ["--no-proxy-env"], False, id="not from the environment"),
        pytest.param({"https_proxy": "{proxy}"}, ["--proxy", ""], False, id="none on purpose"),
        pytest.param({"PIP_PROXY": "{proxy}", "no_proxy": "*"}, [], True, id="on purpose for everybody"),
        pytest.param({"PIP_PROXY": "{proxy}"}, ["--no-proxy-env"], True, id="an option is no variable of others"),
    ],
)
def test_which_proxy_is_taken(world: World, environ: dict[str, str], words: list[str], is_used: bool) -> None:
    origin = world.origin()
    proxy = world.proxy(origin, "http")
    url = f"https://{HOST}:{origin.port}/simple/six/"
    filled = {name: value.format(proxy=proxy.url) for name, value in environ.items()}
    if is_used:
        assert read_all(send(url, ["--cert", world.bundle, *words], filled).body) == b"a page"
    else:
        with pytest.raises(errors.Unreachable):
            send(url, ["--cert", world.bundle, *words], filled)
    assert bool(proxy.requests) is is_used


def test_a_client_certificate_is_asked_for_by_name(world: World) -> None:
    origin = world.origin(wants_certificate=True)
    url = f"https://127.0.0.1:{origin.port}/simple/six/"
    stranger = world.folder / "stranger.pem"
    trustme.CA().issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(str(stranger))
    for words, was_shown in (([], False), (["--client-cert", str(stranger)], True)):
        with pytest.raises(errors.ClientCertificateRefused) as caught:
            send(url, ["--cert", world.bundle, "--retries", "5", *words])
        assert caught.value.was_shown is was_shown
    assert origin.log == []


@pytest.mark.parametrize(
    ("settings", "host", "problem"),
    [
        ({"expires": datetime(2021, 1, 1, tzinfo=UTC)}, "127.0.0.1", "expired"),
        ({}, "localhost", "for another name"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(
    world: World, settings: dict[str, object], host: str, problem: str
) -> None:
    origin = world.origin(**settings)  # type: ignore[arg-type]
    with pytest.raises(errors.UntrustedCertificate) as caught:
        send(f"https://{host}:{origin.port}/simple/six/", ["--cert", world.bundle])
    assert (caught.value.problem, caught.value.proxy, origin.log) == (problem, None, [])


def test_a_server_that_speaks_no_tls_is_told_from_one_that_is_down(world: World) -> None:
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        with pytest.raises(errors.Unreachable) as caught:
            send(f"https://127.0.0.1:{listener.getsockname()[1]}/simple/six/", ["--cert", world.bundle])
        thread.join()
    assert "no TLS is spoken there" in caught.value.reason


@pytest.mark.parametrize("kind", ["http", "https"])
def test_a_proxy_that_is_gone_is_named_without_its_password(world: World, kind: str) -> None:
    origin = world.origin()
    with ProxyServer(hosts={}, authority=world.authority if kind == "https" else None) as proxy:
        given = proxy.url_with(PROXYS_ENCODED)
    with pytest.raises(errors.Unreachable) as caught:
        send(f"https://{HOST}:{origin.port}/simple/six/", ["--cert", world.bundle, "--proxy", given])
    assert f"the proxy {proxy.url} does not work" in caught.value.reason
    assert "s3cret" not in str(caught.value)
