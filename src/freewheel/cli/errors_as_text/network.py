"""Texts for URLs that could not be read."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts, size_in_bytes
from freewheel.model.url import redacted


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
def _(error: errors.RangesRefused) -> Message:
    return Message(
        what=(f"The server did not send the part of {redacted(error.url)} that it was asked for.",),
        facts=facts(("found", error.reason)),
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
