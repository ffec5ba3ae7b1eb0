"""CloudFormation's answer: built to fit its limit, and put where CloudFormation waits for it."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from cdk_sagemaker_algorithm_provider.contract.limits import RESPONSE_BYTES, SERVICE_TIMEOUT

_CUT = " …"
_ATTEMPTS = 5
_HTTP_SERVER_ERROR = 500
_SIGNED_AT = re.compile(r"[?&]X-Amz-Date=(\d{8}T\d{6})Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom an answer is for: the members that CloudFormation wants back, and the address."""

    response_url: str = field(repr=False)
    stack_id: str
    request_id: str
    logical_id: str

    def asked_at(self, now: float) -> float:
        """When CloudFormation began to wait, which its signed address tells; else now.

        Lambda may deliver an event minutes late, and those are gone from the time for the answer.
        """
        signed = _SIGNED_AT.search(self.response_url)
        if signed is None:
            return now
        try:
            asked = datetime.strptime(signed[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
        except ValueError:
            return now
        return asked if now - SERVICE_TIMEOUT < asked < now else now


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What CloudFormation is told."""

    status: Literal["SUCCESS", "FAILED"]
    physical_id: str
    reason: str = ""
    data: Mapping[str, str] = field(default_factory=dict[str, str])

    def body(self, recipient: Recipient) -> bytes:
        """The answer as JSON, its reason cut to what fits, the beginning kept."""
        reason = self.reason[:RESPONSE_BYTES]
        body = self._encoded(recipient, reason)
        while len(body) > RESPONSE_BYTES and reason:
            # Escapes make a character longer than itself, so cut by the excess and look again.
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
        # Lone surrogates of a hostile string cannot be encoded; they become question marks.
        return json.dumps(members, ensure_ascii=False).encode("utf-8", errors="replace")


def success(physical_id: str, **data: str) -> Answer:
    """CloudFormation may go on; `data` is what ``Fn::GetAtt`` will find."""
    return Answer(status="SUCCESS", physical_id=physical_id, data=data)


def failure(physical_id: str, reason: str) -> Answer:
    """CloudFormation shall stop and roll back; `reason` is what the terminal shows."""
    # No longer than what can be sent, and nothing that is not Unicode: until it is sent it is carried about.
    text = reason[:RESPONSE_BYTES].encode("utf-8", errors="replace").decode()
    return Answer(status="FAILED", physical_id=physical_id, reason=text)


class UndeliveredAnswerError(RuntimeError):
    """CloudFormation's address did not take the answer. The address is a secret and is not in the message."""


def deliver(answer: Answer, recipient: Recipient, *, sleep: Callable[[float], None]) -> None:
    """Put the answer where CloudFormation waits for it.

    Raises:
        UndeliveredAnswerError: the address refused it, or stayed out of reach.
    """
    request = urllib.request.Request(  # noqa: S310 (the address is CloudFormation's)
        recipient.response_url, data=answer.body(recipient), method="PUT", headers={"Content-Type": ""}
    )
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(2**attempt)
        try:
            with urllib.request.urlopen(request, timeout=20):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            problem = f"HTTP status {error.code}"
            if error.code < _HTTP_SERVER_ERROR:
                break
        except (OSError, ValueError, http.client.HTTPException) as error:
            # Only the kind of the error: its text can hold the address.
            problem = type(error).__name__
    # "from None", because the original error can carry the address.
    raise UndeliveredAnswerError(f"CloudFormation did not take the answer: {problem}") from None
