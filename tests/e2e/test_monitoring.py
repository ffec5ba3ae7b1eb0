"""status, watch, report and import on local AWS, during and after a real deployment."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.support.cdk_cli import CdkCli, Finished
from tests.support.existing import FOREST_NEEDS, WINE_NEEDS
from tests.support.sagemaker import definition

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("monitoring")]

APP = Path(__file__).with_name("app.py")
SECONDS = 10.0


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(plan=ValidationPlan().lasting(SECONDS), existing=[*FOREST_NEEDS, *WINE_NEEDS]) as running:
        CdkCli(running, APP, tmp_path_factory.mktemp("bootstrap")).bootstrap()
        yield running


def run(aws: LocalAws, folder: Path, *arguments: str) -> Finished:
    """Run the command line as a person would, but without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "cdk_sagemaker_algorithm.cli", *arguments],
        cwd=folder,
        env={**aws.environment, "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Finished(done.returncode, done.stdout)


def test_a_validation_is_watched_reported_and_imported(aws: LocalAws, tmp_path: Path) -> None:
    aws.client("sagemaker").create_algorithm(**definition())
    watched = run(aws, tmp_path, "watch", "wine-quality", "--interval", "0.5")
    assert watched.status == 0, watched.output
    for expected in (
        # On a slow computer, the image scan ends before the watch begins.
        "image scan: done",
        "training | validation-rmse=0.0545;",
        'transform | "POST /invocations HTTP/1.1" 200',
        "wine-quality Completed: passed its validation",
    ):
        assert expected in watched.output
    # Every line of the logs once.
    assert watched.output.count("training | epoch ") == 10

    s3 = aws.client("s3")
    s3.create_bucket(Bucket="wine-example")
    s3.put_object(Bucket="wine-example", Key="predictions/test.csv.out", Body=b"5.6\n6.1\n")
    reported = run(aws, tmp_path, "report", "wine-quality")
    assert reported.status == 0, reported.output
    page = (tmp_path / "wine-quality.html").read_text(encoding="utf-8")
    assert "5.6\n6.1</pre>" in page
    assert page.count('<path class="curve"') == 2

    imported = run(aws, tmp_path, "import", "wine-quality", "-o", "stack.py")
    assert imported.status == 0, imported.output
    assert "algorithm_name_prefix" in (tmp_path / "stack.py").read_text(encoding="utf-8")


def test_a_failing_deployment_is_watched_to_its_rollback(aws: LocalAws, tmp_path: Path) -> None:
    cdk = CdkCli(aws, APP, tmp_path)
    reason = "AlgorithmError: could not read column 5, exit code: 1"
    before = algorithms(aws)
    aws.fail_next("training", reason)
    deployed: list[Finished] = []
    deployment = threading.Thread(target=lambda: deployed.append(cdk.deploy("Watched")))
    deployment.start()
    try:
        wait_for_stack(aws.client("cloudformation"), "Watched")
        watched = run(aws, tmp_path, "watch", "--stack", "Watched", "--interval", "0.5", "--json")
    finally:
        deployment.join()
    assert deployed[0].status != 0
    for expected in (reason, "training job validation-", "/aws/sagemaker/TrainingJobs"):
        assert expected in " ".join(deployed[0].output.split())
    assert watched.status == 3, watched.output
    outcome = json.loads(watched.output.splitlines()[-1])
    assert outcome["outcome"] == "Failed"
    assert outcome["deployment"]["status"] == "ROLLBACK_COMPLETE"
    (algorithm,) = outcome["algorithms"]
    assert algorithm["failed"] is True
    assert [failure["reason"] for failure in algorithm["failures"]] == [reason]
    assert [step["state"] for step in algorithm["steps"]] == ["done", "failed", "unreached", "unreached"]
    assert algorithms(aws) == before
    # The algorithm is gone; the stack's events and the job's log still answer.
    looked = run(aws, tmp_path, "status", "--stack", "Watched")
    assert looked.status == 0, looked.output
    assert reason in looked.output


def test_of_three_algorithms_that_validate_at_the_same_time_the_failed_one_is_named(
    aws: LocalAws, tmp_path: Path
) -> None:
    cdk = CdkCli(aws, APP, tmp_path)
    reason = "AlgorithmError: could not read column 5, exit code: 1"
    settings = {"names": "Forest,Trees,Woods"}
    deployed: list[Finished] = []
    deployment = threading.Thread(target=lambda: deployed.append(cdk.deploy("Trio", **settings)))
    deployment.start()
    try:
        wait_for_algorithm(aws.client("sagemaker"), "trio-forest")
        aws.fail_next("training", reason)
        watched = run(aws, tmp_path, "watch", "--stack", "Trio", "--interval", "0.5")
    finally:
        deployment.join()
    assert watched.status == 3, watched.output
    for name in ("Forest", "Woods"):
        # On a slow computer, the rollback deletes one before the next poll.
        passed = rf"Trio/{name} \| \S+ (Completed: passed its validation|Deleted: passed, then deleted)"
        assert re.search(passed, watched.output), watched.output
    assert re.search(rf"Trio/Trees \| \S+ Failed: validation failed in the step training: {reason}", watched.output)
    # CloudFormation's reason and the commands after the rollback name the job that failed, and no other.
    failed = aws.client("sagemaker").list_training_jobs(StatusEquals="Failed", SortOrder="Descending", MaxResults=1)
    name = failed["TrainingJobSummaries"][0]["TrainingJobName"]
    assert f"training job {name} Failed: {reason}; read its log" in " ".join(deployed[0].output.split())
    looked = run(aws, tmp_path, "status", "--stack", "Trio", "--json")
    forest, trees, woods = json.loads(looked.output)["algorithms"]
    assert [each["name"] for each in trees["jobs"]] == [name]
    assert reason in trees["lastLines"][-1]
    assert not forest["failed"]
    assert not woods["failed"]
    (command,) = (each["command"] for each in trees["next"] if (each["command"] or "").startswith("aws logs tail"))
    assert f"--log-stream-name-prefix {name}/" in command


def algorithms(aws: LocalAws) -> set[str]:
    found = aws.client("sagemaker").list_algorithms()["AlgorithmSummaryList"]
    return {each["AlgorithmName"] for each in found}


def wait_for_algorithm(sagemaker: Any, prefix: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if sagemaker.list_algorithms(NameContains=prefix)["AlgorithmSummaryList"]:
            return
        time.sleep(0.1)
    pytest.fail(f"algorithm {prefix} never came")


def wait_for_stack(cloudformation: Any, name: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        stacks = cloudformation.list_stacks()["StackSummaries"]
        if any(stack["StackName"] == name for stack in stacks):
            return
        time.sleep(0.2)
    pytest.fail(f"stack {name} never came")
