"""The cache that several machines share: where it is, and who may do what with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from freewheel.config.platform import Platform, absolute
from freewheel.config.settings import Setting, Settings
from freewheel.config.values import SharedCacheConfig
from freewheel.errors import InvalidOptionValue
from freewheel.options.sharing import READ, READ_WRITE, SCHEMES

NAME: Final = "shared-cache"
TIMEOUT: Final = 0.75
"""Seconds: a store across an ocean answers in 0.3, with the first connection's handshakes."""

_NONE: Final = "none"
_SIGNATURES: Final = "require-signatures"


def shared_cache_config(
    settings: Settings, environ: Mapping[str, str], platform: Platform
) -> SharedCacheConfig | None:
    """The shared cache, None where nobody named one; raises InvalidOptionValue.

    `none` names none, whatever other places say. That keys are keys is found out where they are needed.
    """
    place = settings.nearest(NAME)
    if place is None or place.text.lower() == _NONE:
        return None
    mode = settings.choice("shared-cache-mode", READ)
    public_keys = tuple((one.text, one.source) for one in settings.items("shared-cache-public-key") if one.text)
    requires = settings.flag(_SIGNATURES) if settings.nearest(_SIGNATURES) is not None else bool(public_keys)
    if requires and not public_keys:
        setting = settings.nearest(_SIGNATURES) or place
        raise setting.invalid(f"option --{_SIGNATURES}: there is no public key (--shared-cache-public-key)")
    endpoint = settings.nearest("shared-cache-endpoint")
    return SharedCacheConfig(
        url=_url(place),
        source=place.source,
        may_write=mode == READ_WRITE,
        timeout=settings.seconds("shared-cache-timeout", TIMEOUT),
        endpoint=None if endpoint is None else _endpoint(endpoint),
        with_private=settings.flag("shared-cache-private"),
        with_downloads=settings.flag("shared-cache-downloads"),
        signing_key=_signing_key(settings, environ, platform),
        public_keys=public_keys,
        requires_signatures=requires,
    )


def _signing_key(settings: Settings, environ: Mapping[str, str], platform: Platform) -> str | None:
    """The file of the key; somebody may have given the key itself, which nobody must see."""
    setting = settings.nearest("shared-cache-signing-key")
    if setting is None:
        return None
    if "-----BEGIN" in setting.text:
        raise InvalidOptionValue(
            problem=f"option --{setting.option}: it is the key itself: put it into a file, and give the file's path",
            option=setting.option,
            value="****",
            source=setting.source,
        )
    return os.path.realpath(absolute(setting.text, platform, environ))


def _url(setting: Setting) -> str:
    """An address without a slash at its end."""
    parts = _parts(setting)
    shown = ", ".join(f"{scheme}://" for scheme in SCHEMES)
    if parts.scheme not in SCHEMES:
        raise setting.invalid(f"option --{NAME}: {setting.text!r} begins with none of {shown}")
    if parts.query or parts.fragment:
        bare = parts._replace(query="", fragment="").geturl()  # a query may be a token
        raise InvalidOptionValue(
            problem=f"option --{NAME}: what follows {bare!r} there is more than a place and a prefix",
            option=NAME,
            value=bare,
            source=setting.source,
        )
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.strip("/"):
            raise setting.invalid(f"option --{NAME}: {setting.text!r} names no folder (file:///folder)")
        return f"file://{parts.path.rstrip('/')}"
    if not parts.netloc:
        raise setting.invalid(f"option --{NAME}: {setting.text!r} names no bucket")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _endpoint(setting: Setting) -> str:
    parts = _parts(setting)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise setting.invalid(f"option --{setting.option}: {setting.text!r} is no http:// or https:// address")
    return setting.text.rstrip("/")


def _parts(setting: Setting) -> SplitResult:
    try:
        parts = urlsplit(setting.text)
    except ValueError:
        raise setting.invalid(f"option --{setting.option}: it is no URL") from None
    if "@" in parts.netloc:
        raise _with_credentials(setting)
    return parts


def _with_credentials(setting: Setting) -> InvalidOptionValue:
    problem = (
        f"option --{setting.option}: credentials do not belong into the address, where many see them: put them into"
        " the store's own environment variables (such as AWS_ACCESS_KEY_ID) or files"
    )
    return setting.invalid(problem)
