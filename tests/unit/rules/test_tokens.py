"""Deploy-time values are skipped and never cause findings."""

from __future__ import annotations

import copy
import os
import struct
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_sagemaker_algorithm.model.paths import api_path
from cdk_sagemaker_algorithm.model.tokens import contains_unresolved, is_intrinsic, is_unresolved
from cdk_sagemaker_algorithm.rules import RuleLevel, check
from cdk_sagemaker_algorithm.rules.examples import completed
from cdk_sagemaker_algorithm.rules.request_view import is_list, is_structure
from tests.support.rich_request import ACKNOWLEDGED, Path, at, places, put, rich_request
from tests.support.valid_requests import valid_requests

NUMBER_TOKEN = -1.8881545897087504e289


class Resolvable:
    """What the CDK's IResolvable looks like from Python."""

    creation_stack = ()

    def resolve(self, _: object) -> object:
        return self


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
TOKENS: tuple[Any, ...] = (
    "${Token[TOKEN.7]}",
    "before ${Token[AWS.Region.3]} after",
    ["#{Token[TOKEN.8]}"],
    NUMBER_TOKEN,
    {"Ref": "Parameter"},
    {"Fn::GetAtt": ["Role", "Arn"]},
    {"Fn::If": ["Large", "ml.m5.xlarge", {"Ref": "AWS::NoValue"}]},
    Resolvable(),
)
BASE = rich_request()
INNER = [path for path, _ in places(BASE) if path]
BEFORE = {str(each) for each in check(BASE)}


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: str(type(token).__name__))
def test_tokens_are_unresolved_alone_and_inside(token: object) -> None:
    assert is_unresolved(token)
    assert contains_unresolved({"a": [{"b": token}]})


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        1e300,
        -1e289,
        -2e289,
        float("-inf"),
        float("nan"),
        10**400,
        "",
        "${Parameter}",
        "Token[1]",
        [],
        ["a"],
        {},
        {"Ref": 1, "Other": 2},
        {"Reference": "x"},
        {"fn::join": []},
        {7: "Ref"},
        pytest.param(object(), id="an object"),
        FilePath("resolves/to/a/path"),
    ],
    ids=repr,
)
def test_plain_values_are_resolved(value: object) -> None:
    assert not is_unresolved(value)
    assert not contains_unresolved({"a": [value]})


def test_keys_may_hold_tokens() -> None:
    assert contains_unresolved({"${Token[TOKEN.1]}": "value"})
    assert not is_unresolved({"${Token[TOKEN.1]}": "value"})


def test_every_double_with_the_marker_is_a_number_token() -> None:
    for low in (0, 1, 2**31, 2**48 - 1):
        (token,) = struct.unpack(">d", struct.pack(">Q", 0xFBFF << 48 | low))
        assert is_unresolved(token)
        assert is_unresolved(int(token))
    for marker in (0xFBFE, 0xFC00, 0x7BFF):
        (other,) = struct.unpack(">d", struct.pack(">Q", marker << 48 | 5))
        assert not is_unresolved(other)


def test_an_intrinsic_has_one_key() -> None:
    assert is_intrinsic({"Fn::Sub": "x"})
    assert not is_intrinsic({"Fn::Sub": "x", "Fn::Join": []})
    assert not is_intrinsic({})


@pytest.mark.parametrize("path", INNER, ids=api_path)
def test_a_token_in_any_place_adds_no_finding(path: Path) -> None:
    for token in TOKENS:
        request = copy.deepcopy(BASE)
        put(request, path, token)
        assert {str(each) for each in check(request)} <= BEFORE


def _with_tokens(value: Any, token: object) -> Any:
    if is_structure(value):
        return {name: _with_tokens(item, token) for name, item in value.items()}
    if is_list(value):
        return [_with_tokens(item, token) for item in value]
    return token


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: str(type(token).__name__))
def test_a_definition_of_tokens_only_has_no_finding(token: object) -> None:
    request = _with_tokens(BASE, token)
    del request["AlgorithmName"]
    assert check(request, acknowledged=ACKNOWLEDGED) == []
    assert check(token) == []


@given(valid_requests(), st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
def test_tokens_in_several_places_of_a_valid_request_add_no_error(request: dict[str, Any], data: st.DataObject) -> None:
    paths = [path for path, _ in places(request) if path]
    for path in data.draw(st.lists(st.sampled_from(paths), max_size=6)):
        if not any(is_unresolved(at(request, path[:depth])) for depth in range(len(path))):
            put(request, path, copy.deepcopy(data.draw(st.sampled_from(TOKENS))))
    found = check(request, acknowledged=ACKNOWLEDGED)
    assert not [str(each) for each in found if each.level is RuleLevel.ERROR]


def test_a_token_hides_nothing_beside_it() -> None:
    request = completed({"AlgorithmName": "two words"})
    request["TrainingSpecification"]["TrainingImage"] = TOKENS[0]
    request["TrainingSpecification"]["SupportedTrainingInstanceTypes"] = ["nope", TOKENS[0]]
    assert [each.api_path for each in check(request, name_required=True)] == [
        "AlgorithmName",
        "TrainingSpecification.SupportedTrainingInstanceTypes[0]",
    ]


def test_an_unknown_key_beside_a_token_key_is_found() -> None:
    request = completed({"${Token[TOKEN.1]}": 1, "Bogus": 1})
    assert [each.api_path for each in check(request, name_required=True)] == ["Bogus"]


def test_the_cdks_own_tokens() -> None:
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    cdk = pytest.importorskip("aws_cdk")
    stack = cdk.Stack(cdk.App(), "Stack")
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    flag = cdk.Fn.condition_equals("a", cdk.Aws.REGION)
    values = (
        cdk.Aws.REGION,
        cdk.Fn.split(",", cdk.Aws.ACCOUNT_ID),
        number,
        cdk.Token.as_any({"Ref": "Parameter"}),
        cdk.Fn.get_att("Role", "Arn"),
        cdk.Fn.condition_if("Large", "a", "b"),
        flag,
    )
    assert all(is_unresolved(value) for value in values)
    assert not is_unresolved(cdk.Duration.hours(1))
    for value in values:
        assert check(_with_tokens(BASE, value), name_required=True, acknowledged=ACKNOWLEDGED) == []
