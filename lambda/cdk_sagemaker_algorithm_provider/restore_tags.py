"""Create the command that restores removed ownership tags."""

from __future__ import annotations

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import Owner


def restore_command(owner: Owner, fingerprint: str, arn: str) -> str:
    """Return the AWS CLI command that sets the ownership tags of an algorithm."""
    tags = " ".join(f"Key={key},Value={value}" for key, value in owner.tags(fingerprint).items())
    return f"aws sagemaker add-tags --resource-arn {arn} --tags {tags}"
