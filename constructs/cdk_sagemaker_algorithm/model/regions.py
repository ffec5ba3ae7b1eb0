"""Regions that every AWS account has."""

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
