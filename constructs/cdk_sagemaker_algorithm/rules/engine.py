"""Reads a definition by all the rules."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.rules.deployment import UNKNOWN_DEPLOYMENT, Deployment
from cdk_sagemaker_algorithm.rules.finding import ID_PREFIX, Finding, Level
from cdk_sagemaker_algorithm.rules.request_view import Definition, without
from cdk_sagemaker_algorithm.rules.schema import violations_of
from cdk_sagemaker_algorithm.rules.table import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_sagemaker_algorithm.rules.rule import Rule


class AcknowledgementError(ValueError):
    """A rule cannot be acknowledged: it is unknown, certain, or no reason was given."""


def check(
    request: object,
    *,
    acknowledged: Mapping[str, str] | None = None,
    downgraded: Mapping[str, str] | None = None,
    name_required: bool = False,
    deployment: Deployment = UNKNOWN_DEPLOYMENT,
) -> list[Finding]:
    """Everything that is wrong with a definition, all at once.

    What holds a token is passed over.

    Args:
        request: A CreateAlgorithm request with the API's member names.
        acknowledged: Rules that are passed over: ID, with or without its prefix, and the reason.
        downgraded: Rules whose errors become warnings: ID, with or without its prefix, and the reason.
        name_required: Whether AlgorithmName must be there, as in a request; a construct generates it.
        deployment: Where and how it is deployed, as far as that is known.

    Returns:
        The findings: those of the structure in the definition's order, then the others in the table's.

    Raises:
        AcknowledgementError: A rule to acknowledge or downgrade is unknown or certain, or has no reason.
    """
    findings = _findings(request, name_required=name_required, deployment=deployment)
    if acknowledged or downgraded:
        return _with_acknowledgements(findings, acknowledged or {}, downgraded or {})
    return findings


def rule_named(rule_id: str) -> Rule:
    """The rule of an ID.

    Args:
        rule_id: The ID, with or without its prefix.

    Raises:
        AcknowledgementError: There is no such rule.
    """
    name = rule_id.removeprefix(ID_PREFIX)
    rule = RULES.get(name)
    if rule is None:
        import difflib  # noqa: PLC0415 (for findings alone)

        near = difflib.get_close_matches(name, RULES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "docs/rules.md lists all rules"
        raise AcknowledgementError(f"there is no rule {rule_id!r}; {hint}")
    return rule


def acknowledgeable(rule_id: str, reason: str) -> Rule:
    """The rule of an ID, if it may be acknowledged for that reason.

    Args:
        rule_id: The ID, with or without its prefix.
        reason: Why the rule does not apply.

    Raises:
        AcknowledgementError: It may not, and why.
    """
    rule = rule_named(rule_id)
    if rule.certain:
        raise AcknowledgementError(
            f"rule {rule.id!r} cannot be acknowledged, because SageMaker cannot accept what breaks it; "
            "correct the definition"
        )
    if not reason.strip():
        raise AcknowledgementError(f"rule {rule.id!r} is acknowledged without a reason; say why it does not apply")
    return rule


def _findings(request: object, *, name_required: bool, deployment: Deployment) -> list[Finding]:
    violations = violations_of(request, name_required=name_required)
    found = [each.rule.finding(each.report()) for each in violations if each.rule is not None]
    masked = [path for each in violations if (path := each.masked) is not None]
    known: Any = without(request, masked) if masked else request
    definition = Definition(known, request, name_required=name_required, deployment=deployment)
    for rule, inspect in _inspections():
        found += [rule.finding(report) for report in inspect(definition)]
    return found


@cache
def _inspections() -> tuple[tuple[Rule, Any], ...]:
    """The rules that read the whole definition, with what reads it."""
    return tuple((rule, rule.inspect) for rule in RULES.values() if rule.inspect is not None)


def _with_acknowledgements(
    findings: list[Finding], acknowledged: Mapping[str, str], downgraded: Mapping[str, str]
) -> list[Finding]:
    passed = {acknowledgeable(each, reason).id for each, reason in acknowledged.items()}
    lowered = {acknowledgeable(each, reason).id: reason for each, reason in downgraded.items()}
    return [
        replace(each, level=Level.WARNING, acknowledged=lowered[each.rule])
        if each.rule in lowered and each.level is Level.ERROR
        else each
        for each in findings
        if each.rule not in passed
    ]
