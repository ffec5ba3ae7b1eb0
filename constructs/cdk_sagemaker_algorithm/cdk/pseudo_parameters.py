"""CloudFormation's pseudo parameters, asked of the CDK once: the tokens are the same in every app."""

from __future__ import annotations

from functools import cache

import aws_cdk as cdk


@cache
def partition() -> str:
    """``AWS::Partition``."""
    return cdk.Aws.PARTITION


@cache
def region() -> str:
    """``AWS::Region``."""
    return cdk.Aws.REGION


@cache
def account() -> str:
    """``AWS::AccountId``."""
    return cdk.Aws.ACCOUNT_ID
