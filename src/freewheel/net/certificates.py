"""Whose certificates are trusted, which one is shown, and what a failed handshake says of either."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import truststore

from freewheel import errors
from freewheel.errors import CertificateProblem

_PROBLEMS: dict[int, CertificateProblem] = {
    9: "not yet valid",
    10: "expired",
    62: "for another name",
    64: "for another name",
    **dict.fromkeys((2, 18, 19, 20, 21), "unknown authority"),
}
"""OpenSSL's codes (X509_V_ERR_...) for what people can do something about."""

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""The file names by which OpenSSL finds a certificate in a folder."""

_SUFFIXES = (".pem", ".crt", ".cer")

_ABOUT_OURS = re.compile(r"ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)")
"""Alerts (RFC 8446 §6.2) with which a server turns our certificate down, or asks for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """A PEM file with certificate and key; `passphrase` gives what the key may be encrypted with, if anybody can."""

    path: str
    passphrase: Callable[[], str | None] = field(default=lambda: None, repr=False, compare=False)


def verifying(authorities: str | None) -> ssl.SSLContext:
    """Trusts what the certificates in a file or folder vouch for, or, with None, what the system trusts.

    Raises UnusableCertificates.
    """
    if authorities is None:
        return _noticing_the_end(truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context = _noticing_the_end(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    try:
        if Path(authorities).is_dir():
            _load_folder(context, Path(authorities))
        else:
            context.load_verify_locations(cafile=authorities)
    except OSError as error:
        raise errors.UnusableCertificates(files=(authorities,), reason=_text(error)) from error
    return context


def trusting() -> ssl.SSLContext:
    """Trusts everybody."""
    context = _noticing_the_end(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def show(context: ssl.SSLContext, ours: ClientCertificate | None) -> None:
    """Answer servers that ask for a certificate; raises UnusableCertificates."""
    if ours is None:
        return

    def passphrase() -> str:
        answer = ours.passphrase()
        if answer is None:
            reason = "its key is encrypted, and there is nobody to ask for the passphrase"
            raise errors.UnusableCertificates(files=(ours.path,), reason=reason)
        return answer

    try:
        context.load_cert_chain(ours.path, password=passphrase)
    except OSError as error:
        raise errors.UnusableCertificates(files=(ours.path,), reason=_text(error)) from error


def problem_of(error: ssl.SSLCertVerificationError) -> CertificateProblem | None:
    """What is wrong with a server's certificate."""
    return _PROBLEMS.get(error.verify_code)


def is_about_ours(error: BaseException) -> bool:
    """Whether a server turned our certificate down, or wants one."""
    return isinstance(error, ssl.SSLError) and bool(_ABOUT_OURS.search(error.reason or ""))


def _noticing_the_end(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same, which tells a stream that was cut off from one that ended; Python has OpenSSL 3 pass over that."""
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    return context


def _load_folder(context: ssl.SSLContext, folder: Path) -> None:
    """By OpenSSL's hashed names, or, where there are none, every file that is called a certificate."""
    files = sorted(folder.iterdir())
    if any(_HASHED.fullmatch(file.name) for file in files):
        context.load_verify_locations(capath=str(folder))
        return
    certificates = [file for file in files if file.suffix.lower() in _SUFFIXES]
    if not certificates:
        reason = f"no file in it is called {', '.join(f'*{suffix}' for suffix in _SUFFIXES)} or by its hash"
        raise errors.UnusableCertificates(files=(str(folder),), reason=reason)
    for file in certificates:
        try:
            context.load_verify_locations(cafile=str(file))
        except OSError as error:
            raise errors.UnusableCertificates(files=(str(file),), reason=_text(error)) from error


def _text(error: OSError) -> str:
    return error.strerror or type(error).__name__
