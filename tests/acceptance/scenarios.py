"""The scenarios: each deploys, asserts what must hold everywhere, and records observations for AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, STACK_TAG
from tests.acceptance.account import TAG

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
        only_on_aws: What it asserts or observes on AWS alone, and why local AWS cannot.
        needs_single: Whether it needs the algorithm of the scenario `create`.
    """

    name: str
    play: Callable[[Stage], None]
    marks: tuple[str, ...]
    only_on_aws: str
    needs_single: bool = False


def create(stage: Stage) -> None:
    """Create an algorithm, and observe its validation."""
    begun = datetime.now(UTC) - timedelta(minutes=1)
    deployed = stage.deploy("single")
    assert deployed.status == 0, deployed.output
    made = stage.outputs("single")
    found = stage.describe(made["Name"])
    assert found["AlgorithmStatus"] == "Completed"
    (profile,) = found["ValidationSpecification"]["ValidationProfiles"]
    assert profile["TrainingJobDefinition"]["StoppingCondition"]["MaxRuntimeInSeconds"] == 1200
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
    stage.observe("validation-role-trust", holds=True, evidence="the jobs ran with the conditions of the created role")
    stage.observe("waiter-role-trust", holds=True, evidence="the state machine was created with the role's conditions")
    policies = stage.account.client("logs").describe_resource_policies()["resourcePolicies"]
    vended = [policy["policyName"] for policy in policies if "/aws/vendedlogs/" in policy["policyDocument"]]
    sizes = [f"{policy['policyName']}: {len(policy['policyDocument'])} characters" for policy in policies]
    stage.observe("vended-logs", holds=bool(vended), evidence=sizes)
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
    assert tags_of(stage, before["Arn"])["team"] == "leaves"
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


def definition_of(found: dict[str, Any]) -> dict[str, Any]:
    """What CreateAlgorithm takes of what DescribeAlgorithm answered, without a validation profile."""
    request = {member: found[member] for member in ("TrainingSpecification", "InferenceSpecification")}
    request["TrainingSpecification"].pop("TrainingImageDigest", None)
    for container in request["InferenceSpecification"]["Containers"]:
        container.pop("ImageDigest", None)
    return request


def duplicate_name(stage: Stage) -> None:
    """Create an algorithm under a name that is taken, with the API itself: refused, and nothing changed."""
    name = stage.outputs("single")["Name"]
    found = stage.describe(name)
    refused = error_of(stage, "create_algorithm", AlgorithmName=name, **definition_of(found))
    assert refused
    assert stage.describe(name)["CreationTime"] == found["CreationTime"]
    stage.observe("duplicate-name", holds=None, evidence=refused)


def adopt(stage: Stage) -> None:
    """Adopt an algorithm that was made by hand, and give it back, also by a rollback."""
    sagemaker = stage.account.client("sagemaker")
    request = definition_of(stage.describe(stage.outputs("single")["Name"]))
    name = f"{stage.run}-by-hand"
    sagemaker.create_algorithm(AlgorithmName=name, Tags=[{"Key": TAG, "Value": stage.run}], **request)
    assert stage.wait_until(lambda: stage.describe(name)["AlgorithmStatus"] not in ("Pending", "InProgress"), 1800)
    made = stage.describe(name)
    assert made["AlgorithmStatus"] == "Completed"
    (depth,) = (
        each for each in request["TrainingSpecification"]["SupportedHyperParameters"] if each["Name"] == "depth"
    )
    settings = {"name": name, "depth": depth["Range"]["IntegerParameterRangeSpecification"]["MaxValue"]}

    refused = stage.deploy("adopter", **settings)
    assert refused.status != 0
    assert f"cdk-sagemaker-algorithm adopt {name}" in refused.output, refused.output
    marked = stage.tool("adopt", name, "--app", str(stage.assembly("adopter")), "--yes")
    assert marked.status == 0, marked.output
    rolled_back = stage.deploy("adopter", **settings, breaks="1")
    assert rolled_back.status != 0
    assert "the properties have no TrainingSpecification" in rolled_back.output, rolled_back.output
    assert stage.describe(name)["CreationTime"] == made["CreationTime"]
    assert STACK_TAG not in tags_of(stage, made["AlgorithmArn"])
    adopted = stage.deploy("adopter", **settings)
    assert adopted.status == 0, adopted.output
    assert stage.describe(name)["CreationTime"] == made["CreationTime"]
    assert STACK_TAG in tags_of(stage, made["AlgorithmArn"])
    stage.observe("adopt-permissions", holds=True, evidence="AddTags under the tag of a marked algorithm was allowed")

    destroyed = stage.destroy("adopter")
    assert destroyed.status == 0, destroyed.output
    assert stage.describe(name)["CreationTime"] == made["CreationTime"]
    released = stage.tool("release", name, "--yes")
    assert released.status == 0, released.output
    assert {STACK_TAG, ADOPTER_TAG} & tags_of(stage, made["AlgorithmArn"]).keys() == set()
    sagemaker.delete_algorithm(AlgorithmName=name)
    assert stage.wait_until(lambda: name not in stage.names(), 600)


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
    shown = stage.tool("status", "--stack", f"{stage.run}-single")
    assert FAILURE in shown.output, shown.output
    events = stage.account.client("cloudformation").describe_stack_events(StackName=f"{stage.run}-single")
    properties = [
        event["ResourceProperties"]
        for event in events["StackEvents"]
        if event["ResourceType"] == "Custom::SageMakerAlgorithm" and event.get("ResourceProperties")
    ]
    whole = bool(properties) and "TrainingSpecification" in json.loads(properties[0])
    stage.observe("event-properties", holds=whole, evidence=properties[:1])


def cancel(stage: Stage) -> None:
    """Cancel an update during its validation; no resource of it remains."""
    before = stage.names()
    cloudformation, sagemaker = stage.account.client("cloudformation"), stage.account.client("sagemaker")

    def fresh() -> list[str]:
        # A simulated validation can be over between two looks.
        statuses = ("InProgress",) if stage.account.real else ("Pending", "InProgress", "Completed")
        return [
            name for name, status, _ in stage.account.algorithms(stage.run) if status in statuses and name not in before
        ]

    # At least 6, the default of the hyperparameter.
    deploy = stage.begin("single", depth="24", team="leaves")
    try:
        stage.wait_until(lambda: deploy.poll() is not None or bool(fresh()), 900)
        assert deploy.poll() is None
        if stage.account.real:
            refused = error_of(stage, "delete_algorithm", AlgorithmName=fresh()[0])
            stage.observe("delete-in-progress", holds="Cannot delete" in refused, evidence=refused)
        cloudformation.cancel_update_stack(StackName=f"{stage.run}-single")
    finally:
        output = deploy.communicate()[0]
        assert deploy.returncode != 0, output
        assert "cancel" in output.lower() or "rollback" in output.lower(), output
    assert stage.wait_until(lambda: stage.names() == before, 4 * 3600 if stage.account.real else 300), stage.names()
    events = cloudformation.describe_stack_events(StackName=f"{stage.run}-single")["StackEvents"][:30]
    order = [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in reversed(events)]
    stage.observe("cancel-order", holds=None, evidence=order)
    assert sagemaker.describe_algorithm(AlgorithmName=next(iter(before)))["AlgorithmStatus"] == "Completed"


def destroy(stage: Stage) -> None:
    """Destroy the stack: no algorithm is left."""
    destroyed = stage.destroy("single")
    assert destroyed.status == 0, destroyed.output
    assert stage.names() == set()
    shown = stage.tool("status", "--stack", f"{stage.run}-single")
    stage.observe("deleted-stack-events", holds=shown.status == 0, evidence=shown.output)


def regulated(stage: Stage) -> None:
    """Encrypt a provider with a key, put its roles under a path, and give an algorithm all tags it may have."""
    deployed = stage.deploy("regulated")
    assert deployed.status == 0, deployed.output
    tags = tags_of(stage, stage.outputs("regulated")["Arn"])
    stage.observe("customer-key", holds=True, evidence="the state machine and the logs were created with the key")
    stage.observe("tag-quota", holds=len(tags) == 50, evidence=f"{len(tags)} tags")
    assert sum(name.startswith("tag-") for name in tags) == 43
    destroyed = stage.destroy("regulated")
    assert destroyed.status == 0, destroyed.output
    assert stage.names() == set()


def shared_provider(stage: Stage) -> None:
    """Serve two stacks with one provider, and destroy them in order."""
    for stack in ("provider", "shared-a", "shared-b"):
        deployed = stage.deploy(stack)
        assert deployed.status == 0, deployed.output
    assert stage.names() == {stage.outputs(stack)["Name"] for stack in ("shared-a", "shared-b")}
    if stage.account.real:
        # CloudFormation refuses to delete the provider while its export is in use.
        assert stage.destroy("provider").status != 0
    for stack in ("shared-b", "shared-a", "provider"):
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


def leave_vpc(stage: Stage) -> None:
    """Take a provider out of its VPC: Lambda's network interfaces go, and then the security group."""
    for settings in ({}, {"outside": "1"}):
        deployed = stage.deploy("leaving", **settings)
        assert deployed.status == 0, deployed.output
    ec2 = stage.account.client("ec2")
    groups = ec2.describe_security_groups(Filters=[{"Name": f"tag:{TAG}", "Values": [stage.run]}])["SecurityGroups"]
    assert groups == []
    stage.observe("network-interfaces", holds=True, evidence="the security group was deleted with the update")
    destroyed = stage.destroy("leaving")
    assert destroyed.status == 0, destroyed.output


def tags_of(stage: Stage, arn: str) -> dict[str, str]:
    """The tags of an algorithm."""
    tags = stage.account.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in tags}


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
            "validation-role-trust",
            "waiter-role-trust",
            "vended-logs",
            "state-change-event",
        ),
        only_on_aws="permissions, trust policies, log delivery, the jobs and EventBridge's event: local AWS checks no "
        "permission, delivers no logs of state machines, simulates the jobs and sends no event of SageMaker's",
    ),
    Scenario(
        name="tag",
        play=tag,
        needs_single=True,
        marks=("retag-permissions",),
        only_on_aws="that IAM allows the change: local AWS checks no permission",
    ),
    Scenario(
        name="replace",
        play=replace,
        needs_single=True,
        marks=("missing-algorithm",),
        only_on_aws="the error for a missing algorithm: local AWS has the text that the code assumes",
    ),
    Scenario(
        name="duplicate-name",
        play=duplicate_name,
        needs_single=True,
        marks=("duplicate-name",),
        only_on_aws="the error's text: local AWS has one of its own",
    ),
    Scenario(
        name="adopt",
        play=adopt,
        needs_single=True,
        marks=("adopt-permissions",),
        only_on_aws="that IAM allows a marked algorithm's tag: local AWS checks no permission",
    ),
    Scenario(
        name="fail-and-roll-back",
        play=fail_and_roll_back,
        needs_single=True,
        marks=("failure-reason", "rollback-adopts", "event-properties"),
        only_on_aws="the reason's text, which local AWS takes from the scenario, and the rollback's Update, which it "
        "does not send after a replacement",
    ),
    Scenario(
        name="cancel",
        play=cancel,
        needs_single=True,
        marks=("delete-in-progress", "cancel-order"),
        only_on_aws="the cancellation during a wait: local CloudFormation waits for the custom resource, and cancels "
        "before the next one",
    ),
    Scenario(
        name="destroy",
        play=destroy,
        needs_single=True,
        marks=("deleted-stack-events",),
        only_on_aws="the events of a deleted stack: local AWS answers as the code assumes",
    ),
    Scenario(
        name="regulated",
        play=regulated,
        marks=("customer-key", "tag-quota"),
        only_on_aws="the key's policy and the quota of tags: local AWS encrypts nothing and counts no tags",
    ),
    Scenario(
        name="shared-provider",
        play=shared_provider,
        marks=(),
        only_on_aws="that the provider cannot be deleted first: local AWS deletes a stack whose export is in use",
    ),
    Scenario(
        name="vpc",
        play=vpc,
        marks=("vpc-way-out",),
        only_on_aws="the network and the NAT gateway: local AWS has endpoints in name only, and runs functions outside "
        "of any VPC",
    ),
    Scenario(
        name="leave-vpc",
        play=leave_vpc,
        marks=("network-interfaces",),
        only_on_aws="the network interfaces: functions of local AWS have none",
    ),
)
