"""`Config`: everything that one run was told, in one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from freewheel.model.url import Credentials, split_credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """An absolute URL without user and password, and these."""

    url: str
    credentials: Credentials | None = None

    @classmethod
    def of(cls, url: str) -> Location:
        """A URL as somebody wrote it, taken apart; raises ValueError where that is impossible."""
        bare, credentials = split_credentials(url)
        return cls(url=bare, credentials=credentials)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheConfig:
    """Where the cache lies: an absolute path with links resolved, or None when `source` switched it off.

    `is_shared` lets other users have the rights in it that its folder gives them.
    """

    folder: str | None
    source: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexConfig:
    """Where distribution archives come from.

    `indexes` are roots of the simple repository API in the order in which they were named; empty under `no_index` and
    for commands that ask no index. `find_links` are folders and pages.
    """

    indexes: tuple[Location, ...] = ()
    find_links: tuple[Location, ...] = ()
    no_index: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """How to speak HTTP.

    `timeout` is in seconds; `retries` counts repetitions after the first attempt. `proxies` is by scheme (`http`,
    `https`, `all`); `no_proxy` is the list of hosts as the environment has it. `ca_bundle` (a PEM file) and
    `ca_folder` are None where the system's trust store decides. `trusted_hosts` are `host` or `host:port`. `netrc`
    names the files that may hold passwords, of which the first that exists counts. `may_ask` lets a command put a
    question to a person.
    """

    timeout: float = 15.0
    retries: int = 5
    proxies: tuple[tuple[str, Location], ...] = ()
    no_proxy: str = ""
    ca_bundle: str | None = None
    ca_folder: str | None = None
    client_certificate: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    netrc: tuple[str, ...] = ()
    may_ask: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestConfig:
    """What was asked for: files as they were written (a path from the current folder, or a URL).

    `destination` is the folder where `download` and `wheel` put files: absolute, and None for other commands.
    """

    requirement_files: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    destination: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveConfig:
    """Which versions may be chosen.

    `formats` are `no-binary` and `only-binary` with their values, in the order in which they apply; those of
    requirements files follow them (`freewheel.model.formats.parse`).
    """

    upgrade: bool = False
    is_eager: bool = False
    with_dependencies: bool = True
    allow_prereleases: bool = False
    prefer_binary: bool = False
    ignore_installed: bool = False
    force_reinstall: bool = False
    formats: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildConfig:
    """How sdists and folders become wheels; a key of `config_settings` may occur more than once."""

    is_isolated: bool = True
    config_settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallConfig:
    """What is changed, and how.

    `python` is the interpreter, or the folder, of the environment acted on. `target` is a folder that takes the place
    of the environment's. `report` is a path, or `-` for the standard output. Paths are absolute. `link_mode` is auto,
    hardlink, clone or copy.
    """

    python: str
    target: str | None = None
    report: str | None = None
    dry_run: bool = False
    with_bytecode: bool = True
    link_mode: str = "auto"
    break_system_packages: bool = False
    require_virtualenv: bool = False
    warn_conflicts: bool = True
    assume_yes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputConfig:
    """What a person sees: `verbosity` is -3 to 3; `list_format` is None where the command has no formats."""

    verbosity: int = 0
    colour: bool = True
    progress_bar: str = "auto"
    log: str | None = None
    list_format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListConfig:
    """What `list` and `freeze` show: `editables` is None for all, True for only these, False for all others."""

    exclude: tuple[str, ...] = ()
    editables: bool | None = None
    not_required: bool = False
    with_installers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that one run was told.

    `words` are the command's arguments; `folder` is the current one; `environment` is what builds inherit and what
    `${VAR}` in requirements files reads. `notes` are for -v: what stands in environment and files and has no effect.
    """

    command: str
    words: tuple[str, ...]
    folder: str
    environment: Mapping[str, str] = field(repr=False)
    cache: CacheConfig
    index: IndexConfig
    network: NetworkConfig
    request: RequestConfig
    resolve: ResolveConfig
    build: BuildConfig
    install: InstallConfig
    output: OutputConfig
    listing: ListConfig
    notes: tuple[str, ...] = ()
