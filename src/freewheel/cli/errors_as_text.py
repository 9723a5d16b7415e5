"""What each error says to a person: the one place where errors become text."""

from __future__ import annotations

import errno
from functools import singledispatch

from freewheel import errors
from freewheel.cli.messages import Message, facts, joined, size_in_bytes
from freewheel.model.url import redacted

NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
MAX_VERSIONS = 40
MAX_REJECTED = 10


@singledispatch
def describe(error: BaseException) -> Message:
    """The message for an error; those without a text of their own show their data."""
    return Message(what=(f"{type(error).__name__}: {error}",))


@describe.register
def _(error: errors.UsageError) -> Message:
    return Message(what=(error.problem,), hint=error.hint, exit_status=2)


@describe.register
def _(error: errors.UnknownCommand) -> Message:
    if error.is_of_pip:
        return Message(
            what=(f'unknown command "{error.command}": pip has it, freewheel does not.',),
            hint="Use pip for it: both work on the same environments.",
        )
    maybe = f' - maybe you meant "{error.suggestion}"' if error.suggestion else ""
    return Message(what=(f'unknown command "{error.command}"{maybe}',))


@describe.register
def _(error: errors.InvalidOptionValue) -> Message:
    told = facts(("option", error.option), ("value", error.value), ("set in", error.source))
    return Message(what=(error.problem,), facts=told, hint=error.hint, exit_status=2)


@describe.register
def _(error: errors.ConfigurationFileError) -> Message:
    return Message(
        what=("Configuration file could not be loaded.",),
        facts=facts(("where", error.path), ("found", error.reason)),
        hint="Mend the file, or set PIP_CONFIG_FILE to another one.",
    )


@describe.register
def _(error: errors.NothingAsked) -> Message:
    return Message(
        what=(f'You must give at least one requirement to {error.command} (see "freewheel help {error.command}")',),
    )


@describe.register
def _(_error: errors.CacheDisabled) -> Message:
    return Message(what=("freewheel cache commands can not function since cache is disabled.",))


@describe.register
def _(error: errors.CacheCommandError) -> Message:
    return Message(what=(error.problem,))


@describe.register
def _(error: errors.MalformedRequirement) -> Message:
    return Message(
        what=(f"Invalid requirement: {redacted(error.text)!r}",),
        facts=facts(("where", error.origin), ("found", error.reason), ("expected", "name[extras] specifier; marker")),
        hint=error.hint,
    )


@describe.register
def _(error: errors.RequirementsFileError) -> Message:
    return Message(
        what=(f"Could not open requirements file: {error.reason}",),
        facts=facts(("where", redacted(error.path)), ("asked by", error.origin)),
        hint="Check the path; a relative one starts from the file that names it, or from the current folder.",
    )


@describe.register
def _(error: errors.UnusablePath) -> Message:
    return Message(
        what=(f"{error.path} cannot be used: {error.reason.rstrip('.')}.",),
        facts=facts(
            ("where", error.origin),
            ("expected", "a wheel, an sdist, or a folder with a pyproject.toml or setup.py"),
        ),
    )


@describe.register
def _(error: errors.Unreachable) -> Message:
    tried = f" after {error.attempts} attempts" if error.attempts > 1 else ""
    return Message(
        what=(f"Could not reach {redacted(error.url)}{tried}.",),
        facts=facts(("found", error.reason)),
        hint="Check the network, the proxy settings and the index URL; --timeout and --retries give it more time.",
    )


@describe.register
def _(error: errors.UntrustedCertificate) -> Message:
    return Message(
        what=(f"The certificate of {redacted(error.url)} is not trusted.",),
        facts=facts(("found", error.reason), ("expected", "a certificate that the CA bundle in use vouches for")),
        hint="Name your organisation's CA bundle with --cert; --trusted-host HOST goes without verification.",
    )


@describe.register
def _(error: errors.InsecureOrigin) -> Message:
    return Message(
        what=(f"{redacted(error.url)} is plain HTTP to a host that is not trusted.",),
        hint=f"Use HTTPS; or trust this host with --trusted-host {error.host}.",
    )


@describe.register
def _(error: errors.AccessDenied) -> Message:
    sent = "credentials were sent and refused" if error.had_credentials else "no credentials were sent"
    return Message(
        what=(f"Access to {redacted(error.url)} was denied.",),
        facts=facts(("found", f"status {error.status}; {sent}")),
        hint="Put user and password into the index URL, or into a netrc file.",
    )


@describe.register
def _(error: errors.UnexpectedStatus) -> Message:
    return Message(
        what=(f"Could not read {redacted(error.url)}.",),
        facts=facts(("expected", "status 200"), ("found", f"status {error.status} {error.reason}".rstrip())),
        hint="Try again later if the status is 500 or above; else check the URL.",
    )


@describe.register
def _(error: errors.TooManyRedirects) -> Message:
    return Message(
        what=(f"{redacted(error.url)} redirects without end.",),
        facts=facts(("expected", f"at most {error.limit} redirects, each with a usable Location")),
        hint="Check the index URL.",
    )


@describe.register
def _(error: errors.IncompleteBody) -> Message:
    return Message(
        what=(f"Download failed: {redacted(error.url)} ended too early.",),
        facts=facts(("expected", size_in_bytes(error.expected)), ("found", size_in_bytes(error.received))),
        hint="Nothing of it was kept; try again.",
    )


@describe.register
def _(error: errors.IndexPageError) -> Message:
    return Message(
        what=(f"{redacted(error.url)} is no project page of an index.",),
        facts=facts(
            ("expected", "HTML, or JSON of the simple repository API"),
            ("found", f"{error.content_type or 'no content type'}; {error.reason}"),
        ),
        hint="The index URL of the simple API often ends in /simple/.",
    )


@describe.register
def _(error: errors.DigestMismatch) -> Message:
    return Message(
        what=(f"{error.subject} does not match its stated digest; it was not used and not kept.",),
        facts=facts(
            ("where", redacted(error.url)),
            ("expected", f"{error.algorithm} {error.expected}"),
            ("found", f"{error.algorithm} {error.found}"),
        ),
        hint="Somebody may have tampered with the file, or the index is changing: try again, then ask its owner.",
    )


@describe.register
def _(error: errors.BrokenArchive) -> Message:
    return Message(
        what=(f"{error.subject} cannot be read as an archive.",),
        facts=facts(("found", error.reason)),
        hint="Get the file again; a download that broke off looks like this.",
    )


@describe.register
def _(error: errors.InvalidWheel) -> Message:
    return Message(
        what=(f"{error.subject} is invalid.",),
        facts=facts(("found", "\n".join(error.problems)), ("expected", "a wheel of the binary distribution format")),
        hint="The project's maintainers can mend it; another version may be sound.",
    )


@describe.register
def _(error: errors.UnsupportedWheel) -> Message:
    return Message(
        what=(f"{error.subject} is not a supported wheel on this platform.",),
        facts=facts(("expected", f"a wheel for {error.target}"), ("found", "-".join(error.wheel_tags))),
    )


@describe.register
def _(error: errors.InconsistentMetadata) -> Message:
    return Message(
        what=(f"{error.subject} has inconsistent metadata.",),
        facts=facts(("where", f"the field {error.field}"), ("expected", error.expected), ("found", error.found)),
        hint="Its file name and its content belong to different releases.",
    )


@describe.register
def _(error: errors.NoMatchingDistribution) -> Message:
    asked = error.requirement + (f" (from {error.wanted_by})" if error.wanted_by else "")
    shown = error.available[-MAX_VERSIONS:]
    versions = ", ".join(shown) or "none"
    if len(error.available) > len(shown):
        versions = f"{len(error.available) - len(shown)} older ones, {versions}"
    rejected = [f"{name}: {reason}" for name, reason in error.rejected[-MAX_REJECTED:]]
    if len(error.rejected) > MAX_REJECTED:
        rejected.append(f"and {len(error.rejected) - MAX_REJECTED} more")
    return Message(
        what=(
            f"Could not find a version that satisfies the requirement {asked} (from versions: {versions})",
            f"No matching distribution found for {asked}",
        ),
        facts=facts(
            ("asked", ", ".join(redacted(one) for one in error.consulted)),
            ("passed over", "\n".join(rejected)),
        ),
        hint=_hint_for(error),
    )


def _hint_for(error: errors.NoMatchingDistribution) -> str:
    if error.requirement.endswith((".txt", ".in")):
        return "To install what a file lists, use -r."
    if error.available:
        return "Loosen the requirement, or look for the version's spelling."
    if error.rejected:
        return "The project exists, but nothing of it fits; another Python or --no-binary may help."
    return "Check the project's name, and whether the index that has it is configured."


@describe.register
def _(error: errors.ConflictingRequirements) -> Message:
    told = [
        f"{parent} depends on {need}" if parent else f"The user requested {need}" for need, parent in error.causes
    ]
    told += [f"The user requested (constraint) {constraint}" for constraint in error.constraints]
    return Message(
        what=(
            f"Cannot install {joined(error.triggers)} because these package versions have conflicting dependencies.",
        ),
        facts=facts(
            ("The conflict is caused by", "\n".join(told)),
            ("Without any fitting version", ", ".join(error.unavailable)),
        ),
        hint="Loosen the range of versions that you asked for, or drop one of the conflicting requirements.",
    )


@describe.register
def _(error: errors.UnsupportedPython) -> Message:
    told = [f"{project} requires Python {specifier}" for project, specifier in error.requirers]
    return Message(
        what=(f"What is asked for does not run on Python {error.python}.",),
        facts=facts(("found", "\n".join(told))),
        hint="Ask for an older version, or use another interpreter with --python.",
    )


@describe.register
def _(error: errors.ResolutionTooDeep) -> Message:
    return Message(
        what=(f"The resolver gave up after {error.rounds} rounds.",),
        hint="Narrow the versions with a constraints file (-c).",
    )


@describe.register
def _(error: errors.BackendFailed) -> Message:
    return Message(
        what=(f"Failed building {error.project}: the build backend's {error.hook} failed.",),
        facts=facts(("output ends with", error.output.rstrip()), ("whole log", error.log_path)),
        hint="The failure lies in the project's build, not in freewheel; it may need a compiler or a library.",
    )


@describe.register
def _(error: errors.BackendUnusable) -> Message:
    return Message(
        what=(f"{error.project} cannot be built.",),
        facts=facts(("found", error.reason), ("expected", "a [build-system] table as in PEP 518 and 517")),
    )


@describe.register
def _(error: errors.BuildRequirementsUnavailable) -> Message:
    cause = describe(error.__cause__) if error.__cause__ is not None else None
    return Message(
        what=(f"What building {error.project} needs cannot be installed.", *(cause.what if cause else ())),
        facts=(("needed", ", ".join(error.requirements)), *(cause.facts if cause else ())),
        hint=cause.hint if cause else None,
    )


@describe.register
def _(error: errors.UnusableInterpreter) -> Message:
    return Message(
        what=(f"{error.path} cannot be used as Python interpreter.",),
        facts=facts(("found", error.reason), ("expected", "Python 3.9 or newer, or a virtual environment with one")),
    )


@describe.register
def _(error: errors.ExternallyManaged) -> Message:
    return Message(
        what=("externally-managed-environment: this environment is managed by its distributor.",),
        facts=facts(("where", error.path), ("it says", error.explanation)),
        hint="Create a virtual environment; --break-system-packages goes on at your own risk.",
    )


@describe.register
def _(error: errors.NotWritable) -> Message:
    taken_back = " Everything is as it was before." if error.is_as_before else ""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in NO_ROOM:
        return _no_room(error.path, error.reason, taken_back)
    return Message(
        what=(f"Could not write {error.path}: {error.reason}.",),
        hint=f"Check the path, its permissions and the free space there.{taken_back}",
    )


@describe.register
def _(error: errors.CannotUninstall) -> Message:
    return Message(
        what=(f"Cannot uninstall {error.project}: {error.reason}.",),
        facts=facts(("where", error.path)),
        hint="What another tool installed, that tool can take out.",
    )


@describe.register
def _(error: errors.NoSpace) -> Message:
    return _no_room(error.path, error.reason, " Everything is as it was before.")


def _no_room(path: str, reason: str, taken_back: str) -> Message:
    return Message(
        what=("No space left on the disk.",),
        facts=facts(("where", path), ("found", reason)),
        hint=f"Free some space; `freewheel cache purge` empties the cache.{taken_back}",
    )


@describe.register
def _(error: errors.StoreError) -> Message:
    return Message(
        what=("The cache could not be changed.",), facts=facts(("where", error.path), ("found", error.reason))
    )


@describe.register
def _(error: OSError) -> Message:
    where = str(error.filename) if error.filename else None
    return Message(
        what=(f"Could not finish because of an operating system error: {error.strerror or error}.",),
        facts=facts(("where", where)),
        hint="Check the path, its permissions and the free space.",
    )
