"""Parse registry paths of images in Amazon ECR."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cdk_sagemaker_algorithm.model.regions import dns_suffix_of

_ECR: Final = re.compile(
    r"(?P<account>[0-9]{12}|\*)\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z]{2,4}(?:-[a-z]+)+-[0-9]+|\*)"
    r"\.(?P<domain>[a-z0-9.-]+)/(?P<repository>[^@:\s]+)(?::(?P<tag>[^:/@]+))?"
    r"(?:@(?P<digest>[a-zA-Z0-9]+:[0-9a-fA-F]+))?"
)
#: The same for a path in a CDK app, where each part can be a token such as ``${Token[AWS.AccountId.3]}``.
_WITH_TOKENS: Final = re.compile(
    r"(?P<account>\$\{Token\[[^]]+\]\}|[^./$]+)\.dkr[.-]ecr(?:-fips)?\.(?P<region>\$\{Token\[[^]]+\]\}|[^./$]+)"
    r"\.(?P<domain>[^/]+)/(?P<repository>[^@:\s]+)(?::(?P<tag>[^:/@]*))?(?:@(?P<digest>.*))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EcrImage:
    """An image in Amazon ECR.

    Attributes:
        uri: Registry path.
        account: Account ID of the registry; ``*`` if it is a deploy-time value.
        region: AWS region of the registry; ``*`` if it is a deploy-time value.
        domain: Part of the registry's name after the region, such as ``amazonaws.com``.
        repository: Name without the registry.
        tag: Tag; empty with a digest alone.
        digest: Digest; empty with a tag alone.
    """

    uri: str
    account: str
    region: str
    domain: str
    repository: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, uri: str, *, tokens: bool = False) -> EcrImage | None:
        """Return the image of a registry path; None for other registries.

        Args:
            uri: Registry path. Without a tag and a digest, the tag is ``latest``.
            tokens: Whether parts can be CDK tokens. A path that is one token as a whole is not parsed.
        """
        match = (_WITH_TOKENS if tokens else _ECR).fullmatch(uri)
        if match is None:
            return None
        parts = {name: value or "" for name, value in match.groupdict().items()}
        if not parts["tag"] and not parts["digest"]:
            parts["tag"] = "latest"
        return cls(uri=uri, **parts)

    @property
    def in_its_partition(self) -> bool:
        """Whether the domain is that of the region's partition."""
        return self.domain in (dns_suffix_of(self.region), "on.aws")

    @property
    def identifier(self) -> dict[str, str]:
        """The image as ECR's operations expect it."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag}

    @property
    def base(self) -> dict[str, str]:
        """The repository as ECR's operations expect it."""
        return {"registryId": self.account, "repositoryName": self.repository}
