"""The environment that git runs in, and what is shown of what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freewheel.build.git import Git, GitFailed, anonymous, said, settings_for, variables_for
from freewheel.errors import GitUnavailable
from freewheel.events import Recorder
from freewheel.model.url import Credentials

ME = Credentials(user="me", password="p@ss/word")


def variables(environment: dict[str, str], *, may_ask: bool = True) -> dict[str, str]:
    return variables_for(environment, may_ask=may_ask, timeout=15.0, settings=())


def test_a_hook_that_starts_us_does_not_lead_git_to_its_repository() -> None:
    found = variables({"GIT_DIR": "/x", "GIT_INDEX_FILE": "/y", "GIT_WORK_TREE": "/z", "HOME": "/home/me"})
    assert found.keys() == {"HOME", "GIT_HTTP_LOW_SPEED_LIMIT", "GIT_HTTP_LOW_SPEED_TIME", "GIT_CONFIG_COUNT"}


def test_nobody_is_asked_where_nobody_may_be() -> None:
    assert "GIT_TERMINAL_PROMPT" not in variables({})
    assert variables({}, may_ask=False)["GIT_TERMINAL_PROMPT"] == "0"
    assert variables({}, may_ask=False)["GIT_SSH_COMMAND"] == "ssh -oBatchMode=yes"
    own = {"GIT_SSH_COMMAND": "ssh -i key"}
    assert variables(own, may_ask=False)["GIT_SSH_COMMAND"] == "ssh -i key -oBatchMode=yes"
    assert variables(own)["GIT_SSH_COMMAND"] == "ssh -i key"


def test_a_transfer_that_stands_still_ends_unless_the_user_says_otherwise() -> None:
    assert variables({})["GIT_HTTP_LOW_SPEED_TIME"] == "15"
    assert variables({"GIT_HTTP_LOW_SPEED_TIME": "60"})["GIT_HTTP_LOW_SPEED_TIME"] == "60"


def test_settings_are_added_to_those_that_there_are() -> None:
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}
    found = variables_for(given, may_ask=True, timeout=1, settings=(("d.e", "f"),))
    assert given.items() - {("GIT_CONFIG_COUNT", "1")} <= found.items()
    assert (found["GIT_CONFIG_COUNT"], found["GIT_CONFIG_KEY_1"], found["GIT_CONFIG_VALUE_1"]) == ("2", "d.e", "f")


def test_credentials_go_to_their_server_alone() -> None:
    assert list(settings_for("https://host.example:8443/team/six.git", ME)) == [
        ("credential.https://host.example:8443/.helper", ""),
        ("url.https://me:p%40ss%2Fword@host.example:8443/.insteadOf", "https://host.example:8443/"),
    ]
    token = Credentials(user="token", password="")
    assert list(settings_for("https://host.example/six", token)) == [
        ("url.https://token@host.example/.insteadOf", "https://host.example/")
    ]
    assert list(settings_for("https://host.example/six", None)) == []


def test_anybody_has_no_configuration_and_no_helper() -> None:
    own = {"PATH": "/bin", "HOME": "/home/me", "GIT_ASKPASS": "x", "GIT_CONFIG_COUNT": "1", "XDG_CONFIG_HOME": "/c"}
    assert anonymous(own) == {
        "PATH": "/bin",
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("Cloning into 'x'...\nfatal: no such host\n", "fatal: no such host"),
        ("hint: do this\nerror: bad\n", "error: bad"),
        ("fatal: Authentication failed for 'https://me:p%40ss%2Fword@host.example/six/'",
         "fatal: Authentication failed for 'https://host.example/six/'"),
        ("remote: p@ss/word is wrong", "remote: **** is wrong"),
        ("Receiving:  10%\rReceiving: 100%, done.\n", "Receiving: 100%, done."),
        ("\n".join(map(str, range(20))), "14\n15\n16\n17\n18\n19"),
    ],
)  # fmt: skip
def test_what_git_said_is_shown_without_secrets_and_noise(output: str, shown: str) -> None:
    assert said(output, ME) == shown


def git(path: Path | None = None) -> Git:
    environment = {"PATH": str(path) if path is not None else os.environ["PATH"], "HOME": os.devnull}
    return Git(environment=environment, credentials=lambda _: ME, may_ask=False, timeout=1.0, reporter=Recorder())


def test_a_git_that_is_missing_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(GitUnavailable) as caught:
        git(tmp_path).run("version", url="https://host.example/six")
    assert caught.value.url == "https://host.example/six"


def test_a_folder_that_is_gone_is_not_taken_for_a_missing_git(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="is gone"):
        git().run("status", url="", folder=tmp_path / "gone")


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_a_git_that_is_too_old_is_not_given_a_password(tmp_path: Path) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\necho git version 2.30.2\n", encoding="utf-8")
    program.chmod(0o755)
    old = git(tmp_path)
    assert old.run("version", url="https://host.example/six").startswith("git version")
    with pytest.raises(GitUnavailable, match=r"needs 2\.31 or newer"):
        old.reach("ls-remote", url="https://host.example/six")
    assert old.reach("ls-remote", url="ssh://host.example/six")
