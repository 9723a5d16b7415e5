"""Texts for URLs that could not be read."""

from __future__ import annotations

import os

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, age_text, facts, size_in_bytes
from freewheel.cli.render import size_text
from freewheel.index.missing import lacking_scheme
from freewheel.model.url import FROM_KEYRING, FROM_NETRC, FROM_PERSON, FROM_URL, is_local, redacted, to_path


def _path(url: str) -> str:
    try:
        return to_path(url, windows=os.name == "nt")
    except ValueError:
        return redacted(url)


@describe.register
def _(error: errors.Unreachable) -> Message:
    if is_local(error.url):
        return Message(
            what=(f"Could not open {_path(error.url)}.",),
            facts=facts(("found", error.reason)),
            hint="Check the path, and who may read it.",
        )
    tried = f" after {error.attempts} attempts" if error.attempts > 1 else ""
    hint = "Check the network, the proxy settings and the index URL; --timeout and --retries give it more time."
    stored = None
    if error.stored_age is not None:
        stored = f"what it gave {age_text(error.stored_age)} ago, which is stale"
        hint = "Check the network and the proxy settings; --prefer-offline goes with what is stored."
    return Message(
        what=(f"Could not reach {redacted(error.url)}{tried}.",),
        facts=facts(("found", redacted(error.reason)), ("stored", stored)),
        hint=hint,
    )


@describe.register
def _(error: errors.NotStored) -> Message:
    if not error.has_cache:
        return Message(
            what=(f"{redacted(error.url)} cannot be had: --offline forbids to ask for it, and no cache is used.",),
            hint="Leave out --no-cache-dir (or PIP_NO_CACHE_DIR), or --offline. Folders (--find-links) need neither.",
        )
    what = f"{redacted(error.url)} is not in the cache, and --offline forbids to ask for it."
    if not error.is_page:
        return Message(
            what=(what,),
            hint="Run once without --offline. What a server forbids to store (no-store), or sends with neither a"
            " lifetime nor a validator, is never there.",
        )
    return Message(
        what=(what,),
        facts=facts(("found", "this page was never kept, or has been removed since")),
        hint="Run once without --offline. Where that does not help, the index forbids to keep its pages (no-store),"
        " or sends them with neither a lifetime nor a validator: then save the files with `freewheel download --dest"
        " FOLDER ...`, and install with --no-index --find-links FOLDER.",
    )


@describe.register
def _(error: errors.FileGone) -> Message:
    return Message(
        what=(f"{error.path} is not there.",),
        facts=facts(("named by", ", ".join(map(redacted, error.named_by)))),
        hint="Put it back. A lock file is written anew, for what is there now, by `freewheel lock`; paths in it are"
        " seen from its own folder.",
    )


_ABOUT_CERTIFICATES = {
    "expired": "Check this machine's clock; whoever runs the server has to renew its certificate.",
    "not yet valid": "Check this machine's clock.",
    "for another name": "Use the host name that it is for; --trusted-host HOST goes without verification.",
}
_NAME_THE_BUNDLE = "Name your organisation's CA bundle with --cert; --trusted-host HOST goes without verification."


@describe.register
def _(error: errors.UntrustedCertificate) -> Message:
    whose = error.url if error.proxy is None else f"the proxy {error.proxy}"
    wanted = "a certificate that the CA bundle in use vouches for"
    if error.problem not in (None, "unknown authority"):
        wanted = "a valid certificate for this host"
    return Message(
        what=(f"The certificate of {redacted(whose)} is not trusted.",),
        facts=facts(("found", error.reason), ("expected", wanted)),
        hint=_ABOUT_CERTIFICATES.get(error.problem or "", _NAME_THE_BUNDLE),
    )


@describe.register
def _(error: errors.UnusableCertificates) -> Message:
    return Message(
        what=(f"{' or '.join(error.files)} cannot be read as certificates.",),
        facts=facts(("found", error.reason), ("expected", "PEM: -----BEGIN CERTIFICATE-----")),
        hint="--cert names authorities (a file or a folder), --client-cert a file with certificate and private key.",
    )


@describe.register
def _(error: errors.ClientCertificateRefused) -> Message:
    shown = "another client certificate than it was shown" if error.was_shown else "a client certificate"
    return Message(
        what=(f"{redacted(error.url)} wants {shown}.",),
        facts=facts(("found", error.reason)),
        hint="Name a PEM file with certificate and private key with --client-cert.",
    )


@describe.register
def _(error: errors.UnusableProxy) -> Message:
    return Message(
        what=(f"The proxy {redacted(error.proxy)} cannot be used for {redacted(error.url)}.",),
        facts=facts(("expected", "http://[user:password@]host:port, or https://"), ("found", redacted(error.proxy))),
        hint="SOCKS is not spoken. Name an HTTP proxy with --proxy, or none: --proxy '' or --no-proxy-env.",
    )


@describe.register
def _(error: errors.ProxyRefused) -> Message:
    sent = "its credentials were sent and refused" if error.had_credentials else "no credentials were sent to it"
    wants = error.status == 407  # RFC 9110 §15.5.8
    return Message(
        what=(f"The proxy {redacted(error.proxy)} does not let requests for {redacted(error.url)} through.",),
        facts=facts(("found", f"status {error.status}" + (f"; {sent}" if wants else ""))),
        hint="Put user and password into the proxy's URL, special characters percent-encoded."
        if wants
        else "Ask whoever runs the proxy to allow this host, or list it in no_proxy.",
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


_CORRECT = {
    FROM_URL: "Correct user and password in the URL, with what is special in them percent-encoded.",
    FROM_NETRC: "Correct what the netrc file has for this host; a URL with user and password counts before it.",
    FROM_KEYRING: "Correct what the keyring has for this host; --keyring-provider disabled goes without it.",
    FROM_PERSON: "Try again.",
}
"""What to do about refused credentials, by where they came from."""


@describe.register
def _(error: errors.AccessDenied) -> Message:
    sent = "credentials were sent and refused" if error.had_credentials else "no credentials were sent"
    hint = "Put user and password into the index URL, into a netrc file, or into a keyring."
    if error.had_credentials:
        hint = _CORRECT.get(error.credentials_from, hint)
    if error.status == 403 and error.had_credentials:
        hint = "The server knows who asks, and says no: check what this user or token is allowed to read."
    elif error.status == 403:
        hint = "Check the URL; a server that hides what it has may want a user and a password all the same."
    return Message(
        what=(f"Access to {redacted(error.url)} was denied.",),
        facts=facts(("found", f"status {error.status}; {sent}"), ("credentials from", error.credentials_from)),
        hint=hint,
    )


@describe.register
def _(error: errors.UnexpectedStatus) -> Message:
    return Message(
        what=(f"Could not read {redacted(error.url)}.",),
        facts=facts(("expected", "status 200"), ("found", f"status {error.status} {error.reason}".rstrip())),
        hint="Try again later if the status is 500 or above; else check the URL.",
    )


@describe.register
def _(error: errors.UndecodableContent) -> Message:
    return Message(
        what=(f"What {redacted(error.url)} sends cannot be decoded.",),
        facts=facts(("found", error.reason)),
        hint="Try again later, or tell whoever runs the server.",
    )


@describe.register
def _(error: errors.TooManyRedirects) -> Message:
    return Message(
        what=(f"{redacted(error.url)} redirects without end.",),
        facts=facts(("expected", f"at most {error.limit} redirects")),
        hint="Check the index URL.",
    )


@describe.register
def _(error: errors.UnusableRedirect) -> Message:
    return Message(
        what=(f"{redacted(error.url)} redirects to where nobody can follow.",),
        facts=facts(("expected", "one Location, an http: or https: URL"), ("found", " and ".join(error.locations))),
        hint="Check the index URL, or tell whoever runs the server.",
    )


@describe.register
def _(error: errors.IncompleteBody) -> Message:
    after = f"after {error.attempts} attempts " if error.attempts > 1 else ""
    amount = size_text(error.received) + ("" if error.expected is None else f"/{size_text(error.expected)}")
    return Message(
        what=(f"Download failed {after}because not enough bytes were received ({amount})",),
        facts=facts(
            ("url", redacted(error.url)),
            ("expected", size_in_bytes(error.expected)),
            ("found", "; ".join(filter(None, (size_in_bytes(error.received), error.reason)))),
        ),
        hint="Nothing of it was kept. Try again; --resume-retries and --timeout give it more chances.",
    )


@describe.register
def _(error: errors.KeyringFailed) -> Message:
    return Message(
        what=("The keyring does not work.",),
        facts=facts(("found", error.reason)),
        hint="--keyring-provider disabled goes without it.",
    )


@describe.register
def _(error: errors.IndexFolderMissing) -> Message:
    location = redacted(error.location)
    return Message(
        what=(
            *((lacking_scheme(location),) if error.lacks_scheme else ()),
            f"Location '{location}' cannot be asked for a project: {error.reason}.",
        ),
        hint="By --index-strategy first-index no other index is asked in its place. Check its spelling, and whether"
        " it is mounted here.",
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
