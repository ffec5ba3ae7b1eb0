"""What findings say about facts of a run."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_algorithm.containers.inference_server import Pings, ServerResult
from cdk_sagemaker_algorithm.containers.logs import LogSummary
from cdk_sagemaker_algorithm.containers.training_job import HostResult, TrainingJob, TrainingResult, written_files
from cdk_sagemaker_algorithm.containers.transform_job import FileResult, TransformJob, TransformResult
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules import judge
from cdk_sagemaker_algorithm.reporting import Finding

DEFINITION = {"ValidationSpecification": {"ValidationProfiles": [{"ProfileName": "Rows"}]}}


def findings(**results: Any) -> dict[str, Finding]:
    run = ProfileRun(subject="Forest", definition=DEFINITION, index=0, **results)
    return {finding.rule: finding for finding in judge(run)}


def log(*lines: str) -> LogSummary:
    return LogSummary(lines=len(lines), tail=lines, file=None)


def training(host: HostResult, *lines: str) -> TrainingResult:
    job = TrainingJob(name="job", image="1", definition={}, specification={}, data={})
    return TrainingResult(
        job=job, hosts=(host,), start_time=0.0, seconds=1.0, timed_out=False, stopped=False, log=log(*lines), metrics=()
    )


def transform(server: ServerResult, *files: FileResult) -> TransformResult:
    job: Any = TransformJob(name="job", containers=(), definition={}, specification={}, model=None, data=None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    return TransformResult(job=job, servers=(server,), files=list(files))


def test_a_failure_of_several_lines_has_one_in_the_message() -> None:
    text = "Framework Error: \x1b[2J\nTraceback\n\tline 1\nKeyError: '\u202ex'\n"
    host = HostResult(host="algo-1", container="c", exit_code=2, failure=text)
    finding = findings(training=training(host, "loading\n\nrows"))["training-failed"]
    assert finding.message == "the training job fails: AlgorithmError: Framework Error: \\u001b[2J …"
    assert finding.evidence == ("Traceback", "    line 1", "KeyError: '\\u202ex', exit code: 2", "loading", "rows")


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("KeyError: 'SM_MODEL_DIR'", "sagemaker-training"),
        ("No such file: '/opt/ml/input/config/resourceConfig.json'", "resourceconfig.json"),
        ("KeyError: 'depth'", "last lines of the log"),
    ],
)
def test_what_programs_expect_of_sagemaker_has_a_fix_of_its_own(line: str, remedy: str) -> None:
    host = HostResult(host="algo-1", container="c", exit_code=1)
    assert remedy in findings(training=training(host, line))["training-failed"].remedy


def test_the_signal_that_ended_a_process_is_named() -> None:
    host = HostResult(host="algo-1", container="c", exit_code=139)
    assert findings(training=training(host))["training-failed"].evidence == ("exit code 139: SIGSEGV",)


@pytest.mark.parametrize(
    ("code", "remedy"), [(0, "foreground"), (1, "last lines of the log"), (137, "--memory sets the limit")]
)
def test_the_end_of_a_server_has_the_fix_of_its_exit_code(code: int, remedy: str) -> None:
    found = findings(transform=transform(ServerResult(container="c", exit_code=code)))
    assert remedy in found["serving-exited"].remedy


def test_a_server_that_needs_a_network_is_told_so() -> None:
    lines = ("getaddrinfo(host)", "resolving", "URLError: Temporary failure in name resolution")
    failed = ServerResult(container="c", exit_code=1, log=log(*lines))
    finding = findings(transform=transform(failed))["network-needed"]
    assert finding.evidence == (lines[0], lines[2])
    ready = ServerResult(container="c", pings=Pings(seconds=1.0), log=log(*lines))
    assert "network-needed" not in findings(transform=transform(ready))


@pytest.mark.parametrize(
    ("statuses", "rules"),
    [
        ([503], {"ping-before-ready"}),
        ([503, 500], {"ping-before-ready", "invocation-retried"}),
        ([500], {"invocation-retried"}),
    ],
)
def test_a_first_request_that_comes_too_early_is_one_finding(statuses: list[int], rules: set[str]) -> None:
    server = ServerResult(container="c", pings=Pings(seconds=1.0))
    file = FileResult("rows.csv", 1, requests=1, retried=statuses)
    assert set(findings(transform=transform(server, file))) == rules


def test_a_model_elsewhere_is_looked_for_among_the_files_that_training_wrote() -> None:
    changes = ["/opt", "/opt/ml", "/opt/ml/checkpoints", "/opt/ml/input/data", "/opt/ml/input/data/train/rows.csv"]
    changes += ["/opt/ml/output", "/opt/ml/output/data", "/opt/ml/output/failure", "/opt/ml/models", "/opt/ml/models/m"]
    changes += ["/usr/lib/__pycache__/a.pyc", "/tmp", "/tmp/model.pkl"]  # noqa: S108 - a path in a container
    assert written_files(changes) == ("/opt/ml/models/m", "/tmp/model.pkl")  # noqa: S108 - a path in a container
