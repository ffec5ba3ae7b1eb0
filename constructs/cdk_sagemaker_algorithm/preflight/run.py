"""Run the validation profiles of an algorithm in containers.

`Progress` is the interface to the screen: steps begin, log lines come, steps end. Everything else is in the returned
`ProfileRun`s.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.containers.channels import DataError, ObjectSource
from cdk_sagemaker_algorithm.containers.definition_values import text
from cdk_sagemaker_algorithm.containers.engine import Engine, Image, local_platform
from cdk_sagemaker_algorithm.containers.inference_server import SERVING_GRACE, STARTUP_TIMEOUT, waiting_for
from cdk_sagemaker_algorithm.containers.instance_memory import instance_memory
from cdk_sagemaker_algorithm.containers.training_job import TRAINING_GRACE, TrainingJob, TrainingResult, run_training
from cdk_sagemaker_algorithm.containers.transform_job import (
    INVOCATION_TIMEOUT,
    InferenceContainer,
    TransformJob,
    TransformResult,
    run_transform,
)
from cdk_sagemaker_algorithm.model.display_text import counted, size_text
from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm.preflight.image_store import ImageOptions, find_image
from cdk_sagemaker_algorithm.preflight.inputs import AlgorithmInput
from cdk_sagemaker_algorithm.preflight.profile_data import TRANSFORM, DataOptions, find_data
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules import judge
from cdk_sagemaker_algorithm.preflight.rules.table import IMAGE_RULES
from cdk_sagemaker_algorithm.preflight.variants import training_variants
from cdk_sagemaker_algorithm.reporting import Finding, Level, NotChecked

#: What no run in containers can show.
NEVER_CHECKED: Final = (
    "the validation role and its permissions",
    "SageMaker's image scan",
    "quotas, capacity and instance types (CPU features, GPU drivers)",
    "KMS keys and VPC settings",
    "time on the instances",
)
#: Families of instances with GPUs or AWS's own accelerators, which containers on this machine do not get.
_GPU: Final = re.compile(r"ml\.[pg]\d")
_ACCELERATOR: Final = re.compile(r"ml\.(trn|inf|dl)\d")


class RunStep(StrEnum):
    """The last step to run."""

    IMAGE = "image"
    TRAINING = "training"
    TRANSFORM = "transform"


class ProgressDisplay(Protocol):
    """Display of a run."""

    def begin(self, subject: str, step: str) -> None:
        """Show that a step begins.

        Args:
            subject: The profile.
        """
        ...

    def log(self, source: str, line: str) -> None:
        """Show a line of a log; called from several threads.

        Args:
            source: The host, or what writes the line.
        """
        ...

    def end(self, result: Level | None, summary: str) -> None:
        """Show that the step ended.

        Args:
            result: The most serious level of its findings; None without findings.
            summary: The result in one line.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options of a run.

    Attributes:
        images: How images are found.
        data: Where data comes from.
        profile: Name of the profile to run. Default: all.
        step: The last step to run.
        model: A model.tar.gz that replaces the training job.
        max_runtime: Limit of training jobs in seconds. Default: the profile's.
        startup_timeout: Limit of the first successful /ping in seconds.
        invocation_timeout: Limit of one request in seconds.
        memory: Memory limit of containers: a size, `auto` for the instance type's, or `none`.
        mount: Whether data is mounted read-only instead of copied.
        thorough: Whether promises of the definition are tried.
        keep: Whether containers remain.
        gpus: Whether containers get the GPUs of this machine.
        grace: Seconds between SIGTERM and SIGKILL. Default: SageMaker's, 120 for training and 30 for serving.
        stop: Stops running jobs when it is set.
    """

    images: ImageOptions = field(default_factory=ImageOptions)
    data: DataOptions = field(default_factory=DataOptions)
    profile: str | None = None
    step: RunStep = RunStep.TRANSFORM
    model: Path | None = None
    max_runtime: float | None = None
    startup_timeout: float = STARTUP_TIMEOUT
    invocation_timeout: float = INVOCATION_TIMEOUT
    memory: str = "none"
    mount: bool = False
    thorough: bool = False
    keep: bool = False
    gpus: bool = False
    grace: int | None = None
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class AlgorithmResult:
    """Results of one algorithm.

    Attributes:
        runs: Its profiles and their variants.
        findings: What is wrong.
        not_checked: Checks that were skipped.
    """

    algorithm: AlgorithmInput
    runs: list[ProfileRun] = field(default_factory=list[ProfileRun])
    findings: list[Finding] = field(default_factory=list[Finding])
    not_checked: list[NotChecked] = field(default_factory=list[NotChecked])

    def skip(self, check: str, reason: str) -> None:
        """Record a skipped check."""
        item = NotChecked(check=check, reason=reason, subject=self.algorithm.subject)
        if item not in self.not_checked:
            self.not_checked.append(item)


def run_algorithm(
    engine: Engine, algorithm: AlgorithmInput, options: RunOptions, directory: Path, progress: ProgressDisplay
) -> AlgorithmResult:
    """Run the validation profiles of an algorithm.

    Args:
        options: Options of the run.
        directory: Where logs, archives and results are written.
        progress: Display of a run.

    Raises:
        InputError: If images or data are missing.
        EngineError: If the engine fails.
    """
    result = AlgorithmResult(algorithm)
    profiles = [
        (index, profile)
        for index, profile in enumerate(algorithm.profiles)
        if options.profile in (None, profile.get("ProfileName"))
    ]
    if not algorithm.profiles:
        result.skip("validation", "the definition has no validation profile, so SageMaker runs no job")
        return result
    if not profiles:
        names = ", ".join(str(profile.get("ProfileName")) for profile in algorithm.profiles)
        raise InputError(f"{algorithm.subject}: no validation profile {options.profile!r}; allowed: {names}")
    training, inference = _find_images(engine, algorithm, options, progress, result)
    for index, _ in profiles:
        run = ProfileRun(
            subject=algorithm.subject,
            definition=algorithm.definition,
            index=index,
            training_image=training,
            inference_images=inference,
        )
        _ProfileSteps(engine, algorithm, options, directory, progress, result).run(run)
    return result


def _find_images(
    engine: Engine, algorithm: AlgorithmInput, options: RunOptions, progress: ProgressDisplay, result: AlgorithmResult
) -> tuple[Image, tuple[Image, ...]]:
    progress.begin(algorithm.subject, "image")
    training, origin = find_image(
        engine,
        algorithm,
        algorithm.training_image,
        given=options.images.training,
        options=options.images,
        log=progress.log,
    )
    inference: list[Image] = []
    for uri in algorithm.inference_images:
        same = uri == algorithm.training_image and options.images.inference in ("", options.images.training)
        image, _ = (
            (training, origin)
            if same
            else find_image(
                engine, algorithm, uri, given=options.images.inference, options=options.images, log=progress.log
            )
        )
        inference.append(image)
    run = ProfileRun(
        subject=algorithm.subject,
        definition=algorithm.definition,
        index=0,
        training_image=training,
        inference_images=tuple(inference),
    )
    findings = judge(run, IMAGE_RULES)
    result.findings += findings
    words = [training.platform, f"user {training.user or 'root'}", origin]
    # The engine is asked only if the image is not of this machine's own platform.
    if training.platform != local_platform() and training.platform != engine.platform():
        words.append("emulated: times are longer than on the instance")
    progress.end(worst(findings), "; ".join(words))
    return training, tuple(inference)


class _ProfileSteps:
    """The run of one profile."""

    def __init__(
        self,
        engine: Engine,
        algorithm: AlgorithmInput,
        options: RunOptions,
        directory: Path,
        progress: ProgressDisplay,
        result: AlgorithmResult,
    ) -> None:
        self._engine = engine
        self._algorithm = algorithm
        self._options = options
        self._directory = directory
        self._progress = progress
        self._result = result

    def run(self, run: ProfileRun) -> None:
        """Run the jobs of the profile, and evaluate them."""
        directory = self._directory / _file_name(run.name)
        if self._options.step is RunStep.IMAGE:
            self._result.skip("training", f"profile {run.name}: --step {self._options.step}")
            return
        for kind in self._instance_types(run):
            if _ACCELERATOR.match(kind):
                self._result.skip("accelerator", f"profile {run.name}: {kind} has accelerators of AWS")
                return
            if _GPU.match(kind) and not self._options.gpus:
                self._result.skip("gpu", f"profile {run.name}: {kind} has GPUs; add --gpus on a machine with GPUs")
                return
        if self._options.model is None:
            run = self._train(run, directory)
        model = self._options.model or (run.training.model.path if run.training and run.training.model else None)
        if self._ready_for_transform(run, model):
            run = self._transform(run, directory, model)
        self._result.runs.append(run)
        findings = [finding for finding in judge(run) if finding.rule not in {rule.id for rule in IMAGE_RULES}]
        self._result.findings += findings
        if self._options.thorough:
            self._try_promises(run, directory)

    def _train(self, run: ProfileRun, directory: Path) -> ProfileRun:
        self._progress.begin(run.name, "training")
        training = self._run_training(run, structure(run.profile, "TrainingJobDefinition"), directory)
        run = replace(run, training=training)
        self._progress.end(worst(judge(run)), training_summary(training))
        return run

    def _run_training(self, run: ProfileRun, definition: Mapping[str, Any], directory: Path) -> TrainingResult:
        image = run.training_image
        if image is None:
            raise InputError(f"{run.subject}: the definition has no training image")
        job = TrainingJob(
            name=_file_name(f"{run.name}-training"),
            image=image.id,
            definition=definition,
            specification=structure(run.definition, "TrainingSpecification"),
            data=dict(self._channels(definition)),
            region=self._algorithm.region,
            account=self._algorithm.account,
            memory=self._memory(structure(definition, "ResourceConfig")),
            mount=self._options.mount,
            gpus=self._options.gpus,
            max_runtime=self._options.max_runtime,
            grace=self._options.grace or TRAINING_GRACE,
            stop=self._options.stop,
            keep=self._options.keep,
        )
        try:
            return run_training(self._engine, job, directory, self._progress.log)
        except DataError as error:
            raise InputError(f"{run.subject}: {error}") from error

    def _channels(self, definition: Mapping[str, Any]) -> Iterator[tuple[str, ObjectSource]]:
        for channel in structures(definition, "InputDataConfig"):
            name = str(channel["ChannelName"])
            source, origin = self._data(name, channel)
            self._progress.log("data", f"channel {name}: {origin}")
            yield name, source

    def _data(self, name: str, holder: Mapping[str, Any]) -> tuple[ObjectSource, str]:
        try:
            return find_data(name, holder, self._algorithm.assets, self._options.data, self._algorithm.subject)
        except DataError as error:
            raise InputError(f"{self._algorithm.subject}: {name}: {error}") from error

    def _ready_for_transform(self, run: ProfileRun, model: Path | None) -> bool:
        if not run.has_transform or self._options.stop.is_set():
            return False
        reason = ""
        if self._options.step is not RunStep.TRANSFORM:
            reason = f"--step {self._options.step}"
        elif run.training is not None and run.training.failure is not None:
            reason = "the training job failed"
        elif model is None and run.training is None:
            reason = "no model"
        elif not run.inference_images:
            reason = "the definition has no inference container"
        if reason:
            self._result.skip("transform", f"profile {run.name}: {reason}")
        return not reason

    def _transform(self, run: ProfileRun, directory: Path, model: Path | None) -> ProfileRun:
        self._progress.begin(run.name, "transform")
        definition = structure(run.profile, "TransformJobDefinition")
        containers = structures(run.definition, "InferenceSpecification", "Containers")
        source, origin = self._data(TRANSFORM, structure(definition, "TransformInput"))
        self._progress.log("data", f"transform input: {origin}")
        job = TransformJob(
            name=_file_name(f"{run.name}-transform"),
            containers=[
                InferenceContainer(image=image.id, definition=container)
                for image, container in zip(run.inference_images, containers, strict=True)
            ],
            definition=definition,
            specification=structure(run.definition, "InferenceSpecification"),
            model=model,
            data=source,
            memory=self._memory(structure(definition, "TransformResources")),
            gpus=self._options.gpus,
            startup_timeout=self._options.startup_timeout,
            invocation_timeout=self._options.invocation_timeout,
            grace=self._options.grace or SERVING_GRACE,
            thorough=self._options.thorough,
            stop=self._options.stop,
            keep=self._options.keep,
        )
        try:
            transform = run_transform(self._engine, job, directory, self._progress.log)
        except DataError as error:
            raise InputError(f"{run.subject}: {error}") from error
        if len(job.containers) > 1:
            reason = "not documented; here each container of the pipeline has it"
            self._result.skip("model.tar.gz of a pipeline", f"profile {run.name}: which containers get it is {reason}")
        if not transform.reachable:
            self._result.skip(
                "transform",
                f"profile {run.name}: the image has no python, perl or node with which requests reach the server",
            )
        if self._options.thorough and transform.ready and transform.largest is None:
            reason = (
                "a request failed" if any(file.error for file in transform.files) else "requests have one record each"
            )
            self._result.skip("largest-payload", f"profile {run.name}: {reason}")
        run = replace(run, transform=transform)
        # The training part has been judged before.
        self._progress.end(worst(judge(replace(run, training=None))), transform_summary(transform))
        return run

    def _try_promises(self, run: ProfileRun, directory: Path) -> None:
        if run.training is None or run.training.failure is not None:
            reason = "no training job" if run.training is None else "the training job failed"
            self._result.skip("broken-promise", f"profile {run.name}: {reason}")
            return
        definition = structure(run.profile, "TrainingJobDefinition")
        specification = structure(run.definition, "TrainingSpecification")
        for number, (variant, job) in enumerate(training_variants(specification, definition), 1):
            if self._options.stop.is_set():
                return
            self._progress.begin(run.name, variant)
            training = self._run_training(run, job, directory / f"variant-{number}")
            tried = replace(run, variant=variant, training=training, transform=None)
            findings = judge(tried)
            self._progress.end(worst(findings), training_summary(training))
            self._result.runs.append(tried)
            self._result.findings += findings

    def _memory(self, resources: Mapping[str, Any]) -> str:
        """Return the memory limit of a job's containers; note what `auto` cannot limit."""
        if self._options.memory != "auto":
            return "" if self._options.memory == "none" else self._options.memory
        kind = str(resources.get("InstanceType") or "")
        limit, available = instance_memory(kind), self._engine.memory()
        if limit is None:
            self._result.skip("memory", f"the memory of {kind or 'the instance groups'} is not known; --memory sets it")
        elif available is not None and limit << 30 > available:
            self._result.skip("memory", f"{kind} has {limit} GiB, and {self._engine.command} has {available >> 30} GiB")
        else:
            return f"{limit}g"
        return ""

    @staticmethod
    def _instance_types(run: ProfileRun) -> Iterator[str]:
        training = structure(run.profile, "TrainingJobDefinition", "ResourceConfig")
        for holder in (
            training,
            *structures(training, "InstanceGroups"),
            structure(run.profile, "TransformJobDefinition", "TransformResources"),
        ):
            yield text(holder.get("InstanceType") or "")


def worst(findings: tuple[Finding, ...] | list[Finding]) -> Level | None:
    """Return the most serious level of findings; None without findings."""
    return next((level for level in Level if any(finding.level is level for finding in findings)), None)


def training_summary(training: TrainingResult) -> str:
    """Describe a training job in one line.

    Args:
        training: The job.
    """
    if training.failure is not None:
        return training.failure.splitlines()[0][:160]
    parts = [f"exit 0 in {training.seconds:.0f} s"]
    parts += [f"{series.name} {series.points[-1][1]:g}" for series in training.metrics if series.points][:4]
    if training.model is not None:
        parts.append(f"model.tar.gz {size_text(training.model.size)} ({counted(training.model.files, 'file')})")
    if training.timed_out:
        parts[0] = f"stopped after {training.seconds:.0f} s"
    return "; ".join(parts)


def transform_summary(transform: TransformResult) -> str:
    """Describe a transform job in one line.

    Args:
        transform: The job.
    """
    for number, server in enumerate(transform.servers, 1):
        where = f"container {number}: " if len(transform.servers) > 1 else ""
        if server.start_error is not None:
            return f"{where}{server.start_error[:160]}"
        if server.exit_code is not None:
            return f"{where}the server ended with exit code {server.exit_code}"
        if not server.ready:
            return f"{where}no /ping with 200 in {transform.seconds:.0f} s: {waiting_for(server)}"
    good = [file for file in transform.files if not file.error]
    records, lines = sum(file.records for file in good), sum(file.lines for file in good)
    requests = sum(file.requests for file in transform.files)
    parts = [
        f"/ping 200 after {transform.ping_seconds or 0.0:.1f} s",
        f"{counted(len(good), 'file')} of {len(transform.files)}" if len(good) < len(transform.files) else "",
        counted(len(good), "file") if len(good) == len(transform.files) else "",
        counted(requests, "request"),
        f"{counted(records, 'record')} → {counted(lines, 'line')}",
    ]
    return ", ".join(part for part in parts if part)


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name).strip(".-_") or "profile"
