"""Write docs/create-algorithm-schema.json from the service model; with --check, only report whether it is current."""

from __future__ import annotations

import inspect
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm import model
from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.member_names import snake_case
from cdk_sagemaker_algorithm.model.shapes import Shape, input_shape

FILE = Path(__file__).parent.parent / "docs" / "create-algorithm-schema.json"

Node = dict[str, Any]
# As in the rules: new types appear faster than releases.
_INSTANCE_TYPE = r"^ml\.[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*$"
# Python and Go, for example, cannot compile categories of Unicode. These patterns reject the same characters of ASCII,
# and accept all others; `check` is exact.
_PORTABLE = {
    r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*": r"[^\x00-\x1f\x7f-\x9f]*",
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": r"[^\x00-\x1f\x21-\x2a\x2c\x3b\x3c\x3e\x3f\x5b-\x5e\x60\x7b-\x9f]*",
}
_INTEGER_LIMITS = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
# One argument of a docstring's list: its name, and what follows up to the next one.
_ARGUMENT = re.compile(r"^ *(\w+): ``\w+``\.\s*(.*?)(?=^ *\w+: ``|\Z)", re.MULTILINE | re.DOTALL)


def schema() -> Node:
    """Return the JSON Schema (2020-12) of a CreateAlgorithm request."""
    definitions: dict[str, Node] = {}
    whole = _structure(input_shape(), definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "CreateAlgorithm request of Amazon SageMaker",
        "description": "What `aws sagemaker create-algorithm --cli-input-json` takes. From the service model.",
        **whole,
        "$defs": dict(sorted(definitions.items())),
    }


def _node(shape: Shape | None, definitions: dict[str, Node]) -> Node:
    match shape:
        case Shape(type="structure", name=name):
            if name not in definitions:
                definitions[name] = {}
                definitions[name] = _structure(shape, definitions)
            return {"$ref": f"#/$defs/{name}"}
        case Shape(type="list"):
            return {"type": "array", "items": _node(shape.member, definitions)} | _limits(shape, "Items")
        case Shape(type="map"):
            keys = {name: value for name, value in _node(shape.key, definitions).items() if name != "type"}
            values = _node(shape.value, definitions)
            node = {"type": "object", "additionalProperties": values, "propertyNames": keys}
            return node | _limits(shape, "Properties")
        case Shape(type="string"):
            return _string(shape)
        case Shape(type="boolean"):
            return {"type": "boolean"}
        case Shape(type="integer" | "long", min=least, max=most):
            smallest, greatest = _INTEGER_LIMITS[shape.type]
            limits = {"minimum": smallest if least is None else least, "maximum": greatest if most is None else most}
            return {"type": "integer"} | limits
        case _:
            raise NotImplementedError(f"the service model contains a shape without JSON Schema equivalent: {shape}")


def _structure(shape: Shape, definitions: dict[str, Node]) -> Node:
    descriptions = _descriptions(shape.name)
    properties: dict[str, Node] = {}
    for name, member in shape.members.items():
        node = _node(member, definitions)
        description = descriptions.get(snake_case(name))
        properties[name] = {"description": description, **node} if description else node
    node = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [name for name in shape.members if name in shape.required]
    return node | ({"required": required} if required else {})


def _string(shape: Shape) -> Node:
    if shape.name.endswith("InstanceType"):
        return {"type": "string", "anyOf": [{"enum": list(shape.enum)}, {"pattern": _INSTANCE_TYPE}]}
    if shape.enum:
        return {"type": "string", "enum": list(shape.enum)}
    pattern = {} if shape.pattern is None else {"pattern": f"^(?:{_PORTABLE.get(shape.pattern, shape.pattern)})$"}
    return {"type": "string"} | _limits(shape, "Length") | pattern


def _limits(shape: Shape, what: str) -> Node:
    least = {f"min{what}": shape.min} if shape.min else {}
    return least | ({f"max{what}": shape.max} if shape.max is not None else {})


def _descriptions(shape_name: str) -> dict[str, str]:
    """Return the field descriptions in the docstring of a dataclass."""
    text = _docstrings().get(shape_name, "")
    return {match[1]: " ".join(match[2].split()).replace("``", "`") for match in _ARGUMENT.finditer(text)}


@cache
def _docstrings() -> dict[str, str]:
    structures = [each for each in vars(model).values() if inspect.isclass(each) and issubclass(each, Structure)]
    return {each.shape_name: inspect.cleandoc(each.__doc__ or "") for each in structures if each is not Structure}


def main() -> int:
    """Write the file, or check it."""
    written = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        if not FILE.exists() or FILE.read_text(encoding="utf-8") != written:
            print(f"{FILE.name} is not up to date; run scripts/write_request_schema.py", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
