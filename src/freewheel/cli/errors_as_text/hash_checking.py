"""Texts for what cannot be checked in hash-checking mode; the sentences are pip's."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts
from freewheel.model.url import redacted

_REPOSITORIES = (
    "Can't verify hashes for these requirements because we don't have a way to hash version control repositories:"
)
_FOLDERS = "Can't verify hashes for these file:// requirements because they point to directories:"
_LACKING = (
    "Hashes are required in --require-hashes mode, but they are missing from some requirements. Here is a list of "
    "those requirements along with the hashes their downloaded archives actually had. Add lines like these to your "
    "requirements files to prevent tampering. (If you did not enable --require-hashes manually, note that it turns "
    "on automatically when any package has a hash.)"
)
_UNPINNED = "In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:"
_EDITABLES = (
    "These editable requirements cannot be installed when requiring hashes, because there is no single file to hash:"
)
_MISMATCH = (
    "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, "
    "please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with "
    "them."
)


@describe.register
def _(error: errors.HashesRequired) -> Message:
    told = (
        (_REPOSITORIES, "repositories", error.repositories),
        (_FOLDERS, "folders", error.folders),
        (_EDITABLES, "editables", error.editables),
        (_LACKING, "to be added", error.lacking),
        (_UNPINNED, "not pinned", error.unpinned),
    )
    pins = error.pins if error.unpinned else ()
    return Message(
        what=tuple(sentence for sentence, _, found in told if found),
        facts=facts(*((label, "\n".join(found)) for _, label, found in told), ("would pin", "\n".join(pins))),
        hint=_hint(error),
    )


def _hint(error: errors.HashesRequired) -> str:
    if error.lacking or error.unpinned:
        return "Look at the files before you trust these digests; they are what the index gave just now."
    return "Name an archive with a --hash instead, or install these in a run of their own."


@describe.register
def _(error: errors.DigestNotAllowed) -> Message:
    return Message(
        what=(_MISMATCH,),
        facts=facts(
            ("where", f"{error.subject} from {redacted(error.url)}"),
            ("asked by", error.wanted_by),
            ("expected", "\nor ".join(digest.replace(":", " ", 1) for digest in error.allowed)),
            ("found", "\n".join(digest.replace(":", " ", 1) for digest in error.found)),
        ),
        hint="Nothing of the file was used. Compare it with what its publisher states before you change the digest.",
    )
