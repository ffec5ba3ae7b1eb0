"""Parse and write Amazon Resource Names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ARN: Final = re.compile(
    r"arn:(?P<partition>[^:]+):(?P<service>[^:]+):(?P<region>[^:]*):(?P<account>[^:]*):(?P<resource>.+)", re.DOTALL
)
# A policy's pattern has `*` in place of an account.
_ACCOUNT: Final = re.compile(r"[0-9]{12}|\*")
_GLOBAL_SERVICES: Final = frozenset({"iam"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """The parts of an ARN.

    Attributes:
        partition: Partition, such as ``aws-cn``.
        service: Service, such as ``sagemaker``.
        region: Region; empty if the service is global.
        account: Account ID; empty if the resource belongs to none, such as a bucket.
        resource: Everything after the account, such as ``role/path/Name``.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn | None:
        """Return the parts of an ARN; None for other texts, such as names and key IDs."""
        match = _ARN.fullmatch(text)
        return cls(**match.groupdict()) if match else None

    @property
    def type(self) -> str:
        """The resource type before the first slash, such as ``role``; empty without a slash."""
        return self.resource.partition("/")[0] if "/" in self.resource else ""

    @property
    def id(self) -> str:
        """The resource without its type, such as ``path/Name``."""
        return self.resource.partition("/")[2] if "/" in self.resource else self.resource

    def is_a(self, service: str, resource_type: str) -> bool:
        """Return whether it names a resource of a type in an account, such as ``iam`` and ``role``."""
        return (
            self.service == service
            and self.type == resource_type
            and _ACCOUNT.fullmatch(self.account) is not None
            and bool(self.region) is (service not in _GLOBAL_SERVICES)
            and bool(self.id.rpartition("/")[2])
        )

    def __str__(self) -> str:
        """Return the ARN."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"
