"""Parse JSON and YAML from untrusted files, with limits on depth and size."""

from __future__ import annotations

import json
from typing import Final

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.read_limits import check_limits, too_deep
from cdk_sagemaker_algorithm.model.json_access import Json, json_object

_MAX_YAML_BYTES: Final = 1_048_576


def parse_json(text: str, where: str) -> dict[str, Json]:
    """Parse a JSON object.

    Args:
        text: JSON text.
        where: File name or location for error messages.

    Raises:
        InputError: If the text is not JSON, is an empty object, or exceeds `MAX_DEPTH` or `MAX_VALUES`.
    """
    try:
        value: object = json.loads(text)
    # Besides JSONDecodeError: an integer with more digits than Python converts.
    except ValueError as error:
        raise InputError(f"{where}: invalid JSON: {error}") from error
    except RecursionError as error:
        raise too_deep(where) from error
    check_limits(value, where)
    members = json_object(value)
    if not members:
        raise InputError(f"{where}: expected a non-empty JSON object at the top level")
    return members


def parse_template(text: str, where: str) -> dict[str, Json]:
    """Parse a template in JSON or YAML.

    Args:
        text: Template text.
        where: File name or location for error messages.

    Returns:
        The template, with intrinsic functions in their long form.

    Raises:
        InputError: If the text is neither JSON nor YAML, exceeds the limits, uses a YAML alias, or PyYAML is missing.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return parse_json(text.lstrip("\ufeff"), where)
    if len(text.encode()) > _MAX_YAML_BYTES:
        raise InputError(f"{where}: larger than 1 MB, the limit of CloudFormation templates")
    from cdk_sagemaker_algorithm.assembly import yaml_templates  # noqa: PLC0415 - its dependency is optional

    template = yaml_templates.parse(text, where)
    check_limits(template, where)
    return template
