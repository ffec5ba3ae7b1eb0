"""Validates documents against the schemas that the docs publish."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"


def validate(document: Any, schema: str) -> None:
    """Fail unless a document follows a schema of the docs.

    Args:
        document: A JSON value.
        schema: Name of the schema's file in docs/.
    """
    # jsonschema comes without types.
    validator: Any = import_module("jsonschema").Draft202012Validator
    loaded = json.loads((DOCS / schema).read_text(encoding="utf-8"))
    validator.check_schema(loaded)
    validator(loaded).validate(document)
