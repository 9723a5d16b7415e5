"""Downloads through a cache on the disk, from a real server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from freewheel import errors
from freewheel.events import FileReused
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.download import Download, Downloads
from tests.net.caches import Run, files_in, holds
from tests.support.clock import FakeClock
from tests.support.server import IndexServer

WHEEL = b"PK wheel" * 50_000
NAME = "six-1.0-py3-none-any.whl"


def artifact(url: str, *digests: Digest, metadata: tuple[Digest, ...] | None = None) -> Artifact:
    return Artifact(
        kind=ArtifactKind.WHEEL,
        project=normalize("six"),
        version=Version("1.0"),
        filename=NAME,
        url=url,
        digests=digests,
        metadata_digests=metadata,
    )


def read(download: Download) -> bytes:
    with download.open() as stream:
        return stream.read()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def new_downloads(folder: Path, scratch: Path) -> Iterator[Callable[..., tuple[Run, Downloads]]]:
    runs: list[Run] = []

    def start(*, on_wait: Callable[[str], None] | None = None) -> tuple[Run, Downloads]:
        run = Run(folder, FakeClock(), on_wait=on_wait)
        runs.append(run)
        return run, Downloads(
            transport=run.transport,
            scratch=lambda: scratch,
            reporter=run.recorder,
            blobs=run.blobs,
        )

    yield start
    for run in runs:
        run.close()


NewDownloads = Callable[..., tuple[Run, Downloads]]


def test_a_file_is_transferred_once_for_all_runs(
    server: IndexServer, new_downloads: NewDownloads, scratch: Path
) -> None:
    """Behaviour 23, for the file: the index says what it is, and the server may be gone."""
    wanted = artifact(server.put(f"/files/{NAME}", WHEEL), sha256_of(WHEEL))
    _, downloads = new_downloads()
    assert read(downloads.fetch(wanted)) == WHEEL
    server.stop()
    run, downloads = new_downloads()
    download = downloads.fetch(wanted)
    assert (read(download), download.was_reused, download.digest) == (WHEEL, True, sha256_of(WHEEL))
    assert FileReused(filename=NAME, size=len(WHEEL)) in run.recorder.events
    assert list(scratch.iterdir()) == []


def test_a_validated_file_counts_as_reused(server: IndexServer, new_downloads: NewDownloads) -> None:
    """Behaviour 21: "Using cached" for a 304 as for a fresh file."""
    wanted = artifact(server.put(f"/files/{NAME}", WHEEL))
    server.answer("/files/*", etag=True)
    for was_reused in (False, True):
        run, downloads = new_downloads()
        assert downloads.fetch(wanted).was_reused is was_reused
        assert len([event for event in run.recorder.events if isinstance(event, FileReused)]) == was_reused
    assert [request.status for request in server.log] == [200, 304]


@pytest.mark.parametrize("stated", [(sha256_of(WHEEL),), ()])
def test_an_interrupted_download_leaves_nothing_anywhere(
    server: IndexServer,
    new_downloads: NewDownloads,
    folder: Path,
    scratch: Path,
    stated: tuple[Digest, ...],
) -> None:
    """Behaviour 45: nothing tells that what comes later would be the rest of the same."""
    wanted = artifact(server.put(f"/files/{NAME}", WHEEL), *stated)
    server.answer("/files/*", close_after=100_000, accepts_ranges=False, times=1)
    _, downloads = new_downloads()
    with pytest.raises(errors.IncompleteBody):
        downloads.fetch(wanted)
    assert files_in(folder, "entries") + files_in(folder, "blobs") + files_in(folder, "tmp") == []
    assert list(scratch.iterdir()) == []
    assert read(downloads.fetch(wanted)) == WHEEL


@pytest.mark.parametrize("stated", [(sha256_of(WHEEL),), ()])
def test_an_interrupted_download_goes_on_in_the_next_run(
    server: IndexServer, new_downloads: NewDownloads, folder: Path, stated: tuple[Digest, ...]
) -> None:
    """Behaviour 46."""
    wanted = artifact(server.put(f"/files/{NAME}", WHEEL), *stated)
    server.answer("/files/*", close_after=100_000, etag=True, times=1)
    with pytest.raises(errors.IncompleteBody):
        new_downloads()[1].fetch(wanted)
    server.answer("/files/*", etag=True)
    download = new_downloads()[1].fetch(wanted)
    assert (read(download), download.digest) == (WHEEL, sha256_of(WHEEL))
    asked = server.requests_for(NAME)[-1]
    assert asked.header("Range") == f"bytes={len(WHEEL) - asked.response_bytes}-{len(WHEEL) - 1}"
    # The beginning is not kept beside the whole.
    assert [path.read_bytes() for path in files_in(folder, "blobs")] == [WHEEL]


def test_a_beginning_that_does_not_belong_to_what_comes_is_thrown_away(
    server: IndexServer, new_downloads: NewDownloads
) -> None:
    other = WHEEL[::-1]
    url = server.put(f"/files/{NAME}", other)
    server.answer("/files/*", close_after=100_000, headers={"ETag": '"same"'}, times=1)
    with pytest.raises(errors.IncompleteBody):
        new_downloads()[1].fetch(artifact(url))
    server.put(f"/files/{NAME}", WHEEL)
    server.answer("/files/*", headers={"ETag": '"same"'})
    assert read(new_downloads()[1].fetch(artifact(url, sha256_of(WHEEL)))) == WHEEL


def test_what_may_not_be_kept_serves_this_run_alone(
    server: IndexServer, new_downloads: NewDownloads, folder: Path, scratch: Path
) -> None:
    """Behaviour 27."""
    wanted = artifact(server.put(f"/files/{NAME}", WHEEL), sha256_of(WHEEL))
    server.answer("/files/*", headers={"Cache-Control": "no-store"})
    _, downloads = new_downloads()
    download = downloads.fetch(wanted)
    assert (read(download), read(download)) == (WHEEL, WHEEL)
    assert downloads.fetch(wanted) is download
    assert not holds(folder, WHEEL[:1000])
    assert len(list(scratch.iterdir())) == 1
    assert len(server.requests_for(NAME)) == 1


def test_a_flipped_byte_costs_one_transfer(server: IndexServer, new_downloads: NewDownloads, folder: Path) -> None:
    """Behaviour 62."""
    wanted = artifact(server.put(f"/files/{NAME}", WHEEL), sha256_of(WHEEL))
    new_downloads()[1].fetch(wanted)
    [path] = files_in(folder, "blobs")
    data = bytearray(path.read_bytes())
    data[1000] ^= 4
    path.write_bytes(data)
    run, downloads = new_downloads()
    assert read(downloads.fetch(wanted)) == WHEEL
    assert (len(run.healed), run.requested) == (1, 1)


def test_the_metadata_of_a_wheel_is_kept_by_its_digest(server: IndexServer, new_downloads: NewDownloads) -> None:
    """Behaviour 51."""
    content = b"Metadata-Version: 2.1\nName: six\nVersion: 1.0\n"
    server.put(f"/files/{NAME}.metadata", content)
    wanted = artifact(server.file_url(NAME), metadata=(sha256_of(content),))
    assert new_downloads()[1].fetch_metadata(wanted).content == content
    server.stop()
    assert new_downloads()[1].fetch_metadata(wanted).content == content


def test_two_processes_that_want_one_file_transfer_it_once(server: IndexServer, new_downloads: NewDownloads) -> None:
    """Behaviour 133, with a lock that each side takes for itself as two processes would."""
    may_answer, is_waiting = threading.Event(), threading.Event()
    wanted = artifact(server.put(f"/files/{NAME}", WHEEL), sha256_of(WHEEL))
    server.answer("/files/*", gate=may_answer)
    got: list[bytes] = []

    def fetch() -> None:
        _, downloads = new_downloads(on_wait=lambda _: is_waiting.set())
        got.append(read(downloads.fetch(wanted)))

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert is_waiting.wait(30)
    may_answer.set()
    for thread in threads:
        thread.join()
    assert got == [WHEEL, WHEEL]
    assert len(server.requests_for(NAME)) == 1
