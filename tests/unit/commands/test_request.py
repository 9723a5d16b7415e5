"""Words and files together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.commands.request import Request, gather
from freewheel.config.platform import Platform
from freewheel.config.values import Config, Location
from freewheel.errors import (
    CommandMisused,
    InvalidOptionValue,
    LockFileError,
    MalformedRequirement,
    RequirementsFileError,
    Unreachable,
)
from freewheel.events import Recorder, Warned
from freewheel.model import formats
from freewheel.model.requirement import Requirement
from freewheel.model.target import Target
from freewheel.model.url import Credentials
from tests.support.told import DEFAULT_INDEX, LINUX, told
from tests.support.universe import TARGET


def no_network(location: Location) -> str:
    raise Unreachable(url=location.url, reason="this test has no network")


def requested(folder: Path, words: str, **files: str) -> Request:
    """`gather` with each file written as its name plus `.txt`."""
    platform = replace(LINUX, folder=str(folder))
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return gathered(told(words, {"TOKEN": "secret"}, platform=platform), platform=platform)


def gathered(
    config: Config,
    *,
    platform: Platform = LINUX,
    fetch_text: Callable[[Location], str] = no_network,
    target: Target = TARGET,
    recorder: Recorder | None = None,
) -> Request:
    return gather(
        config, platform=platform, fetch_text=fetch_text, target=lambda: target, reporter=recorder or Recorder()
    )


def test_constraints_words_and_files_in_pips_order(tmp_path: Path) -> None:
    request = requested(
        tmp_path, "install -r a.txt six -c c.txt flit", a="rich\n-c d.txt\n", c="six<2\n", d="attrs<3\n"
    )
    assert [str(requirement) for requirement in request.requirements] == ["six", "flit", "rich"]
    assert [str(constraint) for constraint in request.constraints] == ["six<2", "attrs<3"]
    assert [str(requirement.origin) for requirement in request.requirements] == [
        "the command line",
        "the command line",
        "-r a.txt (line 1)",
    ]


def test_editables_come_after_words_and_before_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "setup.py").touch()
    request = requested(
        tmp_path,
        "install -r a.txt -e ./one[x] six -e git+https://me:pw@x.example/seven@main#egg=seven[y]",
        a="-e two -C a=b\n-e git+ssh://git@x.example/eight.git#egg=eight\n",
    )
    six, one, seven, two, eight = request.requirements
    assert [each.is_editable for each in request.requirements] == [False, True, True, True, True]
    assert (one.url, one.extras) == ((tmp_path / "one").as_uri(), {"x"})
    assert (two.url, two.config_settings, str(two.origin)) == (
        (tmp_path / "two").as_uri(),
        (("a", "b"),),
        "-r a.txt (line 1)",
    )
    assert (seven.url, seven.extras) == ("git+https://x.example/seven@main#egg=seven[y]", {"y"})
    assert eight.url == "git+ssh://git@x.example/eight.git#egg=eight"
    assert [location.url for location in request.protected] == [seven.url]
    assert six.url is None


def test_a_constraint_is_never_editable(tmp_path: Path) -> None:
    with pytest.raises(MalformedRequirement, match="Editable requirements are not allowed as constraints"):
        requested(tmp_path, "install six -c c.txt", c="-e git+https://x.example/six#egg=six\n")


def test_options_in_files_change_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    text = (
        "-i https://me:pw@one.example/\n--extra-index-url https://two.example/ -f beside\n-f /srv/w\n"
        "--trusted-host Three.example\n--pre\n--prefer-binary\n--no-binary six\n--only-binary=rich\n"
    )
    request = requested(
        tmp_path, "install x -r a.txt --only-binary :all: --extra-index-url https://zero.example/", a=text
    )
    config = request.config
    assert [location.url for location in config.index.indexes] == ["https://one.example/", "https://two.example/"]
    assert config.index.indexes[0].credentials is not None
    assert [location.url for location in config.index.find_links] == [f"file://{tmp_path}/beside", "file:///srv/w"]
    assert config.network.trusted_hosts == ("three.example",)
    assert config.resolve.releases == (("pre", ""),)
    assert config.resolve.prefer_binary
    control = formats.parse(config.resolve.formats)
    assert (control.no_binary, control.only_binary) == ({"six"}, {":all:", "rich"})


def test_an_index_in_a_file_that_is_no_url_is_named_by_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        requested(tmp_path, "install x -r a.txt", a="\n-i https://me:pw@[one.example/\n")
    assert (caught.value.source, caught.value.value) == ("-r a.txt (line 2)", "https://me:****@[one.example/")


def test_no_index_in_a_file_holds_from_there_on(tmp_path: Path) -> None:
    request = requested(tmp_path, "install x -r a.txt", a="--no-index\n-i https://one.example/\n")
    assert (request.config.index.indexes, request.config.index.no_index) == ((), True)


def test_an_extra_index_stays_beside_the_default(tmp_path: Path) -> None:
    index = requested(tmp_path, "install -r a.txt", a="--extra-index-url https://two.example/\n").config.index
    assert [location.url for location in index.indexes] == [DEFAULT_INDEX, "https://two.example/"]


def test_what_belongs_to_one_requirement_stays_with_it(tmp_path: Path) -> None:
    text = f"six --hash=sha256:{'a' * 64} --hash sha512:{'B' * 128} -C k=v -C k=w\nrich\n"
    request = requested(tmp_path, "install -r a.txt", a=text)
    six, rich = request.requirements
    assert [digest.algorithm for digest in six.digests] == ["sha256", "sha512"]
    assert six.config_settings == (("k", "v"), ("k", "w"))
    assert (rich.digests, rich.config_settings) == ((), ())


def test_an_option_without_effect_is_noted(tmp_path: Path) -> None:
    request = requested(tmp_path, "install -r a.txt", a="six --pre\n--hash=sha256:ab\n")
    assert request.notes == (
        "-r a.txt (line 1): --pre has no effect beside a requirement",
        "-r a.txt (line 2): --hash has no effect without a requirement",
    )
    assert not request.config.resolve.releases


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("six --hash=md5:ab", "--hash=md5:ab is no digest: sha256, sha384 or sha512"),
        ("six --hash=sha256", "--hash=sha256 is no digest"),
        ("six --hash=sha256:xyz", "--hash=sha256:xyz is no digest"),
        ("six -C novalue", "of the form KEY=VAL"),
        ("six ==", "Expected"),
        ("hg+https://x.example/six", "hg repositories are not supported"),
        ("-e https://x.example/six.zip", "not a valid editable requirement"),
        ("six @ https://[x.example/six.whl", "its URL cannot be taken apart"),
        ("https://[x.example/six.whl", "its URL cannot be taken apart"),
    ],
)
def test_a_malformed_line_is_named_by_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        requested(tmp_path, "install -r a.txt", a=f"rich\n\n{line}\n")
    assert (caught.value.origin, caught.value.text) == ("-r a.txt (line 3)", line)
    assert reason in caught.value.reason


def test_an_error_shows_the_variable_and_not_its_value(tmp_path: Path) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        requested(tmp_path, "install -r a.txt", a="six ${TOKEN}\n")
    assert "secret" not in str(caught.value)
    assert caught.value.text == "six ${TOKEN}"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("https://x.example/six-1.0.tar.gz", "Unnamed requirements are not allowed as constraints"),
        ("six[a]<2", "Constraints cannot have extras"),
    ],
)
def test_a_constraint_names_a_project_without_extras(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        requested(tmp_path, "install six -c c.txt", c=f"{line}\n")
    assert (caught.value.origin, caught.value.reason) == ("-c c.txt (line 1)", reason)


@pytest.mark.parametrize("folder", ["https://x.example/", "./"])
def test_a_wheels_name_is_that_of_its_project(tmp_path: Path, folder: str) -> None:
    name = "Six_Pack-1.0-py3-none-any.whl"
    (tmp_path / name).write_bytes(b"")
    (constraint,) = requested(tmp_path, "install six-pack -c c.txt", c=f"{folder}{name}\n").constraints
    assert constraint.name == "six-pack"
    assert (constraint.url or "").endswith(f"/{name}")


def test_a_word_that_is_empty_asks_for_nothing() -> None:
    """Such as a variable that is not set, in quotes; as pip has it."""
    request = gathered(told(["install", "", " ", "six"]))
    assert [str(one) for one in request.requirements] == ["six"]


@pytest.mark.parametrize("line", ["--hash=x", "--hash=md5:ab"])
def test_what_is_no_digest_is_an_error_on_a_line_of_its_own_too(tmp_path: Path, line: str) -> None:
    """The backslash before it is easily lost."""
    with pytest.raises(MalformedRequirement, match="is no digest"):
        requested(tmp_path, "install -r a.txt", a=f"six\n{line}\n")


def test_an_editable_constraint_is_refused_before_it_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(MalformedRequirement, match="Editable requirements are not allowed as constraints"):
        requested(tmp_path, "install six -c c.txt", c="-e ./absent\n")


def test_a_url_loses_its_password_which_is_kept_apart(tmp_path: Path) -> None:
    text = "six @ https://me:${TOKEN}@x.example/six.zip\nhttps://me:pw@y.example/rich.zip\nflit\n"
    request = requested(tmp_path, "install -r a.txt https://z.example/attrs.zip", a=text)
    assert [requirement.url for requirement in request.requirements] == [
        "https://z.example/attrs.zip",
        "https://x.example/six.zip",
        "https://y.example/rich.zip",
        None,
    ]
    assert request.protected == (
        Location(url="https://x.example/six.zip", credentials=Credentials(user="me", password="secret")),
        Location(url="https://y.example/rich.zip", credentials=Credentials(user="me", password="pw")),
    )
    assert "secret" not in repr(request)


def test_a_file_behind_a_url_is_fetched() -> None:
    config = told("install -r https://x.example/reqs.txt")
    pages = {Location(url="https://x.example/reqs.txt"): "six\n"}
    request = gathered(config, fetch_text=pages.__getitem__)
    assert [str(requirement) for requirement in request.requirements] == ["six"]
    with pytest.raises(Unreachable):
        gathered(config)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("--all-releases six,rich", "releases", (("only-final", "x"), ("all-releases", "six,rich"))),
        ("--only-final=:all:", "releases", (("only-final", "x"), ("only-final", ":all:"))),
        ("--no-binary six", "formats", (("no-binary", "six"),)),
        ("--pre", "releases", (("only-final", "x"), ("pre", ""))),
        ("--prefer-binary", "prefer_binary", True),
    ],
)
def test_an_option_in_a_file_follows_those_of_the_command_line(
    tmp_path: Path, line: str, field: str, value: object
) -> None:
    request = requested(tmp_path, "install -r a.txt --only-final x", a=f"{line}\n")
    assert getattr(request.config.resolve, field) == value


def test_digests_are_required_or_not_by_a_line_of_a_file(tmp_path: Path) -> None:
    def required(words: str, text: str) -> bool | None:
        return requested(tmp_path, f"install -r a.txt {words}", a=text).config.request.require_hashes

    assert required("", "six\n") is None
    assert required("", "--require-hashes\nsix\n") is True
    assert required("--no-require-hashes", "--no-require-hashes\n") is False
    with pytest.raises(CommandMisused) as caught:
        required("", "--require-hashes\n\n--no-require-hashes\n")
    assert caught.value.origin == "-r a.txt (line 3)"


def test_a_feature_of_pips_is_accepted_and_said_to_change_nothing(tmp_path: Path) -> None:
    (note,) = requested(tmp_path, "install -r a.txt", a="--use-feature=fast-deps\nsix\n").notes
    assert note.startswith("-r a.txt (line 1): --use-feature has no effect: ")


def test_build_constraints_are_kept_apart(tmp_path: Path) -> None:
    text = "tool<2\n-c more.txt\n"
    request = requested(
        tmp_path, "install six --build-constraint b.txt -c c.txt", b=text, more="wheel\n", c="six<2\n"
    )
    assert [str(one) for one in request.build_constraints] == ["tool<2", "wheel"]
    assert [str(one) for one in request.constraints] == ["six<2"]


def test_a_text_in_the_encoding_of_the_locale_is_read_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("six  # für\n".encode("cp1252"))
    recorder = Recorder()
    config = told("install -r a.txt")
    legacy = replace(LINUX, folder=str(tmp_path), encoding="cp1252")
    assert [str(one) for one in gathered(config, platform=legacy, recorder=recorder).requirements] == ["six"]
    (warned,) = recorder.events
    assert isinstance(warned, Warned)
    assert "a.txt is no UTF-8 and was read as cp1252" in warned.message
    with pytest.raises(RequirementsFileError, match="coding: latin-1"):
        gathered(config, platform=replace(legacy, encoding="UTF-8"))


def lock_file(folder: Path, *names: str) -> None:
    entries = "".join(
        f'[[packages]]\nname = "{name}"\n'
        f'wheels = [{{ url = "https://me:pw@x.example/{name}-1.0-py3-none-any.whl", hashes = {{ sha256 = "a" }} }}]\n'
        for name in names
    )
    (folder / "pylock.toml").write_text(f'lock-version = "1.0"\ncreated-by = "x"\n{entries}', encoding="utf-8")


def test_a_lock_file_stands_where_it_was_named_and_is_read_once(tmp_path: Path) -> None:
    lock_file(tmp_path, "one", "two")
    words = "install zero -r pylock.toml -r a.txt --group pylock.toml:dev -r pylock.toml"
    with pytest.raises(LockFileError, match="Undeclared dependency groups: dev"):
        requested(tmp_path, words, a="three\n")
    request = requested(tmp_path, words.replace(" --group pylock.toml:dev", ""), a="three\n")
    assert [str(one) for one in request.requirements] == ["zero", "one==1.0", "two==1.0", "three"]
    _, one, _, _ = request.requirements
    assert isinstance(one, Requirement)
    assert one.is_locked
    assert one.artifact is not None
    assert one.artifact.url == "https://x.example/one-1.0-py3-none-any.whl"
    assert {location.credentials for location in request.protected} == {Credentials(user="me", password="pw")}


def test_wheels_are_chosen_for_the_target(tmp_path: Path) -> None:
    wheels = ", ".join(
        f'{{ url = "https://x.example/six-1-{tag}.whl", hashes = {{ sha256 = "ab" }} }}'
        for tag in ("py3-none-any", "cp312-cp312-linux_x86_64", "cp312-cp312-win32")
    )
    text = f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "six"\nwheels = [{wheels}]\n'
    (tmp_path / "pylock.toml").write_text(text, encoding="utf-8")
    (six,) = requested(tmp_path, "install -r pylock.toml").requirements
    assert isinstance(six, Requirement)
    assert six.artifact is not None
    assert six.artifact.filename == "six-1-cp312-cp312-linux_x86_64.whl"


def test_a_locked_folder_and_archive_are_direct_references(tmp_path: Path) -> None:
    text = (
        'lock-version = "1.0"\ncreated-by = "x"\n'
        '[[packages]]\nname = "six"\ndirectory = { path = "src", editable = true, subdirectory = "sub" }\n'
        '[[packages]]\nname = "rich"\n'
        'archive = { url = "https://x.example/r.zip#x", subdirectory = "s", hashes = { md5 = "a", sha256 = "ab" } }\n'
        '[[packages]]\nname = "bad"\nmarker = "python_version < \'3\'"\n'
        'archive = { url = "https://x.example/r.zip", subdirectory = "../s", hashes = { md5 = "aa" } }\n'
    )
    path = tmp_path / "pylock.toml"
    path.write_text(text, encoding="utf-8")
    six, rich = requested(tmp_path, "install -r pylock.toml").requirements
    assert (six.url, six.is_editable) == ((tmp_path / "src" / "sub").as_uri(), True)
    assert rich.url == "https://x.example/r.zip#subdirectory=s"
    assert [str(digest) for digest in rich.digests] == ["sha256:ab"]
    path.write_text(text.replace("< '3'", "> '3'"), encoding="utf-8")
    with pytest.raises(LockFileError, match="bad: its subdirectory leads out of it"):
        requested(tmp_path, "install -r pylock.toml")
