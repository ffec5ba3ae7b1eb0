"""Apply all rules to a definition."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.rules.deployment import UNKNOWN_DEPLOYMENT, Deployment
from cdk_sagemaker_algorithm.rules.request_view import Definition, without
from cdk_sagemaker_algorithm.rules.rule_finding import RuleFinding, RuleLevel
from cdk_sagemaker_algorithm.rules.schema import violations_of
from cdk_sagemaker_algorithm.rules.table import RULES
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ID_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_sagemaker_algorithm.rules.rule import Rule


class AcknowledgementError(ValueError):
    """A rule cannot be acknowledged: it is unknown or mandatory, or the reason is missing."""


def check(
    request: object,
    *,
    acknowledged: Mapping[str, str] | None = None,
    downgraded: Mapping[str, str] | None = None,
    name_required: bool = False,
    deployment: Deployment = UNKNOWN_DEPLOYMENT,
) -> list[RuleFinding]:
    """Return all findings of a definition.

    Deploy-time values (tokens) are skipped.

    Args:
        request: A CreateAlgorithm request with the API's field names.
        acknowledged: Rules to skip: ID, with or without prefix, and reason.
        downgraded: Rules whose errors become warnings: ID, with or without prefix, and reason.
        name_required: Whether AlgorithmName must be set, as in a request; a construct generates it.
        deployment: Account, region and options of the deployment, if available.

    Returns:
        The findings: those of the schema rules in the definition's order, then the others in the table's order.

    Raises:
        AcknowledgementError: If a rule to acknowledge or downgrade is unknown or mandatory, or has no reason.
    """
    findings = _findings(request, name_required=name_required, deployment=deployment)
    if acknowledged or downgraded:
        return _with_acknowledgements(findings, acknowledged or {}, downgraded or {})
    return findings


def rule_named(rule_id: str) -> Rule:
    """Return the rule with an ID.

    Args:
        rule_id: The ID, with or without prefix.

    Raises:
        AcknowledgementError: If the rule is unknown.
    """
    name = rule_id.removeprefix(ID_PREFIX)
    rule = RULES.get(name)
    if rule is None:
        import difflib  # noqa: PLC0415 - for findings alone

        near = difflib.get_close_matches(name, RULES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see docs/rules.md for all rules"
        raise AcknowledgementError(f"unknown rule {rule_id!r}; {hint}")
    return rule


def acknowledgeable(rule_id: str, reason: str) -> Rule:
    """Return the rule with an ID, if it can be acknowledged for a reason.

    Args:
        rule_id: The ID, with or without prefix.
        reason: Why the rule does not apply.

    Raises:
        AcknowledgementError: If the rule is unknown or mandatory, or the reason is empty.
    """
    rule = rule_named(rule_id)
    if rule.certain:
        raise AcknowledgementError(
            f"rule {rule.id!r} cannot be acknowledged or ignored: SageMaker always rejects it; fix the definition"
        )
    if not reason.strip():
        raise AcknowledgementError(f"acknowledging rule {rule.id!r} requires a reason")
    return rule


def _findings(request: object, *, name_required: bool, deployment: Deployment) -> list[RuleFinding]:
    violations = violations_of(request, name_required=name_required)
    findings = [violation.rule.finding(violation.report()) for violation in violations if violation.rule is not None]
    masked = [path for violation in violations if (path := violation.masked) is not None]
    visible: Any = without(request, masked) if masked else request
    definition = Definition(visible, request, name_required=name_required, deployment=deployment)
    for rule, inspect in _inspections():
        findings += [rule.finding(report) for report in inspect(definition)]
    return findings


@cache
def _inspections() -> tuple[tuple[Rule, Any], ...]:
    return tuple((rule, rule.inspect) for rule in RULES.values() if rule.inspect is not None)


def _with_acknowledgements(
    findings: list[RuleFinding], acknowledged: Mapping[str, str], downgraded: Mapping[str, str]
) -> list[RuleFinding]:
    skipped = {acknowledgeable(rule_id, reason).id for rule_id, reason in acknowledged.items()}
    reasons = {acknowledgeable(rule_id, reason).id: reason for rule_id, reason in downgraded.items()}
    return [
        replace(finding, level=RuleLevel.WARNING, acknowledged=reasons[finding.rule])
        if finding.rule in reasons and finding.level is RuleLevel.ERROR
        else finding
        for finding in findings
        if finding.rule not in skipped
    ]
