"""Which certificates, proxies and passwords the network layer is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from freewheel.config.locations import at_url
from freewheel.config.platform import Platform, absolute, home
from freewheel.config.settings import Setting, Settings
from freewheel.config.values import Location, NetworkConfig

CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Where other programs read of trusted authorities, the first that is set counting."""


def network_config(settings: Settings, environ: Mapping[str, str], platform: Platform) -> NetworkConfig:
    """How to speak HTTP; raises InvalidOptionValue, also for certificates that are not there and might be needed."""
    # Others ask a server too, some of them: then the wire says what is missing.
    is_needed = "constraint" in settings.rows
    bundle, folder = _certificates(settings, environ, platform, must_exist=is_needed)
    option = settings.nearest("client-cert")
    client = None
    if option is not None and option.text:
        client = _existing(option, environ, platform, "client certificate", must_exist=is_needed)
    return NetworkConfig(
        timeout=settings.seconds("timeout", 15.0),
        retries=settings.number("retries", 5),
        proxies=_proxies(settings, environ),
        # As in pip, a proxy that was named on purpose is used for everything.
        no_proxy="" if settings.nearest("proxy") is not None else _variable(environ, "no_proxy") or "",
        ca_bundle=bundle,
        ca_folder=folder,
        client_certificate=client,
        trusted_hosts=tuple(host.text.lower() for host in settings.items("trusted-host")),
        netrc=_netrc(environ, platform),
        keyring_provider=settings.choice("keyring-provider", "auto"),
        resume_retries=settings.number("resume-retries", 5),
        may_ask=not settings.flag("no-input"),
    )


def _certificates(
    settings: Settings, environ: Mapping[str, str], platform: Platform, *, must_exist: bool
) -> tuple[str | None, str | None]:
    """The file, or the folder, of trusted authorities: the option, then what other programs read."""
    option = settings.nearest("cert")
    candidates = [option] if option is not None and option.text else []
    candidates += [
        Setting(option="cert", text=environ[name], source=f"{name} in the environment")
        for name in CERTIFICATE_VARIABLES
        if environ.get(name)
    ]
    if not candidates:
        return None, None
    is_demanded = must_exist or (candidates[0] is option and candidates[0].layer is None)
    path = _existing(candidates[0], environ, platform, "CA bundle", must_exist=is_demanded)
    return (None, path) if Path(path).is_dir() else (path, None)


def _existing(
    setting: Setting, environ: Mapping[str, str], platform: Platform, what: str, *, must_exist: bool
) -> str:
    path = absolute(setting.text, platform, environ)
    if must_exist and not Path(path).exists():
        raise setting.invalid(f"The {what} {path} does not exist (set by {setting.source}).")
    return path


def _proxies(settings: Settings, environ: Mapping[str, str]) -> tuple[tuple[str, Location], ...]:
    chosen = settings.nearest("proxy")
    if chosen is not None:
        return (("all", _proxy(chosen)),) if chosen.text else ()
    if settings.flag("no-proxy-env"):
        return ()
    found = ((scheme, _variable(environ, f"{scheme}_proxy")) for scheme in ("http", "https", "all"))
    return tuple(
        (scheme, _proxy(Setting(option="proxy", text=text, source=f"{scheme}_proxy in the environment")))
        for scheme, text in found
        if text
    )


def _proxy(setting: Setting) -> Location:
    """pip and curl take a proxy without a scheme as one that is spoken to in plain HTTP."""
    return at_url(setting if "://" in setting.text else replace(setting, text=f"http://{setting.text}"))


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    """A variable that other programs read in lower case first: there, an empty one takes the other back."""
    return environ.get(name, environ.get(name.upper()))


def _netrc(environ: Mapping[str, str], platform: Platform) -> tuple[str, ...]:
    if environ.get("NETRC"):
        return (absolute(environ["NETRC"], platform, environ),)
    return tuple(str(platform.path(home(platform, environ), name)) for name in (".netrc", "_netrc"))
