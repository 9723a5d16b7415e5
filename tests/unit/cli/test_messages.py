"""Every error of the tree has a text of its own, with no secret in it."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from freewheel import errors
from freewheel.cli.errors_as_text import describe
from freewheel.cli.messages import lines

SECRET_URL = "https://me:s3cret@index.example/simple/a/"

SAMPLES: dict[str, object] = {
    "Wanted": "requirement",
    "str": SECRET_URL,
    "str | None": "a clause",
    "int": 3,
    "int | None": 3,
    "float | None": 90_000.0,
    "CertificateProblem | None": "expired",
    "Made": "resolution",
    "bool": True,
    "tuple[str, ...]": ("first", "second"),
    "tuple[tuple[str, str], ...]": (("first", "why"), ("second", "why")),
    "tuple[tuple[str, str, str], ...]": (("first", "first 1.0", "why"), ("second", "second 2.0", "why")),
    "tuple[tuple[str, str | None], ...]": (("first", "who"), ("second", None)),
}


def classes(root: type[errors.FreewheelError]) -> Iterator[type[errors.FreewheelError]]:
    for child in root.__subclasses__():
        yield child
        yield from classes(child)


def sample(cls: type[errors.FreewheelError]) -> errors.FreewheelError:
    stated: dict[str, str] = {}
    for part in reversed(cls.__mro__[: cls.__mro__.index(errors.FreewheelError)]):
        stated |= part.__annotations__
    values = {
        name: SECRET_URL if name == "url" else "a word" if kind == "str" else SAMPLES[kind]
        for name, kind in stated.items()
    }
    return cls(**values)


ALL = list(classes(errors.FreewheelError))
GROUPS = {"RequirementError", "NetworkError", "ArtifactError", "ResolutionError", "BuildError", "TargetError"}
GROUPS |= {"RepositoryError", "CannotUninstall"}
EXIT_STATUSES = {errors.NotVirtual: 3, errors.NobodyToAsk: 2}


@pytest.mark.parametrize("cls", [one for one in ALL if one.__name__ not in GROUPS], ids=lambda one: one.__name__)
def test_each_error_has_a_text_of_its_own(cls: type[errors.FreewheelError]) -> None:
    shown = lines(describe(sample(cls)))
    assert shown[0].startswith("ERROR: ")
    assert not shown[0].startswith(f"ERROR: {cls.__name__}:"), "the generic text"
    assert "s3cret" not in "\n".join(shown)


def test_usage_errors_exit_with_2_and_others_with_1_or_as_pip_does() -> None:
    for cls in ALL:
        is_usage = issubclass(cls, errors.UsageError | errors.ConfigurationFileError)
        expected = 2 if is_usage else EXIT_STATUSES.get(cls, 1)
        assert describe(sample(cls)).exit_status == expected


def test_pips_sentences_for_a_missing_project() -> None:
    error = errors.NoMatchingDistribution(requirement="nope", wanted_by=None, available=())
    assert lines(describe(error))[:2] == [
        "ERROR: Could not find a version that satisfies the requirement nope (from versions: none)",
        "ERROR: No matching distribution found for nope",
    ]


def test_a_conflict_says_who_asked_for_what() -> None:
    error = errors.ConflictingRequirements(
        triggers=("a==1", "b==1"), causes=(("c<2", "a 1"), ("c>=2", "b 1"), ("c", None)), constraints=("c<3",)
    )
    assert lines(describe(error)) == [
        "ERROR: Cannot install a==1 and b==1 because these package versions have conflicting dependencies.",
        "",
        "The conflict is caused by:",
        "    a 1 depends on c<2",
        "    b 1 depends on c>=2",
        "    The user requested c",
        "    The user requested (constraint) c<3",
        "",
        "To fix this you could try to:",
        "1. loosen the range of package versions you've specified",
        "2. remove package versions to allow freewheel to attempt to solve the dependency conflict",
        "",
        "ERROR: ResolutionImpossible: no versions fulfil all of this at the same time.",
        "  hint: `freewheel index versions NAME` lists the versions of a project; -v shows which were passed over.",
    ]


def test_a_digest_that_differs_shows_both() -> None:
    error = errors.DigestMismatch(subject="a-1.whl", url=SECRET_URL, algorithm="sha256", expected="aa", found="bb")
    shown = lines(describe(error))
    assert "  expected: sha256 aa" in shown
    assert "  found:    sha256 bb" in shown
    assert shown[-1].startswith("  hint: ")


def test_what_a_failed_build_requirement_failed_on_is_told() -> None:
    error = errors.BuildRequirementsUnavailable(project="a", requirements=("setuptools>=99",))
    error.__cause__ = errors.NoMatchingDistribution(requirement="setuptools>=99", wanted_by=None, available=("1",))
    assert any("No matching distribution found for setuptools>=99" in line for line in lines(describe(error)))


def test_what_cannot_be_written_for_want_of_room_says_so() -> None:
    error = errors.NotWritable(path="/x/y", reason="No space left on device")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert lines(describe(error))[:2] == ["ERROR: No space left on the disk.", "  where: /x/y"]


def test_an_unknown_command_of_pips_is_told_from_others() -> None:
    assert lines(describe(errors.UnknownCommand(command="search", refusal="no index answers")))[0] == (
        'ERROR: command "search" is not supported: no index answers.'
    )
    assert lines(describe(errors.UnknownCommand(command="instal", suggestion="install"))) == [
        'ERROR: unknown command "instal" - maybe you meant "install"'
    ]


def test_an_operating_system_error_has_no_traceback() -> None:
    shown = lines(describe(PermissionError(13, "Permission denied", "/x/y")))
    assert shown[0] == "ERROR: Could not finish because of an operating system error: Permission denied."
    assert "/x/y" in shown[1]
