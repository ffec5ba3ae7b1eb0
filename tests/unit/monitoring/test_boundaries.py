"""Absent packages of the extra, and absent members of responses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cdk_sagemaker_algorithm.monitoring.validation_steps import steps_of
from cdk_sagemaker_algorithm_provider.contract.validation_jobs import ValidationJobs
from tests.support.monitored import monitored
from tests.support.sagemaker import definition

EXTRA = ("boto3", "botocore", "jinja2", "rich", "typer")


def without(packages: tuple[str, ...], code: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter that lacks some packages."""
    blocked = f"import sys; sys.modules.update(dict.fromkeys({packages!r})); {code}"
    return subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "package", ["codegen", "monitoring", "monitoring.evidence", "monitoring.formats.report.markdown"]
)
def test_the_library_needs_nothing_of_the_extra(package: str) -> None:
    done = without(EXTRA, f"import cdk_sagemaker_algorithm.{package}")
    assert done.returncode == 0, done.stderr


def test_a_report_says_what_to_install() -> None:
    code = "sys.argv[1:] = ['report', 'wine']; from cdk_sagemaker_algorithm.cli import main; main()"
    done = without(("boto3",), code)
    assert done.returncode == 1
    assert "needs the package 'boto3'" in done.stderr
    assert "pip install 'cdk-sagemaker-algorithm[cli]'" in done.stderr


def test_status_details_may_be_absent() -> None:
    described = {"ValidationSpecification": definition()["ValidationSpecification"]}

    def states(status: str) -> list[str]:
        return [step.state for step in steps_of(described, status, (), ())]

    assert states("Pending") == ["absent", "waiting", "waiting", "waiting"]
    assert states("InProgress") == ["absent", "running", "waiting", "waiting"]
    assert states("Completed") == ["absent", "done", "done", "done"]
    assert states("Failed") == ["absent", "failed", "unreached", "unreached"]
    assert states("Deleting") == ["absent", "unreached", "unreached", "unreached"]


@pytest.mark.parametrize(
    "image",
    ["123456789012.dkr.ecr.us-east-1.amazonaws.com/wine@sha256:" + "0" * 64, "other.example:5000/wine:2"],
)
def test_jobs_are_found_without_status_details_and_by_the_images_repository(image: str) -> None:
    with monitored() as aws:
        name = aws.sagemaker.create()
        aws.clock.forward(200)
        described = dict(aws.sagemaker.client.describe_algorithm(AlgorithmName=name))
        del described["AlgorithmStatusDetails"]
        training = {**described["TrainingSpecification"], "TrainingImage": image}
        jobs = list(ValidationJobs(aws.sagemaker.client).of({**described, "TrainingSpecification": training}))
    same_repository = "@" in image
    assert [job.kind for job in jobs] == (["training", "transform"] if same_repository else [])


@pytest.mark.parametrize("repositories", [("forest", "trees", "woods"), ("forest", "forest", "forest")])
def test_each_of_several_algorithms_has_jobs_of_its_own(repositories: tuple[str, ...]) -> None:
    with monitored() as aws:
        names: list[str] = []
        for number, repository in enumerate(repositories):
            request = definition(AlgorithmName=f"algorithm-{number}")
            image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{repository}:1"
            request["TrainingSpecification"]["TrainingImage"] = image
            aws.sagemaker.client.create_algorithm(**request)
            names.append(request["AlgorithmName"])
            aws.clock.forward(2)
        client = aws.sagemaker.client
        search = ValidationJobs(client)
        seen: dict[str, list[str]] = {}
        for _ in range(16):
            aws.clock.forward(12)
            for name in names:
                found = [job.name for job in search.of(client.describe_algorithm(AlgorithmName=name))]
                # What was found once is found again.
                assert found[: len(seen.get(name, ()))] == seen.get(name, [])
                seen[name] = found
        assert [len(found) for found in seen.values()] == [2, 2, 2]
        assert len({job for found in seen.values() for job in found}) == 6
        # In the order of the algorithms, as the jobs were started.
        listed = client.list_training_jobs(SortBy="CreationTime", SortOrder="Ascending")["TrainingJobSummaries"]
        assert [found[0] for found in seen.values()] == [job["TrainingJobName"] for job in listed]


def test_a_failed_algorithm_has_the_job_with_its_reason() -> None:
    reason = "AlgorithmError: exit code 1"
    with monitored() as aws:
        client = aws.sagemaker.client
        names = [f"algorithm-{number}" for number in range(3)]
        for name in names:
            if name == "algorithm-1":
                aws.sagemaker.service.fail_next("training", reason)
            client.create_algorithm(**definition(AlgorithmName=name))
        aws.clock.forward(125)
        # The search begins with another algorithm, which takes the first job, and must not keep the failed one.
        search = ValidationJobs(client)
        order = ("algorithm-2", "algorithm-1", "algorithm-0", "algorithm-2")
        shared = {name: list(search.of(client.describe_algorithm(AlgorithmName=name))) for name in order}
        (alone,) = ValidationJobs(client).of(client.describe_algorithm(AlgorithmName="algorithm-1"))
    assert (alone.status, alone.reason) == ("Failed", reason)
    assert [job.reason for job in shared["algorithm-1"]] == [reason]
    assert all(job.status != "Failed" for name in ("algorithm-0", "algorithm-2") for job in shared[name])
    assert len({job.name for jobs in shared.values() for job in jobs if job.kind == "training"}) == 3


def test_only_so_many_candidates_are_looked_at() -> None:
    with monitored() as aws:
        for number in range(4):
            other = definition(AlgorithmName=f"other-{number}")
            profile = other["ValidationSpecification"]["ValidationProfiles"][0]
            profile["TrainingJobDefinition"]["HyperParameters"] = {"max_depth": "1"}
            profile["TransformJobDefinition"]["TransformOutput"]["S3OutputPath"] = "s3://elsewhere/"
            aws.sagemaker.client.create_algorithm(**other)
        name = aws.sagemaker.create()
        aws.clock.forward(200)
        described = aws.sagemaker.client.describe_algorithm(AlgorithmName=name)
        client = aws.sagemaker.client
        assert list(ValidationJobs(client, candidates=4).of(described)) == []
        assert [job.kind for job in ValidationJobs(client, candidates=5).of(described)] == ["training", "transform"]
        assert [job.kind for job in ValidationJobs(client).of(described)] == ["training", "transform"]
