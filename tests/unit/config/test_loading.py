"""Which value counts, and what becomes of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from freewheel.cli.arguments import parse
from freewheel.config.loading import load
from freewheel.config.values import ACTIVATED, BuildConfig, InstallConfig, Location, OutputConfig, ResolveConfig
from freewheel.errors import ConfigurationFileError, InvalidOptionValue
from freewheel.model.url import Credentials
from freewheel.options.option import ParsedArguments
from freewheel.options.refused import REFUSED
from tests.support.told import (
    DEFAULT_INDEX,
    GLOBAL_FILE,
    HOME,
    LEGACY_FILE,
    LINUX,
    SITE_FILE,
    USER_FILE,
    XDG_FILE,
    told,
)

TIMEOUT_SOURCES = [
    ("words", "", 1),
    ("FREEWHEEL_TIMEOUT", "", 2),
    ("PIP_TIMEOUT", "", 3),
    ("/named.conf", "[freewheel]", 4),
    ("/named.conf", "[install]", 5),
    ("/named.conf", "[global]", 6),
    (SITE_FILE, "[freewheel]", 7),
    (SITE_FILE, "[global]", 8),
    (USER_FILE, "[install]", 9),
    (USER_FILE, "[global]", 10),
    (LEGACY_FILE, "[global]", 11),
    (GLOBAL_FILE, "[freewheel]", 12),
    (GLOBAL_FILE, "[global]", 13),
    (XDG_FILE, "[install]", 14),
]


@pytest.mark.parametrize("nearest", range(len(TIMEOUT_SOURCES)))
def test_the_nearest_source_counts(nearest: int) -> None:
    """Behaviour 5."""
    words, environ, files = "install six", {}, {}
    for place, section, value in TIMEOUT_SOURCES[nearest:]:
        if place == "words":
            words += f" --timeout {value}"
        elif not section:
            environ[place] = str(value)
        else:
            files[place] = f"{files.get(place, '')}{section}\ntimeout = {value}\n"
    if "/named.conf" in files:
        environ["PIP_CONFIG_FILE"] = "/named.conf"
    assert told(words, environ, files).network.timeout == TIMEOUT_SOURCES[nearest][2]


def test_a_file_named_by_a_variable_takes_the_place_of_the_users_files() -> None:
    files = {"/named.conf": "[global]\nretries=1\n", USER_FILE: "[global]\ntimeout=2\n"}
    assert told("list", {"PIP_CONFIG_FILE": "/named.conf"}, files).network.timeout == 15
    assert told("list", {"PIP_CONFIG_FILE": "/absent.conf"}, files).network.timeout == 2


def test_the_null_device_switches_all_files_off() -> None:
    files = dict.fromkeys((SITE_FILE, USER_FILE, GLOBAL_FILE), "[global]\ntimeout=2\n")
    assert told("list", {"PIP_CONFIG_FILE": os.devnull}, files).network.timeout == 15


def test_the_active_environment_has_the_site_file() -> None:
    files = {"/venv/pip.conf": "[global]\ntimeout=2\n", SITE_FILE: "[global]\ntimeout=3\n"}
    assert told("list", {"VIRTUAL_ENV": "/venv"}, files).network.timeout == 2


def test_isolated_still_reads_what_is_for_everybody() -> None:
    """Behaviour 15."""
    files = {USER_FILE: "[global]\ntimeout=2\nretries=7\n", GLOBAL_FILE: "[global]\ntimeout=3\n"}
    network = told("list --isolated", {"PIP_TIMEOUT": "1"}, files).network
    assert (network.timeout, network.retries) == (3, 5)


def test_an_alias_is_a_name_in_environment_and_files() -> None:
    assert told("list", {"PIP_DEFAULT_TIMEOUT": "180"}).network.timeout == 180
    assert told("list", {}, {USER_FILE: "[global]\nDefault_Timeout = 7\n"}).network.timeout == 7


def test_a_list_is_replaced_by_nearer_places_and_extended_by_the_command_line() -> None:
    """As in pip: only the command line adds to what is configured."""
    environ = {"PIP_EXTRA_INDEX_URL": "https://a.example/ https://b.example/"}
    files = {USER_FILE: "[global]\nextra-index-url =\n  https://c.example/\n  https://d.example/\n"}
    words = "install six --extra-index-url https://e.example/"
    both = [location.url for location in told(words, environ, files).index.indexes]
    assert both == [DEFAULT_INDEX, "https://a.example/", "https://b.example/", "https://e.example/"]
    file_only = [location.url for location in told(words, {}, files).index.indexes]
    assert file_only == [DEFAULT_INDEX, "https://c.example/", "https://d.example/", "https://e.example/"]


def test_an_empty_value_in_a_file_hides_the_same_section_of_files_further_away() -> None:
    far = {GLOBAL_FILE: "[global]\nindex-url = https://far.example/\n"}
    assert (
        told("install six", {}, {USER_FILE: "[global]\nindex-url =\n", **far}).index.indexes[0].url == DEFAULT_INDEX
    )
    assert told("install six", {"PIP_INDEX_URL": ""}, far).index.indexes[0].url == "https://far.example/"


def test_formats_accumulate_over_sections_and_words() -> None:
    files = {
        USER_FILE: "[global]\nno-binary = a\n[install]\nonly-binary = b\n",
        GLOBAL_FILE: "[global]\nno-binary = hidden\n",
    }
    config = told("install six --no-binary d --only-binary e", {"PIP_NO_BINARY": "c"}, files)
    assert config.resolve.formats == (
        ("no-binary", "a"),
        ("only-binary", "b"),
        ("no-binary", "c"),
        ("no-binary", "d"),
        ("only-binary", "e"),
    )


@pytest.mark.parametrize(
    ("environ", "compiles", "isolates"),
    [
        ({}, True, True),
        ({"PIP_NO_COMPILE": "1", "PIP_NO_BUILD_ISOLATION": "yes"}, True, True),
        ({"PIP_NO_COMPILE": "0", "PIP_NO_BUILD_ISOLATION": "off"}, False, False),
        ({"FREEWHEEL_NO_COMPILE": "1", "FREEWHEEL_NO_BUILD_ISOLATION": "yes"}, False, False),
        ({"FREEWHEEL_NO_COMPILE": "0", "PIP_NO_COMPILE": "0"}, True, True),
        ({"PIP_COMPILE": "no"}, False, True),
    ],
)
def test_negative_flags_mean_in_pips_places_what_they_mean_to_pip(
    environ: dict[str, str], compiles: bool, isolates: bool
) -> None:
    config = told("install six", environ)
    assert (config.install.with_bytecode, config.build.is_isolated) == (compiles, isolates)


def test_in_one_place_the_last_line_counts() -> None:
    """As in pip, which applies them one after the other."""
    files = {USER_FILE: "[global]\nonly-binary = a\nno-binary = :all:\nno-compile = 0\ncompile = 1\n"}
    config = told("install six", {}, files)
    assert config.resolve.formats == (("only-binary", "a"), ("no-binary", ":all:"))
    assert config.install.with_bytecode
    assert told("list", {"PIP_TIMEOUT": "1", "PIP_DEFAULT_TIMEOUT": "2"}).network.timeout == 2


def test_of_opposite_flags_the_last_on_the_command_line_counts() -> None:
    assert told("install six --no-compile --compile").install.with_bytecode
    assert not told("install six --compile --no-compile", {"PIP_COMPILE": "1"}).install.with_bytecode


def test_verbosity_adds_up() -> None:
    assert told("list -v", {"PIP_VERBOSE": "1"}).output.verbosity == 2
    assert told("list -vvvvv").output.verbosity == 3
    assert told("list -qv -q", {"PIP_VERBOSE": "yes"}).output.verbosity == 0


@pytest.mark.parametrize(
    ("words", "environ", "problem"),
    [
        ("list --timeout abc", {}, "option --timeout: invalid floating-point value: 'abc'"),
        ("list --timeout -1", {}, "option --timeout: -1 is no number of seconds above 0"),
        ("list --timeout nan", {}, "option --timeout: nan is no number of seconds above 0"),
        ("list --timeout 0", {}, "option --timeout: 0 is no number of seconds above 0"),
        ("list --retries 1.5", {}, "option --retries: invalid integer value: '1.5'"),
        ("list --retries -1", {}, "option --retries: -1 is less than 0"),
        (
            "cache list --format=xml",
            {},
            "option --format: invalid choice: 'xml' (choose from 'human', 'abspath', 'json')",
        ),
        ("cache list --kind wheel", {}, "option --kind: invalid choice: 'wheel' (choose from 'wheels', 'downloads'"),
        ("cache list --older-than 30", {}, "option --older-than: '30' is not a duration (such as 30d, 12h or 2w)"),
        (
            "cache prune --max-size lots",
            {},
            "option --cache-max-size: 'lots' is not a size (such as 5GB or 500MB)",
        ),
        ("install x", {"FREEWHEEL_CACHE_MAX_AGE": "1y"}, "option --cache-max-age: '1y' is not a duration"),
        (
            "list",
            {"PIP_FORMAT": "xml"},
            "option --format: invalid choice: 'xml' (choose from 'columns', 'freeze', 'json')",
        ),
        ("install x", {"PIP_NO_INDEX": "maybe"}, "maybe is not a valid value for no-index option"),
        ("list", {"PIP_VERBOSE": "-1"}, "-1 is not a valid value for verbose option"),
        ("install x -C novalue", {}, "Arguments to --config-settings must be of the form KEY=VAL"),
        ("install x --no-binary --pre", {}, "--no-binary / --only-binary option requires 1 argument."),
        ("list --cert absent.pem", {}, "The CA bundle /project/absent.pem does not exist"),
        ("install x -i https://me:pw@[x", {}, "option --index-url: 'https://me:****@[x' is no URL"),
        ("install x", {"PIP_FIND_LINKS": "https://[x"}, "option --find-links: 'https://[x' is no URL"),
        ("list --proxy me:pw@[x", {}, "option --proxy: 'http://me:****@[x' is no URL"),
        ("list", {"https_proxy": "http://[x"}, "option --proxy: 'http://[x' is no URL"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused_with_its_source(
    words: str, environ: dict[str, str], problem: str
) -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        told(words, environ)
    assert problem in caught.value.problem
    assert "pw@" not in caught.value.value
    variable = next(iter(environ), None)
    assert caught.value.source == (f"{variable} in the environment" if variable else "the command line")


def test_a_value_in_a_file_is_named_by_section_and_path() -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        told("list", {}, {GLOBAL_FILE: "[global]\nretries = many\n"})
    assert caught.value.source == f"retries in [global] of {GLOBAL_FILE}"


def test_a_file_that_cannot_be_parsed_is_named_without_its_content() -> None:
    with pytest.raises(ConfigurationFileError) as caught:
        told("list", {}, {USER_FILE: "index-url = https://me:secret@example.org/\n"})
    assert caught.value.path == USER_FILE
    assert caught.value.reason == "line 1: something stands before the first [section]"
    assert "secret" not in str(caught.value)


def test_what_has_no_effect_is_noted_once_for_each_place() -> None:
    environ = {
        "PIP_NO_SUCH_THING": "1",
        "PIP_USE_DEPRECATED": "legacy-resolver",
        "PIP_CONFIG_FILE": "/absent",
        "PIP_NO_DEPS": "1",
    }
    notes = told("list", environ).notes
    assert notes == (
        "PIP_NO_SUCH_THING in the environment has no effect: there is no such option",
        f"PIP_USE_DEPRECATED in the environment has no effect: {REFUSED[0].refusal}",
    )


def test_what_is_given_without_effect_is_noted() -> None:
    notes = told("list --no-python-version-warning --disable-pip-version-check --no-python-version-warning").notes
    assert notes == (
        "--no-python-version-warning has no effect: there is no such warning",
        "--disable-pip-version-check has no effect: freewheel never looks for a newer version of itself",
    )


def test_what_is_always_so_is_warned_of_in_pips_words() -> None:
    config = told("list --use-feature truststore --use-feature fast-deps", {"PIP_USE_FEATURE": "build-constraint"})
    assert config.warnings == ("The following features are always enabled: build-constraint, truststore. ",)
    assert told("list --use-feature=fast-deps").warnings == ()


@pytest.mark.parametrize("environ", [{}, {"PIP_USE_FEATURE": "frobnication"}])
def test_a_feature_that_pip_does_not_have_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        told("list" if environ else "list --use-feature=frobnication", environ)
    assert caught.value.problem.startswith("option --use-feature: invalid choice: 'frobnication' (choose from 'fast-")


def test_an_option_of_another_command_has_no_effect_and_is_not_checked() -> None:
    config = told("list", {"PIP_NO_INDEX": "maybe", "PIP_PROGRESS_BAR": "never"})
    assert config.notes == ()


class TestIndexes:
    def test_the_default_is_asked_for_only_where_it_is_needed(self) -> None:
        def refuse() -> str:
            raise AssertionError("the default index was asked for")

        for command, words in [
            ("list", ()),
            ("install", ("-i", "https://one.example/")),
            ("install", ("--no-index",)),
        ]:
            arguments = parse([command, *words])
            load(arguments, environ={}, platform=LINUX, read={}.get, default_index=refuse)

    def test_passwords_are_kept_apart(self) -> None:
        config = told("install six -i https://me:s%40fe@one.example/simple/")
        expected = Location(url="https://one.example/simple/", credentials=Credentials(user="me", password="s@fe"))
        assert config.index.indexes == (expected,)
        assert "s@fe" not in repr(config)

    def test_a_path_becomes_a_file_url(self) -> None:
        index = told("install six -i ~/index --find-links wheels -f /srv/w -f https://x.example/f/").index
        assert [location.url for location in index.indexes] == [f"file://{HOME}/index"]
        assert [location.url for location in index.find_links] == [
            "file:///project/wheels",
            "file:///srv/w",
            "https://x.example/f/",
        ]

    def test_a_host_without_a_scheme_is_a_path_that_is_remembered_as_it_was_written(self) -> None:
        index = told("install six -i localhost:8080/simple --extra-index-url host.example/simple -f ../w").index
        assert [(location.path, location.url) for location in (*index.indexes, *index.find_links)] == [
            ("localhost:8080/simple", "file:///project/localhost%3A8080/simple"),
            ("host.example/simple", "file:///project/host.example/simple"),
            ("../w", "file:///project/../w"),
        ]

    def test_a_password_without_a_scheme_is_refused_and_not_shown(self) -> None:
        with pytest.raises(InvalidOptionValue) as caught:
            told("install six -i me:secret@host.example/simple")
        assert "'me:****@host.example/simple' has no scheme" in caught.value.problem
        assert "secret" not in str(vars(caught.value))

    def test_no_index_leaves_only_find_links(self) -> None:
        index = told("install six --no-index --extra-index-url https://x.example/ -f wheels").index
        assert (index.indexes, len(index.find_links), index.no_index) == ((), 1, True)


class TestEnvironmentActedOn:
    @pytest.mark.parametrize(
        ("words", "environ", "expected", "source"),
        [
            ("list", {}, "/prefix/bin/python", None),
            ("list", {"VIRTUAL_ENV": "/venv"}, "/venv", ACTIVATED),
            ("--python ./env list", {"VIRTUAL_ENV": "/venv"}, "/project/env", "--python"),
            ("list --python ~/env/bin/python", {}, f"{HOME}/env/bin/python", "--python"),
            ("list", {"PIP_PYTHON": "/pips", "VIRTUAL_ENV": "/venv"}, "/pips", "PIP_PYTHON in the environment"),
        ],
    )
    def test_python_then_the_active_environment_then_our_own(
        self, words: str, environ: dict[str, str], expected: str, source: str | None
    ) -> None:
        config = told(words, environ).install
        assert (config.python, config.python_source) == (expected, source)


def test_paths_are_absolute() -> None:
    config = told("install six -t lib --report out.json --log ~/log", {})
    assert config.install.target == "/project/lib"
    assert config.install.report == "/project/out.json"
    assert config.output.log == f"{HOME}/log"
    assert told("install six --report -").install.report == "-"
    assert told("download six -d here").request.destination == "/project/here"
    assert told("download six").request.destination == "/project"
    assert told("install six").request.destination is None
    assert told("wheel six -w here").request.destination == "/project/here"


def test_requirement_files_stay_as_they_were_written() -> None:
    request = told("install -r a.txt -c c.txt -r b.txt", {"PIP_CONSTRAINT": "x.txt y.txt"}).request
    assert request.requirement_files == ("a.txt", "b.txt")
    assert request.constraint_files == ("x.txt", "y.txt", "c.txt")


def test_every_flag_of_install_reaches_its_place() -> None:
    words = (
        "install six -U --upgrade-strategy eager --no-deps --pre --prefer-binary -I --force-reinstall --dry-run "
        "--break-system-packages --require-virtualenv --link-mode copy --no-input --no-color --progress-bar off "
        "--no-warn-script-location --no-warn-conflicts -C a=1 -C a=2=3"
    )
    config = told(words)
    assert config.resolve == ResolveConfig(
        upgrade=True,
        is_eager=True,
        with_dependencies=False,
        prefer_binary=True,
        ignore_installed=True,
        force_reinstall=True,
        releases=(("pre", ""),),
    )
    assert config.install == InstallConfig(
        python="/prefix/bin/python",
        dry_run=True,
        link_mode="copy",
        break_system_packages=True,
        require_virtualenv=True,
        warn_conflicts=False,
        warn_script_location=False,
    )
    assert config.output == OutputConfig(colour=False, progress_bar="off")
    assert config.network.may_ask is False
    assert config.build == BuildConfig(config_settings=(("a", "1"), ("a", "2=3")))


@pytest.mark.parametrize(
    ("words", "environ", "expected"),
    [
        ("list", {}, None),
        ("list -e", {}, True),
        ("list --exclude-editable", {}, False),
        ("list --exclude-editable --include-editable", {}, None),
        ("freeze --exclude-editable", {}, False),
        ("freeze", {"PIP_EXCLUDE_EDITABLE": "1"}, False),
        ("list", {"PIP_EXCLUDE_EDITABLE": "1"}, None),
    ],
)
def test_which_editables_are_listed(words: str, environ: dict[str, str], expected: bool | None) -> None:
    assert told(words, environ).listing.editables is expected


def test_other_programs_variables() -> None:
    config = told("install six", {"NO_COLOR": "1", "SECRET": "x"})
    assert not config.output.colour
    assert config.environment["SECRET"] == "x"
    assert told("install six", {"NO_COLOR": ""}).output.colour


def test_the_environment_is_a_copy() -> None:
    environ = {"A": "1"}
    config = load(ParsedArguments(command="list"), environ=environ, platform=LINUX, read={}.get)
    environ["A"] = "2"
    assert config.environment["A"] == "1"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", None),
        ("--user", True),
        ("--no-user", False),
        ("--user --no-user", False),
        ("--no-user --user", True),
    ],
)
def test_the_users_site_is_wanted_or_not_or_left_open(words: str, expected: bool | None) -> None:
    assert told(f"install six {words}").install.user is expected


def test_the_users_site_in_pips_places_means_what_pip_makes_of_it() -> None:
    assert told("install six", {"PIP_USER": "1"}).install.user is True
    assert told("install six", {"PIP_USER": "0"}).install.user is False
    assert told("install six", {"FREEWHEEL_NO_USER": "1"}).install.user is False


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ()),
        ("--refresh-package Foo.Bar,six", ("foo-bar", "six")),
        ("--refresh-package :all: --refresh-package :none: --refresh-package requests", ("requests",)),
        ("--refresh-package requests,:all:,urllib3", (":all:",)),
        ("--refresh-package a,:none:,b", ("b",)),
    ],
)
def test_projects_to_refresh_are_read_from_left_to_right(words: str, expected: tuple[str, ...]) -> None:
    """Behaviour 56."""
    assert told(f"install six {words}").freshness.refresh_projects == frozenset(expected)


def test_a_list_of_projects_is_no_option() -> None:
    with pytest.raises(InvalidOptionValue) as caught:
        told(["install", "six", "--refresh-package", "-x"])
    assert caught.value.problem == "--refresh-package option requires 1 argument."


@pytest.mark.parametrize(
    ("value", "expected"), [("3", "3"), ("312", "3.12"), ("3.12", "3.12"), ("3.12.1", "3.12.1"), ("39", "3.9")]
)
def test_a_python_version_is_spelled_in_pips_ways(value: str, expected: str) -> None:
    assert told(f"download six --python-version {value}").target.python_version == expected


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("3.x", "each version part must be an integer"),
        ("3.1.2.3", "at most three version parts are allowed"),
        ("3.99999", "no version part has more than 4 digits"),
    ],
)
def test_a_python_version_that_is_none_is_refused(value: str, problem: str) -> None:
    with pytest.raises(InvalidOptionValue, match=problem):
        told(f"download six --python-version {value}")


def test_the_time_before_which_something_must_be_uploaded() -> None:
    def before(value: str) -> datetime | timedelta | None:
        return told(["install", "six", "--uploaded-prior-to", value]).resolve.uploaded_prior_to

    assert before("P7D") == timedelta(days=7)
    assert before("2026-01-31T12:00:00Z") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert before("2026-01-31") == datetime(2026, 1, 31).astimezone()
    for value in ("P7", "yesterday", "2026-13-01", "P900000D", "P9999999999999D", f"P{'9' * 5000}D"):
        with pytest.raises(InvalidOptionValue, match="invalid --uploaded-prior-to value"):
            before(value)


def test_what_to_list() -> None:
    assert told("list").listing.is_outdated is None
    assert told("list -o").listing.is_outdated is True
    assert told("list -u").listing.is_outdated is False
    listing = told("freeze -l --user --path lib --path /x -r a.txt --all --exclude-editable --exclude six").listing
    assert (listing.only_local, listing.only_user, listing.with_installers) == (True, True, True)
    assert (listing.paths, listing.order_files) == (("/project/lib", "/x"), ("a.txt",))
    assert (listing.editables, listing.exclude) == (False, ("six",))


def test_what_stands_in_the_way_of_a_checkout() -> None:
    assert told("install six --exists-action w --exists-action b").request.exists_actions == ("w", "b")
    with pytest.raises(InvalidOptionValue, match="invalid choice: 'x'"):
        told("install six --exists-action x")


@pytest.mark.parametrize(
    ("words", "expected"), [("", None), ("--require-hashes", True), ("--no-require-hashes", False)]
)
def test_digests_are_required_or_not_or_left_open(words: str, expected: bool | None) -> None:
    assert told(f"install six {words}").request.require_hashes is expected


def test_where_the_lock_file_goes() -> None:
    assert told("lock six").request.lock_file == "/project/pylock.toml"
    assert told("lock six -o a.toml").request.lock_file == "/project/a.toml"
    assert told("lock six -o -").request.lock_file == "-"
    assert told("install six").request.lock_file is None


def test_a_number_of_thousands_of_digits_is_none() -> None:
    with pytest.raises(InvalidOptionValue, match="invalid integer value"):
        told(["install", "six", "--retries", "9" * 5000])


@pytest.mark.parametrize("command", ["list", "freeze", "uninstall six", "show six"])
def test_certificates_that_are_gone_are_no_matter_where_nobody_is_asked(command: str) -> None:
    assert told(command, {"REQUESTS_CA_BUNDLE": "/gone"}).network.ca_bundle == "/gone"
    assert told(f"{command} --client-cert=", {}).network.client_certificate is None
