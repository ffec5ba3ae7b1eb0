"""Requests in JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from cdk_sagemaker_algorithm.codegen.errors import ImportingError


def read_request(text: str, where: str) -> Mapping[str, object]:
    """Read a JSON object.

    Args:
        text: The JSON.
        where: What to call its source in an error.

    Raises:
        ImportingError: It is no JSON, or no object.
    """
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ImportingError(f"{where}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    if not isinstance(value, dict):
        raise ImportingError(f"{where}: a CreateAlgorithm request is a JSON object, this is a {type(value).__name__}")
    return cast("dict[str, object]", value)
