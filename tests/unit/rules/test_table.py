"""Every rule: an example that fails by it alone, and a twin that passes."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from cdk_sagemaker_algorithm.rules import RULES, NoValue, Rule, RuleFinding, RuleLevel, check
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm.rules.examples import Fragment, completed

OF_DEFINITIONS = [rule for rule in RULES.values() if isinstance(rule.fails, dict)]


def _named(rule: Rule) -> str:
    return rule.name


def findings(rule: Rule, part: Fragment, deployment: Deployment) -> list[RuleFinding]:
    request = completed(part)
    if rule.constructs_only and "AlgorithmName" not in part:
        del request["AlgorithmName"]
    return check(request, name_required=not rule.constructs_only, deployment=deployment)


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_example_fails_by_this_rule_alone(rule: Rule) -> None:
    """The page of rules, which is compared with the rules, shows the path."""
    assert isinstance(rule.fails, dict)
    assert isinstance(rule.passes, dict)
    passed = {(each.rule, each.path) for each in findings(rule, rule.passes, rule.passes_in)}
    found = findings(rule, rule.fails, rule.fails_in)
    if rule.level is RuleLevel.ERROR:
        found = [each for each in found if each.level is RuleLevel.ERROR]
    else:
        found = [each for each in found if (each.rule, each.path) not in passed]
    assert [(each.rule, each.level) for each in found] == [(rule.id, rule.level)]


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_corrected_example_passes(rule: Rule) -> None:
    assert isinstance(rule.passes, dict)
    found = findings(rule, rule.passes, rule.passes_in)
    assert rule.id not in {each.rule for each in found}
    assert not [each for each in found if each.level is RuleLevel.ERROR]


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_a_rule_skips_tokens(rule: Rule) -> None:
    """No rule takes a token for the value that broke it."""
    assert isinstance(rule.fails, dict)
    request = completed(rule.fails)
    if rule.constructs_only and "AlgorithmName" not in rule.fails:
        del request["AlgorithmName"]
    for each in findings(rule, rule.fails, rule.fails_in):
        if each.rule != rule.id or isinstance(each.value, NoValue) or each.value == (each.path and each.path[-1]):
            continue
        masked = copy.deepcopy(request)
        node: Any = masked
        for step in each.path[:-1]:
            node = node[step]
        node[each.path[-1]] = "${Token[TOKEN.7]}"
        found = check(masked, name_required=not rule.constructs_only, deployment=rule.fails_in)
        assert (rule.id, each.path) not in [(other.rule, other.path) for other in found]


def test_what_the_service_documents_has_a_source() -> None:
    assert all(rule.source.startswith("https://docs.aws.amazon.com/") for rule in RULES.values() if rule.source)
    assert len([rule for rule in RULES.values() if rule.source]) > 25


@pytest.mark.parametrize("rule", RULES.values(), ids=_named)
def test_names_and_sentences_keep_one_style(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    for sentence in filter(None, (rule.sentence, rule.why)):
        assert not sentence.endswith(".")
        assert (
            sentence[0].islower()
            or sentence[0].isdigit()
            or re.match(r"[A-Z]{2}|[A-Z][a-z]+[A-Z]|Marketplace", sentence)
        )


@pytest.mark.parametrize("rule", OF_DEFINITIONS, ids=_named)
def test_findings_read_as_errors_for_people(rule: Rule) -> None:
    assert isinstance(rule.fails, dict)
    for each in findings(rule, rule.fails, rule.fails_in):
        text = str(each)
        assert text.startswith(f"{each.python_path}: ")
        assert "\n" not in text
        assert not text.endswith(".")
        assert len(text) < 600


def test_only_errors_can_be_certain() -> None:
    assert all(rule.level is RuleLevel.ERROR for rule in RULES.values() if rule.certain)


def test_certain_rules_follow_from_the_definition_or_from_known_accounts() -> None:
    assert {rule.name for rule in RULES.values() if rule.certain} == {
        "json-syntax",
        "wrong-type",
        "null-value",
        "image-digest",
        "validation-role-account",
    }


def test_a_complete_and_right_definition_has_no_finding() -> None:
    request = completed(
        ex.inference()
        | ex.profile(TransformJobDefinition=ex.transform_job())
        | ex.hyper_parameters(ex.integer(DefaultValue="6", IsRequired=True, IsTunable=True))
    )
    deployment = Deployment(account=ex.ACCOUNT, region="us-east-1", validation_timeout=14_400, deletes=True)
    del request["AlgorithmName"]
    assert check(request, deployment=deployment) == []
