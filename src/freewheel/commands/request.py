"""What a command was asked for: words and files become requirements, and the options that files add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from freewheel.commands.dependency_groups import DependencyGroups, GroupName
from freewheel.commands.direct import project_of
from freewheel.commands.editable_naming import classify_editable
from freewheel.commands.file_options import with_option
from freewheel.commands.lock_names import LockRequest, lock_request
from freewheel.commands.lock_places import LockPlace
from freewheel.commands.naming import classify
from freewheel.commands.requirements_file import PROJECT_FILE, FileLine, RequirementsFiles
from freewheel.commands.script_metadata import script_requirements
from freewheel.config.platform import Platform
from freewheel.config.values import Config, Location, RequestConfig
from freewheel.errors import CommandMisused, MalformedRequirement, UsageError
from freewheel.events import Concealed, Reporter, Warned
from freewheel.model import config_settings, formats
from freewheel.model import digest as digests
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName
from freewheel.model.digest import Digest
from freewheel.model.requirement import COMMAND_LINE, Origin, Requirement, SourceRequirement
from freewheel.model.target import Target
from freewheel.options.table import by_key

_OF_REQUIREMENT = ("hash", "config-settings")


class Request(Struct, frozen=True, kw_only=True):
    """What was asked for, and the configuration with the options of all files in it.

    URLs are without user and password: `protected` has those that came with them. `build_constraints` limit what
    builds need. `notes` are for -v: options that have no effect where they stand.
    """

    requirements: tuple[Requirement | SourceRequirement, ...]
    constraints: tuple[Requirement, ...]
    config: Config
    build_constraints: tuple[Requirement, ...] = ()
    protected: tuple[Location, ...] = ()
    notes: tuple[str, ...] = ()


class _Gathering(Struct, kw_only=True):
    config: Config
    platform: Platform
    requirements: list[Requirement | SourceRequirement] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    protected: list[Location] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def without_credentials(self, requirement: Requirement | SourceRequirement) -> Requirement | SourceRequirement:
        if isinstance(requirement, Requirement) and requirement.artifact is not None:
            artifact = replace(requirement.artifact, url=self._bare(requirement.artifact.url))
            return replace(requirement, artifact=artifact)
        return requirement if requirement.url is None else replace(requirement, url=self._bare(requirement.url))

    def _bare(self, url: str) -> str:
        location = Location.of(url)
        if location.credentials is not None:
            self.protected.append(location)
        return location.url


def is_nothing(config: Config) -> bool:
    """Whether no requirement is asked for, by word or option."""
    asked = config.request
    return not (config.words or asked.requirement_files or asked.groups or asked.scripts or asked.editables)


def gather(
    config: Config,
    *,
    platform: Platform,
    fetch_text: Callable[[Location], str],
    target: Callable[[], Target],
    reporter: Reporter,
) -> Request:
    """Read every word and file of a command, in pip's order: constraints, words, editables, groups, files, scripts.

    `fetch_text` gives the text at a location (raises NetworkError), `target` what everything is for; it is called
    where a lock file or a script asks. Raises RequirementError, UsageError and CommandMisused as well.
    """
    files = RequirementsFiles(
        environ=config.environment,
        platform=platform,
        fetch_text=fetch_text,
        warn=lambda message: reporter.emit(Warned(message=message)),
        conceal=lambda parts: reporter.emit(Concealed(parts=parts)),
    )
    found = _Gathering(config=config, platform=platform)
    request = config.request
    for name in request.constraint_files:
        _take_all(files.lines(name, "-c", _who_named(request, "constraint", name)), found)
    # As in pip an empty word, such as a variable that is not set, asks for nothing.
    for word in filter(str.strip, config.words):
        found.requirements.append(found.without_credentials(classify(word, platform=platform)))
    for word in request.editables:
        found.requirements.append(found.without_credentials(classify_editable(word, platform=platform)))
    sources, groups = _sources(request)
    _take_groups(groups, files, found)
    locks: list[tuple[int, LockRequest]] = []
    for source in sources:
        if isinstance(source, LockRequest):
            locks.append((len(found.requirements), source))
        else:
            _take_all(files.lines(source, "-r", _who_named(request, "requirement", source)), found)
    # Once every option is known, and backwards, so that each stays at its place.
    for position, lock in reversed(locks):
        found.requirements[position:position] = _of_lock(lock, files, found, target=target(), reporter=reporter)
    _take_script(files, found, target)
    build_constraints = _build_constraints(files, found)
    return Request(
        requirements=tuple(found.requirements),
        constraints=tuple(found.constraints),
        config=found.config,
        build_constraints=build_constraints,
        protected=tuple(found.protected),
        notes=tuple(found.notes),
    )


def _who_named(request: RequestConfig, option: str, name: str) -> Origin:
    place = request.set_in.get((option, name))
    return COMMAND_LINE if place is None else Origin(text=place, is_user=True)


def _sources(request: RequestConfig) -> tuple[list[str | LockRequest], list[GroupName]]:
    """Requirements files and lock files, each lock file once, at its first place; and groups of projects."""
    sources: list[str | LockRequest] = [lock_request(name) or name for name in request.requirement_files]
    groups: list[GroupName] = []
    for text in request.groups:
        path, _, group = text.rpartition(":")
        lock = lock_request(path, group=group) if path and not urls.is_url(path) else None
        if lock is not None:
            sources.append(lock)
        elif not path or path.replace("\\", "/").rpartition("/")[2] == PROJECT_FILE:
            groups.append(GroupName(path=path or PROJECT_FILE, group=group))
        else:
            problem = f"option --group: group paths use local '{PROJECT_FILE}' or 'pylock.toml' files"
            problem += f", not {urls.redacted(path)!r}"
            raise UsageError(problem=problem)
    locks: dict[str, LockRequest] = {}
    for source in sources:
        if isinstance(source, LockRequest):
            known = locks.get(source.path)
            locks[source.path] = source if known is None else known.joined(source)
    ordered = dict.fromkeys(one.path if isinstance(one, LockRequest) else one for one in sources)
    return [locks.get(name, name) for name in ordered], groups


def _take_groups(groups: Iterable[GroupName], files: RequirementsFiles, found: _Gathering) -> None:
    def read(path: str, origin: Origin) -> str:
        return files.text(path, origin, kind="project")

    reading = DependencyGroups(read=read)
    for name in groups:
        found.requirements += map(found.without_credentials, reading.requirements(name))


def _of_lock(
    request: LockRequest, files: RequirementsFiles, found: _Gathering, *, target: Target, reporter: Reporter
) -> list[Requirement | SourceRequirement]:
    from freewheel.commands.lock_file import LockFiles

    def read(path: str, origin: Origin) -> str:
        return files.text(path, origin, kind="lock")

    def place(path: str) -> LockPlace:
        location = files.locate(path)
        is_remote = urls.is_url(location) and not urls.is_local(location)
        if urls.is_local(location):
            location = urls.to_path(location, windows=found.platform.is_windows)
        return LockPlace(location=urls.split_credentials(location)[0] if is_remote else location, is_remote=is_remote)

    locked = LockFiles(
        read=read,
        place=place,
        target=target,
        formats=formats.parse(found.config.resolve.formats),
        reporter=reporter,
    )
    return [found.without_credentials(one) for one in locked.requirements(request)]


def _take_script(files: RequirementsFiles, found: _Gathering, target: Callable[[], Target]) -> None:
    scripts = found.config.request.scripts
    if len(scripts) > 1:
        raise CommandMisused(problem="--requirements-from-script can only be given once")
    for path in scripts:
        text = files.text(path, Origin(text="--requirements-from-script"), kind="script")
        python = None if found.config.resolve.ignore_requires_python else target().python_release
        named = script_requirements(text, path=path, python=python)
        found.requirements += map(found.without_credentials, named)


def _build_constraints(files: RequirementsFiles, found: _Gathering) -> tuple[Requirement, ...]:
    """Files with constraints alone: an option in one would change what is installed, not what builds need."""
    limits: list[Requirement] = []
    request = found.config.request
    for name in request.build_constraint_files:
        for line in files.lines(name, "-c", _who_named(request, "build-constraint", name)):
            if line.requirement:
                limits.append(_constraint(line, found))
            elif line.given:
                reason = "options have no place in a file of build constraints"
                raise MalformedRequirement(origin=str(line.origin), text=line.shown, reason=reason)
    return tuple(limits)


def _take_all(lines: Iterator[FileLine], found: _Gathering) -> None:
    for line in lines:
        if not line.requirement:
            tuple(_demanded(line))  # what is no digest is an error, though nothing is there that should have it
            found.notes += [
                f"{line.origin}: --{one.name} has no effect without a requirement"
                for one in line.given
                if one.name in _OF_REQUIREMENT
            ]
            for one in line.given:
                found.config = with_option(found.config, one, line, found.platform)
            found.notes += _without_effect(line)
            continue
        found.notes += [
            f"{line.origin}: --{one.name} has no effect beside a requirement"
            for one in line.given
            if one.name not in _OF_REQUIREMENT
        ]
        if line.option == "-r":
            found.requirements.append(found.without_credentials(_requirement(line, found.platform)))
        else:
            found.constraints.append(_constraint(line, found))


def _without_effect(line: FileLine) -> Iterator[str]:
    rows = by_key("install")
    for one in line.given:
        reason = rows[one.name].without_effect if one.name in rows else None
        if reason is not None:
            yield f"{line.origin}: --{one.name} has no effect: {reason}"


def _requirement(line: FileLine, platform: Platform) -> Requirement | SourceRequirement:
    named = classify_editable if line.is_editable else classify
    try:
        requirement = named(line.requirement, platform=platform, origin=line.origin)
    except MalformedRequirement as error:
        # Its text may hold what `${NAME}` stands for.
        hint = None if error.hint is None else line.text.as_written(error.hint)
        raise error.but(text=line.shown, reason=line.text.as_written(error.reason), hint=hint) from None
    return replace(
        requirement,
        digests=(*requirement.digests, *_demanded(line)),
        config_settings=tuple(_settings(line)),
    )


def _constraint(line: FileLine, found: _Gathering) -> Requirement:
    if line.is_editable:
        raise _no_constraint(line, "Editable requirements are not allowed as constraints")
    requirement = found.without_credentials(_requirement(line, found.platform))
    if requirement.extras:
        raise _no_constraint(line, "Constraints cannot have extras")
    if isinstance(requirement, Requirement):
        return requirement
    name = project_of(requirement.url)
    if name is None:
        raise _no_constraint(line, "Unnamed requirements are not allowed as constraints")
    return _of_wheel(name, requirement)


def _no_constraint(line: FileLine, reason: str) -> MalformedRequirement:
    return MalformedRequirement(origin=str(line.origin), text=line.shown, reason=reason, wanted="constraint")


def _of_wheel(name: NormalizedName, source: SourceRequirement) -> Requirement:
    """A wheel's file name tells its project."""
    return Requirement(
        name=name,
        given_name=name,
        url=source.url,
        marker=source.marker,
        origin=source.origin,
        digests=source.digests,
        config_settings=source.config_settings,
    )


def _demanded(line: FileLine) -> Iterator[Digest]:
    for one in line.given:
        if one.name != "hash":
            continue
        try:
            digest = digests.parse(one.value or "")
        except ValueError:
            digest = None
        if digest is None or not digest.is_strong:
            raise MalformedRequirement(
                origin=str(line.origin),
                text=line.shown,
                reason=line.text.as_written(
                    f"--hash={one.value} is no digest: sha256, sha384 or sha512, a colon, and hexadecimal digits"
                ),
                wanted="digest",
            )
        yield digest


def _settings(line: FileLine) -> Iterator[tuple[str, str]]:
    for one in line.given:
        if one.name != "config-settings":
            continue
        try:
            yield config_settings.parse(one.value or "")
        except ValueError as error:
            raise MalformedRequirement(origin=str(line.origin), text=line.shown, reason=str(error)) from None
