"""Processes that want the same wheel at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.build.workshop import Workshop, sdist_artifact
from tests.support.archives import make_sdist

BUILDER = """
import sys
from pathlib import Path
from tests.build.workshop import Workshop, sdist_artifact, this_interpreter
from tests.support.buildlog import BuildLog

folder, log, sdist = map(Path, sys.argv[1:])
print("ready", flush=True)
sys.stdin.readline()
workshop = Workshop(folder=folder, interpreter=this_interpreter(), build_log=BuildLog(log))
built = workshop.run().builder.wheel(sdist_artifact(sdist))
print(built.digest.value, built.was_reused, built.path.exists())
"""


@contextmanager
def a_builder(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, encoding="utf-8") as builder:
        try:
            yield builder
        finally:
            builder.kill()


def together(builders: list[subprocess.Popen[str]]) -> list[str]:
    """Let all begin, then wait for what each says."""
    for builder in builders:
        assert builder.stdin is not None
        builder.stdin.write("go\n")
        builder.stdin.flush()
    return [builder.communicate(timeout=60)[0] for builder in builders]


def test_two_processes_that_want_one_wheel_build_it_once(workshop: Workshop, archives: Path) -> None:
    """Behaviours 112 and 133."""
    sdist = make_sdist(archives, "six", backend="in-tree")
    command = [sys.executable, "-c", BUILDER, str(workshop.folder), str(workshop.build_log.path), str(sdist)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with ExitStack() as stack:
        builders = [stack.enter_context(a_builder(command, environment)) for _ in range(3)]
        for builder in builders:
            assert builder.stdout is not None
            assert builder.stdout.readline() == "ready\n"
        answers = [ended.split() for ended in together(builders)]
    assert [builder.returncode for builder in builders] == [0, 0, 0]
    assert len({digest for digest, *_ in answers}) == 1
    assert sorted(reused for _, reused, _ in answers) == ["False", "True", "True"]
    assert workshop.build_log.builds() == 1
    assert workshop.run().builder.wheel(sdist_artifact(sdist)).was_reused
