"""What a deployment does to an algorithm, for each way in which a template can change."""
# ruff: noqa: E501 - a row of the table is a line

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff import AlgorithmDiff, Change, Impact, PlannedAction, compare
from cdk_sagemaker_algorithm.diff.classify.change import most_severe
from cdk_sagemaker_algorithm_provider.cfn_event import ResourceEvent
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate, task_of
from tests.support.templates import (
    as_strings,
    backwards,
    channel,
    definition,
    hyperparameter,
    resources,
    stack,
    template,
)

Json = Any


def diff(before: dict[str, Json], after: dict[str, Json]) -> AlgorithmDiff:
    (entry,) = compare([stack(before)], [stack(after)]).algorithms
    return entry


def one(request: dict[str, Json] | None = None, **properties: Json) -> dict[str, Json]:
    return template(resources(request or definition(), **properties))


def narrowed() -> dict[str, Json]:
    request = definition()
    hyperparameter(request, "max_depth")["Range"]["IntegerParameterRangeSpecification"]["MaxValue"] = "16"
    return request


def tag(**tags: str) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


VERDICTS: list[tuple[str, dict[str, Json], dict[str, Json], PlannedAction, Impact]] = [
    ("nothing", one(), one(), PlannedAction.NO_CHANGE, Impact.NONE),
    ("key order", one(), one(backwards(definition())), PlannedAction.NO_CHANGE, Impact.NONE),
    ("scalars as strings", one(), one(as_strings(definition())), PlannedAction.NO_CHANGE, Impact.NONE),
    ("null members", one(), one({**definition(), "CertifyForMarketplace": None}), PlannedAction.NO_CHANGE, Impact.NONE),
    ("no value", one(), one(CertifyForMarketplace={"Ref": "AWS::NoValue"}), PlannedAction.NO_CHANGE, Impact.NONE),
    ("range", one(), one(narrowed()), PlannedAction.REPLACE, Impact.BREAKING),
    ("tags", one(), one(Tags=tag(team="a")), PlannedAction.UPDATE_IN_PLACE, Impact.NONE),
    ("tag order", one(Tags=tag(a="1", b="2")), one(Tags=tag(b="2", a="1")), PlannedAction.NO_CHANGE, Impact.NONE),
    ("prefix", one(), one(AlgorithmNamePrefix="other"), PlannedAction.REPLACE, Impact.NONE),
    ("prefix of an exact name", one(AlgorithmName="a"), one(AlgorithmName="a", AlgorithmNamePrefix="other"), PlannedAction.NO_CHANGE, Impact.NONE),
    ("revision", one(), one(Revision="2"), PlannedAction.REPLACE, Impact.NONE),
    ("revision as number", one(Revision="2"), one(Revision=2), PlannedAction.NO_CHANGE, Impact.NONE),
    ("timeout", one(timeout=7200), one(timeout=6000), PlannedAction.UPDATE_IN_PLACE, Impact.NONE),
    ("no waiting", one(), one(slices=0, WaitForValidation=False), PlannedAction.UPDATE_IN_PLACE, Impact.NONE),
    ("exact name kept", one(AlgorithmName="a"), one(narrowed(), AlgorithmName="a"), PlannedAction.REJECT, Impact.BREAKING),
    ("exact name and revision", one(AlgorithmName="a"), one(AlgorithmName="a", Revision="2"), PlannedAction.REJECT, Impact.NONE),
    ("exact name changed", one(AlgorithmName="a"), one(AlgorithmName="b"), PlannedAction.REPLACE, Impact.BREAKING),
    ("exact name left out", one(AlgorithmName="a"), one(), PlannedAction.REPLACE, Impact.BREAKING),
    ("exact name given", one(), one(AlgorithmName="a"), PlannedAction.REPLACE, Impact.NONE),
    ("exact name and tags", one(AlgorithmName="a"), one(AlgorithmName="a", Tags=tag(a="1")), PlannedAction.UPDATE_IN_PLACE, Impact.NONE),
    ("empty name", one(AlgorithmName=""), one(AlgorithmName=""), PlannedAction.NO_CHANGE, Impact.NONE),
    ("service token", one(), one(ServiceToken="arn:aws:lambda:eu-west-1:123456789012:function:other"), PlannedAction.UNKNOWN, Impact.NONE),
    ("another function", one(), one(ServiceToken={"Fn::GetAtt": ["Other", "Arn"]}), PlannedAction.REJECT, Impact.NONE),
    ("literal token", one(ServiceToken="a"), one(ServiceToken="b"), PlannedAction.REJECT, Impact.NONE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "action", "impact"), [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS]
)
def test_planned_action_and_impact(
    before: dict[str, Json], after: dict[str, Json], action: PlannedAction, impact: Impact
) -> None:
    entry = diff(before, after)
    assert (entry.action, meaning(entry)) == (action, impact), entry


@pytest.mark.parametrize(("before", "after"), [row[1:3] for row in VERDICTS], ids=[row[0] for row in VERDICTS])
def test_the_handler_decides_the_same(before: dict[str, Json], after: dict[str, Json]) -> None:
    """The action is what the handler makes of the event that CloudFormation would send."""
    action = diff(before, after).action
    old, new = (as_strings(side["Resources"]["ProdChurn"]["Properties"]) for side in (before, after))
    for side in (old, new):
        side["ServiceToken"] = "token"
        for member in [key for key, value in side.items() if value in (None, "null", {"Ref": "AWS::NoValue"})]:
            del side[member]
    event = {"RequestId": "r", "StackId": "s", "LogicalResourceId": "ProdChurn", "ResourceType": "Custom::SageMakerAlgorithm"}  # fmt: skip
    made = task_of(ResourceEvent.parse({**event, "RequestType": "Create", "ResourceProperties": old}))
    assert isinstance(made, CreateOrUpdate)
    update = {
        "RequestType": "Update",
        "ResourceProperties": new,
        "OldResourceProperties": old,
        "PhysicalResourceId": made.name,
    }
    task = task_of(ResourceEvent.parse({**event, **update}))
    assert isinstance(task, CreateOrUpdate)
    if action is PlannedAction.REPLACE:
        assert task.name != made.name
    elif action is PlannedAction.REJECT and old["ServiceToken"] == new["ServiceToken"] and "AlgorithmName" in new:
        assert task.name == made.name
        assert task.fingerprint != made.fingerprint
    elif action in (PlannedAction.NO_CHANGE, PlannedAction.UPDATE_IN_PLACE):
        assert (task.name, task.fingerprint) == (made.name, made.fingerprint)


ORDERS: list[Callable[[Json], object]] = [
    lambda request: channel(request, "train")["SupportedContentTypes"].reverse(),
    lambda request: request["TrainingSpecification"]["TrainingChannels"].reverse(),
    lambda request: request["TrainingSpecification"]["MetricDefinitions"].reverse(),
    lambda request: request["InferenceSpecification"]["SupportedResponseMIMETypes"].reverse(),
]


@pytest.mark.parametrize("edit", ORDERS, ids=["content types", "channels", "metrics", "response types"])
def test_another_order_without_meaning_replaces_nothing(edit: Callable[[Json], object]) -> None:
    request = definition()
    edit(request)
    entry = diff(one(), one(request))
    assert (entry.action, entry.changes) == (PlannedAction.NO_CHANGE, ())


def test_a_change_without_meaning_that_replaces_is_named() -> None:
    before, after = definition(), definition()
    profile = after["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]["ResourceConfig"]
    old = before["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]["ResourceConfig"]
    groups = [{"InstanceGroupName": name, "InstanceType": "ml.m5.large", "InstanceCount": 1} for name in ("one", "two")]
    old["InstanceGroups"], profile["InstanceGroups"] = groups, groups[::-1]
    entry = diff(one(before), one(after))
    assert (entry.action, meaning(entry)) == (PlannedAction.REPLACE, Impact.NONE)
    assert any(note.endswith("changed; it is replaced and revalidated anyway") for note in entry.notes)


def test_descriptions_alone_are_documentation_and_replace_all_the_same() -> None:
    request = definition()
    request["AlgorithmDescription"] = "Trees"
    channel(request, "train")["Description"] = "Rows"
    entry = diff(one(), one(request))
    assert (entry.action, meaning(entry)) == (PlannedAction.REPLACE, Impact.DOCUMENTATION)
    assert [change.impact for change in entry.changes] == [Impact.NEW_ARN, Impact.DOCUMENTATION, Impact.DOCUMENTATION]


def test_replacing_says_what_becomes_of_the_old_one() -> None:
    kept = {"UpdateReplacePolicy": "Retain"}
    deleted = "new name and ARN; the old algorithm is deleted"
    assert f"{deleted} after the new one passes validation" in [
        change.what for change in new_arns(one(), one(narrowed()))
    ]
    without_waits = new_arns(one(slices=0), one(narrowed(), slices=0))
    assert [change.what for change in without_waits] == [
        f"{deleted} although the new one may fail validation, because the stack does not wait"
    ]
    after = template(resources(narrowed(), attributes=kept))
    assert new_arns(one(), after) == []
    assert "its name and ARN change; the old algorithm is retained (UpdateReplacePolicy)" in diff(one(), after).notes
    # A new exact name is a break of its own: requests name the algorithm by it.
    assert new_arns(one(AlgorithmName="a"), one(AlgorithmName="b")) == []
    assert diff(one(AlgorithmName="a"), one(AlgorithmName="b")).impact is Impact.BREAKING


def meaning(entry: AlgorithmDiff) -> Impact:
    """The gravest impact of what changed in the definition and the settings."""
    return most_severe(change for change in entry.changes if change.impact is not Impact.NEW_ARN)


def new_arns(before: Json, after: Json) -> list[Change]:
    return [change for change in diff(before, after).changes if change.impact is Impact.NEW_ARN]


def test_an_exact_name_whose_algorithm_is_kept_breaks_nobody() -> None:
    after = template(resources(definition(), attributes={"UpdateReplacePolicy": "Retain"}, AlgorithmName="b"))
    entry = diff(one(AlgorithmName="a"), after)
    assert (entry.action, meaning(entry)) == (PlannedAction.REPLACE, Impact.COMPATIBLE)


def test_a_refusal_gives_the_remedy() -> None:
    (reason,) = diff(one(AlgorithmName="a"), one(narrowed(), AlgorithmName="a")).reasons
    assert reason.endswith("set a new algorithm_name, or omit algorithm_name to get a generated name")


def test_a_policy_alone_changes_in_place() -> None:
    entry = diff(one(), template(resources(definition(), attributes={"DeletionPolicy": "Retain"})))
    assert entry.action is PlannedAction.UPDATE_IN_PLACE
    assert [change.text for change in entry.changes] == ["DeletionPolicy: Delete -> Retain"]


def test_created_and_removed() -> None:
    created = diff(template(), one())
    assert (created.action, created.impact, created.changes) == (PlannedAction.CREATE, Impact.NONE, ())
    removed = diff(one(), template())
    assert (removed.action, removed.impact) == (PlannedAction.DELETE, Impact.BREAKING)
    kept = diff(template(resources(definition(), attributes={"DeletionPolicy": "Retain"})), template())
    assert (kept.action, kept.impact) == (PlannedAction.DELETE, Impact.NONE)


def test_a_condition_that_changes_is_undecided() -> None:
    conditions = {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
    parameters = {"Stage": {"Type": "String"}}
    conditional = template(
        resources(definition(), attributes={"Condition": "IsProd"}), Conditions=conditions, Parameters=parameters
    )
    assert diff(conditional, conditional).action is PlannedAction.NO_CHANGE
    assert diff(one(), conditional).action is PlannedAction.UNKNOWN
    assert diff(template(), conditional).action is PlannedAction.UNKNOWN
    always = template(
        resources(definition(), attributes={"Condition": "Yes"}), Conditions={"Yes": {"Fn::Equals": ["a", "a"]}}
    )
    assert diff(one(), always).action is PlannedAction.NO_CHANGE
    assert diff(always, conditional).reasons == (
        "whether it exists depends on a condition, which changes: Yes -> IsProd",
    )
    never = template(
        resources(definition(), attributes={"Condition": "Never"}), Conditions={"Never": {"Fn::Equals": ["a", "b"]}}
    )
    assert diff(one(), never).action is PlannedAction.DELETE


def test_certified_data_becomes_public() -> None:
    request = {**narrowed(), "CertifyForMarketplace": True}
    note = "it is certified for AWS Marketplace: buyers can see the data of its validation profile"
    assert note in diff(one(), one(request)).notes
    assert note in diff(template(), one(request)).notes
    assert note not in diff(one(), one(narrowed())).notes


def test_an_undecided_change_under_an_exact_name_may_be_refused() -> None:
    request = definition()
    request["TrainingSpecification"]["TrainingImage"] = {"Ref": "Image"}
    after = template(resources(request, AlgorithmName="a"), Parameters={"Image": {"Type": "String"}})
    entry = diff(one(AlgorithmName="a"), after)
    assert entry.action is PlannedAction.UNKNOWN
    assert entry.reasons[1] == "if it does, the deployment is rejected unless its exact name a changes too"


def test_a_deploy_time_value_in_a_set_may_be_the_one_that_was_there() -> None:
    def side(types: list[Json]) -> Json:
        request = definition()
        request["TrainingSpecification"]["SupportedTrainingInstanceTypes"] = types
        return template(resources(request), Parameters={"Type": {"Type": "String", "Default": "ml.m5.xlarge"}})

    reference = {"Ref": "Type"}
    assert diff(side(["ml.m5.large", "ml.m5.xlarge"]), side(["ml.m5.large", reference])).action is PlannedAction.UNKNOWN
    assert diff(side(["ml.m5.large", reference]), side([reference, "ml.m5.large"])).action is PlannedAction.NO_CHANGE
    assert diff(side(["ml.m5.large", reference]), side(["ml.c5.large", reference])).action is PlannedAction.REPLACE
