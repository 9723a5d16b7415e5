"""How long the cache's commands take where it holds much, beside pip's and uv's over as many files.

    python -m benchmarks.cache_at_scale [--entries N] [--rounds N] [--task TASK] [--output FILE] [--folder FOLDER]

The caches are made up: of every hundred things in freewheel's sixty are pages and metadata, thirty downloads (with a
blob each), five wheels that were built and five unpacked ones of twenty files; pip's has as many files, and as many
built wheels, uv's as many files in archives that it knows of. What empties a cache works on a copy of it, which is
made and removed outside the clock.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.http_cache import environment, versions
from benchmarks.measuring import PEERS, Command, Measured, cell, heading, in_turn, ratio, row, timed
from freewheel.httpcache.keys import cache_key
from freewheel.httpcache.message import Headers, Response
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants, to_fields
from freewheel.model.digest import Digest
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.layout import Layout
from freewheel.store.local import LocalEntries
from freewheel.store.obstacles import SIGNATURE
from freewheel.store.protocol import Manifest, TreeFile
from freewheel.store.record import Envelope, Record, to_bytes
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees, tree_mtime

NAMES = ("freewheel", "pip", "uv")
FILES_OF_A_TREE = 20
THINGS_OF_A_PROJECT = 50
LOOK_UPS = 20
OF_UV = "wheels-v8"
"""Where uv 0.13 looks for wheels; archives that nothing there leads to are of no use to it."""

UNUSED = 30 * 86_400
"""Seconds for which nobody has used anything, so that limits may take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A command of each contender that has one; one that `changes` the cache gets a copy."""

    title: str
    commands: Mapping[str, Sequence[str]]
    changes: bool = False


TASKS = (
    Task(
        title="cache dir",
        commands={"freewheel": ("cache", "dir"), "pip": ("cache", "dir"), "uv": ("cache", "dir")},
    ),
    Task(
        title="cache info",
        commands={"freewheel": ("cache", "info"), "pip": ("cache", "info"), "uv": ("cache", "size")},
    ),
    Task(title="cache list (built wheels)", commands={"freewheel": ("cache", "list"), "pip": ("cache", "list")}),
    Task(title="cache list, everything", commands={"freewheel": ("cache", "list", "--kind=all")}),
    Task(
        title="cache prune, nothing to do",
        commands={"freewheel": ("cache", "prune", "--max-age=none", "--max-size=none"), "uv": ("cache", "prune")},
    ),
    Task(
        title="cache prune, half of it goes",
        commands={"freewheel": ("cache", "prune", "--max-size={half}B")},
        changes=True,
    ),
    Task(
        title="cache remove of one project",
        commands={"freewheel": ("cache", "remove", "project-7"), "pip": ("cache", "remove", "project_7")},
        changes=True,
    ),
    Task(
        title="cache purge",
        commands={"freewheel": ("cache", "purge"), "pip": ("cache", "purge"), "uv": ("cache", "clean", "--force")},
        changes=True,
    ),
)


def main(words: Sequence[str]) -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--task", default="", help="only tasks whose title has this in it")
    parser.add_argument("--folder", type=Path, help="make the caches and the environment here, and keep them")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args(words)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scale-", dir=options.folder) as temporary:
        kept = (options.folder or Path(temporary)).absolute()
        folder, filled = Path(temporary), kept / f"caches-{options.entries}"
        python = environment(kept / "environment", PEERS)
        caches = {name: filled / name for name in NAMES}
        if not filled.exists():
            fill({name: folder / "filled" / name for name in NAMES}, options.entries)
            (folder / "filled").rename(filled)
        files = sum(len(names) for _, _, names in os.walk(caches["freewheel"]))
        tasks = [task for task in TASKS if options.task in task.title]
        results = measure(tasks, caches, python.parent, folder, rounds=options.rounds)
        compared = f"{versions(python, ('pip', 'uv'))}; {options.entries:,} things in {files:,} files"
        text = "\n".join(
            (*table(tasks, results, compared, rounds=options.rounds), "", look_ups(caches["freewheel"], folder))
        )
    print(text)
    if options.output is not None:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    return 0


# The caches


def fill(caches: Mapping[str, Path], count: int) -> None:
    """Fill freewheel's cache with so many things, and the others with as many files."""
    fill_freewheel(caches["freewheel"], count)
    files = sum(len(names) for _, _, names in os.walk(caches["freewheel"]))
    fill_pip(caches["pip"], files, count // 20)
    fill_uv(caches["uv"], files)


def fill_freewheel(folder: Path, count: int) -> None:
    """Fill a cache with so many things."""
    root = CacheRoot(path=folder)
    layout = root.layout
    for number in range(count * 9 // 10):
        keep_response(layout, number)
    wheels, trees = LocalBuiltWheels(root=root, clock=time.time), LocalTrees(root=root, clock=time.time)
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(count // 20):
            keep_wheel(wheels, Path(temporary), number)
            keep_tree(trees, number)
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base, name)
            before = path.stat().st_mtime - UNUSED
            os.utime(path, (before, before))


def keep_response(layout: Layout, number: int) -> None:
    """Keep a made-up answer: a page or metadata in its record, or, each third time, a download in a blob."""
    project, url = address(number)
    has_blob = not url.endswith(".metadata")
    body = b"" if has_blob else b"Metadata-Version: 2.1\nName: %s\n" % project.encode() * 8
    digest = sha256(f"blob {number}")
    fields = (
        ("Content-Type", "application/octet-stream"),
        ("ETag", f'"{digest.value[:32]}"'),
        ("Cache-Control", "max-age=365000000"),
    )
    stored = StoredResponse(
        url=url,
        response=Response(status=200, reason="OK", headers=Headers(fields)),
        request_time=1.7e9,
        response_time=1.7e9,
        size=1000 if has_blob else len(body),
        digest=digest,
        body=None if has_blob else body,
    )
    variants = StoredVariants(variants=(stored,))
    record = Record(fields=to_fields(variants), blobs=variants.blobs)
    envelope = Envelope(kind="http", partition=project, key=cache_key(url), record=record)
    write(layout.entry("http", project, envelope.key), to_bytes(envelope))
    if has_blob:
        write(layout.blob(digest), bytes(1000))


def address(number: int) -> tuple[str, str]:
    """The project and the URL of a made-up answer."""
    project, version = f"project-{number // THINGS_OF_A_PROJECT}", number % THINGS_OF_A_PROJECT
    name = f"{project.replace('-', '_')}-{version}.0-py3-none-any.whl{'.metadata' if number % 3 else ''}"
    place = sha256(f"place {number}").value
    return project, f"https://files.example/packages/{place[:2]}/{place[2:4]}/{place[4:]}/{name}"


def keep_wheel(wheels: LocalBuiltWheels, folder: Path, number: int) -> None:
    """Keep a made-up built wheel."""
    project = f"project-{number}"
    path = folder / f"project_{number}-1.0-py3-none-any.whl"
    path.write_bytes(bytes(1000))
    target = wheels.root.layout.built_wheel(project, f"{number:032x}")
    origin, build = b'{"url": "https://files.example/%d.tar.gz"}' % number, b'{"seconds": 1.5}'
    for name, data in ((path.name, bytes(1000)), ("origin.json", origin), ("build.json", build), ("build.log", b"")):
        write(target / name, data)


def keep_tree(trees: LocalTrees, number: int) -> None:
    """Keep a made-up unpacked wheel."""
    wheel = sha256(f"tree {number}")
    new = trees.create(wheel)
    paths = [f"project_{number}/module{module}.py" for module in range(FILES_OF_A_TREE)]
    for path in paths:
        write(new.root / "purelib" / path, b"x = 1\n")
    files = tuple(TreeFile(scheme="purelib", path=path, size=6, digest="", mtime=tree_mtime(wheel)) for path in paths)
    name = f"project-{number}"
    new.commit(
        Manifest(project=name, version="1.0", dist_info=f"{name}.dist-info", root_scheme="purelib", files=files)
    )


def fill_pip(folder: Path, files: int, wheels: int) -> None:
    """A cache of pip's with as many files: two for each response, and built wheels."""
    for number in range(wheels):
        place = folder / "wheels" / sharded(sha256(f"wheel {number}").value[:56], 3)
        write(place / f"project_{number}-1.0-py3-none-any.whl", bytes(1000))
        write(place / "origin.json", b"{}")
    for number in range((files - 2 * wheels) // 2):
        name = sha256(f"response {number}").value[:56]
        place = folder.joinpath("http-v2", *name[:5], name)
        write(place, bytes(500))
        write(place.with_name(f"{name}.body"), bytes(1000))


def fill_uv(folder: Path, files: int) -> None:
    """A cache of uv's with as many files: archives, each with a pointer from its project's folder."""
    for number in range(files // FILES_OF_A_TREE):
        name = sha256(f"archive {number}").value[:20]
        for module in range(FILES_OF_A_TREE):
            write(folder / "archive-v0" / name / f"project_{number}" / f"module{module}.py", b"x = 1\n")
        pointer = folder / OF_UV / "pypi" / f"project-{number}" / "1.0-py3-none-any"
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.symlink_to(Path("..", "..", "..", "archive-v0", name))
    (folder / "CACHEDIR.TAG").write_bytes(SIGNATURE)


def sha256(text: str) -> Digest:
    """The digest of a text."""
    return Digest(algorithm="sha256", value=hashlib.sha256(text.encode()).hexdigest())


def sharded(name: str, levels: int) -> Path:
    """A name in folders by its first characters."""
    return Path(*(name[2 * level : 2 * level + 2] for level in range(levels)), name[2 * levels :])


def write(path: Path, data: bytes) -> None:
    """Write a file, wherever it is."""
    try:
        path.write_bytes(data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


# Measuring


def measure(
    tasks: Sequence[Task], caches: Mapping[str, Path], scripts: Path, folder: Path, *, rounds: int
) -> Mapping[tuple[str, str], Sequence[Measured]]:
    """Everything, by task and contender; the round before the first warms the system's caches, and does not count."""
    found: defaultdict[tuple[str, str], list[Measured]] = defaultdict(list)
    for turn in range(-1, rounds):
        for task in tasks:
            for name in in_turn(NAMES, turn):
                if name not in task.commands or (turn < 0 and task.changes):
                    continue
                measured = one(task, name, caches[name], scripts, folder)
                if turn >= 0:
                    found[task.title, name].append(measured)
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return found


def one(task: Task, name: str, cache: Path, scripts: Path, folder: Path) -> Measured:
    """What one command took."""
    place = cache
    if task.changes:
        place = folder / "copy"
        subprocess.run(["cp", "-a", cache, place], check=True)
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}
    variables |= {
        "FREEWHEEL_CACHE_DIR": str(place),
        "PIP_CACHE_DIR": str(place),
        "UV_CACHE_DIR": str(place),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    words = [word.replace("{half}", str(half_of(cache))) for word in task.commands[name]]
    program: Command = [scripts / ("python" if name == "pip" else name), *(("-m", "pip") if name == "pip" else ())]
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        measured = quiet(lambda: timed([*program, *words], variables=variables, folder=folder), nothing.fileno())
    if task.changes:
        shutil.rmtree(place, ignore_errors=True)
    return measured


def quiet(act: Callable[[], Measured], nothing: int) -> Measured:
    """Act while what is printed goes to a file that keeps nothing."""
    kept = os.dup(1), os.dup(2)
    try:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        return act()
    finally:
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)


def half_of(cache: Path) -> int:
    """Half of the bytes in a folder."""
    return sum((Path(base) / name).lstat().st_size for base, _, names in os.walk(cache) for name in names) // 2


def table(
    tasks: Sequence[Task], results: Mapping[tuple[str, str], Sequence[Measured]], compared: str, *, rounds: int
) -> Iterator[str]:
    """The table, with what it is a table of."""
    yield from heading(compared, [*NAMES, *(f"{name} to freewheel" for name in NAMES[1:])], rounds=rounds)
    for task in tasks:
        ours, *peers = (results.get((task.title, name), ()) for name in NAMES)
        yield row(task.title, [*map(cell, (ours, *peers)), *(ratio(peer, ours) for peer in peers)])


def look_ups(full: Path, folder: Path) -> str:
    """What a look-up of a record costs, beside the same in a cache of a hundred things."""
    small = folder / "small"
    fill_freewheel(small, 100)
    seconds: dict[Path, list[float]] = {small: [], full: []}
    known = [(project, cache_key(url)) for project, url in map(address, range(90))]
    for _ in range(5):
        for cache, found in seconds.items():
            entries = LocalEntries(root=CacheRoot(path=cache), clock=time.time)
            start = time.perf_counter()
            for project, key in known * LOOK_UPS:
                entries.get("http", project, key)
            found.append(time.perf_counter() - start)
    return (
        f"A look-up takes {min(seconds[full]) / min(seconds[small]):.2f} times as long as in a cache of 100 things."
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
