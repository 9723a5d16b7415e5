"""Variables put into lines, and taken out of what is said."""

from __future__ import annotations

import doctest

import pytest

from freewheel.model import variables
from freewheel.model.variables import expand, hidden

HOST = "https://host.example"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("${A_1}/${A_1}", "x/x"), ("${B}", "${B}"), ("$A_1 ${a} ${EMPTY}", "$A_1 ${a} ${EMPTY}"), ("${C}", "${A_1}")],
)
def test_variables_that_are_set_are_put_in_once(text: str, expected: str) -> None:
    assert expand(text, {"A_1": "x", "a": "y", "EMPTY": "", "C": "${A_1}"}).text == expected


@pytest.mark.parametrize(
    ("line", "said", "shown"),
    [
        # In paths and queries, and with something beside it
        ("-i {H}/${TOK}/simple", "{H}/s3cret/simple/six/", "{H}/${TOK}/simple/six/"),
        ("-i{H}/${TOK}", "'{H}/s3cret'", "'{H}/${TOK}'"),
        ('--index-url="{H}/${TOK}"', "in {H}/s3cret.", "in {H}/${TOK}."),
        ("six@git+{H}/t-${TOK}.git@main", "clone {H}/t-s3cret.git x", "clone {H}/t-${TOK}.git x"),
        ("{H}/six.whl?a=b&token=${TOK}", "{H}/six.whl?a=b&token=s3cret", "{H}/six.whl?a=b&token=${TOK}"),
        ("{H}/${A}${TOK}/six.whl", "{H}/simples3cret/", "{H}/${A}${TOK}/"),
        # Of other hosts when it is long, and of none when it may be any word
        ("{H}/${LONG}/six.whl", "https://other.example/a?t=long-s3cret", "https://other.example/a?t=${LONG}"),
        ("{H}/${A}/six.whl", "https://other.example/simple/", "https://other.example/simple/"),
        # As a whole part alone, and in URLs alone
        ("{H}/${A}/six.whl", "{H}/simpler/a-simple-name/", "{H}/simpler/a-simple-name/"),
        ("{H}/${A}/six.whl", "simple /srv/simple simple==1", "simple /srv/simple simple==1"),
        ("six==${V}", "{H}/six/1.0/", "{H}/six/1.0/"),
        ("file:///srv/${A}/six.whl", "file:///srv/simple/six.whl", "file:///srv/simple/six.whl"),
        # Encoded or not
        ("{H}/${ODD}/six.whl", "{H}/a%20b%C3%BC/six.whl {H}/a bü/six.whl", "{H}/${ODD}/six.whl {H}/${ODD}/six.whl"),
        # Whole URLs, and pieces of them met alone
        ("-i ${URL}", "{H}/pa/th/six/ {H}/pa/files/", "${URL}/six/ {H}/****/files/"),
        ("-i ${AUTH}/x", "{H}/x/ https://me:****@host.example/x", "${AUTH}/x/ ${AUTH}/x"),
        ("-i https://${U}:${P}@host.example/", "https://me:****@host.example/", "https://${U}:****@host.example/"),
        # What can be no URL
        ("-i https://[${TOK}/x", "'https://[s3cret/x'", "'https://[${TOK}/x'"),
    ],
)
def test_what_is_said_of_a_url(line: str, said: str, shown: str) -> None:
    values = {
        "TOK": "s3cret", "LONG": "long-s3cret", "A": "simple", "V": "1.0", "ODD": "a bü", "U": "me", "P": "pw",
        "URL": f"{HOST}/pa/th/", "AUTH": "https://me:pw@host.example",
    }  # fmt: skip
    parts = expand(line.replace("{H}", HOST), values).url_parts()
    assert hidden(said.replace("{H}", HOST), parts) == shown.replace("{H}", HOST)


def test_what_stands_in_a_file_behind_a_url_is_seen_from_there() -> None:
    line = expand("-r ${TOK}/more.txt", {"TOK": "s3cret"})
    assert line.url_parts() == ()
    parts = line.url_parts(base=f"{HOST}/a/reqs.txt")
    assert hidden(f"-r {HOST}/a/s3cret/more.txt (line 1)", parts) == f"-r {HOST}/a/${{TOK}}/more.txt (line 1)"


def test_what_is_said_of_a_line_has_its_words() -> None:
    line = expand("six --${TOK} ${V}", {"TOK": "s3cret", "V": "1"})
    assert line.as_written("no such option: --s3cret (1 of 10)") == "no such option: --${TOK} (${V} of 10)"


def test_values_are_in_no_repr() -> None:
    line = expand(f"{HOST}/${{TOK}}", {"TOK": "s3cret"})
    assert "s3cret" not in repr((line, line.url_parts()))


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(variables).failed == 0
