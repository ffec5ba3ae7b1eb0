"""The scenarios: each deploys, asserts what must hold everywhere, and records observations for AWS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.stage import Stage

FAILURE = "the hyperparameter fail is 1"
#: Members of a training job's definition that DescribeAlgorithm is assumed to leave out.
NOT_ECHOED = ("MaxPendingTimeInSeconds", "MaxWaitTimeInSeconds", "KeepAlivePeriodInSeconds", "ShuffleConfig")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario.

    Attributes:
        name: Its name.
        play: What it does; raises AssertionError if something does not hold.
        marks: The points of docs/unverified.md that it answers.
        only_on_aws: What it asserts or observes on AWS alone.
        runs_locally: Whether local AWS can play it at all.
    """

    name: str
    play: Callable[[Stage], None]
    marks: tuple[str, ...]
    only_on_aws: str
    runs_locally: bool = True


def create(stage: Stage) -> None:
    """Create an algorithm, and observe its validation."""
    begun = datetime.now(UTC) - timedelta(minutes=1)
    deployed = stage.deploy("single")
    assert deployed.status == 0, deployed.output
    made = stage.outputs("single")
    found = stage.describe(made["Name"])
    assert found["AlgorithmStatus"] == "Completed"
    assert stage.names() == {made["Name"]}
    stage.observe("log-delivery", holds=True, evidence="the state machine was created with its log group")
    stage.observe(
        "create-permissions", holds=True, evidence="the handler's policy was enough for CreateAlgorithm with tags"
    )
    stage.observe("arn-letter-case", holds=found["AlgorithmArn"] == made["Arn"], evidence=found["AlgorithmArn"])
    echoed = [member for member in NOT_ECHOED if member in str(found["ValidationSpecification"])]
    stage.observe("not-echoed", holds=not echoed, evidence=f"echoed: {echoed}")
    details = found["AlgorithmStatusDetails"]
    stage.observe("status-details", holds=bool(details.get("ValidationStatuses")), evidence=details)
    role = found["ValidationSpecification"]["ValidationRole"]
    jobs = [job for job in stage.jobs(begun) if job["RoleArn"] == role]
    assert len(jobs) == 1
    stage.observe("job-starter", holds=True, evidence=f"{jobs[0]['TrainingJobName']} runs under the validation role")
    metrics = [metric["MetricName"] for metric in jobs[0].get("FinalMetricDataList", [])]
    stage.observe(
        "metric-without-match", holds="absent" not in metrics, evidence=f"Completed with the metrics {metrics}"
    )
    link = f"https://{stage.account.identity()[1]}.console.aws.amazon.com/sagemaker/home#/algorithms/{made['Name']}"
    stage.observe("console-link", holds=None, evidence=f"open {link}")
    if stage.account.real:
        events = stage.account.client("sqs").receive_message(QueueUrl=made["QueueUrl"], WaitTimeSeconds=20)
        bodies = [message["Body"] for message in events.get("Messages", [])]
        stage.observe("state-change-event", holds=bool(bodies), evidence=bodies[:1])


def tag(stage: Stage) -> None:
    """Change a tag in place."""
    before = stage.outputs("single")
    tagged = stage.deploy("single", team="leaves")
    assert tagged.status == 0, tagged.output
    assert stage.outputs("single") == before
    tags = stage.account.client("sagemaker").list_tags(ResourceArn=before["Arn"])["Tags"]
    assert {"Key": "team", "Value": "leaves"} in tags
    stage.observe("retag-permissions", holds=True, evidence="AddTags under aws:ResourceTag was allowed")


def replace(stage: Stage) -> None:
    """Change the definition: a new algorithm, and the old one is deleted."""
    before = stage.outputs("single")["Name"]
    changed = stage.deploy("single", depth="16", team="leaves")
    assert changed.status == 0, changed.output
    after = stage.outputs("single")["Name"]
    assert after != before
    assert stage.names() == {after}
    missing = error_of(stage, "describe_algorithm", AlgorithmName=before)
    stage.observe(
        "missing-algorithm",
        holds="does not exist" in missing or "ResourceNotFound" in missing,
        evidence=missing,
    )


def duplicate_name(stage: Stage) -> None:
    """Create an algorithm under a name that is taken, with the API itself: refused, and nothing changed."""
    name = stage.outputs("single")["Name"]
    found = stage.describe(name)
    request = {member: found[member] for member in ("TrainingSpecification", "InferenceSpecification")}
    request["TrainingSpecification"].pop("TrainingImageDigest", None)
    for container in request["InferenceSpecification"]["Containers"]:
        container.pop("ImageDigest", None)
    refused = error_of(stage, "create_algorithm", AlgorithmName=name, **request)
    assert refused
    assert stage.describe(name)["CreationTime"] == found["CreationTime"]
    stage.observe("duplicate-name", holds=None, evidence=refused)


def fail_and_roll_back(stage: Stage) -> None:
    """Fail an update: its reason is in the terminal, and the old algorithm stays."""
    before = stage.outputs("single")["Name"]
    created = stage.describe(before)["CreationTime"]
    stage.account.training_fails_next(f"AlgorithmError: {FAILURE}, exit code: 1")
    failed = stage.deploy("single", depth="8", team="leaves", fail="1")
    assert failed.status != 0
    assert FAILURE in failed.output, failed.output
    assert stage.describe(before)["CreationTime"] == created
    assert stage.names() == {before}
    reason = next((line for line in failed.output.splitlines() if FAILURE in line), "")
    stage.observe("failure-reason", holds="AlgorithmError" in reason, evidence=reason)
    stage.observe("rollback-adopts", holds=True, evidence="the old algorithm kept its creation time")


def cancel(stage: Stage) -> None:
    """Cancel an update during its validation; no resource of it remains."""
    before = stage.names()
    cloudformation, sagemaker = stage.account.client("cloudformation"), stage.account.client("sagemaker")
    deploy = stage.begin("single", depth="4", team="leaves")
    try:
        assert stage.wait_until(
            lambda: any(status == "InProgress" for _, status, _ in stage.account.algorithms(stage.run)), 900
        )
        fresh = next(iter(stage.names() - before))
        refused = error_of(stage, "delete_algorithm", AlgorithmName=fresh)
        stage.observe("delete-in-progress", holds="Cannot delete" in refused, evidence=refused)
        cloudformation.cancel_update_stack(StackName=f"{stage.run}-single")
    finally:
        deploy.communicate()
    assert stage.wait_until(lambda: stage.names() == before, 4 * 3600)
    events = cloudformation.describe_stack_events(StackName=f"{stage.run}-single")["StackEvents"][:30]
    order = [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in reversed(events)]
    stage.observe("cancel-order", holds=None, evidence=order)
    assert sagemaker.describe_algorithm(AlgorithmName=next(iter(before)))["AlgorithmStatus"] == "Completed"


def destroy(stage: Stage) -> None:
    """Destroy the stack: no algorithm is left."""
    destroyed = stage.destroy("single")
    assert destroyed.status == 0, destroyed.output
    assert stage.names() == set()


def shared_provider(stage: Stage) -> None:
    """Serve two stacks with one provider, and destroy them in order."""
    for stack in ("provider", "shared-a"):
        deployed = stage.deploy(stack)
        assert deployed.status == 0, deployed.output
    assert stage.names() == {stage.outputs("shared-a")["Name"]}
    if stage.account.real:
        deployed = stage.deploy("shared-b")
        assert deployed.status == 0, deployed.output
        # CloudFormation refuses to delete the provider while its export is in use.
        assert stage.destroy("provider").status != 0
        assert stage.destroy("shared-b").status == 0
    for stack in ("shared-a", "provider"):
        destroyed = stage.destroy(stack)
        assert destroyed.status == 0, destroyed.output
    assert stage.names() == set()


def vpc(stage: Stage) -> None:
    """Run the provider in a VPC of the same stack: the way out is there when the stack is created and when it goes."""
    deployed = stage.deploy("vpc")
    assert deployed.status == 0, deployed.output
    begun = datetime.now(UTC)
    destroyed = stage.destroy("vpc")
    assert destroyed.status == 0, destroyed.output
    assert stage.names() == set()
    stage.observe("vpc-way-out", holds=True, evidence=f"destroyed in {datetime.now(UTC) - begun}")


def error_of(stage: Stage, operation: str, **request: Any) -> str:
    """The error of a call to SageMaker, with its code; empty if there is none."""
    try:
        getattr(stage.account.client("sagemaker"), operation)(**request)
    except ClientError as error:
        return str(error)
    return ""


SCENARIOS = (
    Scenario(
        name="create",
        play=create,
        marks=(
            "log-delivery",
            "create-permissions",
            "arn-letter-case",
            "not-echoed",
            "status-details",
            "job-starter",
            "metric-without-match",
            "console-link",
            "state-change-event",
        ),
        only_on_aws="permissions, log delivery, what Describe answers, who runs the jobs, EventBridge's event",
    ),
    Scenario(name="tag", play=tag, marks=("retag-permissions",), only_on_aws="that IAM allows the change of a tag"),
    Scenario(
        name="replace", play=replace, marks=("missing-algorithm",), only_on_aws="the error for a missing algorithm"
    ),
    Scenario(name="duplicate-name", play=duplicate_name, marks=("duplicate-name",), only_on_aws="the error's text"),
    Scenario(
        name="fail-and-roll-back",
        play=fail_and_roll_back,
        marks=("failure-reason", "rollback-adopts"),
        only_on_aws="the text of the failure reason; local AWS sends no Update in a rollback after a replacement",
    ),
    Scenario(
        name="cancel",
        play=cancel,
        marks=("delete-in-progress", "cancel-order"),
        only_on_aws="all of it: local AWS cannot cancel an update",
        runs_locally=False,
    ),
    Scenario(name="destroy", play=destroy, marks=(), only_on_aws="nothing"),
    Scenario(
        name="shared-provider",
        play=shared_provider,
        marks=(),
        only_on_aws="a second stack, and that the provider cannot be deleted before it",
    ),
    Scenario(
        name="vpc",
        play=vpc,
        marks=("vpc-way-out",),
        only_on_aws="all of it: local AWS has no network",
        runs_locally=False,
    ),
)
