"""Resolve objects in a definition to strings and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.arguments import (
    Arguments,
    Phrase,
    python_spelling,
    whole_gibibytes,
    whole_seconds,
)
from cdk_sagemaker_algorithm.cdk.container_image import AlgorithmImage
from cdk_sagemaker_algorithm.cdk.s3_data import Access, S3Data
from cdk_sagemaker_algorithm.model.tokens import is_unresolved

_S3_MEMBERS = ("S3Uri", "S3OutputPath", "ModelDataUrl")


class Binding:
    """The objects of one definition, resolved and recorded by path."""

    def __init__(self, scope: Construct, arguments: Arguments) -> None:
        """Bind to a construct.

        Args:
            scope: Construct of the definition.
            arguments: Collects unsupported values.
        """
        self._scope = scope
        self._arguments = arguments
        self.sources: dict[str, Any] = {}
        """Bound objects by path; the validation role is granted their use later."""

    def resolve(self, value: object, path: str) -> object:
        """Return the string or number for `value`; deploy-time values stay tokens.

        An unsupported value is recorded, and a token stands in for it, which the rules skip.
        """
        source: Any = value
        if isinstance(value, float):
            # A number token in a string field of the API.
            return cdk.Token.as_string(value)
        if isinstance(source, S3Data) and path.endswith(_S3_MEMBERS):
            access: Access = "write" if path.endswith("S3OutputPath") else "read"
            return self._bound(source, path, lambda: source.bind(self._scope, None, access=access))
        if isinstance(source, AlgorithmImage) and path.endswith("Image"):
            return self._bound(source, path, lambda: source.bind(self._scope, None))
        if (seconds := whole_seconds(value)) is not None:
            return self._whole(path, "whole seconds", seconds)
        if hasattr(source, "to_gibibytes"):
            return self._whole(path, "whole GiB", whole_gibibytes(source))
        for attribute, read in _READERS.items():
            if hasattr(source, attribute):
                self.sources[path] = source
                return read(source)
        if is_unresolved(value):
            return value
        self._arguments.unsupported(path, value)
        return cdk.Aws.NO_VALUE

    def _bound(self, source: object, path: str, bind: Callable[[], str]) -> str:
        try:
            text = bind()
        except ValueError as error:
            self._arguments.fail(f"{python_spelling(path)}: {error}")
            return cdk.Aws.NO_VALUE
        self.sources[path] = source
        return text

    def _whole(self, path: str, expected: str, number: int | Phrase) -> int | str:
        if isinstance(number, int):
            return number
        self._arguments.reject(python_spelling(path), expected, number)
        return cdk.Aws.NO_VALUE


def _key_arn(key: Any) -> str:
    return str(key.key_ref.key_arn)


def _role_arn(role: Any) -> str:
    return str(role.role_ref.role_arn)


_READERS: dict[str, Callable[[Any], str]] = {
    "key_ref": _key_arn,
    "role_ref": _role_arn,
}
