"""Explain a rule: requirement, reason, source and examples."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.rules import check
from cdk_sagemaker_algorithm.rules.examples import completed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules import Rule
    from cdk_sagemaker_algorithm.rules.examples import Fragment

_LONGEST = 2000


def explain(rule: Rule) -> str:
    """Return the explanation of a rule as text."""
    return "\n".join(_lines(rule))


def _lines(rule: Rule) -> Iterator[str]:
    yield f"{rule.name} ({rule.level}; {'cannot' if rule.certain else 'can'} be acknowledged)"
    yield ""
    yield f"{rule.sentence[:1].upper()}{rule.sentence[1:]}."
    if rule.why:
        yield f"Why: {rule.why}."
    if rule.source:
        yield f"Source: {rule.source}"
    yield ""
    if isinstance(rule.fails, dict):
        findings = check(completed(rule.fails), name_required=not rule.constructs_only, deployment=rule.fails_in)
        first = next(finding for finding in findings if finding.rule == rule.id)
        yield f"{first.level}: {first.api_path}: {first.message}"
        yield ""
    if rule.fails == rule.passes:
        yield f"Fails with {_deployment(rule, fails=True)}, passes with {_deployment(rule, fails=False)}."
        return
    yield "Fails:"
    yield from _indented(rule.fails)
    yield ""
    yield "Passes:"
    yield from _indented(rule.passes)


def _deployment(rule: Rule, *, fails: bool) -> str:
    deployment = rule.fails_in if fails else rule.passes_in
    values = {
        "account": deployment.account,
        "region": deployment.region,
        "validation_timeout": deployment.validation_timeout,
        "a removal policy that deletes": {True: "yes", False: "no"}.get(bool(deployment.deletes))
        if deployment.deletes is not None
        else None,
    }
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _indented(part: Fragment | str) -> Iterator[str]:
    text = part if isinstance(part, str) else json.dumps(part, indent=2, ensure_ascii=False)
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    yield from (f"    {line}" for line in shown.splitlines())
