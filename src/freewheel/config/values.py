"""`Config`: everything that one run was told, in one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from freewheel.model.config_settings import ConfigSettings
from freewheel.model.url import Credentials, split_credentials


class Location(Struct, frozen=True, kw_only=True):
    """An absolute URL without user and password, and these; `path` is what was written, where that was no URL."""

    url: str
    credentials: Credentials | None = None
    path: str | None = None

    @classmethod
    def of(cls, url: str) -> Location:
        """A URL as somebody wrote it, taken apart; raises ValueError where that is impossible."""
        bare, credentials = split_credentials(url)
        return cls(url=bare, credentials=credentials)


class SharedCacheConfig(Struct, frozen=True, kw_only=True):
    """The cache that several machines share: an address without credentials, named at `source`.

    `endpoint` is the server of an object store, None for its provider's. `with_private` shares what was got with
    credentials, `with_downloads` downloaded files. `signing_key` is an absolute path, `public_keys` are as they were
    written, each with the place where it was. `timeout` is in seconds without a sign of an answer.
    """

    url: str
    source: str
    may_write: bool = False
    timeout: float = 0.75
    endpoint: str | None = None
    with_private: bool = False
    with_downloads: bool = False
    signing_key: str | None = None
    public_keys: tuple[tuple[str, str], ...] = ()
    requires_signatures: bool = False


class CacheConfig(Struct, frozen=True, kw_only=True):
    """Where the cache lies: an absolute path with links resolved, or None when `source` switched it off.

    `is_shared` lets other users have the rights in it that its folder gives them. With `is_verified` what it has is
    made again, and compared. `keeps_local` says that wheels of local folders are kept, which are known by content.
    `layers` are caches that are only read where this one has nothing: absolute paths with links resolved, in order.
    `max_size` (bytes that lie in the cache alone), `max_age` (seconds since the last use) and `keep_free` (bytes that
    its disk has left) are limits; None is no limit.
    `adopts_from` is pip's own cache, absolute and with links resolved, of which this one takes over what it lacks;
    None where nobody wants that, or nothing could come of it. `shared` is the cache of several machines, if one is
    named.
    """

    folder: str | None
    source: str
    is_shared: bool = False
    is_verified: bool = False
    keeps_local: bool = False
    layers: tuple[str, ...] = ()
    max_size: int | None = None
    max_age: float | None = None
    keep_free: int | None = None
    adopts_from: str | None = None
    shared: SharedCacheConfig | None = None


class IndexConfig(Struct, frozen=True, kw_only=True):
    """Where distribution archives come from.

    `indexes` are roots of the simple repository API in the order in which they were named; empty under `no_index` and
    for commands that ask no index. `find_links` are folders and pages. `strategy` is `best-version` (of all indexes)
    or `first-index` (that has the project).
    """

    indexes: tuple[Location, ...] = ()
    find_links: tuple[Location, ...] = ()
    no_index: bool = False
    strategy: str = "best-version"


class FreshnessConfig(Struct, frozen=True, kw_only=True):
    """Which stored responses are validated though they are fresh, and which are used though they are stale.

    `refresh_projects` are normalized names, or `:all:`, whose pages are validated; `refresh` validates everything
    that has no stated digest. `offline` opens no connection; `prefer_offline` opens one only for what is not stored.
    """

    refresh: bool = False
    refresh_projects: frozenset[str] = frozenset()
    offline: bool = False
    prefer_offline: bool = False


class NetworkConfig(Struct, frozen=True, kw_only=True):
    """How to speak HTTP.

    `timeout` is in seconds; `retries` counts repetitions after the first attempt. `proxies` is by scheme (`http`,
    `https`, `all`); `no_proxy` is the list of hosts as the environment has it. `ca_bundle` (a PEM file) and
    `ca_folder` are None where the system's trust store decides. `trusted_hosts` are `host` or `host:port`. `netrc`
    names the files that may hold passwords, of which the first that exists counts. `keyring_provider` is auto,
    disabled, import or subprocess. `resume_retries` is how often a download that breaks off is resumed. `may_ask`
    lets a command put a question to a person.
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
    keyring_provider: str = "auto"
    resume_retries: int = 5
    may_ask: bool = True


class RequestConfig(Struct, frozen=True, kw_only=True):
    """What was asked for: files as they were written (a path from the current folder, or a URL).

    `scripts` are files with inline metadata (PEP 723); `groups` are `path:group` or a group of the current folder's
    `pyproject.toml`. `editables` are paths and URLs. `source_folder` is where editable repositories are checked out,
    None for the default; `exists_actions` are letters of `--exists-action`. `require_hashes` is None where a digest
    that somebody demands decides. `destination` is the folder where `download` and `wheel` put files, `lock_file` the
    file that `lock` writes (`-`: the standard output). These are absolute, and None for other commands.
    `algorithm` is what `hash` computes digests by. `set_in` has, by option and file, where a file is named that does
    not stand on the command line.
    """

    requirement_files: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    build_constraint_files: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    source_folder: str | None = None
    exists_actions: tuple[str, ...] = ()
    require_hashes: bool | None = None
    destination: str | None = None
    lock_file: str | None = None
    algorithm: str = "sha256"
    set_in: Mapping[tuple[str, str], str] = field(default_factory=dict)


class ResolveConfig(Struct, frozen=True, kw_only=True):
    """Which versions may be chosen.

    `formats` are `no-binary` and `only-binary` with their values, in the order in which they apply; those of
    requirements files follow them (`freewheel.model.formats.parse`). `releases` are `all-releases`, `only-final` and
    `pre` likewise (`freewheel.model.releases.parse`). `uploaded_prior_to` is a time with its zone, or how long ago.
    `only_dependencies` leaves out what was asked for itself.
    """

    upgrade: bool = False
    is_eager: bool = False
    with_dependencies: bool = True
    only_dependencies: bool = False
    prefer_binary: bool = False
    ignore_installed: bool = False
    ignore_requires_python: bool = False
    force_reinstall: bool = False
    formats: tuple[tuple[str, str], ...] = ()
    releases: tuple[tuple[str, str], ...] = ()
    uploaded_prior_to: datetime | timedelta | None = None


class TargetConfig(Struct, frozen=True, kw_only=True):
    """For which interpreter wheels are chosen, where it is not the environment's own; all empty where it is.

    `python_version` has one to three numbers with dots; `implementation` is such as `cp`; `platforms` and `abis` are
    parts of wheel tags.
    """

    platforms: tuple[str, ...] = ()
    python_version: str | None = None
    implementation: str | None = None
    abis: tuple[str, ...] = ()


class BuildConfig(Struct, frozen=True, kw_only=True):
    """How sdists and folders become wheels; a key of `config_settings` may occur more than once.

    `check_dependencies` looks, without isolation, whether what a build needs is there. `keeps_folders` leaves the
    folders of builds where they are. What `rebuild_projects` names is built though its wheel is in the cache:
    normalized names, or `:all:`.
    """

    is_isolated: bool = True
    check_dependencies: bool = False
    keeps_folders: bool = False
    rebuild_projects: frozenset[str] = frozenset()
    config_settings: ConfigSettings = ()


ACTIVATED = "$VIRTUAL_ENV"
"""The source of an environment that a shell has activated."""


class InstallConfig(Struct, frozen=True, kw_only=True):
    """What is changed, and how.

    `python` is the interpreter, or the folder, of the environment acted on. `target` is a folder that takes the place
    of the environment's, `prefix` one with an environment's folders below it, `root` one that stands for the root of
    the file system; `user` tells to use the user's site-packages or not to, None leaves it open. `report` is a path,
    or `-` for the standard output. Paths are absolute. `link_mode` is auto, hardlink, clone or copy. `python_source`
    is where `python` was named, `ACTIVATED` among others; None where nobody named any.
    """

    python: str
    python_source: str | None = None
    target: str | None = None
    prefix: str | None = None
    root: str | None = None
    user: bool | None = None
    report: str | None = None
    dry_run: bool = False
    with_bytecode: bool = True
    link_mode: str = "auto"
    break_system_packages: bool = False
    require_virtualenv: bool = False
    warn_conflicts: bool = True
    warn_script_location: bool = True
    warn_root_user: bool = True
    assume_yes: bool = False


class OutputConfig(Struct, frozen=True, kw_only=True):
    """What a person sees: `verbosity` is -3 to 3; `list_format` is None where the command has no formats.

    `as_json` is for a command whose other form is text.
    """

    verbosity: int = 0
    colour: bool = True
    progress_bar: str = "auto"
    log: str | None = None
    list_format: str | None = None
    as_json: bool = False


class ListConfig(Struct, frozen=True, kw_only=True):
    """What `list`, `freeze` and `inspect` show.

    `editables` is None for all, True for only these, False for all others. `is_outdated` is None for all, True for
    what an index has a newer version of, False for the rest. `paths` are folders (absolute) to look into instead;
    `order_files` are requirements files whose order is kept. `with_files` is for `show`.
    """

    exclude: tuple[str, ...] = ()
    editables: bool | None = None
    not_required: bool = False
    with_installers: bool = False
    is_outdated: bool | None = None
    only_user: bool = False
    only_local: bool = False
    paths: tuple[str, ...] = ()
    order_files: tuple[str, ...] = ()
    with_files: bool = False


class HoldingsConfig(Struct, frozen=True, kw_only=True):
    """What of the cache `cache` looks at or removes.

    `kinds` are those of the option, `all` among them, and empty where none was named. `sort` is None where no order
    was asked for. `older_than` is in seconds since the last use, `index` the URL of an index. `dry_run` removes
    nothing. With `is_shared` it is about the cache of several machines. `last_run` is what the last run used.
    `is_repaired` has `verify` put right what it finds. `given` are the names of those options that stand on the
    command line.
    """

    kinds: frozenset[str] = frozenset()
    sort: str | None = None
    older_than: float | None = None
    index: str | None = None
    dry_run: bool = False
    is_shared: bool = False
    last_run: bool = False
    is_repaired: bool = False
    given: tuple[str, ...] = ()


class Level(Struct, frozen=True, kw_only=True):
    """One kind of configuration file, by pip's name: env (that of PIP_CONFIG_FILE), site, user or global.

    `paths` are absolute, the nearest first, whether they exist or not; `changed` is the one that is changed.
    """

    name: str
    paths: tuple[str, ...]
    changed: str


class FilesConfig(Struct, frozen=True, kw_only=True):
    """The configuration files that concern a run, for the commands that show and change them.

    `levels` begin with the nearest, and are empty where PIP_CONFIG_FILE names the null device (`are_off`). `chosen`
    are the names of those that options ask for; `editor` is a command line.
    """

    levels: tuple[Level, ...] = ()
    are_off: bool = False
    chosen: tuple[str, ...] = ()
    editor: str | None = None


class Config(Struct, frozen=True, kw_only=True):
    """Everything that one run was told.

    `words` are the command's arguments; `folder` is the current one; `environment` is what builds inherit and what
    `${VAR}` in requirements files reads. `notes` are for -v: what stands in environment and files and has no effect.
    `warnings` are for everybody. `shell` is the one that `completion` is for. `is_isolated` leaves variables and the
    user's files out.
    """

    command: str
    words: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    cache: CacheConfig
    index: IndexConfig
    freshness: FreshnessConfig
    network: NetworkConfig
    request: RequestConfig
    resolve: ResolveConfig
    target: TargetConfig
    build: BuildConfig
    install: InstallConfig
    output: OutputConfig
    listing: ListConfig
    holdings: HoldingsConfig = HoldingsConfig()
    files: FilesConfig = FilesConfig()
    shell: str | None = None
    is_isolated: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Config(****)"
