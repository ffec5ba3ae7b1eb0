"""URLs of the AWS documentation that the rules rest on."""

from __future__ import annotations

MARKETPLACE_LIMITS = "https://docs.aws.amazon.com/marketplace/latest/userguide/ml-service-restrictions-and-limits.html"
EFS_TRAINING = "https://docs.aws.amazon.com/sagemaker/latest/dg/model-access-training-data.html"
PASSING_ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"


def api(name: str) -> str:
    """Return the URL of the API reference of an operation or a structure.

    Args:
        name: Such as ``ResourceConfig``.
    """
    return f"https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_{name}.html"
