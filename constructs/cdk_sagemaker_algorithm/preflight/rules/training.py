"""Rules for the training job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.containers.training_job import KILLED, TrainingResult
from cdk_sagemaker_algorithm.model.display_text import counted
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun, image_path
from cdk_sagemaker_algorithm.preflight.rules.process_ends import MORE_MEMORY, signal_of, start_remedy
from cdk_sagemaker_algorithm.preflight.rules.rule import Citation, Hit, RunRule
from cdk_sagemaker_algorithm.reporting import Level

_RUN: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html"
_OUTPUT: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html"
_SIGNALS: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-signal-success-failure.html"
_ISOLATION: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html"
_LINKS: Final = "https://repost.aws/knowledge-center/sagemaker-endpoint-creation-fail"
_IMAGE: Final = "TrainingSpecification.TrainingImage"
_FAILURE_LINES: Final = 4
#: What programs expect of SageMaker and do not find.
_REMEDIES: Final = (
    (
        "KeyError: 'SM_",
        "read the paths below /opt/ml: the package sagemaker-training sets SM_ variables, SageMaker does not",
    ),
    ("resourceConfig.json", "read /opt/ml/input/config/resourceconfig.json, in lower case"),
)
#: Words of failed name resolution and connections, as C, Python, Java, Go and curl write them.
_NETWORK: Final = re.compile(
    r"name resolution|Name or service not known|getaddrinfo|UnknownHostException|no such host|Could not resolve host"
    r"|Network is unreachable|ENETUNREACH|NameResolutionError|Unable to locate credentials",
    re.IGNORECASE,
)


def _cannot_start(run: ProfileRun) -> Iterator[Hit]:
    for host in run.training.hosts if run.training else ():
        if host.start_error is not None:
            yield Hit(
                message="the container does not start with the argument train",
                path=_IMAGE,
                evidence=(host.start_error,),
                remedy=start_remedy(host.start_error),
            )
            return


def _failed(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    if training is None or not training.started or training.timed_out or training.stopped:
        return
    host = training.failed_host
    if host is not None and not _is_killed(run):
        where = f" on {host.host}" if len(training.hosts) > 1 else ""
        words = (*training.log.last_words(), *signal_of(host.exit_code))
        first, *others = (training.failure or "").splitlines()
        yield Hit(
            message=f"the training job fails{where}: {first.strip()}{' …' if others else ''}",
            path=run.training_path,
            evidence=(*others[-_FAILURE_LINES:], *words),
            remedy=next((remedy for pattern, remedy in _REMEDIES if pattern in "\n".join(words)), ""),
        )


def _no_failure_file(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    if training is None or not training.started or training.timed_out or training.stopped:
        return
    host = training.failed_host
    if host is not None and not host.failure:
        state = "is empty" if host.failure == "" else "does not exist"
        yield Hit(
            message=f"training failed and /opt/ml/output/failure {state}, so FailureReason has no text",
            path=_IMAGE,
            evidence=(f"FailureReason: {training.failure}",),
        )


def _ignored_failure(run: ProfileRun) -> Iterator[Hit]:
    for host in run.training.hosts if run.training else ():
        if host.start_error is None and not host.exit_code and host.failure:
            yield Hit(
                message=f"{host.host} wrote /opt/ml/output/failure and ended with exit code 0, which is a success",
                path=_IMAGE,
                evidence=tuple(host.failure.splitlines()[:4]),
            )


def _log_encoding(run: ProfileRun) -> Iterator[Hit]:
    if run.training is not None and run.training.log.not_utf8:
        lines = tuple(line for line in run.training.log.tail if "\N{REPLACEMENT CHARACTER}" in line)
        yield Hit(
            message=f"{counted(run.training.log.not_utf8, 'line')} of the log: not UTF-8",
            path=_IMAGE,
            evidence=lines[:3],
        )


def _network(run: ProfileRun) -> Iterator[Hit]:
    for what, path, texts in _failures(run):
        lines = tuple(line.strip()[:300] for text in texts for line in text.splitlines() if _NETWORK.search(line))
        if lines:
            yield Hit(
                message=f"the failed {what} tried to reach a network or to find credentials",
                path=path,
                evidence=lines[-2:],
            )


def _failures(run: ProfileRun) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield what failed with the path of its image and its last words."""
    training, transform = run.training, run.transform
    if training is not None and training.failed_host is not None:
        yield "training job", _IMAGE, (*training.log.last_words(60), training.failed_host.failure or "")
    failed = transform is not None and any(file.error for file in transform.files)
    for index, server in enumerate(transform.servers if transform is not None else ()):
        if failed or not server.ready:
            yield "inference container", image_path(index), server.log.last_words(60)


def _is_killed(run: ProfileRun) -> bool:
    host = run.training.failed_host if run.training else None
    return host is not None and host.start_error is None and (host.out_of_memory or host.exit_code == KILLED)


def _killed(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    if training is None or training.timed_out or training.stopped or not _is_killed(run):
        return
    limit = training.job.memory
    where = f"the limit of {limit}" if limit else "this machine's memory"
    yield Hit(
        message=f"the training container was killed, probably because it reached {where}",
        path=f"{run.training_path}.ResourceConfig.InstanceType",
        evidence=(f"exit code {KILLED}", *training.log.last_words(2)),
    )


def _timed_out(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    if training is not None and training.timed_out:
        yield Hit(
            message=f"the training job did not end within {training.job.limit:g} s",
            path=f"{run.training_path}.StoppingCondition.MaxRuntimeInSeconds",
            evidence=(*_codes_after_stop(training), *training.log.last_words(3)),
        )


def _codes_after_stop(training: TrainingResult) -> Iterator[str]:
    """Describe how the hosts ended after SIGTERM."""
    for host in training.hosts:
        if host.stop_seconds is not None:
            yield f"{host.host} ended with exit code {host.exit_code}, {host.stop_seconds:.0f} s after SIGTERM"


def _ignores_stop(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    for host in training.hosts if training else ():
        if training and host.stop_seconds is not None and host.exit_code == KILLED and training.timed_out:
            yield Hit(
                message=f"the training container did not stop within {training.job.grace} s of SIGTERM",
                path=_IMAGE,
                evidence=(f"{host.host}: exit code {KILLED} after {host.stop_seconds:.0f} s",),
            )


def _no_model(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    if training is None or training.failed_host is not None or training.timed_out or training.stopped:
        return
    if training.model is None or not training.model.files:
        evidence = tuple(f"written instead: {path}" for path in training.changes[:8])
        yield Hit(
            message="training succeeded and /opt/ml/model is empty, so there is no model.tar.gz to serve",
            path=_IMAGE,
            evidence=evidence or ("no other file was written",),
            level=None if run.has_transform else Level.WARNING,
        )


def _model_entries(run: ProfileRun) -> Iterator[Hit]:
    model = run.training.model if run.training else None
    if model is not None and (model.links or model.rejected):
        names = (*model.links, *model.rejected)
        yield Hit(
            message="/opt/ml/model contains links, devices or named pipes; SageMaker cannot extract links",
            path=_IMAGE,
            evidence=names[:8],
        )


def _clashes(run: ProfileRun) -> Iterator[Hit]:
    training = run.training
    for archive in (training.model, training.output) if training else ():
        if archive is not None and archive.clashes:
            yield Hit(
                message=f"several hosts wrote the same names into {archive.path.name}",
                path=_IMAGE,
                evidence=archive.clashes[:8],
            )


def _image_files(run: ProfileRun) -> Iterator[Hit]:
    places = [(_IMAGE, run.training.image_files)] if run.training is not None else []
    places += [
        (image_path(index), server.image_files)
        for index, server in enumerate(run.transform.servers if run.transform is not None else ())
    ]
    for number, (path, names) in enumerate(places):
        # One image for training and serving is reported once.
        if names and names not in [others for _, others in places[:number]]:
            yield Hit(message="the image has files below /opt/ml, which SageMaker can hide", path=path, evidence=names)


def _pipe(run: ProfileRun) -> Iterator[Hit]:
    if run.training is None:
        return
    for channel, reason in run.training.missing_feeds.items():
        yield Hit(
            message=f"channel {channel}: the data could not be sent through its pipe",
            path=f"{run.training_path}.InputDataConfig",
            evidence=(reason,),
        )


RULES: Final = (
    RunRule(
        id="training-cannot-start",
        level=Level.ERROR,
        requirement="`docker run IMAGE train` starts the training program",
        remedy="set ENTRYPOINT to the program, or put an executable named train on PATH",
        source=Citation(_RUN),
        check=_cannot_start,
    ),
    RunRule(
        id="training-failed",
        level=Level.ERROR,
        requirement="The training container ends with exit code 0",
        remedy="fix the error in the last lines of the log; --keep keeps the container",
        source=Citation(_SIGNALS),
        check=_failed,
    ),
    RunRule(
        id="no-failure-file",
        level=Level.WARNING,
        requirement="A failing training container writes the reason to /opt/ml/output/failure",
        remedy="catch exceptions in the program and write their text to /opt/ml/output/failure",
        source=Citation(_OUTPUT),
        check=_no_failure_file,
    ),
    RunRule(
        id="failure-file-ignored",
        level=Level.WARNING,
        requirement="A training container that writes /opt/ml/output/failure ends with another exit code than 0",
        remedy="end with exit code 1 after writing the reason",
        source=Citation(_SIGNALS),
        check=_ignored_failure,
    ),
    RunRule(
        id="log-not-utf8",
        level=Level.WARNING,
        requirement="The training log is UTF-8",
        remedy="set LANG=C.UTF-8 (and PYTHONIOENCODING=utf-8 for Python) in the image",
        source=Citation(
            "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_InputLogEvent.html",
            documented=False,
        ),
        check=_log_encoding,
    ),
    RunRule(
        id="network-needed",
        level=Level.WARNING,
        requirement="Containers run without a network and without credentials",
        remedy="put the files that the program downloads into the image or into a channel",
        source=Citation(_ISOLATION),
        check=_network,
    ),
    RunRule(
        id="training-killed",
        level=Level.ERROR,
        requirement="The training container ends by itself and fits into the memory of its instance",
        remedy=MORE_MEMORY,
        source=Citation(_SIGNALS),
        check=_killed,
    ),
    RunRule(
        id="max-runtime",
        level=Level.WARNING,
        requirement="The training job of a validation profile ends within MaxRuntimeInSeconds",
        remedy="raise MaxRuntimeInSeconds, or use less data or fewer epochs in the profile",
        source=Citation(
            "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html", documented=False
        ),
        check=_timed_out,
    ),
    RunRule(
        id="training-ignores-sigterm",
        level=Level.WARNING,
        requirement="The training container ends within 120 seconds of SIGTERM",
        remedy="handle SIGTERM in the program (the process with ID 1 ignores the signal without a handler)",
        source=Citation(_RUN),
        check=_ignores_stop,
    ),
    RunRule(
        id="no-model",
        level=Level.ERROR,
        requirement="Training writes the model to /opt/ml/model",
        remedy="write the model's files to /opt/ml/model",
        source=Citation(f"{_OUTPUT} (CreateModel then fails: aws/sagemaker-python-sdk#608)"),
        check=_no_model,
    ),
    RunRule(
        id="model-special-files",
        level=Level.WARNING,
        requirement="/opt/ml/model contains regular files and directories only",
        remedy="copy the files that links lead to into /opt/ml/model",
        source=Citation(_LINKS),
        check=_model_entries,
    ),
    RunRule(
        id="content-in-opt-ml",
        level=Level.WARNING,
        requirement="Images have no files below /opt/ml, except for /opt/ml/code",
        remedy="put the files into another directory of the image",
        source=Citation(_RUN),
        check=_image_files,
    ),
    RunRule(
        id="host-name-clash",
        level=Level.WARNING,
        requirement="Hosts write different names to /opt/ml/model and /opt/ml/output/data",
        remedy="write files on the first host only, or put the host's name into theirs",
        source=Citation(_OUTPUT),
        check=_clashes,
    ),
    RunRule(
        id="pipe-not-sent",
        level=Level.WARNING,
        requirement="The data of channels in Pipe mode reaches the container",
        remedy="add sh or python3 to the image, or run the channel in File mode here",
        source=Citation("preflight writes to the pipe with a program of the image", documented=False),
        check=_pipe,
    ),
)
