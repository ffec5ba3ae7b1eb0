"""What an AWS error means for a lifecycle that must neither hang nor give up too soon."""

from __future__ import annotations

import re
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.limits import TEXT_LENGTH

_TRANSIENT_CODES = frozenset(
    {
        "EC2ThrottledException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429
_MISSING = re.compile(r"does not exist|not found|could ?n[o']t find|cannot find|can't find", re.IGNORECASE)
_MISSING_CODES = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
_DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_ROLE = re.compile(
    r"\bassum|passrole|trust (policy|relationship)"
    r"|(?<![\w-])role(?![\w-]).{0,80}\b(not exist|not found|invalid|not valid)",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"already|\bexists\b|in use|duplicate|conflict", re.IGNORECASE)


#: What an error quotes: values of the request, which are not what the service says.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|arn:\S+")


def code(error: Exception) -> str:
    """The service's error code, or the kind of the error where no service answered."""
    return str(_details(error).get("Code") or type(error).__name__)


def message(error: Exception) -> str:
    """What the service said, without botocore's preface, cut to a length that can be carried."""
    text = cut(str(_details(error).get("Message") or error).strip())
    return f"{code(error)}: {text}" if text else code(error)


def cut(text: str) -> str:
    """The beginning of a text from outside, without what is not Unicode."""
    short = text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 2]} …"
    return short.encode("utf-8", errors="replace").decode()


def is_aws(error: Exception) -> bool:
    """Whether the error came from calling AWS, and not from a mistake in this code."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (start-up time)

    return isinstance(error, BotoCoreError | ClientError)


def is_transient(error: Exception) -> bool:
    """Throttling, the service's own trouble, or the network's: to be tried again, never fatal."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # noqa: PLC0415

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code(error) in _TRANSIENT_CODES or status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS
    return isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError)


def is_missing(error: Exception) -> bool:
    """The algorithm that was named is not there (the model of the service names no error for this)."""
    if code(error) in _MISSING_CODES:
        return True
    return code(error) == "ValidationException" and bool(_MISSING.search(message(error)))


def is_denied(error: Exception) -> bool:
    """The handler's role lacks a permission, or has not got it everywhere yet."""
    return code(error) in _DENIED_CODES


def may_pass(error: Exception) -> bool:
    """A refusal that often ends by itself: a role or policy not yet known everywhere, a name not yet free."""
    text = _QUOTED.sub("", str(_details(error).get("Message") or error))[:TEXT_LENGTH]
    return is_denied(error) or bool(_ROLE.search(text)) or bool(_TAKEN.search(text))


def _details(error: Exception) -> dict[str, Any]:
    response = getattr(error, "response", None)
    return response.get("Error", {}) if isinstance(response, dict) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
