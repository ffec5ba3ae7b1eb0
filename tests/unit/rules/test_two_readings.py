"""Rules and local AWS read the API model independently; both refuse the same requests."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cdk_sagemaker_algorithm.local.sagemaker.botocore_session import isolated_session
from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError
from cdk_sagemaker_algorithm.local.sagemaker.request_validation import check_request
from cdk_sagemaker_algorithm.model.shapes import Shape
from tests.support.rich_request import Path, at
from tests.unit.rules.test_structure import BASE, BREAKS_PATTERN, INNER, WRONG_TYPES, changed, errors

INPUT = isolated_session().get_service_model("sagemaker").operation_model("CreateAlgorithm").input_shape


def mistakes(path: Path, shape: Shape) -> dict[str, dict[str, Any]]:
    """Changed requests by the mistake that each makes. A null is absent for SageMaker, and an error in a file."""
    found = {f"{wrong!r}": changed(path, wrong) for wrong in WRONG_TYPES[shape.type]}
    if shape.type == "structure":
        found |= {f"no {name}": _without(path, name) for name in shape.required}
        found["unknown field"] = changed((*path, "Bogus"), 1)
    if shape.type == "list" and shape.min:
        found["empty"] = changed(path, [])
    if shape.type in {"integer", "long"}:
        limits = {"too small": (shape.min, -1), "too great": (shape.max, 1)}
        found |= {name: changed(path, limit + step) for name, (limit, step) in limits.items() if limit is not None}
    return found | (_wrong_texts(path, shape) if shape.type == "string" else {})


def _without(path: Path, member: str) -> dict[str, Any]:
    request = copy.deepcopy(BASE)
    del at(request, path)[member]
    return request


def _wrong_texts(path: Path, shape: Shape) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if shape.enum:
        found["unknown value"] = changed(path, "Nope")
    elif shape.pattern in BREAKS_PATTERN:
        found["pattern"] = changed(path, BREAKS_PATTERN[shape.pattern].ljust(shape.min or 0, "x"))
    if shape.max is not None:
        found["too long"] = changed(path, "a" * (shape.max + 1))
    return found


def refused_locally(request: dict[str, Any]) -> bool:
    assert INPUT is not None
    try:
        check_request(INPUT, request)
    except ServiceError:
        return True
    return False


def test_both_accept_the_unchanged_request() -> None:
    assert not errors(BASE)
    assert not refused_locally(BASE)


@pytest.mark.parametrize(("path", "shape"), INNER, ids=lambda value: getattr(value, "name", str(value)))
def test_both_refuse_the_same(path: Path, shape: Shape) -> None:
    requests = mistakes(path, shape)
    rules = {name: bool(errors(request)) for name, request in requests.items()}
    assert {name: refused_locally(request) for name, request in requests.items()} == rules
