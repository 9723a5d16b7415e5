"""Folders of certificates, keys, and the codes of failed handshakes."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from freewheel.errors import UnusableCertificates
from freewheel.net import certificates
from freewheel.net.certificates import ClientCertificate


def counted(context: ssl.SSLContext) -> int:
    return context.cert_store_stats()["x509_ca"]


def test_a_folder_of_files_that_are_called_certificates(tmp_path: Path) -> None:
    for name in ("one.pem", "two.CRT"):
        trustme.CA().cert_pem.write_to_path(str(tmp_path / name))
    (tmp_path / "README").write_text("not one of them", encoding="utf-8")
    assert counted(certificates.verifying(str(tmp_path))) == 2


def test_a_folder_that_openssl_has_prepared_is_looked_up_by_hash(tmp_path: Path) -> None:
    """Nothing is loaded in advance."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "0a1b2c3d.0"))
    assert counted(certificates.verifying(str(tmp_path))) == 0


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_folder_without_certificates_is_an_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "one.pem").write_text(content, encoding="utf-8")
    with pytest.raises(UnusableCertificates) as caught:
        certificates.verifying(str(tmp_path))
    assert caught.value.files == (str(tmp_path if content is None else tmp_path / "one.pem"),)


def encrypted(path: Path) -> Path:
    ours = trustme.CA().issue_cert("client.example")
    key = serialization.load_pem_private_key(ours.private_key_pem.bytes(), password=None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    path.write_bytes(locked + b"".join(pem.bytes() for pem in ours.cert_chain_pems))
    return path


def test_an_encrypted_key_is_opened_with_its_passphrase(tmp_path: Path) -> None:
    path = str(encrypted(tmp_path / "client.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    certificates.show(context, ClientCertificate(path=path, passphrase=lambda: "open sesame"))
    for word in (None, "wrong"):
        with pytest.raises(UnusableCertificates) as caught:
            certificates.show(context, ClientCertificate(path=path, passphrase=lambda word=word: word))
        assert caught.value.files == (path,)


@pytest.mark.parametrize(
    ("reason", "is_about_ours"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", True),
        ("TLSV1_ALERT_UNKNOWN_CA", True),
        ("SSLV3_ALERT_BAD_CERTIFICATE", True),
        ("CERTIFICATE_VERIFY_FAILED", False),
        ("WRONG_VERSION_NUMBER", False),
    ],
)
def test_alerts_about_our_own_certificate_are_told_from_others(reason: str, is_about_ours: bool) -> None:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    assert certificates.is_about_ours(error) is is_about_ours
    assert not certificates.is_about_ours(OSError(reason))
