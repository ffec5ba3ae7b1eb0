"""Simulate jobs: planned durations, plausible logs, injected failures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobLogLine, JobProgress, JobRun, JobRunner, JobSpec
from cdk_sagemaker_algorithm.local.sagemaker.simulated_metrics import found, matching_line, rises, simulated_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import ValidationPlan

_EPOCHS = 10
# Parts of a job's duration at which its phases begin, as AWS names them.
_PHASES = {
    "training": (("Starting", 0.0), ("Downloading", 0.15), ("Training", 0.3), ("Uploading", 0.9)),
    "transform": (("InProgress", 0.0),),
}
_WORK = {"training": (0.3, 0.9), "transform": (0.2, 0.95)}


@dataclass(frozen=True, slots=True)
class SimulatedJobRunner(JobRunner):
    """Runner of simulated jobs.

    Attributes:
        plan: Durations of the jobs.
    """

    plan: ValidationPlan

    def start(self, spec: JobSpec, *, at: float, failure: str | None) -> JobRun:
        """Start a job with phases at fixed times."""
        seconds = self.plan.training if spec.kind == "training" else self.plan.transform
        return SimulatedRun(spec, at, seconds, failure, self.plan.training_log)


@dataclass(slots=True)
class SimulatedRun(JobRun):
    """Simulated job.

    Attributes:
        spec: Job to simulate.
        started: Start time in seconds since 1970.
        seconds: Duration.
        failure: FailureReason, halfway through the job; None means success.
        recorded: Log of a real training job, which replaces the simulated log.
        stopped: Time of the request to stop; None without request.
    """

    spec: JobSpec
    started: float
    seconds: float
    failure: str | None
    recorded: tuple[str, ...] = ()
    stopped: float | None = None

    @property
    def end(self) -> float:
        """Time at which the job ends unless it is stopped."""
        return self._at(self._work(0.5) if self.failure is not None else 1.0)

    def progress(self, now: float) -> JobProgress:
        """Return the progress at a time."""
        end = self.end
        stopped = self.stopped is not None and self.stopped < end
        if self.stopped is not None and stopped:
            end = self.stopped
        until = min(now, end)
        ended = end if now >= end else None
        return JobProgress(
            phases=tuple(phase for phase in self._phases() if phase[1] <= until),
            log=tuple(line for line in self._log() if line.time <= until),
            ended=ended,
            failure=None if ended is None or stopped else self.failure,
            stopped=ended is not None and stopped,
        )

    def stop(self, now: float) -> None:
        """Stop the job unless it has ended."""
        self.stopped = now if self.stopped is None else self.stopped

    def _at(self, part: float) -> float:
        """Return the time after a part of the duration."""
        return self.started + self.seconds * part

    def _work(self, part: float) -> float:
        """Return the part of the total duration for a part of the container's work."""
        begin, end = _WORK[self.spec.kind]
        return begin + (end - begin) * part

    def _phases(self) -> Iterator[tuple[str, float]]:
        """Return the phases with start times."""
        return ((name, self._at(part)) for name, part in _PHASES[self.spec.kind])

    def _log(self) -> Iterator[JobLogLine]:
        """Return all log lines; the last line of a failing job is the reason."""
        lines = list(self._training() if self.spec.kind == "training" else self._transform())
        if self.failure is None:
            return iter(lines)
        kept = [line for line in lines if line.time < self.end]
        return iter([*kept, JobLogLine(self.end, f"ERROR {self.failure}")])

    def _training(self) -> Iterator[JobLogLine]:
        """Return the log of a training container, with lines that match the metrics' regexes."""
        definition = self.spec.definition
        channels = [channel["ChannelName"] for channel in definition.get("InputDataConfig", ())]
        yield JobLogLine(self._at(self._work(0)), f"simulated training, no container runs: {self.spec.image}")
        hyperparameters = json.dumps(definition.get("HyperParameters") or {}, sort_keys=True)
        yield JobLogLine(self._at(self._work(0)), f"hyperparameters: {hyperparameters}")
        yield JobLogLine(self._at(self._work(0)), f"channels: {', '.join(channels)}")
        yield from self._recorded() if self.recorded else self._invented()
        yield JobLogLine(self._at(self._work(1)), "training finished")

    def _recorded(self) -> Iterator[JobLogLine]:
        """Return the lines of the recorded log."""
        for number, text in enumerate(self.recorded, 1):
            yield JobLogLine(self._at(self._work(number / (len(self.recorded) + 1))), text)
        for metric in self.spec.metrics:
            if not any(found(metric["Regex"], text) is not None for text in self.recorded):
                warning = f"no line matches the regex of metric {metric['Name']}: {metric['Regex']}"
                yield JobLogLine(self._at(self._work(1)), f"simulated training: {warning}")

    def _invented(self) -> Iterator[JobLogLine]:
        """Return lines that match the metrics' regexes, and a line that says so."""
        lines = {metric["Name"]: self._curve(metric) for metric in self.spec.metrics}
        for name, curve in lines.items():
            origin = "lines written to match its regex" if curve else "no line can be written to match its regex"
            yield JobLogLine(
                self._at(self._work(0)), f"simulated metric {name}: {origin}; a container may print others"
            )
        for epoch in range(_EPOCHS):
            time = self._at(self._work((epoch + 1) / (_EPOCHS + 1)))
            yield JobLogLine(time, f"epoch {epoch + 1} of {_EPOCHS}")
            yield from (JobLogLine(time, curve[epoch]) for curve in lines.values() if curve)

    def _curve(self, metric: Mapping[str, str]) -> list[str]:
        """Return one line per epoch for a metric; none if the regex is too complex."""
        rising = rises(metric["Name"], self.spec.objectives)
        values = (simulated_value(epoch, rising=rising) for epoch in range(_EPOCHS))
        lines = [matching_line(metric["Regex"], value) for value in values]
        return [line for line in lines if line is not None]

    def _transform(self) -> Iterator[JobLogLine]:
        """Return the log of a serving container during a batch transform."""
        image = self.spec.image
        yield JobLogLine(self._at(self._work(0)), f"simulated batch transform, no container runs: {image}")
        yield JobLogLine(self._at(self._work(0.3)), '"GET /ping HTTP/1.1" 200')
        yield JobLogLine(self._at(self._work(0.4)), '"GET /execution-parameters HTTP/1.1" 404')
        for part in (0.6, 0.8, 1.0):
            yield JobLogLine(self._at(self._work(part)), '"POST /invocations HTTP/1.1" 200')
