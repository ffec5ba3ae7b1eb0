"""Compute the totals of validations, and find the owner of an algorithm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.display_text import printable
from cdk_sagemaker_algorithm.monitoring.drift import adoption, drift
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot
from cdk_sagemaker_algorithm.reporting.prices import Amount, InstanceUse, Prices, amount, money
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import TAG_PREFIX, stack_name

_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the jobs of validations.

    Attributes:
        jobs: Number of jobs.
        billable: The seconds that SageMaker says it charges, of all instances; None if no job has a figure, as
            transform jobs never do.
        working: The seconds that the jobs' instances worked, of all instances.
        wall: Seconds from the first creation to the last end; None while a validation runs, or without a job.
    """

    jobs: int
    billable: int | None
    working: float
    wall: float | None


def totals(algorithms: Sequence[Snapshot]) -> Totals:
    """Return the totals of validations."""
    jobs = [job for seen in algorithms for job in seen.jobs]
    billed = [job.billable * _instances(job) for job in jobs if job.billable is not None]
    begins = [seen.created for seen in algorithms if seen.created is not None and seen.jobs]
    ends = [seen.ended for seen in algorithms if seen.ended is not None]
    over = all(seen.over for seen in algorithms)
    now = max((seen.taken_at for seen in algorithms), default=0.0)
    return Totals(
        jobs=len(jobs),
        billable=sum(billed) if billed else None,
        working=sum(job.working_seconds(now) * _instances(job) for job in jobs),
        wall=max(ends) - min(begins) if over and begins and ends else None,
    )


def _instances(job: JobSnapshot) -> int:
    return sum(count for _, count in job.machines) or 1


def cost(algorithms: Sequence[Snapshot], prices: Prices) -> Amount:
    """Return the cost of validation jobs: billed seconds times instances times price."""
    return amount(prices, (use for seen in algorithms for job in seen.jobs for use in _uses(job, seen.taken_at)))


def _uses(job: JobSnapshot, now: float) -> Iterator[InstanceUse]:
    arn = Arn.parse(job.arn)
    region = arn.region if arn else ""
    for instance_type, count in job.machines or (("", 1),):
        hours = job.charged_seconds(now) * count / _HOUR
        yield InstanceUse(kind=job.kind, instance_type=instance_type, hours=hours, region=region)


def cost_text(found: Amount, prices: Prices) -> str:
    """Return a cost as text.

    Args:
        found: The cost.
    """
    known = [] if found.total is None else [f"about {money(found.total)} {found.currency}"]
    unknown = [f"no price for {', '.join(found.missing)}"] if found.missing else []
    return f"{', '.join([*known, *unknown]) or 'nothing'} ({prices.origin})"


def owner_facts(seen: Snapshot, stack_tags: Mapping[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    """Return account, region, stack, drift and tags of an algorithm, without the library's tags.

    Args:
        seen: The algorithm.
        stack_tags: Tags of its stack, such as the commit that it was deployed from; None if unknown.
    """
    arn = Arn.parse(seen.arn)
    facts = [("Account", arn.account), ("Region", arn.region)] if arn else []
    if seen.stack:
        path = f", resource {seen.resource.path}" if seen.resource else ""
        facts.append(("Stack", f"{stack_name(seen.stack)}{path}"))
        if seen.resource and seen.resource.construct:
            facts.append(("Construct", seen.resource.construct))
    facts.append(("Adoption", adoption(seen)))
    facts += [("Drift", each.what) for each in drift(seen)]
    for name, tags in (("Tags", seen.tags), ("Stack tags", stack_tags)):
        own = {key: value for key, value in (tags or {}).items() if not key.startswith((TAG_PREFIX, "aws:"))}
        shown = ", ".join(f"{printable(key)}={printable(value)}" for key, value in sorted(own.items()))
        facts.append((name, shown))
    return tuple((name, value) for name, value in facts if value)


def totals_json(algorithms: Sequence[Snapshot], prices: Prices | None = None) -> dict[str, Any]:
    """Return the totals as a JSON object.

    Args:
        prices: The prices; None if there are none.
    """
    found = totals(algorithms)
    charged = None if prices is None else cost(algorithms, prices)
    return {
        "jobs": found.jobs,
        "billableInstanceSeconds": found.billable,
        "workingInstanceSeconds": round(found.working, 3),
        "wallSeconds": None if found.wall is None else round(found.wall, 3),
        "cost": None
        if charged is None or prices is None
        else {
            "currency": charged.currency,
            "amount": None if charged.total is None else float(round(charged.total, 4)),
            "missing": list(charged.missing),
            "prices": prices.origin,
        },
    }
