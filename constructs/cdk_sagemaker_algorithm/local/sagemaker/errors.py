"""Service errors with SageMaker's codes and wording."""

from __future__ import annotations


class ServiceError(Exception):
    """Error response of the API.

    Attributes:
        code: Error code, as in botocore's `ClientError`.
        message: Error message.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        """Create an error response."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def validation_error(message: str) -> ServiceError:
    """Return a ValidationException, SageMaker's most frequent error."""
    return ServiceError("ValidationException", message)
