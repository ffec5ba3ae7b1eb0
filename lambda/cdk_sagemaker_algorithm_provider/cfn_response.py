"""Create custom resource responses within CloudFormation's size limit, and deliver them."""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from cdk_sagemaker_algorithm_provider.cfn_event import InvalidEventError
from cdk_sagemaker_algorithm_provider.contract.limits import RESPONSE_BYTES, SERVICE_TIMEOUT

_CUT = " …"
_SIGNATURE = re.compile(r"[?&](X-Amz-)?Signature=.")
#: Both versions of AWS's signatures of URLs say when: version 4 when it was signed, version 2 when it expires.
_SIGNED_AT = re.compile(r"[?&]X-Amz-Date=(\d{8}T\d{6})Z")
_EXPIRES_AT = re.compile(r"[?&]Expires=(\d{1,12})(?:&|$)")
#: How long CloudFormation's response URLs are valid.
_URL_SECONDS = 7200


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The recipient of a response: the fields to return, and the response URL."""

    response_url: str = field(default="", repr=False)
    stack_id: str = ""
    request_id: str = ""
    logical_id: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Recipient:
        """Return the recipient of the response to an event.

        Raises:
            InvalidEventError: no response can be sent.
        """
        url = event.get("ResponseURL")
        if not isinstance(url, str) or not _is_signed_by_aws(url):
            # Only the names of the members, because the event can contain secrets.
            raise InvalidEventError(
                f"not an event of CloudFormation: no ResponseURL with https and a signature among {sorted(event)}"
            )
        return cls(
            response_url=url,
            stack_id=str(event.get("StackId", "")),
            request_id=str(event.get("RequestId", "")),
            logical_id=str(event.get("LogicalResourceId", "")),
        )

    @property
    def signed_at(self) -> float:
        """Time of the request in whole seconds, from the signature of the response URL."""
        return _signed_at(self.response_url) or 0.0

    def asked_at(self, now: float) -> float:
        """Time at which CloudFormation began to wait; now, if the date of the response URL is impossible.

        Lambda can deliver an event minutes late, which shortens the time for the response.
        """
        asked = self.signed_at
        return asked if asked and now - SERVICE_TIMEOUT < asked < now else now


def _is_signed_by_aws(url: str) -> bool:
    # Only local AWS uses plain http; Lambda never sets this variable.
    scheme = "http://" if "AWS_ENDPOINT_URL" in os.environ else "https://"
    signed = _SIGNATURE.search(url) is not None and _signed_at(url) is not None
    return url.startswith(("https://", scheme)) and signed


def _signed_at(url: str) -> float | None:
    if (signed := _SIGNED_AT.search(url)) is not None:
        try:
            return datetime.strptime(signed[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
        except ValueError:
            return None
    expires = _EXPIRES_AT.search(url)
    return None if expires is None else max(0.0, float(expires[1]) - _URL_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CfnResponse:
    """A custom resource response."""

    status: Literal["SUCCESS", "FAILED"] = "FAILED"
    physical_id: str = ""
    reason: str = ""
    data: Mapping[str, str] = field(default_factory=dict[str, str])

    def body(self, recipient: Recipient) -> bytes:
        """Return the response as JSON; the end of a long reason is cut."""
        reason = self.reason[:RESPONSE_BYTES]
        body = self._encoded(recipient, reason)
        while len(body) > RESPONSE_BYTES and reason:
            # Escapes can lengthen characters, so cut by the excess and check again.
            excess = len(body) - RESPONSE_BYTES
            reason = reason.removesuffix(_CUT)[: -max(1, excess // 6 + len(_CUT))]
            reason = reason + _CUT if reason else ""
            body = self._encoded(recipient, reason)
        return body

    def _encoded(self, recipient: Recipient, reason: str) -> bytes:
        members: dict[str, Any] = {
            "Status": self.status,
            "PhysicalResourceId": self.physical_id,
            "StackId": recipient.stack_id,
            "RequestId": recipient.request_id,
            "LogicalResourceId": recipient.logical_id,
            "Data": dict(self.data),
        }
        if reason:
            members["Reason"] = reason
        # Lone surrogates cannot be encoded; they become question marks.
        return json.dumps(members, ensure_ascii=False).encode("utf-8", errors="replace")


def success(physical_id: str, **data: str) -> CfnResponse:
    """Let CloudFormation continue; `data` is what ``Fn::GetAtt`` returns."""
    return CfnResponse(status="SUCCESS", physical_id=physical_id, data=data)


def failure(physical_id: str, reason: str) -> CfnResponse:
    """Let CloudFormation roll back; `reason` is what the terminal shows."""
    # At most the length that fits, and valid Unicode, because the execution state carries it.
    text = reason[:RESPONSE_BYTES].encode("utf-8", errors="replace").decode()
    return CfnResponse(status="FAILED", physical_id=physical_id, reason=text)


class UndeliveredAnswerError(RuntimeError):
    """The response URL did not accept the response. The URL is secret and not in the message."""


def deliver(answer: CfnResponse, recipient: Recipient) -> None:
    """Send the response to the response URL, once: the state machine, or Lambda, repeats an invocation that failed.

    Raises:
        UndeliveredAnswerError: the response URL rejected the response, or was unreachable.
    """
    request = urllib.request.Request(  # noqa: S310 - the address is CloudFormation's
        recipient.response_url, data=answer.body(recipient), method="PUT", headers={"Content-Type": ""}
    )
    try:
        with urllib.request.urlopen(request, timeout=20):  # noqa: S310 - CloudFormation's pre-signed URL
            return
    except (OSError, ValueError, http.client.HTTPException) as error:
        # Only the kind of the error, because its text can contain the URL.
        problem = f"HTTP status {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
    # Outside of the handler of the original error, which can contain the URL.
    raise UndeliveredAnswerError(f"CloudFormation did not take the answer: {problem}")
