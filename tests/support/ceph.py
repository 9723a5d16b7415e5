"""Ceph's gateway for S3, from Debian's packages: one monitor, one OSD in memory and one gateway, all on loopback.

    monitor ──> OSD (memstore) ──> radosgw (beast) ──> http://127.0.0.1:<port>, which checks signatures and policies

The gateway acts as Ceph's administrator, whose key is made too. Without keys (auth ... required = none) 10 of 40 OSDs
ended at once with "wrong fsid", having spoken to the monitor before they knew its cluster; with keys 0 of 25.
"""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.daemons import CannotStart, answers, free_port, run_to_end, started, wait_until

PACKAGES: Final = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
_PROGRAMS: Final = ("ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool", "radosgw", "radosgw-admin")
_DEBIAN: Final = ("debian", "12")

_CONFIGURATION: Final = """\
[global]
fsid = {cluster}
mon host = v1:127.0.0.1:{monitor_port}
ms bind msgr2 = false
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 8
osd pool default pgp num = 8
osd objectstore = memstore
memstore device bytes = 4294967296
mon data avail warn = 1
mon data avail crit = 1
run dir = {folder}
admin socket = {folder}/$name.socket
log file = {folder}/$name.messages
crash dir = {folder}
pid file =
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway, and two who may use it: the writer makes buckets, the reader has nothing but what policies give."""

    url: str
    version: str
    writer: tuple[str, str]
    reader: tuple[str, str]
    reader_arn: str

    @property
    def variables(self) -> Mapping[str, str]:
        """What tests have in their environment to use it."""
        return {
            "FREEWHEEL_TEST_S3": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.writer[0],
            "AWS_SECRET_ACCESS_KEY": self.writer[1],
            "FREEWHEEL_TEST_S3_READER_ARN": self.reader_arn,
            "FREEWHEEL_TEST_S3_READER_KEY": self.reader[0],
            "FREEWHEEL_TEST_S3_READER_SECRET": self.reader[1],
        }


def obstacle(*, missing: Sequence[str], system: tuple[str, str], is_root: bool) -> str | None:
    """Why what is missing cannot be installed; None where it can, or nothing is missing."""
    if not missing:
        return None
    lacking = [] if system == _DEBIAN else [f"this is {' '.join(system).strip() or 'something else'}"]
    lacking += [] if is_root else ["you are not root"]
    if not lacking:
        return None
    return (
        f"Ceph's {', '.join(missing)} cannot be found. On Debian 12 root has the packages installed"
        f" ({' '.join(PACKAGES)}); {' and '.join(lacking)}."
    )


def install_what_is_missing() -> None:
    """Have Ceph from Debian's packages, if it is not here; raises CannotStart."""
    missing = [program for program in _PROGRAMS if not shutil.which(program)]
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    system = release.get("ID", platform.system()), release.get("VERSION_ID", "")
    reason = obstacle(missing=missing, system=system, is_root=hasattr(os, "geteuid") and os.geteuid() == 0)
    if reason is not None:
        raise CannotStart(reason)
    if missing:
        variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run_to_end("apt-get", "update", variables=variables)
        run_to_end("apt-get", "install", "-y", "--no-install-recommends", *PACKAGES, variables=variables)


@contextmanager
def ceph_gateway() -> Iterator[Gateway]:
    """A gateway with nothing in it, while this context is open; raises CannotStart."""
    install_what_is_missing()
    with tempfile.TemporaryDirectory(prefix="ceph-") as name:
        folder = Path(name)
        port, monitor_port, cluster = free_port(), free_port(), str(uuid.uuid4())
        configuration = folder / "ceph.conf"
        configuration.write_text(
            _CONFIGURATION.format(cluster=cluster, folder=folder, port=port, monitor_port=monitor_port),
            encoding="utf-8",
        )
        _make_keys(folder / "keyring")
        for data in ("mon", "osd", "rgw"):
            (folder / data).mkdir()
        with (
            _monitor(configuration, cluster, monitor_port),
            _osd(configuration),
            _gateway(configuration, f"http://127.0.0.1:{port}"),
        ):
            yield Gateway(
                url=f"http://127.0.0.1:{port}",
                version=_version(),
                writer=_user(configuration, "writer"),
                reader=_user(configuration, "reader"),
                reader_arn="arn:aws:iam:::user/reader",
            )


def _make_keys(keyring: Path) -> None:
    """Keys for everybody, in one file, which the monitor takes over."""
    run_to_end("ceph-authtool", keyring, "--create-keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
    everything = ("--cap", "mon", "allow *", "--cap", "osd", "allow *")
    for name in ("client.admin", "osd.0"):
        run_to_end("ceph-authtool", keyring, "--gen-key", "-n", name, *everything)


@contextmanager
def _monitor(configuration: Path, cluster: str, port: int) -> Iterator[None]:
    folder, options = configuration.parent, ("-c", configuration)
    addresses = folder / "monmap"
    run_to_end("monmaptool", "--create", "--fsid", cluster, "--addv", "a", f"v1:127.0.0.1:{port}", addresses)
    run_to_end("ceph-mon", "-i", "a", "--mkfs", "--monmap", addresses, "--keyring", folder / "keyring", *options)
    log = folder / "ceph-mon.log"
    with started("ceph-mon", "-i", "a", "-f", *options, log=log) as process:
        wait_until(lambda: _succeeds("ceph", "--connect-timeout", "2", *options, "status"), process, log)
        yield


@contextmanager
def _osd(configuration: Path) -> Iterator[None]:
    folder, options = configuration.parent, ("-c", configuration)
    identity = str(uuid.uuid4())
    run_to_end("ceph", *options, "osd", "new", identity)
    run_to_end("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity, *options)
    log = folder / "ceph-osd.log"
    with started("ceph-osd", "-i", "0", "-f", *options, log=log) as process:
        wait_until(lambda: "1 up" in _said("ceph", *options, "osd", "stat"), process, log)
        yield


@contextmanager
def _gateway(configuration: Path, url: str) -> Iterator[None]:
    log = configuration.parent / "radosgw.log"
    with started("radosgw", "-n", "client.admin", "-f", "-c", configuration, log=log) as process:
        wait_until(lambda: answers(url), process, log)
        yield


def _user(configuration: Path, name: str) -> tuple[str, str]:
    """Make somebody who may make as many buckets as they like; the access key and the secret one."""
    key, secret = secrets.token_hex(10), secrets.token_hex(20)
    keys = ("--access-key", key, "--secret-key", secret)
    who = ("--uid", name, "--display-name", name, "--max-buckets", "0")
    run_to_end("radosgw-admin", "-c", configuration, "user", "create", *who, *keys)
    return key, secret


def _version() -> str:
    """As in "ceph version 16.2.15 (...) pacific (stable)"."""
    return _said("radosgw", "--version").split(" (", 1)[0].removeprefix("ceph version ")


def _said(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    return done.stdout


def _succeeds(*command: str | Path) -> bool:
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode == 0
