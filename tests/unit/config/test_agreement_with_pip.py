"""What the installed pip makes of variables, a file and words, freewheel makes of them too."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from freewheel.config.values import Config
from freewheel.errors import UsageError
from freewheel.model import formats
from tests.support.told import LINUX, PIP_SERIES, USER_FILE, told

CASES = 400
VALUES: Mapping[str, tuple[str, ...]] = {
    "index-url": ("https://a.example/", "https://b.example/", ""),
    "extra-index-url": ("https://c.example/ https://d.example/", "https://e.example/", ""),
    "trusted-host": ("h1 h2", "h3"),
    "no-index": ("0", "yes", "maybe", ""),
    "timeout": ("1", "2.5", ""),
    "verbose": ("2", "yes", "no", "x"),
    "pre": ("1", "0"),
    "no-deps": ("on", "off"),
    "compile": ("1", "0"),
    "no-compile": ("1", "0", ""),
    "no-build-isolation": ("1", "0"),
    "no-binary": ("a", "b,c", ":all:", ":none:", ""),
    "only-binary": ("a", "c", ":all:"),
    "upgrade-strategy": ("eager", "only-if-needed"),
    "config-settings": ("a=1", "b=2"),
}
WORDS = [
    "--pre",
    "--no-index",
    "-ihttps://z.example/",
    "--extra-index-url=https://y.example/",
    "--timeout=7",
    "-v",
    "--no-binary=a,q",
    "--only-binary=a",
    "--no-compile",
    "--compile",
    "--no-build-isolation",
    "--no-deps",
    "--trusted-host=h9",
    "-Ck=v",
    "--no-b",
]
ASK_PIP = """
import json, os, pathlib, sys
import pip
import pip._internal.utils.appdirs as folders
cases = json.load(sys.stdin)
home = pathlib.Path(sys.argv[1])
(home / "pip").mkdir()
os.environ.update(HOME=str(home), XDG_CONFIG_HOME=str(home))
folders.site_config_dirs = lambda name: []
from pip._internal.commands import create_command
answers = []
for words, environ, text in cases:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        del os.environ[name]
    os.environ.update(environ)
    (home / "pip" / "pip.conf").write_text(text)
    try:
        options, _ = create_command("install").parse_args(words)
    except SystemExit:
        answers.append(None)
        continue
    answers.append({
        "indexes": [] if options.no_index else [options.index_url, *options.extra_index_urls],
        "hosts": options.trusted_hosts,
        "timeout": float(options.timeout),
        "verbosity": min(3, options.verbose),
        "flags": [bool(options.pre), bool(options.ignore_dependencies), bool(options.compile),
                  bool(options.build_isolation), options.upgrade_strategy == "eager"],
        "formats": [sorted(options.format_control.no_binary), sorted(options.format_control.only_binary)],
        "settings": {key: value if isinstance(value, list) else [value]
                     for key, value in (options.config_settings or {}).items()},
    })
from pip._internal.models.index import PyPI
json.dump([pip.__version__, PyPI.simple_url, answers], sys.stdout)
"""


def cases() -> list[tuple[list[str], dict[str, str], str]]:
    chance = random.Random(20)
    found = []
    for _ in range(CASES):
        environ = {
            "PIP_" + key.upper().replace("-", "_"): chance.choice(VALUES[key])
            for key in chance.sample(list(VALUES), chance.randint(0, 3))
        }
        text = "".join(
            f"[{section}]\n" + "".join(f"{key} = {chance.choice(VALUES[key])}\n" for key in keys)
            for section in ("install", "global")
            if (keys := chance.sample(list(VALUES), chance.randint(0, 2)))
        )
        found.append((chance.sample(WORDS, chance.randint(0, 4)), environ, text))
    return found


def as_pip_says(config: Config) -> dict[str, object]:
    control = formats.parse(config.resolve.formats)
    settings: dict[str, list[str]] = {}
    for key, value in config.build.config_settings:
        settings.setdefault(key, []).append(value)
    return {
        "indexes": [location.url for location in config.index.indexes],
        "hosts": list(config.network.trusted_hosts),
        "timeout": config.network.timeout,
        "verbosity": config.output.verbosity,
        "flags": [
            ("pre", "") in config.resolve.releases,
            not config.resolve.with_dependencies,
            config.install.with_bytecode,
            config.build.is_isolated,
            config.resolve.is_eager,
        ],
        "formats": [sorted(control.no_binary), sorted(control.only_binary)],
        "settings": settings,
    }


def test_four_hundred_configurations_mean_what_they_mean_to_pip(tmp_path: Path) -> None:
    """Behaviours 5 and 6. What pip refuses in a place that does not count is passed over here."""
    asked = cases()
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASK_PIP, str(tmp_path)],
        input=json.dumps(asked),
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={},
    )
    version, default_index, answers = json.loads(done.stdout)
    if not f"{version}.".startswith(f"{PIP_SERIES}."):
        pytest.skip(f"pip {PIP_SERIES} is the one to agree with, and this is {version}")
    compared = 0
    for (words, environ, text), expected in zip(asked, answers, strict=True):
        try:
            config = told(["install", *words], environ, {USER_FILE: text}, LINUX, default_index)
        except UsageError:
            assert expected is None, (words, environ, text)
            continue
        if expected is not None:
            assert as_pip_says(config) == expected, (words, environ, text)
            compared += 1
    assert compared > CASES / 2
