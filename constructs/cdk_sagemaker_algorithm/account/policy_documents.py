"""Read the statements of IAM policy documents."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_algorithm.model.json_access import json_object
from cdk_sagemaker_algorithm_provider.contract.json_types import is_array


def statements(document: Any) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    listed = json_object(document).get("Statement")
    return [dict(json_object(each)) for each in (listed if is_array(listed) else [listed])]


def texts(value: object) -> list[str]:
    """Return the values of an element that is one value or a list; empty if it is absent.

    Args:
        value: The element.
    """
    return [str(each) for each in (value if is_array(value) else [value]) if each is not None]


def names_action(statement: Mapping[str, Any], action: str) -> bool:
    """Return whether a statement's actions match an action."""
    return any(fnmatch.fnmatchcase(action.lower(), each.lower()) for each in texts(statement.get("Action")))


def names_resource(statement: Mapping[str, Any], arn: str) -> bool:
    """Return whether a statement's resources match an ARN.

    Args:
        arn: The ARN.
    """
    return any(fnmatch.fnmatchcase(arn, each) for each in texts(statement.get("Resource")))
