"""Rules for the start and the end of the inference container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.containers.inference_server import PING_TIMEOUT, ServerResult, waiting_for
from cdk_sagemaker_algorithm.containers.relay import PORT
from cdk_sagemaker_algorithm.containers.training_job import KILLED, TERMINATED
from cdk_sagemaker_algorithm.model.display_text import counted
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun, image_path
from cdk_sagemaker_algorithm.preflight.rules.process_ends import FOREGROUND, MORE_MEMORY, signal_of, start_remedy
from cdk_sagemaker_algorithm.preflight.rules.rule import Citation, Hit, RunRule
from cdk_sagemaker_algorithm.reporting import Level

_BATCH: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html"
_INFERENCE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"
#: HTTP status of a server that is not ready.
UNAVAILABLE: Final = 503
_SLOW_PING: Final = 1.0


def _servers(run: ProfileRun) -> Iterator[tuple[str, ServerResult]]:
    """Yield the inference containers with the paths of their images."""
    for index, server in enumerate(run.transform.servers if run.transform is not None else ()):
        yield image_path(index), server


def _cannot_start(run: ProfileRun) -> Iterator[Hit]:
    for path, server in _servers(run):
        if server.start_error is not None:
            yield Hit(
                message="the container does not start with the argument serve",
                path=path,
                evidence=(server.start_error,),
                remedy=start_remedy(server.start_error),
            )


def _exited(run: ProfileRun) -> Iterator[Hit]:
    if run.transform is None or run.transform.stopped:
        return
    for path, server in _servers(run):
        if server.exit_code is not None:
            is_killed = server.out_of_memory or server.exit_code == KILLED
            killed = " (killed, probably for memory)" if is_killed else ""
            yield Hit(
                message=f"the server ended with exit code {server.exit_code}{killed}",
                path=path,
                evidence=(*server.log.last_words(), *signal_of(server.exit_code)),
                remedy=MORE_MEMORY if is_killed else "" if server.exit_code else FOREGROUND,
            )


def _unanswered(run: ProfileRun) -> Iterator[tuple[str, ServerResult]]:
    """Yield the servers that ran and answered no /ping with 200."""
    if run.transform is None or run.transform.stopped:
        return
    for path, server in _servers(run):
        if server.start_error is None and server.exit_code is None and server.reachable and not server.ready:
            yield path, server


def _ping_failed(run: ProfileRun) -> Iterator[Hit]:
    for path, server in _unanswered(run):
        if run.transform is not None and not server.listens_on_loopback:
            limit = run.transform.job.startup_timeout
            yield Hit(
                message=f"/ping was never answered with 200 within {limit:g} s: {waiting_for(server)}",
                path=path,
                evidence=(counted(server.pings.count, "request"), *server.log.last_words(4)),
                remedy="" if server.port == PORT else "listen on the port in SAGEMAKER_BIND_TO_PORT",
            )


def _loopback(run: ProfileRun) -> Iterator[Hit]:
    for path, server in _unanswered(run):
        if server.listens_on_loopback:
            yield Hit(
                message="the server listens on 127.0.0.1 only; SageMaker calls from outside of the container",
                path=path,
                evidence=(
                    f"listening: {', '.join(map(str, server.pings.sockets or ()))}",
                    *server.log.last_words(2),
                ),
            )


def _slow(run: ProfileRun) -> Iterator[Hit]:
    for path, server in _servers(run):
        if server.pings.slowest > _SLOW_PING:
            yield Hit(
                message=f"/ping took {server.pings.slowest:.1f} s; SageMaker waits {PING_TIMEOUT:g} s",
                path=path,
            )


def _not_ready(run: ProfileRun) -> Iterator[Hit]:
    result = run.transform
    if result is not None and result.files and UNAVAILABLE in result.files[0].retried[:1]:
        yield Hit(
            message="/ping answered 200 and the next request 503: the server was not ready",
            path=image_path(result.files[0].container),
            evidence=(f"{result.files[0].name}: HTTP 503, then 200",),
        )


def _ignores_stop(run: ProfileRun) -> Iterator[Hit]:
    for path, server in _servers(run):
        if server.stop_seconds is not None and server.stop_seconds >= server.grace:
            yield Hit(
                message=f"the server did not stop within {server.grace} s of SIGTERM and was killed",
                path=path,
                evidence=(f"SIGKILL after {server.stop_seconds:.0f} s",),
            )


def _unclean_stop(run: ProfileRun) -> Iterator[Hit]:
    for path, server in _servers(run):
        killed = server.stop_seconds is not None and server.stop_seconds >= server.grace
        if server.stop_exit_code not in (None, 0, TERMINATED) and not killed:
            yield Hit(
                message=f"the server ended with exit code {server.stop_exit_code} after SIGTERM",
                path=path,
                evidence=server.log.last_words(4),
            )


def _writes(run: ProfileRun) -> Iterator[Hit]:
    for path, server in _servers(run):
        if server.written:
            yield Hit(
                message="serving writes below /opt/ml/model, which is read-only on endpoints",
                path=path,
                evidence=server.written[:5],
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
        id="unclean-stop",
        level=Level.WARNING,
        requirement="The server ends with exit code 0 after SIGTERM",
        remedy="finish the requests in progress and exit with 0 in the handler of SIGTERM",
        source=Citation(_INFERENCE, documented=False),
        check=_unclean_stop,
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
