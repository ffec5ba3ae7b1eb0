"""The JSON Schema of request files is that of the service model, and agrees with the rules."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cdk_sagemaker_algorithm.model.java_patterns import matcher
from cdk_sagemaker_algorithm.model.paths import api_path
from cdk_sagemaker_algorithm.rules import RULES, Rule, RuleLevel, check, schema_rules
from cdk_sagemaker_algorithm.rules.examples import completed
from tests.support.request_files import INVALID, VALID
from tests.support.rich_request import places, put, rich_request

ROOT = Path(__file__).parents[3]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "create-algorithm-schema.json").read_text(encoding="utf-8"))
STRUCTURAL = {each.id: each for each in vars(schema_rules).values() if isinstance(each, Rule)}
BASE = rich_request()
INNER = [path for path, _ in places(BASE) if path]


def _pattern(_: object, pattern: str, instance: object, __: object) -> Iterator[jsonschema.ValidationError]:
    """Match as ECMAScript does, whose `$` is the end of the text."""
    matches = matcher(pattern.removeprefix("^(?:").removesuffix(")$") if pattern.startswith("^(?:") else pattern[1:-1])
    matches = matches or re.compile(pattern).search
    if isinstance(instance, str) and not matches(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


# Booleans are no integers, and 1.0 is none of the service's.
def _is_integer(_: object, instance: object) -> bool:
    return isinstance(instance, int) and not isinstance(instance, bool)


_TYPES: Any = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
_VALIDATORS: Any = import_module("jsonschema.validators")
Validator: Any = _VALIDATORS.extend(
    jsonschema.Draft202012Validator, validators={"pattern": _pattern}, type_checker=_TYPES
)
VALIDATOR: Any = Validator(SCHEMA)


def breaks_the_model(request: object) -> bool:
    found = check(request, name_required=True)
    return any(each.rule in STRUCTURAL and each.level is RuleLevel.ERROR for each in found)


def test_the_schema_is_up_to_date_and_valid() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "write_request_schema.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "rule", [each for each in RULES.values() if isinstance(each.fails, dict)], ids=lambda r: r.name
)
def test_examples_of_rules_agree(rule: Rule) -> None:
    assert isinstance(rule.fails, dict)
    assert isinstance(rule.passes, dict)
    for part in (rule.fails, rule.passes):
        request = completed(part)
        assert VALIDATOR.is_valid(request) is not breaks_the_model(request)


@pytest.mark.parametrize("path", [*VALID, *INVALID], ids=lambda path: path.stem)
def test_requests_of_files_agree(path: Path) -> None:
    request = json.loads(path.read_text(encoding="utf-8"))
    assert VALIDATOR.is_valid(request) is not breaks_the_model(request)


@pytest.mark.parametrize("path", INNER, ids=api_path)
def test_a_wrong_value_in_any_place_agrees(path: tuple[str | int, ...]) -> None:
    for wrong in (None, "", "text", "x" * 5000, 5, -(2**70), 1.5, True, [], {}, ["text"], {"Bogus": 1}):
        request = copy.deepcopy(BASE)
        put(request, path, wrong)
        assert VALIDATOR.is_valid(request) is not breaks_the_model(request), wrong


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_any_validator_of_json_schemas_accepts_valid_requests(path: Path) -> None:
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("AlgorithmDescription", "two\nlines"),
        ("Tags", [{"Key": "team", "Value": "R&D; forecasts"}]),
        ("Tags", [{"Key": "team", "Value": "Jane Doe (ML, Europe)"}]),
    ],
)
def test_any_validator_of_json_schemas_sees_wrong_characters(member: str, value: Any) -> None:
    plain: Any = jsonschema.Draft202012Validator(SCHEMA)

    assert plain.is_valid(BASE | {"AlgorithmDescription": "Wälder, 森 · €", "Tags": [{"Key": "Größe", "Value": "a b"}]})
    assert not plain.is_valid(BASE | {member: value})


def test_editors_can_read_the_patterns() -> None:
    """Editors compile patterns as ECMAScript does, with the flag for Unicode."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not on PATH")
    patterns = sorted(set(_patterns(SCHEMA)))
    assert len(patterns) > 15
    code = "for (const each of JSON.parse(process.argv[1])) new RegExp(each, 'u')"
    done = subprocess.run([node, "-e", code, json.dumps(patterns)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():  # pyright: ignore[reportUnknownVariableType]
            if name == "pattern" and isinstance(value, str):
                yield value
            yield from _patterns(value)
    elif isinstance(node, list):
        for each in node:  # pyright: ignore[reportUnknownVariableType]
            yield from _patterns(each)
