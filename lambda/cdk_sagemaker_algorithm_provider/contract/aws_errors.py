"""Classify AWS errors: transient, missing, denied, or possibly caused by eventual consistency."""

from __future__ import annotations

import re
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.limits import TEXT_LENGTH

_THROTTLING_CODES = frozenset(
    {
        "EC2ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_TRANSIENT_CODES = _THROTTLING_CODES | frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "TransactionInProgressException",
    }
)
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429
_MISSING = re.compile(r"does not exist|not found|could ?n[o']t find|cannot find|can't find", re.IGNORECASE)
_MISSING_CODES = frozenset(
    {"404", "NoSuchBucket", "NoSuchKey", "NotFound", "ResourceNotFound", "ResourceNotFoundException"}
)
#: S3's HEAD operations have no body, so botocore makes the HTTP status their code.
_DENIED_CODES = frozenset(
    {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "Forbidden", "UnauthorizedOperation"}
)
_ROLE = re.compile(
    r"\bassum|passrole|trust (policy|relationship)"
    r"|(?<![\w-])role(?![\w-]).{0,80}\b(not exist|not found|invalid|not valid)",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"already|\bexists\b|in use|duplicate|conflict", re.IGNORECASE)


#: Quoted request values. They are removed before the message is classified.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|arn:\S+")


def code(error: Exception) -> str:
    """Return the AWS error code, or the exception's class name if it has none."""
    return str(_details(error).get("Code") or type(error).__name__)


def message(error: Exception) -> str:
    """Return the error message without botocore's prefix, cut to the length that a response can hold."""
    text = cut(str(_details(error).get("Message") or error).strip())
    return f"{code(error)}: {text}" if text else code(error)


def cut(text: str) -> str:
    """Return the beginning of a text, without characters that are not valid Unicode."""
    short = text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 2]} …"
    return short.encode("utf-8", errors="replace").decode()


def is_aws(error: Exception) -> bool:
    """Return whether an AWS call raised the error; other errors are bugs in this code."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - start-up time

    return isinstance(error, BotoCoreError | ClientError)


def is_transient(error: Exception) -> bool:
    """Return whether to retry the error: throttling, a service failure or a network failure."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # noqa: PLC0415 - start-up time

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code(error) in _TRANSIENT_CODES or status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS
    return isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError)


def is_throttled(error: Exception) -> bool:
    """Return whether AWS asks for fewer calls."""
    return code(error) in _THROTTLING_CODES


def is_missing(error: Exception) -> bool:
    """Return whether what was asked for does not exist; SageMaker has no error code for this."""
    if code(error) in _MISSING_CODES:
        return True
    return code(error) == "ValidationException" and bool(_MISSING.search(message(error)))


def is_denied(error: Exception) -> bool:
    """Return whether the caller lacks a permission, or the permission is not yet consistent."""
    return code(error) in _DENIED_CODES


def passing_cause(error: Exception) -> str:
    """Return which eventual consistency can cause the error: a new permission or role, a name in use; empty if none."""
    text = _QUOTED.sub("", str(_details(error).get("Message") or error))[:TEXT_LENGTH]
    if is_denied(error):
        return "permission"
    if _ROLE.search(text):
        return "role"
    return "name" if _TAKEN.search(text) else ""


def _details(error: Exception) -> dict[str, Any]:
    response = getattr(error, "response", None)
    return response.get("Error", {}) if isinstance(response, dict) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
