"""Any one mistake in the structure is one finding, at its place; any valid request has none."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_sagemaker_algorithm.model.java_patterns import matcher
from cdk_sagemaker_algorithm.model.paths import api_path
from cdk_sagemaker_algorithm.model.shapes import Shape
from cdk_sagemaker_algorithm.rules import ID_PREFIX, RuleFinding, RuleLevel, check
from tests.support.requests import create_algorithm_requests
from tests.support.rich_request import ACKNOWLEDGED, Path, at, places, put, rich_request
from tests.support.valid_requests import valid_requests

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
STRUCTURAL = {
    ID_PREFIX + name
    for name in (
        "required-member",
        "unknown-member",
        "wrong-type",
        "null-value",
        "string-length",
        "string-pattern",
        "number-range",
        "item-count",
        "enum-value",
        "instance-type-form",
        "instance-type-unknown",
    )
}
WRONG_TYPES: dict[str, tuple[Any, ...]] = {
    "structure": ("text", 5, True, ["text"]),
    "map": ("text", 5, False, []),
    "list": ("text", 5, {}, True),
    "string": (5, 1.5, True, ["text"], {}),
    "integer": ("5", 1.0, True, [], {}),
    "long": ("5", 1.0, True, [], {}),
    "boolean": ("true", 1, 0, [], {}),
}
# One string for each pattern that breaks it and keeps the length.
BREAKS_PATTERN = {
    "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}": "under_score",
    r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*": "bell\a",
    r"[\S]+": "two words",
    "[Ss][Hh][Aa]256:[0-9a-fA-F]{64}": "sha256:xyz",
    ".*": "two\nlines",
    ".+": "two\rlines",
    r"[A-Za-z0-9\.\-_]+": "a/b",
    "(https|s3)://([^/]+)/?(.*)": "ftp://bucket/key",
    "[a-zA-Z0-9](-*[a-zA-Z0-9])*": "prod-",
    r"[0-9]\.[A-Za-z0-9.-]+": "one",
    r"\d{1,4}.\d{1,4}.\d{1,4}": "1.x.3",
    r"[-\w]+\/.+": "csv",
    r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+": "arn:aws:iam::1:role/Validation",
    "(fs-[0-9a-f]{8,})": "fs-0123456Z",
    "[a-zA-Z0-9:/_-]*": "a key",
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": "a,b",
}
ANYTHING = {r"[\S\s]*", r"[\S\s]+"}

BASE = rich_request()
PLACES = places(BASE)
INNER = [(path, shape) for path, shape in PLACES if path]


def changed(path: Path, value: Any) -> dict[str, Any]:
    request = copy.deepcopy(BASE)
    put(request, path, value)
    return request


def _place(value: Any) -> str:
    return value.name if isinstance(value, Shape) else api_path(value)


def errors(request: object) -> list[RuleFinding]:
    found = check(request, name_required=True, acknowledged=ACKNOWLEDGED)
    return [each for each in found if each.level is RuleLevel.ERROR]


def only_error(request: dict[str, Any], rule: str, path: Path) -> None:
    found = [(each.rule.removeprefix(ID_PREFIX), each.path) for each in errors(request)]
    assert found == [(rule, path)]


def test_the_request_that_is_changed_has_no_error() -> None:
    assert not errors(BASE)
    assert len(INNER) > 150


def test_its_patterns_all_have_a_string_that_breaks_them() -> None:
    patterns = {shape.pattern for _, shape in INNER if shape.pattern and not shape.enum}
    assert patterns == (set(BREAKS_PATTERN) | ANYTHING) & patterns
    assert not patterns - set(BREAKS_PATTERN) - ANYTHING


@pytest.mark.parametrize(("path", "shape"), INNER, ids=_place)
def test_one_mistake_is_one_finding_at_its_place(path: Path, shape: Shape) -> None:
    only_error(changed(path, None), "null-value", path)
    for wrong in WRONG_TYPES[shape.type]:
        only_error(changed(path, wrong), "wrong-type", path)
    if shape.type == "structure":
        only_error(changed((*path, "Bogus"), 1), "unknown-member", (*path, "Bogus"))
        for name in shape.required:
            request = copy.deepcopy(BASE)
            del at(request, path)[name]
            only_error(request, "required-member", (*path, name))
    if shape.type == "list":
        items = at(BASE, path)
        if shape.max is None or len(items) < shape.max:
            only_error(changed(path, [*items, None]), "null-value", (*path, len(items)))
        if shape.min:
            only_error(changed(path, []), "item-count", path)
    if shape.enum:
        rule = "instance-type-form" if shape.name.endswith("InstanceType") else "enum-value"
        only_error(changed(path, "Nope"), rule, path)
    elif shape.type == "string":
        _mistaken_texts(path, shape)
    elif shape.type in {"integer", "long"}:
        _mistaken_numbers(path, shape)


def _mistaken_texts(path: Path, shape: Shape) -> None:
    if shape.max is not None:
        only_error(changed(path, "a" * (shape.max + 1)), "string-length", path)
    if shape.min:
        text = "a" * (shape.min - 1)
        # What stands for something longer, such as a name for an ARN, is told the form and not the length.
        matches = matcher(shape.pattern) if text and shape.pattern else None
        is_short = matches is None or matches(text)
        only_error(changed(path, text), "string-length" if is_short else "string-pattern", path)
    if shape.pattern in BREAKS_PATTERN:
        text = BREAKS_PATTERN[shape.pattern].ljust(shape.min or 0, "x")
        only_error(changed(path, text), "string-pattern", path)


def _mistaken_numbers(path: Path, shape: Shape) -> None:
    least = shape.min if shape.min is not None else -(2**63)
    most = shape.max or (2**63 - 1 if shape.type == "long" else 2**31 - 1)
    only_error(changed(path, least - 1), "number-range", path)
    only_error(changed(path, most + 1), "number-range", path)


@pytest.mark.parametrize(
    ("path", "shape"),
    [(path, shape) for path, shape in INNER if shape.type in {"list", "map"} and shape.max],
    ids=_place,
)
def test_too_many_items_are_found_at_the_list(path: Path, shape: Shape) -> None:
    assert shape.max is not None
    whole = at(BASE, path)
    if shape.type == "map":
        more: Any = {f"key{index}": "1" for index in range(shape.max + 1)}
    else:
        more = [copy.deepcopy(whole[0]) for _ in range(shape.max + 1)]
    found = [each.rule for each in errors(changed(path, more)) if each.api_path == api_path(path)]
    assert ID_PREFIX + "item-count" in found


def test_every_dropped_required_member_of_the_whole_request() -> None:
    for name in ("AlgorithmName", "TrainingSpecification"):
        request = copy.deepcopy(BASE)
        del request[name]
        only_error(request, "required-member", (name,))


def test_a_construct_needs_no_name() -> None:
    request = copy.deepcopy(BASE)
    del request["AlgorithmName"]
    found = check(request, acknowledged=ACKNOWLEDGED)
    assert not [each for each in found if each.level is RuleLevel.ERROR]


@given(create_algorithm_requests())
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
def test_what_the_model_allows_breaks_no_rule_of_structure(request: dict[str, Any]) -> None:
    assert not [str(each) for each in check(request, name_required=True) if each.rule in STRUCTURAL]


@given(valid_requests())
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
def test_any_valid_request_has_no_error(request: dict[str, Any]) -> None:
    before = copy.deepcopy(request)
    assert not [str(each) for each in errors(request)]
    assert request == before


@given(valid_requests(), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
def test_any_one_mistake_in_a_valid_request_is_one_error(request: dict[str, Any], data: st.DataObject) -> None:
    path, shape = data.draw(st.sampled_from([(path, shape) for path, shape in places(request) if path]))
    wrong = data.draw(st.sampled_from((None, *WRONG_TYPES[shape.type])))
    put(request, path, wrong)
    found = errors(request)
    assert [each.path for each in found] == [path]
    assert found[0].rule == ID_PREFIX + ("null-value" if wrong is None else "wrong-type")


@pytest.mark.parametrize("request_", [[], "text", 5, True, None])
def test_what_is_no_request_at_all(request_: object) -> None:
    found = check(request_, name_required=True)
    assert [each.api_path for each in found] == ["(the request)"]
    assert found[0].rule.removeprefix(ID_PREFIX) in {"wrong-type", "null-value"}


def test_a_misspelt_required_member_is_one_finding() -> None:
    request = copy.deepcopy(BASE)
    training = request["TrainingSpecification"]
    training["trainingImage"] = training.pop("TrainingImage")
    only_error(request, "unknown-member", ("TrainingSpecification", "trainingImage"))
    (found,) = errors(request)
    assert "did you mean TrainingImage?" in found.message


def test_python_names_are_told_their_api_names() -> None:
    (found,) = errors(changed(("TrainingSpecification", "supports_distributed_training"), value=True))
    assert "did you mean SupportsDistributedTraining?" in found.message


def test_a_field_of_responses_is_named_as_such() -> None:
    path = ("ValidationSpecification", "ValidationProfiles", 0, "TrainingJobDefinition", "ResourceConfig")
    (found,) = errors(changed((*path, "SelectedInstanceType"), "ml.m5.large"))
    assert "responses only" in found.message


def test_keys_that_are_no_strings() -> None:
    request: dict[Any, Any] = copy.deepcopy(BASE)
    request[7] = 1
    (found,) = errors(request)
    assert "names are strings" in found.message


def test_tuples_and_subclasses_are_what_they_are_based_on() -> None:
    class Text(str):
        __slots__ = ()

    request = changed(
        ("TrainingSpecification", "SupportedTrainingInstanceTypes"), (Text("ml.m5.large"), "ml.c5.xlarge")
    )
    assert not errors(request)
    only_error(
        changed(("TrainingSpecification", "SupportedTrainingInstanceTypes"), (Text("ml.m5.large"), None)),
        "null-value",
        ("TrainingSpecification", "SupportedTrainingInstanceTypes", 1),
    )


def test_other_objects_are_named() -> None:
    (found,) = errors(changed(("AlgorithmName",), {1, 2}))
    assert "set object" in found.message


def test_a_request_that_contains_itself_is_refused_and_not_followed() -> None:
    request = copy.deepcopy(BASE)
    request["TrainingSpecification"]["Self"] = request
    only_error(request, "unknown-member", ("TrainingSpecification", "Self"))
