"""What stands for a string or a number in a definition, turned into it inside a stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from cdk_sagemaker_algorithm.model import UnsupportedValueError
from cdk_sagemaker_algorithm.model.tokens import is_unresolved


class Binding:
    """Resolves the objects of one definition, and remembers which stood where."""

    def __init__(self, scope: Construct) -> None:
        """Bind to a construct.

        Args:
            scope: The construct whose definition it is.
        """
        self._scope = scope
        self.sources: dict[str, Any] = {}
        """What was bound, by its path; whoever runs the validation is granted its use later."""

    def resolve(self, value: object, path: str) -> object:
        """The string or number that `value` stands for; what only CloudFormation knows stays a token.

        Raises:
            UnsupportedValueError: nothing can be made of the value.
        """
        source: Any = value
        if isinstance(value, float):
            # A number token where the API has a string.
            return cdk.Token.as_string(value)
        if hasattr(source, "bind"):
            self.sources[path] = source
            return self._bound(source, path)
        for attribute, read in _READERS.items():
            if hasattr(source, attribute):
                self.sources[path] = source
                return read(source)
        if is_unresolved(value):
            return value
        raise UnsupportedValueError(
            f"{path}: a {type(value).__name__} cannot stand for a string or a number here; give the value itself, or "
            "an image, a place in S3, a key, a role, a Duration or a Size"
        )

    def _bound(self, source: Any, path: str) -> str:
        if path.endswith("S3OutputPath"):
            return str(source.bind(self._scope, None, access="write"))
        if path.endswith(("S3Uri", "ModelDataUrl")):
            return str(source.bind(self._scope, None, access="read"))
        return str(source.bind(self._scope, None))


def _seconds(duration: Any) -> int:
    return int(duration.to_seconds())


def _gibibytes(size: Any) -> int:
    return int(size.to_gibibytes())


def _key_arn(key: Any) -> str:
    return str(key.key_ref.key_arn)


def _role_arn(role: Any) -> str:
    return str(role.role_ref.role_arn)


_READERS: dict[str, Callable[[Any], str | int]] = {
    "to_seconds": _seconds,
    "to_gibibytes": _gibibytes,
    "key_ref": _key_arn,
    "role_ref": _role_arn,
}
