"""What is said in words, on a terminal as on a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Phase, Snapshot, StepState
from cdk_sagemaker_algorithm_provider.contract.durations import duration

PROGRAM = "cdk-sagemaker-algorithm"

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

_SHORT = 10


def span(seconds: float) -> str:
    """A length of time as `duration` has it, but with tenths of a second if it is short.

    Args:
        seconds: The length.
    """
    return f"{max(0.0, seconds):.2g} s" if seconds < _SHORT else duration(seconds)


def moment(time: float) -> str:
    """A moment, in UTC.

    Args:
        time: Seconds since 1970.
    """
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(time: float) -> str:
    """The time of a day, in UTC.

    Args:
        time: Seconds since 1970.
    """
    return datetime.fromtimestamp(time, UTC).strftime("%H:%M:%S")


def number(value: float) -> str:
    """A metric's value.

    Args:
        value: The value.
    """
    return f"{value:.6g}"


def spent(job: JobSnapshot, now: float) -> str:
    """How long a job has taken, and how long it may.

    Args:
        job: The job.
        now: The time.
    """
    text = duration(job.seconds(now))
    return text if job.limit is None or job.ended is not None else f"{text} of at most {duration(job.limit)}"


def phase_text(phase: Phase) -> str:
    """A secondary status with what the service says of it.

    Args:
        phase: It.
    """
    return f"{phase.name}: {phase.message.rstrip('.')}" if phase.message else phase.name


def headline(seen: Snapshot) -> str:
    """One sentence that says how things are.

    Args:
        seen: The algorithm.
    """
    running = seen.running_step
    match seen.status:
        case "Completed":
            return "validated, ready to train with" if seen.checks or seen.jobs else "ready to train with"
        case "Failed":
            failed = seen.failed_step
            return f"validation failed in the step {failed.name}" if failed else "validation failed"
        case "Pending":
            return "waiting for validation to begin"
        case "InProgress":
            return f"validation is in the step {running.name}" if running else "validation goes on"
        case "Deleting":
            return "being deleted"
        case "Deleted":
            return "deleted after a failed validation" if seen.failed else "deleted while it was watched"
        case _:
            return seen.status


def next_steps(seen: Snapshot) -> tuple[tuple[str, str], ...]:
    """What can be done next: what for, and the command; the command is empty where it is not for a terminal.

    Args:
        seen: The algorithm.
    """
    if seen.status in ("Pending", "InProgress"):
        return (("follow it to its end", f"{PROGRAM} watch {seen.name}"),)
    report = ("a page to send around", f"{PROGRAM} report {seen.name} -o {seen.name}.html")
    if seen.status == "Completed":
        return (("train with it: a training job's AlgorithmName takes the ARN", ""), report)
    return (*remedies(seen), report) if seen.status == "Failed" else remedies(seen)


def remedies(seen: Snapshot) -> tuple[tuple[str, str], ...]:
    """What can be done about a failure, as `next_steps` has it; nothing if there is none.

    Args:
        seen: The algorithm.
    """
    if not seen.failed:
        return ()
    step = seen.failed_step
    if step is not None and step.job is not None:
        tail = f"aws logs tail {step.job.log_group} --log-stream-name-prefix {step.job.stream_prefix} --since 7d"
        mend = "mend the container or the profile's data, and deploy again", ""
        return (("read what its container printed", tail), mend)
    if step is not None and step.name == "image scan":
        return (("mend the image, push it under a new tag or digest, and deploy again", ""),)
    return (("mend what the reason names, and deploy again", ""),)


def _joined(first: int, unit: str, second: int, smaller: str) -> str:
    return f"{first} {unit} {second} {smaller}" if second else f"{first} {unit}"
