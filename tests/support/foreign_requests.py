"""Requests of web pages, other programs and other users, which local AWS must reject."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from urllib.parse import urlsplit

#: What emulators accept, and what the documentation of AWS shows.
WELL_KNOWN_KEYS = ("test", "000000000000", "AKIAIOSFODNN7EXAMPLE", "AKIA", "ASIA", "")


@dataclass(frozen=True, slots=True)
class ForeignRequest:
    """A request with exactly one fault."""

    name: str
    method: str = "POST"
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    #: Whether it carries the access key of the run, which a page or a program may have come to know.
    signed: bool = False


FOREIGN = (
    ForeignRequest("without a signature"),
    *(
        ForeignRequest(
            f"with the well-known key {key!r}", headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/"}
        )
        for key in WELL_KNOWN_KEYS
    ),
    ForeignRequest("with a bearer token", headers={"Authorization": "Bearer test"}),
    ForeignRequest("with a presigned address of another key", path="/?X-Amz-Credential=test%2F20260101"),
    ForeignRequest("with an old presigned address of another key", path="/?AWSAccessKeyId=test&Signature=x"),
    ForeignRequest(
        "with the key and, in the address, another one", path="/?X-Amz-Credential=test%2F20260101", signed=True
    ),
    ForeignRequest("DNS rebinding", headers={"Host": "evil.example"}, signed=True),
    ForeignRequest("DNS rebinding with the right port", headers={"Host": "evil.example:{port}"}, signed=True),
    ForeignRequest("a name that begins right", headers={"Host": "127.0.0.1.evil.example:{port}"}, signed=True),
    ForeignRequest("without the port", headers={"Host": "127.0.0.1"}, signed=True),
    ForeignRequest(
        "a form or a simple request of a page",
        headers={"Origin": "http://evil.example", "Content-Type": "text/plain", "Host": "127.0.0.1:{port}"},
        signed=True,
    ),
    ForeignRequest("a page without an origin", headers={"Origin": "null"}, signed=True),
    ForeignRequest(
        "a preflight",
        method="OPTIONS",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
        signed=True,
    ),
    ForeignRequest("an image of a page", method="GET"),
)


def send(
    url: str, request: ForeignRequest, access_key_id: str, body: bytes = b"{}"
) -> tuple[int, dict[str, str], bytes]:
    """Send it to a server of local AWS, and read the status, the headers and the body of the answer."""
    address = urlsplit(url)
    headers = {name: value.format(port=address.port) for name, value in request.headers.items()}
    if request.signed:
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={access_key_id}/20260101/us-east-1/s3/aws4_request"
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    try:
        connection.request(request.method, request.path, body, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()
