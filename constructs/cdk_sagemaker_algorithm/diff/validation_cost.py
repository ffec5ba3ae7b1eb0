"""Compute the maximum cost of a validation from its jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.diff.classify.flags import flag
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, members, text_of
from cdk_sagemaker_algorithm_provider.contract.durations import duration
from cdk_sagemaker_algorithm_provider.contract.limits import DEFAULT_MAX_RUNTIME

_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Instances:
    """Instances of one type.

    Attributes:
        instance_type: Instance type; the expression of the template for deploy-time values.
        count: Number of instances; None for deploy-time values.
    """

    instance_type: str
    count: int | None

    @property
    def text(self) -> str:
        """Display text, such as `2 x ml.m5.xlarge`."""
        return f"{'?' if self.count is None else self.count} x {self.instance_type or 'unspecified instance type'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCost:
    """One job that a validation runs.

    Attributes:
        profile: Name of the validation profile.
        kind: "training" or "transform".
        instances: Instances of the job.
        max_runtime: Maximum runtime in seconds; None if the API has no limit, or for deploy-time values.
        notes: Remarks about the runtime.
    """

    profile: str
    kind: str
    instances: tuple[Instances, ...]
    max_runtime: int | None
    notes: tuple[str, ...] = ()

    @property
    def instance_hours(self) -> float | None:
        """Maximum instance-hours; None if unbounded."""
        counts = [group.count for group in self.instances]
        if self.max_runtime is None or not counts or None in counts:
            return None
        return sum(count for count in counts if count is not None) * self.max_runtime / _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationCost:
    """Maximum cost of a validation.

    Attributes:
        jobs: Validation jobs.
        public: True if AWS Marketplace buyers can see the data of the validation profile.
    """

    jobs: tuple[JobCost, ...]
    public: bool

    @property
    def instance_hours(self) -> float:
        """Maximum instance-hours of the jobs with a limit."""
        return sum(job.instance_hours or 0.0 for job in self.jobs)

    @property
    def limited(self) -> bool:
        """True if no job is unbounded."""
        return all(job.instance_hours is not None for job in self.jobs)

    @property
    def text(self) -> str:
        """Display text of the total."""
        if not self.jobs:
            return "no validation jobs"
        hours = hours_text(self.instance_hours)
        if self.limited:
            return f"up to {hours}"
        unbounded = " and ".join(dict.fromkeys(job.kind for job in self.jobs if job.instance_hours is None))
        if all(job.instance_hours is None for job in self.jobs):
            return f"unbounded ({unbounded})"
        return f"up to {hours}, plus unbounded {unbounded}"


def hours_text(hours: float) -> str:
    """Return instance-hours with up to two decimals, such as `1 instance-hour`."""
    number = f"{hours:.2f}".rstrip("0").rstrip(".")
    return f"{number} instance-hour{'' if number == '1' else 's'}"


def cost_of(definition: Mapping[str, Tree]) -> ValidationCost:
    """Return the validation jobs of a definition and their maximum cost.

    Args:
        definition: Fields of CreateAlgorithm in canonical form.
    """
    specification = definition.get("ValidationSpecification")
    profiles = elements(child(specification, "ValidationProfiles"))
    return ValidationCost(
        jobs=tuple(job for profile in profiles for job in _jobs(profile)),
        public=bool(profiles) and flag(dict(definition), "CertifyForMarketplace") is True,
    )


def _jobs(profile: Tree) -> Iterator[JobCost]:
    name = unresolved.display(text_of(child(profile, "ProfileName"), "without name"))
    training, transform = child(profile, "TrainingJobDefinition"), child(profile, "TransformJobDefinition")
    if training is not None:
        yield _training(name, training)
    if transform is not None:
        resources = child(transform, "TransformResources")
        note = "the API has no maximum runtime for transform jobs"
        yield JobCost(
            profile=name, kind="transform", instances=(_instances(resources),), max_runtime=None, notes=(note,)
        )


def _training(profile: str, job: Tree) -> JobCost:
    resources, notes = child(job, "ResourceConfig"), list[str]()
    groups, preferences = (elements(child(resources, name)) for name in ("InstanceGroups", "InstancePreferences"))
    if groups:
        instances = [_instances(group) for group in groups]
    elif preferences:
        options = [_preferred(option, resources) for option in preferences]
        instances = [max(options, key=lambda option: option.count or 0)]
        if len(options) > 1:
            notes.append(f"on the first available of {', '.join(option.text for option in options)}")
    else:
        instances = [_instances(resources)]
    limit = child(job, "StoppingCondition", "MaxRuntimeInSeconds")
    runtime = DEFAULT_MAX_RUNTIME if limit is None else _number(limit)
    if limit is None:
        notes.append("MaxRuntimeInSeconds is not set: SageMaker uses 1 day")
    elif runtime is None:
        notes.append(f"MaxRuntimeInSeconds is the deploy-time value {unresolved.display(text_of(limit))}")
    warm = _number(child(resources, "KeepAlivePeriodInSeconds"))
    if warm:
        notes.append(f"plus up to {duration(warm)} of warm pool (KeepAlivePeriodInSeconds)")
    return JobCost(
        profile=profile, kind="training", instances=tuple(instances), max_runtime=runtime, notes=tuple(notes)
    )


def _instances(tree: Tree | None) -> Instances:
    kind = unresolved.display(text_of(child(tree, "InstanceType")))
    return Instances(instance_type=kind, count=_number(child(tree, "InstanceCount")))


def _preferred(option: Tree, resources: Tree | None) -> Instances:
    instances = _instances(option)
    if "InstanceCount" in members(option):
        return instances
    return Instances(instance_type=instances.instance_type, count=_number(child(resources, "InstanceCount")))


def _number(tree: Tree | None) -> int | None:
    text = text_of(tree)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - 32 bits
