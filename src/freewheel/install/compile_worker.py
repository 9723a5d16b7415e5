"""Runs in the target interpreter (3.9 or newer), without freewheel: compiles modules to bytecode files.

Called as `python -I -S compile_worker.py`. Each line of standard input is a job, each line of standard output its
answer, both JSON. A job has `source` and `output` (folders), `is_hashed` (PEP 552) and `files`: scheme, path, path
of the bytecode, size in bytes, time of modification in seconds. An answer has for each file what was written - size,
and digest as in RECORD - or null for a module that does not compile or is not the file that was described.
"""

from __future__ import annotations

import json
import marshal
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from stat import S_ISREG

_CHECKED_HASH = 0b11  # PEP 552: the source's hash follows, and is compared at each import


def main() -> None:
    """Answer jobs until there are none."""
    for line in sys.stdin.buffer:
        job = json.loads(line)
        answer = [_compile(job, file) for file in job["files"]]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _compile(job: dict[str, str], file: tuple[str, str, str, int, int]) -> tuple[int, str] | None:
    scheme, path, compiled_path, size, mtime = file
    source = _read(Path(job["source"], scheme, path), size, mtime)
    if source is None:
        return None
    try:
        # The name is relative: a tree has many places. The import system puts the right one in.
        code = compile(source, path, "exec", dont_inherit=True)
    except Exception:  # noqa: BLE001 - as compileall: what does not compile is left to whoever imports it
        return None
    if job["is_hashed"]:
        header = _CHECKED_HASH.to_bytes(4, "little") + source_hash(source)
    else:
        header = bytes(4) + _word(mtime) + _word(size)
    data = MAGIC_NUMBER + header + marshal.dumps(code)
    output = Path(job["output"], scheme, compiled_path)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(data)
    digest = urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
    return len(data), digest


def _read(module: Path, size: int, mtime: int) -> bytes | None:
    try:
        status = module.lstat()
        if not S_ISREG(status.st_mode) or int(status.st_mtime) != mtime:  # a pipe would keep its reader waiting
            return None
        source = module.read_bytes()
    except OSError:
        return None
    return source if len(source) == size else None


def _word(number: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "little")


if __name__ == "__main__":
    main()
