"""Requirements as somebody wrote them."""

from __future__ import annotations

import pytest

from freewheel.errors import MalformedRequirement
from freewheel.model.artifact import normalize
from freewheel.model.requirement import Origin, applies, file_origin, parse


def test_names_and_extras_are_normalized_and_the_given_name_is_kept() -> None:
    found = parse("Foo.Bar[B_x, a]>=1,<2 ; python_version > '3'")
    assert (found.name, found.given_name, sorted(found.extras)) == ("foo-bar", "Foo.Bar", ["a", "b-x"])
    assert str(found) == "Foo.Bar[a,b-x]<2,>=1"
    assert str(found.without_extras()) == "Foo.Bar<2,>=1"
    assert found.marker is not None


def test_a_url_keeps_its_password_and_its_text_does_not() -> None:
    found = parse("six[x] @ https://me:s3cret@host.example/six.whl")
    assert found.url == "https://me:s3cret@host.example/six.whl"
    assert str(found) == "six[x] @ https://me:****@host.example/six.whl"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("six=1", "= is not a valid operator. Did you mean == ?"),
        ("./six", "If this is a path, it does not exist; check the spelling and the current folder."),
        ("six!", None),
        ("six @ https://[host.example/six.whl", None),
    ],
)
def test_what_is_no_requirement_is_told_with_its_origin(text: str, hint: str | None) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        parse(text, origin=file_origin("r.txt", 3))
    error = caught.value
    assert (error.origin, error.text, error.hint) == ("-r r.txt (line 3)", text, hint)
    assert "\n" not in error.reason


def test_a_person_is_told_from_a_project_as_origin() -> None:
    assert file_origin("c.txt", 1, option="-c").is_user
    assert not Origin(text="rich").is_user


ENVIRONMENT = {"os_name": "posix", "python_version": "3.12"}


@pytest.mark.parametrize(
    ("text", "extras", "expected"),
    [
        ("six", [], True),
        ("six; os_name == 'nt'", [], False),
        ("six; os_name == 'posix'", ["a"], True),
        ("six; extra == 'b'", [], False),
        ("six; extra == 'b'", ["a", "b"], True),
        ("six; extra == 'b' and python_version > '3.12'", ["b"], False),
    ],
)
def test_a_marker_decides_whether_it_counts(text: str, extras: list[str], expected: bool) -> None:
    assert applies(parse(text), ENVIRONMENT, extras=[normalize(extra) for extra in extras]) is expected


@pytest.mark.parametrize("marker", ["os_name ~= 'x'", "python_version ~= 'x' and extra == 'a'", "'a' in extras"])
def test_a_marker_that_makes_no_sense_is_an_error_with_its_place(marker: str) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        applies(parse(f"six>=1; {marker}", origin=file_origin("r.txt", 2)), ENVIRONMENT)
    assert caught.value.origin == "-r r.txt (line 2)"
    assert caught.value.text.startswith("six>=1; ")
