"""Parse JSON and YAML from untrusted files, with limits on depth and size."""

from __future__ import annotations

import json
from typing import Final

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.model.json_access import Json, json_object

#: Templates stay far below: CloudFormation accepts 1 MB of text, with intrinsic functions nested a few levels.
MAX_DEPTH: Final = 100
MAX_VALUES: Final = 1_000_000
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
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: invalid JSON: {error}") from error
    except RecursionError as error:
        raise _too_deep(where) from error
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

    try:
        template = yaml_templates.parse(text, where)
    except RecursionError as error:
        raise _too_deep(where) from error
    check_limits(template, where)
    return template


def check_limits(value: object, where: str) -> None:
    """Check depth and size of a parsed document; a document that contains itself exceeds the depth.

    Args:
        value: Parsed document.
        where: File name or location for error messages.

    Raises:
        InputError: If the document exceeds `MAX_DEPTH` or `MAX_VALUES`.
    """
    level, count = [value], 0
    for _ in range(MAX_DEPTH + 1):
        children: list[object] = []
        for item in level:
            if isinstance(item, dict):
                children += item.values()  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
            elif isinstance(item, list):
                children += item  # pyright: ignore[reportUnknownArgumentType]
        count += len(children)
        if count > MAX_VALUES:
            raise InputError(f"{where}: more than {MAX_VALUES:,} values; CloudFormation templates have a few thousand")
        if not children:
            return
        level = children
    raise _too_deep(where)


def _too_deep(where: str) -> InputError:
    return InputError(f"{where}: nested deeper than {MAX_DEPTH} levels; CloudFormation rejects such templates")
