"""Read the fields of AWS responses, and define the errors of calls without a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object


class ReadError(Exception):
    """A call has no usable response. The message is the reason, such as ``not allowed to call iam:GetRole``."""


class DeniedError(ReadError):
    """The caller is not allowed to call an operation.

    Attributes:
        headers: The headers of the response; S3 names a bucket's region in them.
    """

    def __init__(self, action: str, headers: Mapping[str, str] | None = None) -> None:
        """Keep the headers."""
        super().__init__(f"not allowed to call {action}")
        self.headers = headers or {}


class NoResponseError(ReadError):
    """AWS did not respond: no connection, throttling, or a failure of the service."""


class TooLateError(NoResponseError):
    """The time limit ended before the response."""


class InvalidValueError(ReadError):
    """The API model of the operation rejects a value of the definition."""


class RejectedError(ReadError):
    """AWS responded with an error other than a missing permission or a transient error.

    Attributes:
        code: The error code.
        message: AWS's message.
        headers: The headers of the response.
        is_missing: Whether the resource does not exist.
    """

    def __init__(
        self, call: str, code: str, message: str, headers: Mapping[str, str] | None = None, *, is_missing: bool = False
    ) -> None:
        """Keep the parts of the error."""
        super().__init__(f"{call} failed with {code}: {message}")
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.is_missing = is_missing


class CredentialsError(Exception):
    """The credentials cannot be used. The message contains the reason and the remedy."""


class Response:
    """The response of one call. A field that is not as AWS documents it raises `ReadError`."""

    def __init__(self, call: str, fields: Mapping[str, Any]) -> None:
        """Wrap the fields.

        Args:
            call: The operation, for messages.
            fields: The fields of the response, or of a structure in it.
        """
        self._call = call
        self._fields = fields

    def has(self, name: str) -> bool:
        """Return whether a field has a value."""
        return self._fields.get(name) is not None

    def text(self, name: str) -> str:
        """Return a string; empty if the field is absent."""
        value = self._fields.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        raise self._unreadable(name)

    def required(self, name: str) -> str:
        """Return a string that every response has."""
        if text := self.text(name):
            return text
        raise self._unreadable(name)

    def number(self, name: str) -> float:
        """Return a number that every response has."""
        value = self._fields.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        raise self._unreadable(name)

    def flag(self, name: str) -> bool:
        """Return a boolean; false if the field is absent."""
        return self._fields.get(name) is True

    def part(self, name: str) -> Response:
        """Return a structure; an empty one if the field is absent."""
        value = self._fields.get(name)
        if value is None or is_object(value):
            return Response(self._call, value or {})
        raise self._unreadable(name)

    def parts(self, name: str) -> list[Response]:
        """Return a list of structures; empty if the field is absent."""
        found = self.values(name)
        if not all(is_object(each) for each in found):
            raise self._unreadable(name)
        return [Response(self._call, each) for each in found]

    def values(self, name: str) -> list[Any]:
        """Return a list of scalars; empty if the field is absent."""
        value = self._fields.get(name)
        if value is None or is_array(value):
            return list(value or [])
        raise self._unreadable(name)

    def raw(self) -> Mapping[str, Any]:
        """Return the fields unchanged."""
        return self._fields

    def _unreadable(self, name: str) -> ReadError:
        return ReadError(f"the response of {self._call} has no usable field {name}")
