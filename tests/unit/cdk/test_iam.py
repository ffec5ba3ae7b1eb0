"""The synthesized policies as IAM decides: they allow what the handler asks for, and refuse what the threat model says.

What the handler asks for is recorded while it runs among models of AWS (`tests.support.iam_requests`): creation,
validation, tags, replacement, failure, rollback, adoption, deletion. What it must not do is written down here. Either
way IAM has the condition keys that the Service Authorization Reference lists for the action, and no other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from cdk_sagemaker_algorithm import AlgorithmProvider
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG as ADOPTER
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import STACK_TAG as TAG
from tests.lifecycle import cloudformation
from tests.lifecycle.cloudformation import Resource, Rollback, Stack
from tests.lifecycle.sagemaker import Validation
from tests.lifecycle.schedules import Schedule
from tests.lifecycle.templates import Variant, logical_ids
from tests.lifecycle.templates import template as variants
from tests.lifecycle.weather import CALM, client_error
from tests.lifecycle.world import World
from tests.support.iam import ACCOUNT, REGION, STACK_ID, STACK_NAME, Account, Context, is_allowed
from tests.support.iam_requests import Recorder, Request, condition_keys, recorded
from tests.support.stacks import algorithm, as_list, template, validation
from tests.unit.cdk.test_permissions import OF_JOBS, called

OTHER_STACK: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Others/0c5f6b60-0000-4000-8000-000000000001"
SAGEMAKER: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
OURS: Final = f"{SAGEMAKER}:algorithm/forest-0123456789ab"
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/Validation"
MACHINE: Final = "SageMakerAlgorithmProviderWaiter1BC6B7F8"
HANDLER: Final = "SageMakerAlgorithmProviderHandlerBA7F221E"
HANDLER_ROLE: Final = "SageMakerAlgorithmProviderHandlerRole780B7844"
WAITER_ROLE: Final = "SageMakerAlgorithmProviderWaiterRole918A18F7"
LOGS: Final = "SageMakerAlgorithmProviderHandlerLogsC17CD1FB"
LOG_STREAM: Final = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOGS}:log-stream:2026/11/26/[$LATEST]0"

# --- What the handler asks for ---

FOREST: Final = Variant(construct="Forest")
NAMED: Final = Variant(construct="Named")
QUICK: Final = Variant(construct="Quick")
TEAM: Final = (("team", "tables"),)
FAILS: Final = {"Beside": Resource(type="AWS::SNS::Topic", seconds=5, fails=True)}
BREAKS: Final = {
    "After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Named")[-1]}))
}


def deploy(world: World, stack: Stack, *wanted: Variant, others: dict[str, Resource] | None = None) -> None:
    world.cloudformation.deploy(stack, variants(*wanted, others=others, consumers=True))
    world.run_until_rest()


def delete(world: World, stack: Stack) -> None:
    world.cloudformation.delete(stack)
    world.run_until_rest()


def validates(world: World, seconds: float, *, passes: bool = True) -> None:
    world.sagemaker.validation_of = lambda _: Validation(seconds=seconds, passes=passes)


def life(world: World) -> None:
    """Create, wait, tag, replace, delete."""
    stack = world.stack(STACK_NAME)
    deploy(world, stack, FOREST)
    deploy(world, stack, replace(FOREST, tags=TEAM))
    deploy(world, stack, FOREST)
    deploy(world, stack, replace(FOREST, definition=1))
    delete(world, stack)


def answering(answer: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    def call(**_: Any) -> dict[str, Any]:
        return answer

    return call


def run_jobs(world: World) -> None:
    """Let SageMaker have run a training job and a transform job, by which a failure is explained."""
    describe = world.sagemaker.describe_algorithm
    training: dict[str, Any] = {"TrainingJobName": "training", "TrainingJobStatus": "Completed"}

    def describe_with_transform(**parameters: Any) -> dict[str, Any]:
        found = copy.deepcopy(describe(**parameters))
        specification = found.get("ValidationSpecification", {})
        for profile in specification.get("ValidationProfiles", ()):
            # The transform job is looked for after the training job, which is known by its definition and its role.
            training.update(profile["TrainingJobDefinition"], RoleArn=specification.get("ValidationRole"))
            profile["TransformJobDefinition"] = {"TransformOutput": {"S3OutputPath": "s3://data/out"}}
        return found

    jobs: Any = world.sagemaker
    # The reason of a failure has a command with the client's region.
    jobs.meta = SimpleNamespace(region_name="us-east-1")
    jobs.describe_algorithm = describe_with_transform
    jobs.list_training_jobs = answering({"TrainingJobSummaries": [{"TrainingJobName": "training"}]})
    jobs.list_transform_jobs = answering({"TransformJobSummaries": [{"TransformJobName": "transform"}]})
    jobs.describe_training_job = answering(training)
    jobs.describe_transform_job = answering({"TransformJobName": "transform", "TransformJobStatus": "Failed"})


def failure(world: World) -> None:
    """A validation fails and the algorithm is kept to be examined; the stack's successor removes it."""
    run_jobs(world)
    validates(world, 100, passes=False)
    deploy(world, world.stack(STACK_NAME), replace(FOREST, retain_failed=True))
    validates(world, 100)
    successor = world.stack(STACK_NAME)
    deploy(world, successor, replace(FOREST, retain_failed=True))
    delete(world, successor)


def overtaken(world: World) -> None:
    """A Create is held up, and ended by the Delete of its rollback."""
    create, until = world.sagemaker.create_algorithm, world.loop.now + 60

    def held_up(**parameters: Any) -> dict[str, Any]:
        if world.loop.now < until:
            raise client_error("CreateAlgorithm", "ThrottlingException", "Rate exceeded")
        return create(**parameters)

    world.sagemaker.create_algorithm = held_up  # type: ignore[method-assign]
    deploy(world, world.stack(STACK_NAME), QUICK, others=FAILS)


def given_up(world: World) -> None:
    """The validation outlasts the cleanup, so that the algorithm is deleted in the background."""
    validates(world, 6 * 3600)
    stack = world.stack(STACK_NAME)
    deploy(world, stack, QUICK)
    deploy(world, stack, others={"Topic": Resource(type="AWS::SNS::Topic")})
    world.loop.run()


def adoption(world: World) -> None:
    """Adopt, tag, roll back an adoption, give back."""
    mark = {"team": "science", ADOPTER: f"{STACK_NAME}/{logical_ids('Named')[0]}"}
    for name in ("named-v0", "named-v1"):
        world.sagemaker.put_foreign(name, mark)
    stack = world.stack(STACK_NAME)
    deploy(world, stack, NAMED)
    deploy(world, stack, replace(NAMED, tags=TEAM))
    deploy(world, stack, replace(NAMED, name="named-v1"), others=BREAKS)
    delete(world, stack)


def deleted_by_hand(world: World) -> None:
    """What a person has deleted is made again."""
    stack = world.stack(STACK_NAME)
    deploy(world, stack, FOREST)
    world.delete_by_hand(stack.records[logical_ids("Forest")[0]].physical_id)
    deploy(world, stack, replace(FOREST, tags=TEAM))
    delete(world, stack)


def stopped(world: World) -> None:
    """A person stops an execution, and Lambda delivers the event again."""
    validates(world, 900)
    world.cloudformation.deploy(world.stack(STACK_NAME), variants(FOREST, consumers=True))
    world.loop.run(horizon=world.loop.now + 100)
    assert world.abort_execution(redeliver=True)
    world.run_until_rest()


STORIES: Final[dict[str, Callable[[World], None]]] = {
    each.__name__: each for each in (life, failure, overtaken, given_up, adoption, deleted_by_hand, stopped)
}


# What the runtime and SageMaker ask for in the handler's name.
OF_THE_RUNTIME: Final = (
    Request("logs:CreateLogStream", LOG_STREAM),
    Request("logs:PutLogEvents", LOG_STREAM),
    Request("xray:PutTraceSegments", "*"),
    Request("xray:PutTelemetryRecords", "*"),
)


def world_of(seed: str) -> World:
    habits = cloudformation.Habits(cancels=1.0, rollback=Rollback.UPDATE_OF_NEW_ID)
    return World(Random(seed), cloudformation_habits=habits)  # noqa: S311 - to be repeated, not to be secret


@cache
def record(story: str) -> Recorder:
    world = world_of(story)
    with recorded(world) as recorder:
        STORIES[story](world)
        world.finish()
    assert world.violations == []
    return recorder


def asked() -> list[Request]:
    """All that is asked for in any story, and by the runtime."""
    return [*(each for story in STORIES for each in record(story).requests.values()), *OF_THE_RUNTIME]


# --- What it must not do ---


def create(stack_id: str) -> Request:
    return Request("sagemaker:CreateAlgorithm", OURS, {f"aws:RequestTag/{TAG}": stack_id, "aws:TagKeys": [TAG]})


def tag_on_create(stack_id: str) -> Request:
    context: Context = {
        f"aws:RequestTag/{TAG}": stack_id,
        "aws:TagKeys": [TAG],
        "sagemaker:TaggingAction": "CreateAlgorithm",
    }
    return Request("sagemaker:AddTags", OURS, context)


def add(key: str, value: str, **on_resource: str) -> Request:
    return Request(
        "sagemaker:AddTags", OURS, {f"aws:RequestTag/{key}": value, "aws:TagKeys": [key], **_resource_tags(on_resource)}
    )


def remove(key: str, **on_resource: str) -> Request:
    return Request("sagemaker:DeleteTags", OURS, {"aws:TagKeys": [key], **_resource_tags(on_resource)})


def _resource_tags(tags: dict[str, str]) -> dict[str, str]:
    names = {"stack": TAG, "adopter": ADOPTER}
    return {f"aws:ResourceTag/{names[name]}": value for name, value in tags.items()}


REFUSED: Final = {
    "create for another stack": create(OTHER_STACK),
    "create without tags": Request("sagemaker:CreateAlgorithm", OURS),
    "tag for another stack on create": tag_on_create(OTHER_STACK),
    "claim an algorithm without tags": add(TAG, STACK_ID),
    "claim another stack's algorithm": add(TAG, STACK_ID, stack=OTHER_STACK),
    "tag another stack's algorithm": add("team", "tables", stack=OTHER_STACK),
    "claim what is marked for another stack": add(TAG, STACK_ID, adopter="Others/Forest"),
    "give an adopted algorithm to another stack": add(TAG, OTHER_STACK, adopter=f"{STACK_NAME}/Forest"),
    "give an own algorithm away": add(TAG, OTHER_STACK, stack=STACK_ID),
    "remove the stack tag": remove(TAG, stack=STACK_ID),
    "remove another stack's tag": remove("team", stack=OTHER_STACK),
    "delete another stack's algorithm": Request(
        "sagemaker:DeleteAlgorithm", OURS, {f"aws:ResourceTag/{TAG}": OTHER_STACK}
    ),
    "delete an algorithm without tags": Request("sagemaker:DeleteAlgorithm", OURS),
    "delete an adopted algorithm": Request(
        "sagemaker:DeleteAlgorithm",
        OURS,
        {f"aws:ResourceTag/{TAG}": STACK_ID, f"aws:ResourceTag/{ADOPTER}": f"{STACK_NAME}/Forest"},
    ),
    "pass another role": Request(
        "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/Admin", {"iam:PassedToService": "sagemaker.amazonaws.com"}
    ),
    "pass the role elsewhere": Request("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
    "another source of events": Request(
        "events:PutEvents",
        f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
        {"events:source": "aws.sagemaker", "events:detail-type": "SageMaker Algorithm Validation"},
    ),
    "another kind of event": Request(
        "events:PutEvents",
        f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
        {"events:source": "cdk-sagemaker-algorithm", "events:detail-type": "Other"},
    ),
    "another state machine": Request("states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Others"),
    "another state machine's execution": Request(
        "states:StopExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Others:1"
    ),
    "another stack's resources": Request("cloudformation:DescribeStackResources", OTHER_STACK),
    "another log": Request("logs:PutLogEvents", LOG_STREAM.replace(LOGS, "others")),
    "tag a training job": Request(
        "sagemaker:AddTags", f"{SAGEMAKER}:training-job/any", tag_on_create(STACK_ID).context
    ),
}


@cache
def synthesized() -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    algorithm(stack, validation_specification=validation(), validation_role=ROLE)
    return template(stack)


@cache
def account(stack_name: str = STACK_NAME) -> Account:
    """The template, deployed as a stack; its state machine has the name of the models'."""
    return Account(synthesized(), stack_name=stack_name, **{MACHINE: "Waiter"})


@cache
def handler(stack_name: str = STACK_NAME) -> list[dict[str, Any]]:
    return account(stack_name).statements(HANDLER_ROLE)


def allows(statements: list[dict[str, Any]], request: Request) -> bool:
    return is_allowed([*statements], request.action, request.resource, request.real_context())


@pytest.mark.parametrize("story", STORIES)
def test_handler_may_do_what_it_does(story: str) -> None:
    denied = [str(each) for each in record(story).requests.values() if not allows(handler(), each)]

    assert denied == []
    assert len(record(story).requests) > 5


@pytest.mark.parametrize("request_", OF_THE_RUNTIME, ids=lambda each: each.action)
def test_the_runtime_may_do_what_it_does(request_: Request) -> None:
    assert allows(handler(), request_)


@pytest.mark.parametrize("seed", range(8))
def test_handler_may_do_what_it_does_in_a_random_schedule(seed: int) -> None:
    # A read of a moment ago, or a person's hand between two calls, may let it ask for what IAM rightly denies.
    schedule = Schedule(Random(f"iam-{seed}"), climate=CALM, without=["hands"])  # noqa: S311 - to be repeated
    with recorded(schedule.world) as recorder:
        schedule.run()

    denied = [
        str(each) for each in recorder.requests.values() if not allows(handler(each.stack_id.split("/")[1]), each)
    ]
    assert denied == []


@pytest.mark.parametrize("name", REFUSED)
def test_handler_may_not(name: str) -> None:
    assert not allows(handler(), REFUSED[name])


def test_every_call_of_the_handler_is_recorded() -> None:
    assert len(called()) > 10
    assert called() | OF_JOBS <= {each.action for each in asked()}


def test_no_action_is_allowed_that_nothing_asks_for() -> None:
    allowed = {action for each in handler() if each["Effect"] == "Allow" for action in as_list(each["Action"])}

    assert allowed == {each.action for each in asked()}


def test_every_condition_key_exists_for_an_action_of_its_statement() -> None:
    for statement in [*handler(), *account().statements(WAITER_ROLE)]:
        for keys in statement.get("Condition", {}).values():
            for key in keys:
                known = [
                    each
                    for action in as_list(statement["Action"])
                    for resource in as_list(statement["Resource"])
                    for each in condition_keys(action, resource)
                ]
                assert any(each.fullmatch(key) for each in known), (key, statement)


def changes(statements: list[dict[str, Any]]) -> list[str]:
    """The requests on which other statements decide otherwise."""
    denied = [str(each) for each in asked() if not allows(statements, each)]
    return denied + [name for name, each in REFUSED.items() if allows(statements, each)]


def of_statements(statements: list[dict[str, Any]]) -> list[str]:
    return [f"{each['Effect']}-{number}-{as_list(each['Action'])[0]}" for number, each in enumerate(statements)]


@pytest.mark.parametrize("index", range(len(handler())), ids=of_statements(handler()))
def test_no_statement_can_be_taken_away(index: int) -> None:
    assert changes([each for number, each in enumerate(handler()) if number != index])


@pytest.mark.parametrize(
    ("index", "action"),
    [(number, action) for number, each in enumerate(handler()) for action in as_list(each["Action"])],
)
def test_no_action_can_be_taken_away(index: int, action: str) -> None:
    fewer = copy.deepcopy(handler())
    fewer[index]["Action"] = [each for each in as_list(fewer[index]["Action"]) if each != action]

    assert changes(fewer)


def conditions() -> list[tuple[int, str, str]]:
    return [
        (number, operator, key)
        for number, each in enumerate(handler())
        for operator, keys in each.get("Condition", {}).items()
        for key in keys
    ]


@pytest.mark.parametrize(("index", "operator", "key"), conditions())
def test_no_condition_can_be_taken_away(index: int, operator: str, key: str) -> None:
    looser = copy.deepcopy(handler())
    del looser[index]["Condition"][operator][key]

    assert changes(looser)


def test_state_machine_may_invoke_the_handler_and_nothing_else_of_lambda() -> None:
    statements = account().statements(WAITER_ROLE)

    assert is_allowed([*statements], "lambda:InvokeFunction", account().arn(HANDLER), {})
    other = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:Others"
    assert not is_allowed([*statements], "lambda:InvokeFunction", other, {})


@pytest.mark.parametrize("as_object", [True, False])
def test_validation_role_grants_a_key_to_aws_services_only(as_object: bool) -> None:
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    key = kms.Key(stack, "Key") if as_object else "11111111-2222-3333-4444-555555555555"
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "VolumeKmsKeyId": key}
    algorithm(stack, validation_specification=validation(ResourceConfig=resources))
    content = template(stack)
    (role,) = (
        name for name in content["Resources"] if name.startswith("ForestValidationRole") and "Policy" not in name
    )
    (grant,) = (each for each in Account(content).statements(role) if each["Action"] == "kms:CreateGrant")

    assert is_allowed([grant], "kms:CreateGrant", grant["Resource"], {"kms:GrantIsForAWSResource": "true"})
    assert not is_allowed([grant], "kms:CreateGrant", grant["Resource"], {"kms:GrantIsForAWSResource": "false"})
    assert not is_allowed([grant], "kms:CreateGrant", grant["Resource"], {})


def test_validation_role_can_be_let_to_start_the_jobs() -> None:
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    algorithm(stack, validation_specification=validation(), validation_role_starts_jobs=True)
    content = template(stack)
    (role,) = (
        name for name in content["Resources"] if name.startswith("ForestValidationRole") and "Policy" not in name
    )
    statements = [*Account(content).statements(role)]
    arn = Account(content).arn(role)

    for kind, action in (("training-job", "CreateTrainingJob"), ("transform-job", "CreateTransformJob")):
        assert is_allowed(statements, f"sagemaker:{action}", f"{SAGEMAKER}:{kind}/any", {})
    to_sagemaker: Context = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert is_allowed(statements, "iam:PassRole", arn, to_sagemaker)
    assert not is_allowed(statements, "iam:PassRole", arn, {"iam:PassedToService": "ec2.amazonaws.com"})
    assert not is_allowed(statements, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/Admin", to_sagemaker)


def test_policies_of_the_handler_fit_into_a_role() -> None:
    # 82 algorithms with one role of the user's, as many as fit into a stack; IAM counts no white space.
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    provider = AlgorithmProvider(
        stack,
        "SageMakerAlgorithmProvider",
        encryption_key=kms.Key(stack, "Key"),  # pyright: ignore[reportArgumentType]
        vpc=ec2.Vpc.from_vpc_attributes(
            stack, "Vpc", vpc_id="vpc-1", availability_zones=["eu-west-1a"], private_subnet_ids=["subnet-1"]
        ),
    )
    resource = cdk.CfnResource(stack, "Resource", type="Custom::SageMakerAlgorithm")
    for number in range(61):
        provider.serve(resource, role_arn=f"arn:aws:iam::{ACCOUNT}:role/{STACK_NAME}-ForestValidationRole-{number:020}")
    statements = Account(template(stack)).statements(HANDLER_ROLE)

    assert len(str(statements).replace(" ", "")) < 10_240
