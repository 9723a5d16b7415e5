"""What is made of the client's errors; the texts are those of Ceph, azurite, moto and a closed port."""

from __future__ import annotations

import pytest

from freewheel.errors import StoreUnavailable
from freewheel.model.digest import sha256_of
from freewheel.store.object_storage import ObjectBlobs, Storage
from freewheel.store.refusals import Refusal, refusal
from tests.support.object_stores import in_bucket

CEPH = (
    "The operation lacked the necessary privileges to complete for path team/x: Error performing GET"
    " http://127.0.0.1:7480/b/team/x in 1.126812ms - Server returned non-2xx status code: 403 Forbidden: "
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SignatureDoesNotMatch</Code><Message></Message></Error>'
    "\n\nDebug source:\nPermissionDenied {"
)
CEPH_LISTING = (
    "Generic S3 error: Error performing list request: Error performing GET"
    " http://127.0.0.1:7480/b?list-type=2&prefix=x%2F in 1ms - Server returned non-2xx status code: 404 Not Found: "
    "<Error><Code>NoSuchBucket</Code></Error>\n\nDebug source:\nGeneric {"
)
HEAD = (
    "Error performing HEAD http://127.0.0.1:7480/b/x in 1ms - Server returned non-2xx status code: 403 Forbidden: "
    "\n\nDebug source:\nPermissionDenied {"
)
AZURITE = (
    "Object at location team/x not found: Error performing GET http://127.0.0.1:10000/someone/c/team/x in 2ms"
    ' - Server returned non-2xx status code: 404 Not Found: <?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    "<Error>\n  <Code>ContainerNotFound</Code>\n  <Message>The specified container does not exist.\n"
    "RequestId:a39a7e51</Message>\n</Error>\n\nDebug source:\nNotFound {"
)
BUSY = (
    "Generic S3 error: Error performing PUT http://s/b/x in 9s, after 2 retries, max_retries: 2, retry_timeout: 10s "
    " - Server returned non-2xx status code: 503 Service Unavailable: <Error><Code>SlowDown</Code></Error>"
)
UNSENT = (
    "Generic S3 error: Error performing GET http://127.0.0.1:9/b/x in 11ms, after 1 retries, max_retries: 1,"
    " retry_timeout: 2s  - HTTP error: error sending request\n\nDebug source:\nGeneric {\n    store: "
)
NO_CREDENTIALS = (
    "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 1ms"
    " - Server returned non-2xx status code: 403 Forbidden: no"
)
ALONE = Refusal(reason="nothing names credentials for it, and this machine has none of its own", is_final=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CEPH, Refusal(reason="it refuses (403 Forbidden: SignatureDoesNotMatch)", is_final=True)),
        (CEPH_LISTING, Refusal(reason="there is no such bucket (NoSuchBucket)", is_final=True)),
        (HEAD, Refusal(reason="it refuses (403 Forbidden)", is_final=True)),
        (AZURITE, Refusal(reason="there is no such bucket (ContainerNotFound)", is_final=True)),
        (BUSY, Refusal(reason="it answers 503 Service Unavailable: SlowDown")),
        (UNSENT, Refusal(reason="it cannot be reached")),
        (
            UNSENT + 'Os { message: "Connection refused" }',
            Refusal(reason="it cannot be reached (Connection refused)"),
        ),
        (UNSENT + "kind: Timeout,", Refusal(reason="it cannot be reached (Timeout)")),
        (
            UNSENT + "InvalidCertificate(\n  UnknownIssuer,\n)",
            Refusal(reason="it cannot be reached (its certificate is not trusted: UnknownIssuer)"),
        ),
        (NO_CREDENTIALS, ALONE),
        (NO_CREDENTIALS.partition("Server")[0] + "HTTP error: error sending request", ALONE),
        ("Generic error: no room\nmore", Refusal(reason="Generic error: no room")),
        ("", Refusal(reason="")),
    ],
)
def test_a_text_becomes_a_clause(text: str, expected: Refusal) -> None:
    assert refusal(text) == expected


@pytest.fixture
def nowhere(s3: str) -> Storage:
    return in_bucket(s3, "no-such-bucket")


def test_a_bucket_that_does_not_exist_is_no_miss(nowhere: Storage) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        nowhere.data("x")
    assert (raised.value.reason, raised.value.is_final) == ("there is no such bucket (NoSuchBucket)", True)
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        ObjectBlobs(storage=nowhere).open(sha256_of(b""))


def test_a_bucket_that_does_not_exist_cannot_be_listed_now_or_later(nowhere: Storage) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        list(nowhere.listed("entries-v1"))
    assert raised.value.is_final


def test_no_token_is_shown() -> None:
    text = "Error performing GET https://a.example/c/x?sv=1&sig=SECRET in 1ms - Received redirect without LOCATION"
    assert "SECRET" not in refusal(text).reason
