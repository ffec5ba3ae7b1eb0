"""Regions and their partitions."""

from __future__ import annotations

from typing import Final

#: Regions that are enabled in every account (AWS Account Management, Reference Guide, "Specify which Regions your
#: account can use"); every other region of the partition `aws` must be enabled first.
DEFAULT_REGIONS: Final = (
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
)

#: Partition and DNS suffix by the beginning of a region's name (botocore, endpoint rule set "partitions").
_PARTITIONS: Final = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}
_COMMERCIAL: Final = ("aws", "amazonaws.com")


def partition_of(region: str) -> str:
    """Return the AWS partition of a region, such as ``aws-cn`` for ``cn-north-1``."""
    return _partition(region)[0]


def dns_suffix_of(region: str) -> str:
    """Return the end of the host names of a region, such as ``amazonaws.com``."""
    return _partition(region)[1]


def _partition(region: str) -> tuple[str, str]:
    return next((found for start, found in _PARTITIONS.items() if region.startswith(start)), _COMMERCIAL)
