"""`--shared-cache`: what one machine builds, others do not."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freewheel.store.object_storage import Storage
from tests.support.archives import make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.faulty_store import FaultyStore
from tests.support.object_stores import ACCESS, in_bucket, new_bucket
from tests.support.server import IndexServer
from tests.support.sources import make_sdist

Machine = Callable[[str], Freewheel]

FROM_SHARED = "From the shared cache: 1 built wheel."


@pytest.fixture
def name(s3: str) -> str:
    """A bucket of this test's own."""
    return new_bucket(s3)


@pytest.fixture
def bucket(s3: str, name: str) -> dict[str, str]:
    """What the environment of a machine has that may write to it."""
    return {
        **ACCESS,
        "FREEWHEEL_SHARED_CACHE": f"s3://{name}/team",
        "FREEWHEEL_SHARED_CACHE_ENDPOINT": s3,
        "FREEWHEEL_SHARED_CACHE_MODE": "read-write",
        "FREEWHEEL_SHARED_CACHE_TIMEOUT": "30",
    }


@pytest.fixture
def storage(s3: str, name: str) -> Storage:
    """The bucket as it is."""
    return in_bucket(s3, name, prefix="team")


@pytest.fixture
def machine(tmp_path: Path, build_log: BuildLog, server: IndexServer, bucket: dict[str, str]) -> Machine:
    """A machine by its name, with nothing in its cache and the index and the bucket at hand."""

    def make(name: str) -> Freewheel:
        variables = {**build_log.variables, **bucket, "PIP_INDEX_URL": server.index_url}
        return Freewheel(tmp_path / name, variables=variables)

    return make


@pytest.fixture
def faulty(s3: str) -> Iterator[FaultyStore]:
    with FaultyStore(s3) as store:
        yield store


@pytest.fixture(autouse=True)
def index(server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "plain", files={"plain.py": b"x = 1\n"}))
    server.add(make_sdist(archives, "built", requires=["plain"]))


def install(machine: Freewheel, *words: str | Path, project: str = "built", expect: int = 0) -> str:
    """What it says. The target is new each time."""
    target = machine.cwd / f"target-{len(list(machine.cwd.iterdir()))}"
    done = machine.run("install", "--target", target, project, *words, expect=expect)
    assert (target / "built-1.0.dist-info").is_dir() == (expect == 0)
    return done.stdout + done.stderr


def objects(storage: Storage) -> dict[str, bytes]:
    """Everything in the bucket."""
    names = [one["path"] for one in storage.listed("")]
    return {name: data for name in names if isinstance(data := storage.data(name), bytes)}


# One builds, all have it


def test_what_one_machine_builds_another_does_not(machine: Machine, build_log: BuildLog, server: IndexServer) -> None:
    first = install(machine("first"), "-v")
    assert "From the shared cache" not in first
    assert "team: 0 found (0 bytes), 2 not; 2 written (1.2 kB)." in first
    assert build_log.builds() == 1
    server.clear()
    second = machine("second")
    assert FROM_SHARED in install(second)
    assert build_log.builds() == 1
    assert build_log.count("prepare_metadata_for_build_wheel") == 1
    assert not [request for request in server.log if request.path.endswith(".tar.gz")]
    why = second.run("cache", "why", "--kind=wheels", "built").stdout
    assert " on another machine by freewheel " in why
    assert f"  from: {second.variables['FREEWHEEL_SHARED_CACHE']}" in why
    assert "It would be reused." in why
    info = second.run("cache", "info").stdout
    assert f"Shared cache: {second.variables['FREEWHEEL_SHARED_CACHE']} (read and written;" in info
    assert "From the shared cache: 1 thing" in info


def test_what_came_is_kept_and_not_asked_for_again(machine: Machine, faulty: FaultyStore) -> None:
    install(machine("first"))
    second = machine("second")
    second.variables["FREEWHEEL_SHARED_CACHE_ENDPOINT"] = faulty.url
    install(second)
    asked = len(faulty.faults.log)
    assert asked
    assert "Reused" in install(second)
    assert len(faulty.faults.log) == asked


def test_who_only_reads_writes_nothing(machine: Machine, storage: Storage, build_log: BuildLog) -> None:
    reader = machine("reader")
    del reader.variables["FREEWHEEL_SHARED_CACHE_MODE"]
    install(reader)
    assert objects(storage) == {}
    install(machine("writer"))
    other = machine("other")
    del other.variables["FREEWHEEL_SHARED_CACHE_MODE"]
    assert FROM_SHARED in install(other)
    assert build_log.builds() == 2


def test_nothing_of_this_machine_gets_there(machine: Machine, storage: Storage, tmp_path: Path) -> None:
    install(machine("first"), "-C", "speed=fast")
    kept = objects(storage)
    assert sorted(name.split("/")[0] for name in kept) == ["blobs-v1", "entries-v1", "entries-v1", "freewheel-cache"]
    for data in kept.values():
        for secret in (str(tmp_path), socket.gethostname(), ACCESS["AWS_SECRET_ACCESS_KEY"], str(Path.home())):
            assert secret.encode() not in data


def test_a_lookup_is_one_small_request(machine: Machine, faulty: FaultyStore) -> None:
    first = machine("first")
    first.variables["FREEWHEEL_SHARED_CACHE_ENDPOINT"] = faulty.url
    install(first)
    assert (faulty.count("GET", "/entries-v1/metadata/"), faulty.count("GET", "/entries-v1/wheel/")) == (1, 1)
    faulty.faults.log.clear()
    second = machine("second")
    second.variables["FREEWHEEL_SHARED_CACHE_ENDPOINT"] = faulty.url
    install(second)
    assert faulty.count("GET") == 3  # the metadata's record, the wheel's, and the wheel
    assert len(faulty.faults.log) == 3


def test_a_mounted_folder_is_a_shared_cache_too(machine: Machine, build_log: BuildLog, tmp_path: Path) -> None:
    first = machine("missing")
    first.variables |= {"FREEWHEEL_SHARED_CACHE": (tmp_path / "mounted").as_uri()}
    assert "is not asked any more in this run: there is no such folder." in install(first)
    assert not (tmp_path / "mounted").exists()
    (tmp_path / "mounted").mkdir()
    for number, name in enumerate(("first", "second")):
        one = machine(name)
        one.variables |= {"FREEWHEEL_SHARED_CACHE": (tmp_path / "mounted").as_uri()}
        del one.variables["FREEWHEEL_SHARED_CACHE_ENDPOINT"]
        assert (FROM_SHARED in install(one)) is (number == 1)
    assert build_log.builds() == 2


def test_many_machines_that_build_the_same_end_with_one_entry(machine: Machine, storage: Storage) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: install(machine(f"machine-{number}")), range(6)))
    records = [name for name in objects(storage) if name.startswith("entries-v1/wheel/")]
    assert len(records) == 1
    assert FROM_SHARED in install(machine("last"))


# What stays here


def test_what_needs_credentials_stays_here_unless_all_may_have_it(
    machine: Machine, server: IndexServer, storage: Storage, build_log: BuildLog
) -> None:
    server.answer("*", credentials=("user", "password"))
    url = server.index_url.replace("://", "://user:password@")
    first = machine("first")
    first.variables["PIP_INDEX_URL"] = url
    install(first)
    assert objects(storage) == {}
    second = machine("second")
    second.variables |= {"PIP_INDEX_URL": url, "FREEWHEEL_SHARED_CACHE_PRIVATE": "1"}
    install(second)
    assert build_log.builds() == 2
    assert all(b"password" not in data for data in objects(storage).values())
    third = machine("third")
    third.variables |= {"PIP_INDEX_URL": url, "FREEWHEEL_SHARED_CACHE_PRIVATE": "1"}
    assert FROM_SHARED in install(third)


def test_what_lies_on_this_machine_stays_here(machine: Machine, storage: Storage, archives: Path) -> None:
    sdist = make_sdist(archives, "built", requires=["plain"])
    install(machine("first"), project=str(sdist))
    install(machine("second"), "--no-index", "--find-links", archives)
    assert objects(storage) == {}


def test_what_depends_on_a_place_of_this_machine_stays_here(machine: Machine, storage: Storage) -> None:
    first = machine("first")
    first.variables["CFLAGS"] = "-O2 -I/opt/include"
    install(first)
    assert objects(storage) == {}
    second = machine("second")
    second.variables["CFLAGS"] = "-O2"
    install(second)
    assert objects(storage)
    third = machine("third")
    assert "From the shared cache" not in install(third)


def test_without_a_cache_nothing_is_shared(machine: Machine, storage: Storage) -> None:
    assert "is not asked: no cache keeps what comes." in install(machine("first"), "--no-cache-dir", "-v")
    assert objects(storage) == {}


def test_offline_opens_no_connection(machine: Machine, faulty: FaultyStore, server: IndexServer) -> None:
    server.answer("*", etag=True)
    install(machine("first"))
    first = machine("first")
    first.variables["FREEWHEEL_SHARED_CACHE_ENDPOINT"] = faulty.url
    assert "is not asked: --offline" in install(first, "--offline", "-v")
    assert faulty.faults.log == []


# Trust


def keys(machine: Freewheel, name: str = "key") -> tuple[str, str]:
    """A signing key's file and its public half."""
    done = machine.run("cache", "keygen", name)
    (public,) = [line for line in done.lines if line.startswith("ed25519:")]
    assert (machine.cwd / name).stat().st_mode & 0o077 == 0
    return str(machine.cwd / name), public


def test_who_requires_signatures_takes_what_a_trusted_key_signed(machine: Machine, build_log: BuildLog) -> None:
    writer = machine("writer")
    path, public = keys(writer)
    install(writer, "--shared-cache-signing-key", path)
    assert FROM_SHARED in install(machine("reader"), "--shared-cache-public-key", public)
    assert build_log.builds() == 1


def test_what_is_not_signed_is_built_and_said_why(machine: Machine, build_log: BuildLog) -> None:
    install(machine("writer"))
    reader = machine("reader")
    del reader.variables["FREEWHEEL_SHARED_CACHE_MODE"]
    _, public = keys(reader)
    said = install(reader, "--shared-cache-public-key", public, "-v")
    assert "WARNING" not in said
    assert "From the shared cache" not in said
    assert "the shared wheel is not used: what is shared is not signed" in said
    assert build_log.builds() == 2


def test_an_unknown_key_is_none(machine: Machine, build_log: BuildLog) -> None:
    writer, reader = machine("writer"), machine("reader")
    path, _ = keys(writer)
    _, public = keys(reader)
    install(writer, "--shared-cache-signing-key", path)
    said = install(reader, "--shared-cache-public-key", public, "-v")
    assert "signed with a key that is not trusted" in said
    assert build_log.builds() == 2


def test_whoever_signs_replaces_what_is_not_signed(machine: Machine, build_log: BuildLog) -> None:
    install(machine("first"))
    writer = machine("writer")
    path, public = keys(writer)
    both = ("--shared-cache-signing-key", path, "--shared-cache-public-key", public)
    install(writer, *both)
    assert build_log.builds() == 2
    assert FROM_SHARED in install(machine("third"), "--shared-cache-public-key", public)
    assert build_log.builds() == 2


def test_a_key_that_cannot_be_read_writes_nothing_and_is_said(machine: Machine, storage: Storage) -> None:
    said = install(machine("first"), "--shared-cache-signing-key", "missing")
    assert "Nothing is written to the shared cache: the signing key" in said
    assert objects(storage) == {}


def test_a_key_is_not_replaced(machine: Machine) -> None:
    first = machine("first")
    keys(first)
    done = first.run("cache", "keygen", "key", expect=1)
    assert "is there already: a key is not replaced" in done.stderr


# Stores that do not do what they should


@pytest.fixture
def filled(machine: Machine, faulty: FaultyStore) -> Machine:
    """Machines that reach the bucket, in which the wheel is, through the faulty store."""
    install(machine("filling"))

    def make(name: str) -> Freewheel:
        one = machine(name)
        one.variables["FREEWHEEL_SHARED_CACHE_ENDPOINT"] = faulty.url
        return one

    return make


def test_a_store_that_hangs_is_given_up_once_and_said(
    filled: Machine, faulty: FaultyStore, build_log: BuildLog
) -> None:
    faulty.faults.hangs = True
    said = install(filled("second"), "--shared-cache-timeout=0.3")
    assert build_log.builds() == 2
    assert said.count("is not asked any more in this run: no answer within 0.3 s") == 1


def test_a_slow_store_is_waited_for_as_long_as_it_was_allowed_to(
    filled: Machine, faulty: FaultyStore, build_log: BuildLog
) -> None:
    faulty.faults.delay = 0.6
    assert FROM_SHARED in install(filled("second"))
    assert build_log.builds() == 1
    said = install(filled("third"), "--shared-cache-timeout=0.1")
    assert build_log.builds() == 2
    assert said.count("is not asked any more in this run: no answer within 0.1 s") == 1


def test_a_store_that_nobody_listens_for_is_said_once(
    filled: Machine, faulty: FaultyStore, build_log: BuildLog
) -> None:
    second = filled("second")
    faulty.stop()
    said = install(second)
    assert build_log.builds() == 2
    assert "Successfully installed built-1.0" in said
    assert said.count("is not asked any more in this run: it cannot be reached (") == 1


def test_a_store_that_fails_at_random_does_not_fail_the_install(filled: Machine, faulty: FaultyStore) -> None:
    faulty.faults.failing = 0.5
    for number in range(4):
        install(filled(f"machine-{number}"))


@pytest.mark.parametrize(
    ("part", "change", "reason"),
    [
        ("/blobs-v1/", lambda data: data[:-1] + bytes([data[-1] ^ 1]), "what is stored there has the SHA-256 digest"),
        ("/blobs-v1/", lambda data: data[: len(data) // 2], "what is stored there has the SHA-256 digest"),
        ("/entries-v1/wheel/", lambda data: data[:40], "the record is damaged"),
        ("/entries-v1/wheel/", lambda _: b"", "the record is damaged"),
        ("/entries-v1/wheel/", lambda data: data[:-1] + bytes([data[-1] ^ 1]), "the record is damaged"),
    ],
)
def test_what_is_wrong_there_is_built_here(
    filled: Machine,
    faulty: FaultyStore,
    build_log: BuildLog,
    part: str,
    change: Callable[[bytes], bytes],
    reason: str,
) -> None:
    faulty.faults.alter = lambda path, data: change(data) if part in path else data
    said = install(filled("second"), "-v")
    assert f"the shared wheel is not used: {reason}" in said
    assert build_log.builds() == 2


def test_a_body_that_breaks_off_is_no_wheel(filled: Machine, faulty: FaultyStore, build_log: BuildLog) -> None:
    faulty.faults.cuts = True
    install(filled("second"))
    assert build_log.builds() == 2


def test_another_keys_record_is_no_record_of_this_key(filled: Machine, storage: Storage, build_log: BuildLog) -> None:
    (name,) = [name for name in objects(storage) if name.startswith("entries-v1/wheel/")]
    record = storage.data(name)
    assert isinstance(record, bytes)
    other = filled("other")
    other.variables["CFLAGS"] = "-O3"
    install(other)
    (new,) = [one for one in objects(storage) if one.startswith("entries-v1/wheel/") and one != name]
    storage.replace(new, record)
    second = filled("second")
    second.variables["CFLAGS"] = "-O3"
    said = install(second, "-v")
    assert "the record belongs to another key" in said
    assert build_log.builds() == 3


def test_damage_there_is_healed_by_who_may_write(filled: Machine, storage: Storage, build_log: BuildLog) -> None:
    (blob,) = [name for name in objects(storage) if name.startswith("blobs-v1/")]
    sound = storage.data(blob)
    assert isinstance(sound, bytes)
    storage.replace(blob, sound[:-1] + b"?")
    install(filled("second"))
    assert build_log.builds() == 2
    assert FROM_SHARED in install(filled("third"))
    assert build_log.builds() == 2


@pytest.mark.parametrize("status", [403, 507, 500])
def test_a_store_that_takes_nothing_is_said_to_take_nothing(
    machine: Machine, faulty: FaultyStore, storage: Storage, status: int
) -> None:
    faulty.faults.refuses, faulty.faults.refusal = frozenset({"PUT"}), status
    first = machine("first")
    first.variables["FREEWHEEL_SHARED_CACHE_ENDPOINT"] = faulty.url
    said = install(first)
    assert "Successfully installed built-1.0" in said
    assert (
        f"2 things that were made here did not get to the shared cache {first.variables['FREEWHEEL_SHARED_CACHE']}:"
        in said
    )
    assert f"{status} " in said
    assert objects(storage) == {}


def test_a_store_that_vanishes_during_a_run_fails_nothing(filled: Machine, faulty: FaultyStore) -> None:
    def vanish(path: str, data: bytes) -> bytes:
        if "/entries-v1/wheel/" in path:
            faulty.faults.hangs = True
        return data

    faulty.faults.alter = vanish
    said = install(filled("second"), "--shared-cache-timeout=1")
    assert "Successfully installed built-1.0" in said


def test_a_store_that_overwrites_is_not_written_to(filled: Machine, faulty: FaultyStore, storage: Storage) -> None:
    """What some servers do with If-None-Match: they pass over it."""
    before = objects(storage)
    faulty.faults.ignores_conditions = True
    second = filled("second")
    second.variables["CFLAGS"] = "-O3"
    said = install(second)
    assert "overwrites what is there though it is told not to" in said
    assert objects(storage) == before


def test_without_the_library_it_is_said_and_the_rest_works(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "without" / "obstore").mkdir(parents=True)
    (tmp_path / "without" / "obstore" / "__init__.py").write_text("raise ImportError('not here')\n")
    first = machine("first")
    first.variables["PYTHONPATH"] = str(tmp_path / "without")
    said = install(first)
    reason = "the library obstore is not installed (pip install 'freewheel[shared]' brings it)."
    assert said.count(f"is not asked any more in this run: {reason}") == 1


def test_without_the_library_for_signatures_nothing_unchecked_is_taken(
    machine: Machine, tmp_path: Path, build_log: BuildLog
) -> None:
    writer = machine("writer")
    path, public = keys(writer)
    install(writer, "--shared-cache-signing-key", path)
    (tmp_path / "without" / "cryptography").mkdir(parents=True)
    (tmp_path / "without" / "cryptography" / "__init__.py").write_text("raise ImportError('not here')\n")
    reader = machine("reader")
    reader.variables["PYTHONPATH"] = str(tmp_path / "without")
    said = install(reader, "--shared-cache-public-key", public)
    assert said.count("is not asked any more in this run: signatures need the library cryptography") == 1
    assert build_log.builds() == 2


def test_who_needs_nothing_from_there_does_not_even_load_the_library(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "without" / "obstore").mkdir(parents=True)
    (tmp_path / "without" / "obstore" / "__init__.py").write_text("raise ImportError('not here')\n")
    first = machine("first")
    first.variables["PYTHONPATH"] = str(tmp_path / "without")
    done = first.run("install", "--target", "target", "plain")
    assert done.stderr == ""


# Looking into it


def test_the_shared_cache_is_listed_and_told(machine: Machine, name: str) -> None:
    install(machine("first"))
    second = machine("second")
    lines = second.run("cache", "list", "--tier=shared").lines
    assert lines[0].split() == ["Kind", "Size", "Age", "Last", "use", "Name", "Origin"]
    assert len(lines) == 3
    assert "built-1.0-py3-none-any.whl" in lines[2]
    assert "/files/built-1.0.tar.gz#sha256=" in lines[2]
    assert len(second.run("cache", "list", "--tier=shared", "--kind=all").lines) == 4
    assert second.run("cache", "list", "--tier=shared", "other").lines == ["Nothing of that is in the cache."]
    info = second.run("cache", "info", "--tier=shared").stdout
    assert f"Shared cache: s3://{name}/team (read and written)" in info
    assert "Built wheels: 1 (" in info
    assert "Metadata: 1 (" in info


def test_what_is_old_goes_for_whoever_owns_it(machine: Machine, storage: Storage) -> None:
    install(machine("first"))
    second = machine("second")
    done = second.run("cache", "prune", "--tier=shared", "--max-age=1d")
    assert done.lines == ["Removed 0 records and 0 files that nothing names (0 bytes)."]
    done = second.run("cache", "prune", "--tier=shared", "--max-age=0s", "--dry-run")
    assert done.stdout.startswith("Would remove 2 records and 0 files")
    assert len(objects(storage)) == 4
    done = second.run("cache", "prune", "--tier=shared", "--max-age=0s")
    assert done.stdout.startswith("Removed 2 records and 0 files")
    assert sorted(name.split("/")[0] for name in objects(storage)) == ["blobs-v1", "freewheel-cache"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("prune", "--tier=shared"), "Please say how old what goes has to be."),
        (("prune", "--tier=shared", "--max-size=1GB"), "--cache-max-size means nothing to the shared cache."),
        (("remove", "--tier=shared", "six"), "--tier means nothing to `cache remove`."),
    ],
)
def test_what_makes_no_sense_there_is_refused(machine: Machine, words: tuple[str, ...], problem: str) -> None:
    assert problem in machine("first").run("cache", *words, expect=1).stderr


def test_a_reader_removes_nothing(machine: Machine) -> None:
    first = machine("first")
    del first.variables["FREEWHEEL_SHARED_CACHE_MODE"]
    done = first.run("cache", "prune", "--tier=shared", "--max-age=1d", expect=1)
    assert "The shared cache is only read here." in done.stderr


def test_without_a_shared_cache_there_is_nothing_to_look_into(freewheel: Freewheel) -> None:
    assert "There is no shared cache." in freewheel.run("cache", "list", "--tier=shared", expect=1).stderr


def test_a_store_that_cannot_be_reached_is_an_error_for_who_looks_into_it(
    filled: Machine, faulty: FaultyStore
) -> None:
    second = filled("second")
    faulty.stop()
    done = second.run("cache", "list", "--tier=shared", expect=1)
    assert "The shared cache cannot be used." in done.stderr


# Downloads, for those who are far from the index


def test_downloads_are_shared_where_that_is_wanted(machine: Machine, server: IndexServer, storage: Storage) -> None:
    first, second = machine("first"), machine("second")
    for one in (first, second):
        one.variables["FREEWHEEL_SHARED_CACHE_DOWNLOADS"] = "1"
    install(first)
    kinds = sorted(name.split("/")[1] for name in objects(storage) if name.startswith("entries-v1/"))
    assert kinds == ["download", "download", "metadata", "wheel"]  # the sdist that was built, and the wheel
    server.clear()
    assert "From the shared cache: 1 download and 1 built wheel." in install(second)
    assert not [request for request in server.log if request.path.endswith((".whl", ".tar.gz"))]
    listed = second.run("cache", "list", "--tier=shared", "--kind=downloads").stdout
    assert "plain-1.0-py3-none-any.whl" in listed
    assert "built-1.0.tar.gz" in listed
    second.run("cache", "prune", "--tier=shared", "--max-age=30d")
    assert len(objects(storage)) == 8


def test_wrong_bytes_of_a_download_come_from_the_index(
    machine: Machine, server: IndexServer, storage: Storage, build_log: BuildLog
) -> None:
    first, second = machine("first"), machine("second")
    for one in (first, second):
        one.variables["FREEWHEEL_SHARED_CACHE_DOWNLOADS"] = "1"
    install(first)
    for name in objects(storage):
        if name.startswith("blobs-v1/"):
            storage.replace(name, b"something else")
    server.clear()
    assert "From the shared cache" not in install(second)
    assert server.requests_for("/plain-1.0-py3-none-any.whl")
    assert build_log.builds() == 2


def test_downloads_of_private_indexes_stay_here(machine: Machine, server: IndexServer, storage: Storage) -> None:
    server.answer("*", credentials=("user", "password"))
    first = machine("first")
    first.variables |= {
        "PIP_INDEX_URL": server.index_url.replace("://", "://user:password@"),
        "FREEWHEEL_SHARED_CACHE_DOWNLOADS": "1",
    }
    install(first)
    assert objects(storage) == {}


def test_what_is_rebuilt_takes_the_place_of_what_is_shared(machine: Machine, storage: Storage) -> None:
    install(machine("first"))
    before = objects(storage)
    first = machine("first")
    install(first, "--rebuild")
    second = machine("second")
    assert FROM_SHARED in install(second)
    assert {name for name in objects(storage) if name.startswith("entries-")} == {
        name for name in before if name.startswith("entries-")
    }
    wheel = next(name for name in before if name.startswith("entries-v1/wheel/"))
    assert objects(storage)[wheel] != before[wheel]  # it says when it was built
