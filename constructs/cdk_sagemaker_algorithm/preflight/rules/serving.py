"""Rules for the start and the end of the inference container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.containers.training_job import KILLED
from cdk_sagemaker_algorithm.containers.transform_job import PING_TIMEOUT, TransformResult
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules.rule import Citation, Hit, RunRule
from cdk_sagemaker_algorithm.reporting import Level

_BATCH: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html"
_INFERENCE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"
_IMAGE: Final = "InferenceSpecification.Containers[0].Image"
_SLOW_PING: Final = 1.0
_UNAVAILABLE: Final = 503


def _cannot_start(run: ProfileRun) -> Iterator[Hit]:
    if run.transform is not None and run.transform.start_error is not None:
        yield Hit(
            message="the container does not start with the argument serve",
            path=_IMAGE,
            evidence=(run.transform.start_error,),
        )


def _exited(run: ProfileRun) -> Iterator[Hit]:
    result = run.transform
    if result is not None and result.exit_code is not None and not result.stopped:
        killed = " (killed, probably for memory)" if result.exit_code == KILLED else ""
        yield Hit(
            message=f"the server ended with exit code {result.exit_code}{killed}",
            path=_IMAGE,
            evidence=result.log.last_words(),
        )


def _no_ping(result: TransformResult | None) -> bool:
    return (
        result is not None
        and result.start_error is None
        and result.exit_code is None
        and result.reachable
        and not result.stopped
        and result.pings.seconds is None
    )


def _ping_failed(run: ProfileRun) -> Iterator[Hit]:
    result = run.transform
    if result is None or not _no_ping(result) or result.pings.on_loopback:
        return
    last = f"HTTP {result.pings.last_status}" if result.pings.last_status else result.pings.last_answer
    yield Hit(
        message=f"/ping was never answered with 200 within {result.job.startup_timeout:g} s; the last answer: {last}",
        path=_IMAGE,
        evidence=(f"{result.pings.count} requests", *result.log.last_words(4)),
    )


def _loopback(run: ProfileRun) -> Iterator[Hit]:
    if run.transform is not None and run.transform.pings.on_loopback:
        yield Hit(
            message="the server listens on 127.0.0.1 only; SageMaker calls from outside of the container",
            path=_IMAGE,
            evidence=("GET /ping: 200 at 127.0.0.1, connection refused at 127.0.0.2", *run.transform.log.last_words(2)),
        )


def _slow(run: ProfileRun) -> Iterator[Hit]:
    result = run.transform
    if result is not None and result.pings.seconds is not None and result.pings.slowest > _SLOW_PING:
        yield Hit(
            message=f"/ping took {result.pings.slowest:.1f} s; SageMaker waits {PING_TIMEOUT:g} s",
            path=_IMAGE,
        )


def _not_ready(run: ProfileRun) -> Iterator[Hit]:
    result = run.transform
    if result is not None and result.files and _UNAVAILABLE in result.files[0].retried[:1]:
        yield Hit(
            message="/ping answered 200 and the next request 503: the server was not ready",
            path=_IMAGE,
            evidence=(f"{result.files[0].name}: HTTP 503, then 200",),
        )


def _ignores_stop(run: ProfileRun) -> Iterator[Hit]:
    result = run.transform
    if result is not None and result.stop_seconds is not None and result.stop_seconds >= result.job.grace:
        yield Hit(
            message=f"the server did not stop within {result.job.grace} s of SIGTERM and was killed",
            path=_IMAGE,
            evidence=(f"SIGKILL after {result.stop_seconds:.0f} s",),
        )


def _writes(run: ProfileRun) -> Iterator[Hit]:
    if run.transform is not None and run.transform.written:
        yield Hit(
            message="serving writes below /opt/ml/model, which is read-only on endpoints",
            path=_IMAGE,
            evidence=run.transform.written[:5],
        )


RULES: Final = (
    RunRule(
        id="serving-cannot-start",
        level=Level.ERROR,
        requirement="`docker run IMAGE serve` starts the server",
        remedy="set ENTRYPOINT to the program, or put an executable named serve on PATH",
        source=Citation(_BATCH),
        check=_cannot_start,
    ),
    RunRule(
        id="serving-exited",
        level=Level.ERROR,
        requirement="The server runs until it is stopped",
        remedy="fix the error in the last lines of the log; --keep keeps the container",
        source=Citation(_INFERENCE),
        check=_exited,
    ),
    RunRule(
        id="ping-failed",
        level=Level.ERROR,
        requirement="The server answers GET /ping on port 8080 with 200 once it is ready",
        remedy="answer GET /ping on port 8080 with status 200 and an empty body",
        source=Citation(f"{_INFERENCE} (the job fails after about 30 minutes: aws/amazon-sagemaker-examples#815)"),
        check=_ping_failed,
        hours=0.5,
    ),
    RunRule(
        id="listens-on-loopback",
        level=Level.ERROR,
        requirement="The server listens on all addresses of the container",
        remedy="listen on 0.0.0.0",
        source=Citation(f"{_INFERENCE} (requests come from 169.254.255.130: aws/amazon-sagemaker-examples#1620)"),
        check=_loopback,
        hours=0.5,
    ),
    RunRule(
        id="ping-slow",
        level=Level.WARNING,
        requirement=f"The server answers /ping well within {PING_TIMEOUT:g} seconds",
        remedy="do no work in /ping: load the model before listening",
        source=Citation(_INFERENCE),
        check=_slow,
    ),
    RunRule(
        id="ping-before-ready",
        level=Level.WARNING,
        requirement="The server answers /ping with 200 only when it can serve requests",
        remedy="load the model before /ping answers 200",
        source=Citation(_INFERENCE),
        check=_not_ready,
    ),
    RunRule(
        id="ignores-sigterm",
        level=Level.WARNING,
        requirement="The server ends within 30 seconds of SIGTERM",
        remedy="handle SIGTERM (the process with ID 1 ignores the signal without a handler), and use the exec form",
        source=Citation(_INFERENCE),
        check=_ignores_stop,
    ),
    RunRule(
        id="writes-to-model",
        level=Level.WARNING,
        requirement="Serving does not write to /opt/ml/model",
        remedy="write temporary files to /tmp",
        source=Citation("https://github.com/aws/sagemaker-python-sdk/issues/5698", documented=False),
        check=_writes,
    ),
)
