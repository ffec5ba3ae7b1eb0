"""Format paths in a definition, in API and Python spelling."""

from __future__ import annotations

import json
from typing import TypeAlias

from cdk_sagemaker_algorithm.model.member_names import snake_case


class MapKey(str):
    """A key that the user chose, in a map such as HyperParameters; not a field of the API."""

    __slots__ = ()


# A member's API name, a key of a map, or an index into a list.
Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

WHOLE = "(the request)"
#: The role of the validation jobs, in API spelling.
VALIDATION_ROLE = "ValidationSpecification.ValidationRole"


def api_path(path: Path) -> str:
    """Return a path in API spelling, such as ``TrainingSpecification.TrainingChannels[0].Name``."""
    return _spell(path, python=False)


def python_path(path: Path) -> str:
    """Return a path in Python spelling, such as ``training_specification.training_image``."""
    return _spell(path, python=True)


def _spell(path: Path, *, python: bool) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif isinstance(step, MapKey):
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
        else:
            text += f".{snake_case(step) if python else step}"
    return text.removeprefix(".") or WHOLE
