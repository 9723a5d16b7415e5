"""Built wheels held against the records that lie beside them."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from freewheel.build import inspection
from freewheel.build.build_record import BuildRecord, fault_of_origin, read_record, source_of
from freewheel.build.key import name_of
from freewheel.model.digest import Digest
from freewheel.store.protocol import BuiltWheel
from freewheel.store.verification.findings import Fault
from freewheel.store.verification.folders import Judgement

_BUILD, _ORIGIN = "build.json", "origin.json"


def judge(kept: BuiltWheel) -> Judgement:
    """What is wrong with a built wheel, and where it belongs; raises OSError.

    All of it is read: against the digest in `build.json` or, where nobody can read that, against its own RECORD.
    """
    digest = inspection.file_digest(kept.path)
    record = read_record(kept.build)
    if record is None:
        unread = _provenance(_BUILD, "how it was built", "its build.json cannot be read")
        faults, key, source = (unread, *_archive_faults(kept)), None, None
    else:
        faults, key, source = tuple(_wheel_faults(kept, record, digest)), name_of(record.key), source_of(record.key)
    sdist = source[0] if source is not None and isinstance(source[0], Digest) else None
    origin = fault_of_origin(kept.origin, sdist)
    if origin is not None:
        faults = (*faults, _provenance(_ORIGIN, "where its source came from (PEP 610)", origin))
    return Judgement(faults=faults, digest=digest.value, project=_project(kept), key=key)


def _provenance(file: str, expected: str, found: str) -> Fault:
    return Fault(trouble="provenance", expected=expected, found=found, file=file)


def _project(kept: BuiltWheel) -> str | None:
    try:
        return str(parse_wheel_filename(kept.path.name)[0])
    except InvalidWheelFilename:
        return None


def _archive_faults(kept: BuiltWheel) -> Iterator[Fault]:
    for fault in inspection.content_faults(kept.path):
        yield Fault(trouble="archive", expected="a wheel that its RECORD describes", found=fault, file=kept.path.name)


def _wheel_faults(kept: BuiltWheel, record: BuildRecord, digest: Digest) -> Iterator[Fault]:
    stated, name, size = record.wheel, kept.path.name, kept.path.stat().st_size
    if name != stated.filename:
        yield Fault(trouble="address", expected=f"the wheel {stated.filename}", found=f"the wheel {name}", file=name)
    if digest.value != stated.sha256:
        expected = f"sha256:{stated.sha256} ({stated.size} bytes)"
        yield Fault(trouble="digest", expected=expected, found=f"{digest} ({size} bytes)", file=name)
