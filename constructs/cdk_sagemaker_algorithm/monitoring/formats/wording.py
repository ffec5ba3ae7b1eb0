"""Phrases shared by all output formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from cdk_sagemaker_algorithm.model.display_text import printable_lines
from cdk_sagemaker_algorithm.monitoring.drift import drift
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Phase, Snapshot, StepState
from cdk_sagemaker_algorithm.monitoring.stack_operations import StackOperation
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM
from cdk_sagemaker_algorithm_provider.contract.durations import duration
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import stack_name

STATE_WORDS: Mapping[StepState, str] = MappingProxyType(
    {
        "waiting": "waiting",
        "running": "running",
        "done": "done",
        "failed": "failed",
        "unreached": "not reached",
        "absent": "none",
    }
)


def moment(time: float) -> str:
    """Return date and time, in UTC.

    Args:
        time: Seconds since 1970.
    """
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(time: float) -> str:
    """Return the time of day, in UTC.

    Args:
        time: Seconds since 1970.
    """
    return datetime.fromtimestamp(time, UTC).strftime("%H:%M:%S")


def stamp(time: float) -> str:
    """Return date, time and zone for a log line.

    Args:
        time: Seconds since 1970.
    """
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def spent(job: JobSnapshot, now: float) -> str:
    """Return the duration of a job, and its maximum.

    Args:
        now: The time.
    """
    text = duration(job.seconds(now))
    return text if job.limit is None or job.ended is not None else f"{text} elapsed (limit {duration(job.limit)})"


def phase_text(phase: Phase) -> str:
    """Return a secondary status with SageMaker's message.

    Args:
        phase: The secondary status.
    """
    return f"{phase.name}: {phase.message.rstrip('.')}" if phase.message else phase.name


def headline(seen: Snapshot) -> str:
    """Return the state of a validation in one sentence.

    Args:
        seen: The algorithm.
    """
    running = seen.running_step
    failed = seen.failed_step
    step = f" in the step {failed.name}" if failed else ""
    match seen.status:
        case "Completed":
            return "passed its validation" if seen.checks or seen.jobs else "ready; it has no validation"
        case "Failed":
            return f"validation failed{step}"
        case "Pending":
            return "waiting for validation to begin"
        case "InProgress":
            return f"validation step: {running.name}" if running else "validation in progress"
        case "Deleting":
            return "being deleted"
        case "Deleted":
            return f"failed{step}, then deleted" if seen.failed else _absent(seen)
        case _:
            return seen.status


def _absent(seen: Snapshot) -> str:
    deployed = seen.deployed
    passed = "passed, then " if seen.passed else ""
    if deployed is None:
        return f"{passed}deleted while it was watched"
    return f"{passed}deleted by CloudFormation" if deployed.fate else "no longer exists"


def first_reason(seen: Snapshot) -> str:
    """Return the first line of the reason of a failure; empty without a failure.

    Args:
        seen: The algorithm.
    """
    return next((printable_lines(reason).strip().partition("\n")[0] for _, reason in seen.reasons), "")


def progress(seen: Snapshot, now: float) -> str:
    """Return the duration of a validation, and the expected one if the previous validation is known.

    Args:
        seen: The algorithm, whose validation continues.
        now: The time.
    """
    if seen.created is None:
        return ""
    elapsed = max(0.0, now - seen.created)
    if not seen.expected:
        return duration(elapsed)
    took = f"the previous validation took {duration(seen.expected)}"
    if elapsed >= seen.expected:
        return f"{duration(elapsed)}, longer than expected: {took}"
    left = f"about {duration(seen.expected - elapsed)} left"
    return f"{duration(elapsed)}, {100 * elapsed / seen.expected:.0f} %, {left}: {took}"


def untold(operation: StackOperation, algorithms: Iterable[Snapshot]) -> Iterator[tuple[str, str]]:
    """Return the failures of a deployment whose reasons its algorithms do not show, each once.

    Args:
        algorithms: The deployment's algorithms.
    """
    told = {seen.deployed.failure for seen in algorithms if seen.deployed is not None and seen.reasons}
    return ((what, reason) for what, reason in dict.fromkeys(operation.failures) if reason not in told)


def next_step_of_stack(operation: StackOperation, options: str = "") -> tuple[str, str]:
    """Return what a stack needs before its next deployment: purpose and command; empty if nothing.

    Args:
        operation: The last deployment.
        options: What the command ends with, such as ` --region eu-west-1`.
    """
    command = f"aws cloudformation {{}} --stack-name {operation.stack}{options}"
    match operation.status:
        case "UPDATE_ROLLBACK_FAILED":
            return "once the cause is repaired, continue the rollback", command.format("continue-update-rollback")
        case "ROLLBACK_FAILED" | "DELETE_FAILED":
            return "once the cause is repaired, delete the stack again", command.format("delete-stack")
        case _:
            return ("", "")


def next_steps(seen: Snapshot, options: str = "", *, reported: bool = False) -> tuple[tuple[str, str], ...]:
    """Return the next steps: purpose and command; the command is empty if there is none.

    Args:
        seen: The algorithm.
        options: What each command ends with, such as ` --region eu-west-1`.
        reported: Whether the steps are in a report, which suggests no report.
    """
    if seen.status in ("Pending", "InProgress"):
        return (("follow it to its end", f"{PROGRAM} watch {seen.name}{options}"),)
    # A rollback deletes a failed algorithm, but not the events of its stack.
    stack = stack_name(seen.stack) if seen.deployed is not None or seen.status == "Failed" else ""
    what = f"--stack {stack}" if stack else seen.name
    report = () if reported else (("write a report to share", f"{PROGRAM} report {what}{options}"),)
    found = tuple(drift(seen))
    repairs = tuple((each.remedy, f"{each.command}{options}" if each.command else "") for each in found)
    if seen.status == "Completed":
        train = ("to train with it, set AlgorithmName of a training job to its ARN", "")
        return (*repairs, train, *report)
    if seen.failed:
        return (*repairs, *remedies(seen, options), *report)
    return repairs


def remedies(seen: Snapshot, options: str = "") -> tuple[tuple[str, str], ...]:
    """Return the remedies of a failure, like `next_steps`; empty without a failure.

    Args:
        seen: The algorithm.
        options: What each command ends with, such as ` --region eu-west-1`.
    """
    if not seen.failed:
        return ()
    step = seen.failed_step
    if step is not None and step.job is not None:
        fix = "fix the container or the profile's data, and deploy again", ""
        return (("read the whole log", log_command(step.job, options)), fix)
    if step is not None and step.name == "image scan":
        return (("fix the image, push it under a new tag or digest, and deploy again", ""),)
    return (("fix what the reason names, and deploy again", ""),)


def log_command(job: JobSnapshot, options: str = "") -> str:
    """Return the command that shows a job's complete log.

    Args:
        options: What the command ends with, such as ` --region eu-west-1`.
    """
    since = datetime.fromtimestamp(job.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"aws logs tail {job.log_group} --log-stream-name-prefix {job.stream_prefix} --since {since}{options}"
