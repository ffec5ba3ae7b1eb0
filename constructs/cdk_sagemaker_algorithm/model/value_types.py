"""Define types that can replace strings and numbers until the definition is bound to a construct.

The model does not depend on the CDK. ``render`` passes every value that is not plain JSON to its ``resolve`` argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from aws_cdk import aws_iam
    from aws_cdk.interfaces.aws_iam import RoleReference
    from aws_cdk.interfaces.aws_kms import KeyReference
    from constructs import Construct


class ImageSource(Protocol):
    """A container image that resolves to a registry path when it is bound."""

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None) -> str:
        """Return the image's registry path.

        Args:
            scope: Construct that uses the image.
            grantee: Principal that pulls the image; None for no grant.
        """
        ...


class S3Source(Protocol):
    """An S3 location that resolves to a URI when it is bound."""

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None, *, access: Literal["read", "write"]) -> str:
        """Return the URI of the location.

        Args:
            scope: Construct that uses the location.
            grantee: Principal that reads or writes; None for no grant.
            access: Read or write.
        """
        ...


class KeySource(Protocol):
    """A KMS key, such as ``aws_kms.IKey``."""

    @property
    def key_ref(self) -> KeyReference:
        """The key's identity."""
        ...


class RoleSource(Protocol):
    """A role, such as ``aws_iam.IRole``."""

    @property
    def role_ref(self) -> RoleReference:
        """The role's identity."""
        ...


class DurationSource(Protocol):
    """A length of time, such as ``aws_cdk.Duration``."""

    def to_seconds(self) -> float:
        """Return the duration in seconds."""
        ...


class SizeSource(Protocol):
    """An amount of storage, such as ``aws_cdk.Size``."""

    def to_gibibytes(self) -> float:
        """Return the size in GiB."""
        ...


ApiDict: TypeAlias = Mapping[str, object]
"""A structure as the API has it: a dict with API member names."""

ImageUri: TypeAlias = str | ImageSource
S3Uri: TypeAlias = str | S3Source
KmsKeyId: TypeAlias = str | KeySource
RoleArn: TypeAlias = str | RoleSource

Integer: TypeAlias = int | float
"""A whole number. Floats are here for the sake of CDK's number tokens, which are floats."""

Seconds: TypeAlias = Integer | timedelta | DurationSource
Gibibytes: TypeAlias = Integer | SizeSource

ParameterText: TypeAlias = str | int | float | Decimal
"""Value that the API represents as a string, often a number; see ``parameter_text``."""
