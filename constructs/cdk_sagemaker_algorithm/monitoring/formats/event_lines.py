"""Format the changes since the last poll, one line each, for CI logs and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cdk_sagemaker_algorithm.model.display_text import number
from cdk_sagemaker_algorithm.model.json_access import structure
from cdk_sagemaker_algorithm.monitoring.formats.wording import (
    STATE_WORDS,
    first_reason,
    headline,
    phase_text,
    progress,
    spent,
    stamp,
)
from cdk_sagemaker_algorithm.monitoring.job_logs import LogLine
from cdk_sagemaker_algorithm.monitoring.metric_curves import curves
from cdk_sagemaker_algorithm.monitoring.poller import PollError, Update
from cdk_sagemaker_algorithm.monitoring.snapshot import DELETED, JobSnapshot, Snapshot, Step, StepState

Event = Literal["stack", "status", "step", "phase", "log", "metric", "waiting", "poll_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """A change since the last poll.

    Attributes:
        time: Time of the change, in seconds since 1970.
        event: Kind of the change.
        text: Description of the change.
        fields: Members of the JSON output.
    """

    time: float
    event: Event
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def line(self, label: str = "") -> str:
        """Return the change as a line for people.

        Args:
            label: Name of the algorithm, if there are several.
        """
        return f"{stamp(self.time)} {label} | {self.text}" if label else f"{stamp(self.time)} {self.text}"


@dataclass(slots=True)
class Changes:
    """Compares each poll with the previous one.

    Attributes:
        heartbeat: Seconds without a change after which a line says that validation continues; CI may end a silent job.
    """

    heartbeat: float = 300.0
    _status: str = ""
    _steps: dict[str, StepState] = field(default_factory=dict[str, StepState])
    _phases: dict[str, int] = field(default_factory=dict[str, int])
    _spoke: float = 0.0

    def of(self, update: Update) -> Iterator[EventLine]:
        """Return the changes since the previous update.

        Args:
            update: The newest poll.
        """
        seen = update.snapshot
        found = list(self._in_order(update))
        if found or not self._spoke:
            self._spoke = seen.taken_at
        elif seen.taken_at - self._spoke >= self.heartbeat:
            self._spoke = seen.taken_at
            found = [_heartbeat(seen)]
        yield from found

    def _in_order(self, update: Update) -> Iterator[EventLine]:
        """Sort changes by their times; at equal times, a step begins before its job and ends before the next step."""
        seen = update.snapshot
        status, steps = list(self._of_status(seen)), list(self._of_steps(seen))
        # A step without a job ends when the next step begins; its end comes first.
        early = [change for change in steps if change.fields["job"] is None and change.fields["state"] == "done"]
        running = [change for change in steps if change.fields["state"] == "running"]
        begins = [change for change in running if change.fields["job"] is not None]
        ends = [change for change in steps if change not in early and change not in running]
        late = [change for change in running if change.fields["job"] is None]
        happened = [*early, *begins, *self._of_phases(seen), *_of_lines(update), *ends, *late]
        happened.sort(key=lambda each: each.time)
        yield from [*happened, *status] if seen.over else [*status, *happened]

    def _of_status(self, seen: Snapshot) -> Iterator[EventLine]:
        if seen.status != self._status:
            time = _status_time(seen, first=not self._status)
            self._status = seen.status
            reason = first_reason(seen) if seen.status == "Failed" else ""
            text = f"{seen.name} {seen.status}: {headline(seen)}{f': {reason}' if reason else ''}"
            fields = {"status": seen.status, "reason": reason or None}
            yield EventLine(time=time or seen.taken_at, event="status", text=text, fields=fields)

    def _of_steps(self, seen: Snapshot) -> Iterator[EventLine]:
        for step in seen.steps:
            # That a step was not reached follows from the end of the validation.
            if step.state not in ("absent", "unreached", self._steps.get(step.name, "waiting")):
                job = f", job {step.job.name}" if step.job is not None and step.state == "running" else ""
                text = f"{step.name}: {STATE_WORDS[step.state]}{job}"
                fields = {"step": step.name, "state": step.state, "job": step.job.name if step.job else None}
                yield EventLine(time=_step_time(step, seen) or seen.taken_at, event="step", text=text, fields=fields)
            self._steps[step.name] = step.state

    def _of_phases(self, seen: Snapshot) -> Iterator[EventLine]:
        for job in seen.jobs:
            # Of a step that ended before the first poll, only the end is shown.
            known = self._phases.get(job.name, 0 if job.ended is None else len(job.phases))
            self._phases[job.name] = len(job.phases)
            for phase in job.phases[known:]:
                # The end of a job is the end of its step.
                if phase.name != job.status:
                    text = f"{job.kind}: {phase_text(phase)}"
                    fields = {"job": job.name, "phase": phase.name, "message": phase.message}
                    yield EventLine(time=phase.started, event="phase", text=text, fields=fields)


def _status_time(seen: Snapshot, *, first: bool) -> float | None:
    if seen.deployed is not None and seen.status in (DELETED, "Deleting"):
        return seen.deployed.changed if seen.deployed.fate == "deleted" else None
    return seen.created if first and not seen.over else seen.ended


def _step_time(step: Step, seen: Snapshot) -> float | None:
    if step.job is not None:
        return step.job.created if step.state == "running" else step.job.ended
    # AWS returns no times of a step without a job; the jobs before and after it determine them.
    position = seen.steps.index(step)
    if step.state == "running":
        before = [each.job.ended for each in seen.steps[:position] if each.job is not None]
        return before[-1] if before else None
    if step.state == "done":
        after = [each.job.created for each in seen.steps[position + 1 :] if each.job is not None]
        return after[0] if after else None
    return None


def poll_error_change(poll_error: PollError, time: float) -> EventLine:
    """Return a failed poll as a change.

    Args:
        time: Time of the poll, in seconds since 1970.
    """
    fields = {"error": poll_error.kind, "message": poll_error.message}
    return EventLine(time=time, event="poll_error", text=poll_error_text(poll_error), fields=fields)


def poll_error_text(poll_error: PollError) -> str:
    """Return the description of a failed poll."""
    if poll_error.kind == "credentials":
        return (
            f"the credentials are no longer valid ({poll_error.message}): log in again in another terminal, for "
            "example with `aws sso login`; the validation continues, and so does this watch once you have"
        )
    what = "AWS asks for fewer calls" if poll_error.kind == "throttling" else "AWS cannot be reached"
    then = "the time limit ends the watch" if poll_error.last else f"the next poll is in {poll_error.wait:.0f} s"
    return f"{what} ({poll_error.message}); {then}"


def _of_lines(update: Update) -> Iterator[EventLine]:
    training = structure(update.snapshot.description, "TrainingSpecification")
    for job, line in update.lines:
        yield EventLine(
            time=line.time,
            event="log",
            text=f"{job.kind} | {line.shown}",
            fields={"job": job.name, "line": line.text},
        )
        if job.kind == "training":
            yield from _metrics(training, job, line)


def _metrics(training: Mapping[str, Any], job: JobSnapshot, line: LogLine) -> Iterator[EventLine]:
    for curve in curves(training, [line]):
        for time, value in curve.points:
            text = f"metric {curve.name} = {number(value)}"
            yield EventLine(
                time=time, event="metric", text=text, fields={"job": job.name, "metric": curve.name, "value": value}
            )


def _heartbeat(seen: Snapshot) -> EventLine:
    running = seen.running_step
    job: JobSnapshot | None = running.job if running else None
    where = f"{running.name}, {spent(job, seen.taken_at)}" if running and job else headline(seen)
    text = f"still {seen.status}: {where}; elapsed {progress(seen, seen.taken_at)}"
    return EventLine(time=seen.taken_at, event="waiting", text=text, fields={"status": seen.status})
