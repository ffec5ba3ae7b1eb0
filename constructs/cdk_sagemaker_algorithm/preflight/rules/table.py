"""List all rules, and apply them."""

from __future__ import annotations

from typing import Final

from cdk_sagemaker_algorithm.model.display_text import printable, printable_lines
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules import images, metrics, promises, serving, training, transform
from cdk_sagemaker_algorithm.preflight.rules.rule import Hit, RunRule
from cdk_sagemaker_algorithm.reporting import Finding

RULES: Final[tuple[RunRule, ...]] = (
    *images.RULES,
    *training.RULES,
    *metrics.RULES,
    *serving.RULES,
    *transform.RULES,
    *promises.RULES,
)
#: Rules that concern the images alone; they apply once to an algorithm.
IMAGE_RULES: Final = images.RULES
#: Rules for what `--thorough` runs in addition.
PROMISE_RULES: Final = promises.RULES


def judge(run: ProfileRun, rules: tuple[RunRule, ...] | None = None) -> tuple[Finding, ...]:
    """Apply rules to a run.

    Args:
        rules: The rules. Default: the rules of promises for a variant, all others for a profile.
    """
    if rules is None:
        rules = PROMISE_RULES if run.variant else tuple(rule for rule in RULES if rule not in PROMISE_RULES)
    return tuple(_finding(run, rule, hit) for rule in rules for hit in rule.check(run))


def _finding(run: ProfileRun, rule: RunRule, hit: Hit) -> Finding:
    return Finding(
        rule=rule.id,
        level=hit.level or rule.level,
        message=printable(hit.message),
        subject=run.subject,
        path=hit.path,
        evidence=tuple(
            line for text in hit.evidence for line in printable_lines(text).expandtabs(4).splitlines() if line.strip()
        ),
        remedy=hit.remedy or rule.remedy,
        source=rule.source.text,
        hours=rule.hours,
        details={"profile": run.name, **({"variant": run.variant} if run.variant else {})},
    )
