"""Define and explain the errors of the command line."""

from __future__ import annotations

from cdk_sagemaker_algorithm.cli.exit_statuses import FAILED, USAGE
from cdk_sagemaker_algorithm_provider.contract import aws_errors

_SENTENCES = {
    "ProfileNotFound": "there is no AWS profile {profile!r}; choose one of ~/.aws/config with --profile or AWS_PROFILE",
    "NoRegionError": "no region is set; choose one with --region or AWS_REGION",
    "EndpointConnectionError": "no connection to {endpoint_url}; check the network, --region and --endpoint-url",
}
# Errors of the settings, before AWS is asked.
_SETTINGS = frozenset({"ProfileNotFound", "NoRegionError"})


class CliError(Exception):
    """Error that the command line shows without a traceback: location, value, allowed values, remedy.

    Attributes:
        exit_status: Exit status of the command.
    """

    def __init__(self, message: str, *, exit_status: int = FAILED) -> None:
        """Keep the message and the exit status."""
        super().__init__(message)
        self.exit_status = exit_status


def status_of(error: Exception) -> int:
    """Return the exit status for an exception.

    Args:
        error: Exception of a command.
    """
    if isinstance(error, CliError):
        return error.exit_status
    return USAGE if type(error).__name__ in _SETTINGS else FAILED


def explain(error: Exception) -> str:
    """Return the message for an exception.

    Args:
        error: Exception of a command.

    Returns:
        One message: lower case at its start, with a remedy where one is known.
    """
    if isinstance(error, CliError):
        return str(error)
    kind = type(error).__name__
    # Recognized by name, so that commands that never call AWS do not import botocore.
    if any(cls.__module__.startswith("botocore.") for cls in type(error).__mro__):
        from cdk_sagemaker_algorithm.account import credentials  # noqa: PLC0415 - start-up time

        code = aws_errors.code(error)
        if sentence := credentials.sentence(code, ""):
            return sentence
        message = aws_errors.message(error).removeprefix(f"{code}: ").rstrip(".")
        if aws_errors.is_denied(error):
            return (
                f"AWS does not allow {getattr(error, 'operation_name', 'this call')}: {message}; ask for this "
                "permission, or choose another profile with --profile"
            )
        if aws_errors.is_throttled(error):
            return f"AWS asks for fewer calls ({code}); try again in a minute"
        if kind in _SENTENCES:
            return _SENTENCES[kind].format(**getattr(error, "kwargs", {}))
        if operation := getattr(error, "operation_name", ""):
            again = "; try again in a minute" if aws_errors.is_transient(error) else ""
            return f"{operation} failed: {message} ({code}){again}"
        return str(error)
    return f"unexpected {kind}: {error} (--debug shows the traceback)"
