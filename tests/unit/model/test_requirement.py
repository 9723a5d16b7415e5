"""Requirements as somebody wrote them."""

from __future__ import annotations

import pytest

from freewheel.errors import MalformedRequirement
from freewheel.model.requirement import Origin, file_origin, parse


def test_names_and_extras_are_normalized_and_the_given_name_is_kept() -> None:
    found = parse("Foo.Bar[B_x, a]>=1,<2 ; python_version > '3'")
    assert (found.name, found.given_name, sorted(found.extras)) == ("foo-bar", "Foo.Bar", ["a", "b-x"])
    assert str(found) == "Foo.Bar[a,b-x]<2,>=1"
    assert str(found.without_extras()) == "Foo.Bar<2,>=1"
    assert found.marker is not None


def test_a_url_keeps_its_password_and_its_text_does_not() -> None:
    found = parse("six[x] @ https://me:s3cret@host.example/six.whl")
    assert found.url == "https://me:s3cret@host.example/six.whl"
    assert str(found) == "six[x]@ https://me:****@host.example/six.whl"


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
