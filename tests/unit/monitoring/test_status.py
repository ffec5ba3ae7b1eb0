from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_sagemaker_algorithm.monitoring import MissingAlgorithmError, MonitoringError, StackReader
from cdk_sagemaker_algorithm.monitoring.formats.json import snapshot_json
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions, algorithms_table, screen
from tests.support.monitored import Monitored, monitored, steady
from tests.support.sagemaker import definition
from tests.support.snapshots import check_snapshot, rendered

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step
    from cdk_sagemaker_algorithm.monitoring import Snapshot

SNAPSHOTS = Path(__file__).parent / "snapshots"
AFTER = 200.0
# When each step of the plan is under way, in seconds after creation.
SITUATIONS: dict[str, tuple[dict[Step, str], float]] = {
    "pending": ({}, 5.0),
    "scanning": ({}, 15.0),
    "training": ({}, 70.0),
    "model": ({}, 125.0),
    "transforming": ({}, 150.0),
    "completed": ({}, AFTER),
    "failed-image-scan": ({"image-scan": "ClientError: 2 critical vulnerabilities: CVE-2024-3094"}, AFTER),
    "failed-training": ({"training": "AlgorithmError: could not read column 5\nexit code: 1"}, AFTER),
    "failed-model": ({"model": "ClientError: the container does not answer /ping"}, AFTER),
    "failed-transform": ({"transform": "AlgorithmError: 415 from the container"}, AFTER),
}
STEPS = {
    "pending": ["waiting", "waiting", "waiting", "waiting"],
    "scanning": ["running", "waiting", "waiting", "waiting"],
    "training": ["done", "running", "waiting", "waiting"],
    "model": ["done", "done", "running", "waiting"],
    "transforming": ["done", "done", "done", "running"],
    "completed": ["done", "done", "done", "done"],
    "failed-image-scan": ["failed", "unreached", "unreached", "unreached"],
    "failed-training": ["done", "failed", "unreached", "unreached"],
    "failed-model": ["done", "done", "failed", "unreached"],
    "failed-transform": ["done", "done", "done", "failed"],
}


def looked(situation: str, **changes: Any) -> Snapshot:
    """An algorithm in one of the situations."""
    failures, seconds = SITUATIONS[situation]
    with monitored(failures) as aws:
        name = aws.sagemaker.create(**changes)
        aws.clock.forward(seconds)
        return aws.reader().read(name)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_steps_are_where_validation_is(situation: str) -> None:
    seen = looked(situation)
    assert [step.state for step in seen.steps] == STEPS[situation]
    assert seen.over == (situation == "completed" or situation.startswith("failed"))
    assert seen.failed == situation.startswith("failed")
    reasons = [reason for _, reason in seen.reasons]
    assert reasons == list(SITUATIONS[situation][0].values())


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_screen(situation: str) -> None:
    text = rendered(screen(looked(situation), DisplayOptions(addresses=situation == "failed-transform")))
    check_snapshot(SNAPSHOTS / f"status-{situation}.txt", steady(text))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_screen_fits_a_common_terminal(situation: str) -> None:
    lines = rendered(screen(looked(situation), DisplayOptions(console_links=False)), width=100).splitlines()
    assert len(lines) <= 32


def test_the_screen_without_unicode_and_without_a_console() -> None:
    text = rendered(screen(looked("failed-transform"), DisplayOptions(unicode=False, console_links=False)))
    assert text.isascii()
    check_snapshot(SNAPSHOTS / "status-ascii.txt", steady(text))


def test_as_json() -> None:
    text = json.dumps(snapshot_json(looked("failed-training")), indent=2)
    check_snapshot(SNAPSHOTS / "status-failed-training.json", steady(f"{text}\n"))


def test_an_algorithm_without_validation_has_no_steps() -> None:
    seen = looked("completed", ValidationSpecification=None)
    assert {step.state for step in seen.steps} == {"absent"}
    check_snapshot(SNAPSHOTS / "status-unvalidated.txt", rendered(screen(seen, DisplayOptions())))


def test_a_profile_without_transform_has_two_steps() -> None:
    specification = definition()["ValidationSpecification"]
    del specification["ValidationProfiles"][0]["TransformJobDefinition"]
    seen = looked("completed", ValidationSpecification=specification)
    assert [step.state for step in seen.steps] == ["done", "done", "absent", "absent"]


def test_all_algorithms_of_the_account_are_listed_over_pages() -> None:
    with monitored() as aws:
        for number in range(105):
            aws.sagemaker.create(AlgorithmName=f"wine-{number:03d}", ValidationSpecification=None)
            aws.clock.forward(60)
        found = list(aws.reader().algorithms())
    assert [each.name for each in found] == [f"wine-{number:03d}" for number in reversed(range(105))]
    assert {each.status for each in found[1:]} == {"Completed"}


def test_the_table_of_algorithms() -> None:
    with monitored({"training": "no"}) as aws:
        aws.sagemaker.create(AlgorithmName="wine-broken")
        aws.clock.forward(3600 * 30)
        aws.sagemaker.create(AlgorithmName="wine-plain", ValidationSpecification=None, AlgorithmDescription=None)
        aws.clock.forward(100)
        aws.sagemaker.create(AlgorithmName="wine-new")
        aws.clock.forward(15)
        table = algorithms_table(aws.reader().algorithms(), aws.clock(), DisplayOptions())
    check_snapshot(SNAPSHOTS / "algorithms.txt", rendered(table))


def test_jobs_of_a_later_algorithm_with_the_same_profile_are_not_taken_for_its_own() -> None:
    with monitored() as aws:
        aws.sagemaker.service.fail_next("image-scan", "vulnerable")
        first = aws.sagemaker.create(AlgorithmName="first")
        aws.clock.forward(AFTER)
        second = aws.sagemaker.create(AlgorithmName="second")
        aws.clock.forward(AFTER)
        third = aws.sagemaker.create(AlgorithmName="third")
        aws.clock.forward(AFTER)
        reader = aws.reader()
        assert reader.read(first).jobs == ()
        created = [{job.created for job in reader.read(name).jobs} for name in (second, third)]
    assert len(created[0]) == len(created[1]) == 2
    assert max(created[0]) < min(created[1])


def test_jobs_of_somebody_else_are_left_out_and_described_once() -> None:
    with monitored() as aws:
        other = definition(AlgorithmName="other")
        job = other["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]
        job["OutputDataConfig"]["S3OutputPath"] = "s3://elsewhere/"
        aws.sagemaker.client.create_algorithm(**other)
        name = aws.sagemaker.create()
        aws.clock.forward(70)
        reader = aws.reader()
        (mine,) = reader.read(name).jobs
        assert mine.output == "s3://wine-example/output/"
        # A second look asks for the running job alone: the other call would be refused.
        aws.sagemaker.service.fail_call("DescribeTrainingJob", "ThrottlingException", "slow down", times=1)
        with pytest.raises(Exception, match="slow down"):
            reader.read(name)
        assert reader.read(name).jobs[0].name == mine.name


def test_without_permission_for_jobs_the_rest_is_shown() -> None:
    with monitored() as aws:
        name = aws.sagemaker.create()
        aws.clock.forward(70)
        aws.sagemaker.service.fail_call("ListTrainingJobs", "AccessDeniedException", "not authorized to list")
        seen = aws.reader().read(name)
    assert seen.status == "InProgress"
    assert "they cannot be looked up: AccessDeniedException: not authorized to list" in rendered(
        screen(seen, DisplayOptions())
    )


def test_a_missing_algorithm_is_said_with_the_region(aws: Monitored) -> None:
    with pytest.raises(MissingAlgorithmError, match="there is no algorithm 'absent' in us-east-1; `cdk-sagemaker"):
        aws.reader().read("absent")


def test_a_mistyped_name_is_told_the_nearest_one(aws: Monitored) -> None:
    aws.sagemaker.create()
    with pytest.raises(MissingAlgorithmError, match="did you mean 'wine-quality'\\?"):
        aws.reader().read("wine-qualty")
    aws.sagemaker.service.fail_call("ListAlgorithms", "AccessDeniedException", "no")
    with pytest.raises(MissingAlgorithmError, match="in us-east-1; `cdk-sagemaker-algorithm status` lists"):
        aws.reader().read("wine-qualty")


@pytest.fixture
def aws() -> Any:
    with monitored() as running:
        yield running


def test_the_algorithms_of_a_stack(aws: Monitored) -> None:
    cloud = aws.cloudformation
    stack = cloud.deploy("Wine")
    cloud.resource(stack, "Role", "CREATE_COMPLETE", "role", kind="AWS::IAM::Role")
    cloud.resource(stack, "Red", "CREATE_COMPLETE", "red-1")
    cloud.resource(stack, "Wait", "CREATE_IN_PROGRESS", "Wait:validation", kind="Custom::SageMakerAlgorithmValidation")
    cloud.resource(stack, "White", "CREATE_IN_PROGRESS")
    cloud.resource(stack, "Rosé", "CREATE_FAILED", "Rosé:not-created")
    cloud.resource(stack, "Old", "DELETE_COMPLETE", "old-1")
    reader = StackReader(cloud)
    found = [(each.path, each.name) for each in reader.algorithms(stack.id)]
    assert found == [("Red", "red-1"), ("White", ""), ("Rosé", "")]
    with pytest.raises(MonitoringError, match="there is no stack 'Beer' in us-east-1"):
        reader.stack_id("Beer")
