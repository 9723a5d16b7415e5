"""Which proxy a URL is fetched through."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from freewheel.model import url as urls


def proxy_for(url: str, *, proxies: Mapping[str, str], no_proxy: str) -> str | None:
    """The proxy's URL, or None for a direct connection.

    `proxies` is by scheme (`http`, `https`, `all`). `no_proxy` lists, with commas, hosts and domains that are
    connected to directly, each with a port or without, address ranges, or `*` for all; loopback always is.

    >>> proxy_for("https://index.example/", proxies={"all": "http://proxy.example:3128"}, no_proxy="other.example")
    'http://proxy.example:3128'
    """
    proxy = proxies.get(urls.scheme(url)) or proxies.get("all")
    if proxy is None or urls.is_loopback(url):
        return None
    entries = [entry.strip().lower() for entry in no_proxy.split(",") if entry.strip()]
    return None if any(_matches(entry, url) for entry in entries) else proxy


def _matches(entry: str, url: str) -> bool:
    host = urls.host(url)
    if entry == "*":
        return True
    if "/" in entry:
        try:
            return ip_address(host) in ip_network(entry, strict=False)
        except ValueError:
            return False
    has_port = entry.count(":") == 1 or "]:" in entry
    name, _, port = entry.rpartition(":") if has_port else (entry, "", "")
    name = name.removeprefix("[").removesuffix("]")
    if port and port != str(urls.port(url)):
        return False
    name = name.removeprefix("*").lstrip(".")
    return host == name or host.endswith(f".{name}")
