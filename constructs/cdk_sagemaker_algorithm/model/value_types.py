"""What may stand for a string or a number of the API until the definition is bound to a construct.

The model itself knows no CDK. ``render`` hands everything that is not plain JSON to its ``resolve`` argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from aws_cdk import aws_iam
    from aws_cdk.interfaces.aws_iam import RoleReference
    from aws_cdk.interfaces.aws_kms import KeyReference
    from constructs import Construct


class ImageSource(Protocol):
    """A container image that is known once it is bound, and that grants pulling where that is needed."""

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None) -> str:
        """The image's registry path.

        Args:
            scope: The construct that uses the image.
            grantee: Who pulls it; None when nobody can be granted anything.
        """
        ...


class S3Source(Protocol):
    """A place in S3 that is known once it is bound, and that grants what is done there."""

    def bind(self, scope: Construct, grantee: aws_iam.IGrantable | None, *, access: Literal["read", "write"]) -> str:
        """The place's URI.

        Args:
            scope: The construct that uses the place.
            grantee: Who reads or writes there; None when nobody can be granted anything.
            access: What is done there.
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
        """The same in seconds."""
        ...


class SizeSource(Protocol):
    """An amount of storage, such as ``aws_cdk.Size``."""

    def to_gibibytes(self) -> float:
        """The same in GiB."""
        ...


ApiDict: TypeAlias = Mapping[str, object]
"""A structure as the API has it: a dict with API member names."""

ImageUri: TypeAlias = str | ImageSource
S3Uri: TypeAlias = str | S3Source
KmsKeyId: TypeAlias = str | KeySource
RoleArn: TypeAlias = str | RoleSource

Integer: TypeAlias = int | float
"""A whole number. Floats are here for the sake of CDK's number tokens, which are floats."""

Seconds: TypeAlias = Integer | DurationSource
Gibibytes: TypeAlias = Integer | SizeSource

ParameterText: TypeAlias = str | int | float | Decimal
"""What the API takes as a string although it often is a number; see ``parameter_text``."""
