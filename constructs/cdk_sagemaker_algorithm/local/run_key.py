"""Create the credentials of one run of local AWS, and check requests against them.

The emulator's Python also loads this file, without the package, so it uses the standard library only.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The access key ID authenticates a request, so it contains enough random bytes to be unguessable.
_SECRET_BYTES = 10
_KIND = 4
_SECRET = slice(_KIND, _KIND + _SECRET_BYTES * 8 // 5)
_SIGNED = re.compile(r"AWS4-[A-Z0-9-]+\s(?:.*[\s,])?Credential=([^/,\s]+)/|AWS ([^:\s]+):")
_QUERY = ("x-amz-credential", "awsaccesskeyid")

REMEDY = (
    "local AWS accepts only requests from the command that it was started for; use that command's AWS_ENDPOINT_URL,"
    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)


@dataclass(frozen=True, slots=True)
class RunKey:
    """Credentials of one run of local AWS.

    Attributes:
        access_key_id: Secret access key ID; local AWS accepts every request that contains it.
        secret_access_key: Secret access key for signatures.
    """

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)

    @classmethod
    def create(cls) -> RunKey:
        """Generate random credentials."""
        return cls(f"AKIA{_random(_SECRET_BYTES)}", secrets.token_urlsafe(30))

    def issue_access_key_id(self, kind: str) -> str:
        """Generate the access key ID of further credentials of this run, such as those of an assumed role.

        Args:
            kind: Prefix, `AKIA` or `ASIA`.
        """
        return f"{kind}{self.access_key_id[_SECRET]}{_random(5)}"

    def owns(self, access_key_id: str) -> bool:
        """Return whether this run issued an access key ID."""
        return hmac.compare_digest(access_key_id[_SECRET].encode(), self.access_key_id[_SECRET].encode())

    def refusal(self, headers: Iterable[tuple[str, str]], query: str, port: int) -> str | None:
        """Return why a request to local AWS must be rejected; None if it is allowed.

        Args:
            headers: All headers of the request, including repeated ones.
            query: Query string of the request, not decoded.
            port: Loopback port of the server.
        """
        lower = [(name.lower(), value) for name, value in headers]
        hosts = [value for name, value in lower if name == "host"]
        if len(hosts) != 1 or hosts[0].lower() not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            return "the Host header does not name this server"
        if any(name == "origin" for name, _ in lower):
            return "the request comes from a web page"
        keys = list(_access_key_ids(lower, query))
        if not keys or not all(self.owns(key) for key in keys):
            return "the request is not signed with the access key of this run"
        return None


def _access_key_ids(headers: Iterable[tuple[str, str]], query: str) -> Iterator[str]:
    """Yield the access key IDs in headers and query; an empty string for one that cannot be parsed."""
    for name, value in headers:
        if name == "authorization":
            match = _SIGNED.match(value)
            yield (match[1] or match[2]) if match else ""
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() in _QUERY:
            yield value.partition("/")[0]


def _random(size: int) -> str:
    """Return random bytes in base 32, the alphabet of access key IDs."""
    return base64.b32encode(secrets.token_bytes(size)).decode()
