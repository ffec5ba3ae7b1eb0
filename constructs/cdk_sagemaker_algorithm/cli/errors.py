"""Errors as the command line shows them."""

from __future__ import annotations

from cdk_sagemaker_algorithm.cli.exit_statuses import FAILED

_REMEDIES = {
    "NoCredentialsError": "log in (for example: aws sso login), or choose a profile with --profile",
    "PartialCredentialsError": "set both the access key and its secret, or choose a profile with --profile",
    "ProfileNotFound": "choose one of the profiles in ~/.aws/config with --profile",
    "NoRegionError": "choose a region with --region or AWS_REGION",
    "EndpointConnectionError": "check the network, --region and --endpoint-url",
    "TokenRetrievalError": "log in again (for example: aws sso login)",
    "UnauthorizedSSOTokenError": "log in again (for example: aws sso login)",
    "SSOTokenLoadError": "log in again (for example: aws sso login)",
    "ExpiredToken": "log in again (for example: aws sso login)",
    "ExpiredTokenException": "log in again (for example: aws sso login)",
    "UnrecognizedClientException": "log in again, or choose another profile with --profile",
}


_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_THROTTLED = frozenset(
    {"RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"}
)


class CliError(Exception):
    """An error for the person at the terminal: where, value, what is allowed, remedy; no traceback.

    Attributes:
        exit_status: What the command exits with.
    """

    def __init__(self, message: str, *, exit_status: int = FAILED) -> None:
        """Keep the message and the exit status."""
        super().__init__(message)
        self.exit_status = exit_status


def explain(error: Exception) -> str:
    """Word any exception for the person at the terminal.

    Args:
        error: What a command raised.

    Returns:
        One message: lower case at its start, with a remedy where one is known.
    """
    if isinstance(error, CliError):
        return str(error)
    kind = type(error).__name__
    # botocore is recognised by name, so that commands that never call AWS never import it.
    if any(cls.__module__.startswith("botocore.") for cls in type(error).__mro__):
        code = _error_code(error)
        if code in _DENIED:
            return (
                f"AWS does not allow {getattr(error, 'operation_name', 'this call')}: {_said(error)}; ask for this "
                "permission, or choose another profile with --profile"
            )
        if code in _THROTTLED:
            return f"AWS asks for fewer calls ({code}); try again in a minute"
        remedy = _REMEDIES.get(code) or _REMEDIES.get(kind)
        return f"{str(error).rstrip('.')}; {remedy}" if remedy else str(error)
    return f"unexpected {kind}: {error} (--debug shows the traceback)"


def _said(error: Exception) -> str:
    """Take the service's message out of a botocore ClientError."""
    response: object = getattr(error, "response", None)
    if not isinstance(response, dict):
        return str(error)
    return str(response.get("Error", {}).get("Message", error)).rstrip(".")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _error_code(error: Exception) -> str:
    """Take the service's error code out of a botocore ClientError."""
    response: object = getattr(error, "response", None)
    if not isinstance(response, dict):
        return ""
    return str(response.get("Error", {}).get("Code", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
