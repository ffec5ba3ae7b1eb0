"""The key of one run of local AWS, and the check of who may be answered.

The emulator's own Python loads this file too, outside of the package: standard library only.
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

#: The access key ID is what proves a request, so it is as long as a password that cannot be guessed.
_SECRET_BYTES = 10
_KIND = 4
_SECRET = slice(_KIND, _KIND + _SECRET_BYTES * 8 // 5)
_SIGNED = re.compile(r"AWS4-[A-Z0-9-]+\s(?:.*[\s,])?Credential=([^/,\s]+)/|AWS ([^:\s]+):")
_QUERY = ("x-amz-credential", "awsaccesskeyid")

REMEDY = (
    "local AWS answers only the command that it was started for; use that command's AWS_ENDPOINT_URL,"
    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)


@dataclass(frozen=True, slots=True)
class RunKey:
    """Credentials that only this run of local AWS gives out and takes.

    Attributes:
        access_key_id: The access key ID; whoever knows it is answered.
        secret_access_key: The secret that requests are signed with.
    """

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)

    @classmethod
    def create(cls) -> RunKey:
        """Make credentials that nothing else on this machine can guess."""
        return cls(f"AKIA{_random(_SECRET_BYTES)}", secrets.token_urlsafe(30))

    def issue_access_key_id(self, kind: str) -> str:
        """Make the access key ID of further credentials of this run, such as those of an assumed role.

        Args:
            kind: The four letters that it begins with, AKIA or ASIA.
        """
        return f"{kind}{self.access_key_id[_SECRET]}{_random(5)}"

    def owns(self, access_key_id: str) -> bool:
        """Check whether an access key ID was given out by this run.

        Args:
            access_key_id: The access key ID of a request.
        """
        return hmac.compare_digest(access_key_id[_SECRET].encode(), self.access_key_id[_SECRET].encode())

    def refusal(self, headers: Iterable[tuple[str, str]], query: str, port: int) -> str | None:
        """Check who sends a request to a server of local AWS.

        Args:
            headers: The request's headers, each one as often as it was sent.
            query: Its query string, as sent.
            port: The port of loopback that it was sent to.

        Returns:
            Why it must not be answered; None if it may be.
        """
        given = [(name.lower(), value) for name, value in headers]
        hosts = [value for name, value in given if name == "host"]
        if len(hosts) != 1 or hosts[0].lower() not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            return "the Host header is not this server's"
        if any(name == "origin" for name, _ in given):
            return "the request comes from a web page"
        keys = list(_access_key_ids(given, query))
        if not keys or not all(self.owns(key) for key in keys):
            return "the request is not signed with the access key of this run"
        return None


def _access_key_ids(headers: Iterable[tuple[str, str]], query: str) -> Iterator[str]:
    """The access key IDs that a request names, in its headers and in its address; an unreadable one is empty."""
    for name, value in headers:
        if name == "authorization":
            match = _SIGNED.match(value)
            yield (match[1] or match[2]) if match else ""
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() in _QUERY:
            yield value.partition("/")[0]


def _random(size: int) -> str:
    """Random bytes in the letters of access key IDs."""
    return base64.b32encode(secrets.token_bytes(size)).decode()
