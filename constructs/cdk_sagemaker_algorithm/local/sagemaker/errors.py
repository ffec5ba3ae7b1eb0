"""Refusals, the way the service words and numbers them."""

from __future__ import annotations


class ServiceError(Exception):
    """An error answer of the API.

    Attributes:
        code: The error's name, as botocore's `ClientError` reports it.
        message: What the service says.
        status: The HTTP status.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        """Keep the parts of the answer."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def validation_error(message: str) -> ServiceError:
    """The error that the service gives for nearly everything."""
    return ServiceError("ValidationException", message)
