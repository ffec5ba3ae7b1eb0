"""Resolve objects in a definition to strings and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.arguments import Arguments, python_spelling, whole_seconds
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
        """Return the string or number for `value`; deploy-time values stay tokens."""
        source: Any = value
        if isinstance(value, float):
            # A number token in a string field of the API.
            return cdk.Token.as_string(value)
        if isinstance(source, S3Data) and path.endswith(_S3_MEMBERS):
            self.sources[path] = source
            access: Access = "write" if path.endswith("S3OutputPath") else "read"
            return source.bind(self._scope, None, access=access)
        if isinstance(source, AlgorithmImage) and path.endswith("Image"):
            self.sources[path] = source
            return source.bind(self._scope, None)
        seconds = whole_seconds(value)
        if isinstance(seconds, str):
            self._arguments.reject(python_spelling(path), seconds, "whole seconds")
        if seconds is not None:
            return seconds
        for attribute, read in _READERS.items():
            if hasattr(source, attribute):
                self.sources[path] = source
                return read(source)
        if is_unresolved(value):
            return value
        self._arguments.unsupported(path, value)
        return ""


def _gibibytes(size: Any) -> int:
    return int(size.to_gibibytes())


def _key_arn(key: Any) -> str:
    return str(key.key_ref.key_arn)


def _role_arn(role: Any) -> str:
    return str(role.role_ref.role_arn)


_READERS: dict[str, Callable[[Any], str | int]] = {
    "to_gibibytes": _gibibytes,
    "key_ref": _key_arn,
    "role_ref": _role_arn,
}
