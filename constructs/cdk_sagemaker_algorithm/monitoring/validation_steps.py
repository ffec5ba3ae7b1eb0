"""Derive the four steps of validation from what the service reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cdk_sagemaker_algorithm.model.json_access import structures
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Step, StepState, ValidationCheck

_STATE_OF_JOB: dict[str, StepState] = {"Completed": "done", "Failed": "failed", "Stopped": "failed"}
_ENDS = ("Failed", "Deleted", "Deleting")


def steps_of(
    description: Mapping[str, Any], status: str, checks: Sequence[ValidationCheck], jobs: Sequence[JobSnapshot]
) -> tuple[Step, ...]:
    """Return the steps in their order.

    Args:
        description: Response of DescribeAlgorithm.
        status: The algorithm's status.
        checks: Validations and image scans.
        jobs: The jobs that were found.
    """
    profiles = structures(description, "ValidationSpecification", "ValidationProfiles")
    trains = bool(profiles)
    transforms = any(profile.get("TransformJobDefinition") for profile in profiles)
    training = _job_step("training", jobs, exists=trains)
    transform = _job_step("transform", jobs, exists=transforms)
    found = [
        Step(name="image scan", state=_scan_state(checks)),
        training,
        Step(name="model", state=_model_state(training, transform)),
        transform,
    ]
    failed = status == "Failed" or any(check.status == "Failed" for check in checks)
    return tuple(_settled(found, status, failed=failed))


def _scan_state(checks: Sequence[ValidationCheck]) -> StepState:
    states = {check.status for check in checks if check.kind == "image scan"}
    if not states:
        return "absent"
    if "Failed" in states:
        return "failed"
    if states == {"Completed"}:
        return "done"
    return "waiting" if states == {"NotStarted"} else "running"


def _job_step(kind: str, jobs: Sequence[JobSnapshot], *, exists: bool) -> Step:
    mine = [job for job in jobs if job.kind == kind]
    if mine:
        return Step(name=kind, state=_STATE_OF_JOB.get(mine[-1].status, "running"), job=mine[-1])
    return Step(name=kind, state="waiting" if exists else "absent")


def _model_state(training: Step, transform: Step) -> StepState:
    if transform.state == "absent":
        return "absent"
    if transform.job is not None:
        return "done"
    return "running" if training.state == "done" else "waiting"


def _settled(steps: list[Step], status: str, *, failed: bool) -> list[Step]:
    """Return the steps, corrected by the algorithm's status."""
    if status == "Completed":
        return [step if step.state == "absent" else replace(step, state="done") for step in steps]
    if status in _ENDS:
        return _ended(steps, blame=failed and not any(step.state == "failed" for step in steps))
    if status == "InProgress" and not any(step.state in ("running", "failed") for step in steps):
        return _mark_first(steps, "waiting", "running")
    return steps


def _ended(steps: list[Step], *, blame: bool) -> list[Step]:
    """Return the steps of a failed validation."""
    if blame:
        running = any(step.state == "running" for step in steps)
        steps = _mark_first(steps, "running" if running else "waiting", "failed")
    return [replace(step, state="unreached") if step.state in ("running", "waiting") else step for step in steps]


def _mark_first(steps: list[Step], state: StepState, becomes: StepState) -> list[Step]:
    for position, step in enumerate(steps):
        if step.state == state:
            return [*steps[:position], replace(step, state=becomes), *steps[position + 1 :]]
    return steps
