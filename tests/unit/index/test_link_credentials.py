from __future__ import annotations

from freewheel.index.link_credentials import places
from freewheel.index.page import PageFile, page_file
from freewheel.model.url import Credentials

BASE = "https://index.example/simple/six/"
MARY, BOB = Credentials(user="mary", password="w"), Credentials(user="bob", password="w")


def files(*references: str) -> list[PageFile]:
    found = [page_file(base=BASE, reference=reference) for reference in references]
    return [file for file in found if file is not None]


def test_a_page_without_any_has_none():
    assert list(places(files("six-1.zip", "https://files.example/six-2.zip"))) == []


def test_files_of_one_server_share_the_folder_that_they_lie_in():
    links = [f"https://mary:w@files.example/packages/{number}/six-{number}.zip#sha256=ab" for number in range(9)]
    found = files(*links, "https://bob:w@other.example/a/six-1.zip", "six-1.zip")
    assert found[0].url == "https://files.example/packages/0/six-0.zip"
    assert list(places(found)) == [("https://files.example/packages/", MARY), ("https://other.example/a/", BOB)]


def test_where_credentials_differ_or_nothing_is_shared_each_file_stands_for_itself():
    mary, bob = "https://mary:w@files.example/a/six-1.zip", "https://bob:w@files.example/a/six-2.zip"
    root = ("https://mary:w@root.example/six-1.zip", "https://mary:w@root.example/a/six-2.zip")
    assert list(places(files(mary, bob, *root))) == [
        ("https://files.example/a/six-1.zip", MARY),
        ("https://files.example/a/six-2.zip", BOB),
        ("https://root.example/six-1.zip", MARY),
        ("https://root.example/a/six-2.zip", MARY),
    ]


def test_a_password_is_not_shown():
    assert "secret" not in repr(files("https://mary:secret@files.example/six-1.zip"))
