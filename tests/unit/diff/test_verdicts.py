"""What a deployment does to an algorithm, for each way in which a template can change."""
# ruff: noqa: E501 - a row of the table is a line

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff import AlgorithmDiff, Change, Impact, Verdict, compare
from cdk_sagemaker_algorithm.diff.classify.change import worst
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


VERDICTS: list[tuple[str, dict[str, Json], dict[str, Json], Verdict, Impact]] = [
    ("nothing", one(), one(), Verdict.UNCHANGED, Impact.NONE),
    ("key order", one(), one(backwards(definition())), Verdict.UNCHANGED, Impact.NONE),
    ("scalars as strings", one(), one(as_strings(definition())), Verdict.UNCHANGED, Impact.NONE),
    ("null members", one(), one({**definition(), "CertifyForMarketplace": None}), Verdict.UNCHANGED, Impact.NONE),
    ("no value", one(), one(CertifyForMarketplace={"Ref": "AWS::NoValue"}), Verdict.UNCHANGED, Impact.NONE),
    ("range", one(), one(narrowed()), Verdict.REPLACED, Impact.BREAKING),
    ("tags", one(), one(Tags=tag(team="a")), Verdict.CHANGED_IN_PLACE, Impact.NONE),
    ("tag order", one(Tags=tag(a="1", b="2")), one(Tags=tag(b="2", a="1")), Verdict.UNCHANGED, Impact.NONE),
    ("prefix", one(), one(AlgorithmNamePrefix="other"), Verdict.UNCHANGED, Impact.NONE),
    ("revision", one(), one(Revision="2"), Verdict.REPLACED, Impact.NONE),
    ("revision as number", one(Revision="2"), one(Revision=2), Verdict.UNCHANGED, Impact.NONE),
    ("timeout", one(timeout=7200), one(timeout=6000), Verdict.CHANGED_IN_PLACE, Impact.NONE),
    ("no waiting", one(), one(slices=0, WaitForValidation=False), Verdict.CHANGED_IN_PLACE, Impact.NONE),
    ("exact name kept", one(AlgorithmName="a"), one(narrowed(), AlgorithmName="a"), Verdict.REFUSED, Impact.BREAKING),
    ("exact name and revision", one(AlgorithmName="a"), one(AlgorithmName="a", Revision="2"), Verdict.REFUSED, Impact.NONE),
    ("exact name changed", one(AlgorithmName="a"), one(AlgorithmName="b"), Verdict.REPLACED, Impact.BREAKING),
    ("exact name left out", one(AlgorithmName="a"), one(), Verdict.REPLACED, Impact.BREAKING),
    ("exact name given", one(), one(AlgorithmName="a"), Verdict.REPLACED, Impact.NONE),
    ("exact name and tags", one(AlgorithmName="a"), one(AlgorithmName="a", Tags=tag(a="1")), Verdict.CHANGED_IN_PLACE, Impact.NONE),
    ("empty name", one(AlgorithmName=""), one(AlgorithmName=""), Verdict.UNCHANGED, Impact.NONE),
    ("service token", one(), one(ServiceToken="arn:aws:lambda:eu-west-1:123456789012:function:other"), Verdict.UNDECIDED, Impact.NONE),
    ("another function", one(), one(ServiceToken={"Fn::GetAtt": ["Other", "Arn"]}), Verdict.REFUSED, Impact.NONE),
    ("literal token", one(ServiceToken="a"), one(ServiceToken="b"), Verdict.REFUSED, Impact.NONE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "verdict", "impact"), [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS]
)
def test_verdict_and_impact(before: dict[str, Json], after: dict[str, Json], verdict: Verdict, impact: Impact) -> None:
    entry = diff(before, after)
    assert (entry.verdict, meaning(entry)) == (verdict, impact), entry


@pytest.mark.parametrize(("before", "after"), [row[1:3] for row in VERDICTS], ids=[row[0] for row in VERDICTS])
def test_the_handler_decides_the_same(before: dict[str, Json], after: dict[str, Json]) -> None:
    """The verdict is what the handler makes of the event that CloudFormation would send."""
    verdict = diff(before, after).verdict
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
    if verdict is Verdict.REPLACED:
        assert task.name != made.name
    elif verdict is Verdict.REFUSED and old["ServiceToken"] == new["ServiceToken"] and "AlgorithmName" in new:
        assert task.name == made.name
        assert task.fingerprint != made.fingerprint
    elif verdict in (Verdict.UNCHANGED, Verdict.CHANGED_IN_PLACE):
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
    assert (entry.verdict, entry.changes) == (Verdict.UNCHANGED, ())


def test_a_change_without_meaning_that_replaces_is_named() -> None:
    before, after = definition(), definition()
    profile = after["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]["ResourceConfig"]
    old = before["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]["ResourceConfig"]
    groups = [{"InstanceGroupName": name, "InstanceType": "ml.m5.large", "InstanceCount": 1} for name in ("one", "two")]
    old["InstanceGroups"], profile["InstanceGroups"] = groups, groups[::-1]
    entry = diff(one(before), one(after))
    assert (entry.verdict, meaning(entry)) == (Verdict.REPLACED, Impact.NONE)
    assert any(note.endswith("changed; it is replaced and revalidated nevertheless") for note in entry.notes)


def test_descriptions_alone_are_documentation_and_replace_all_the_same() -> None:
    request = definition()
    request["AlgorithmDescription"] = "Trees"
    channel(request, "train")["Description"] = "Rows"
    entry = diff(one(), one(request))
    assert (entry.verdict, meaning(entry)) == (Verdict.REPLACED, Impact.DOCUMENTATION)
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
    assert "its name and ARN change; the old algorithm is kept (UpdateReplacePolicy)" in diff(one(), after).notes
    # A new exact name is a break of its own: requests name the algorithm by it.
    assert new_arns(one(AlgorithmName="a"), one(AlgorithmName="b")) == []
    assert diff(one(AlgorithmName="a"), one(AlgorithmName="b")).impact is Impact.BREAKING


def meaning(entry: AlgorithmDiff) -> Impact:
    """The gravest impact of what changed in the definition and the settings."""
    return worst(change for change in entry.changes if change.impact is not Impact.NEW_ARN)


def new_arns(before: Json, after: Json) -> list[Change]:
    return [change for change in diff(before, after).changes if change.impact is Impact.NEW_ARN]


def test_an_exact_name_whose_algorithm_is_kept_breaks_nobody() -> None:
    after = template(resources(definition(), attributes={"UpdateReplacePolicy": "Retain"}, AlgorithmName="b"))
    entry = diff(one(AlgorithmName="a"), after)
    assert (entry.verdict, meaning(entry)) == (Verdict.REPLACED, Impact.COMPATIBLE)


def test_a_refusal_gives_the_remedy() -> None:
    (reason,) = diff(one(AlgorithmName="a"), one(narrowed(), AlgorithmName="a")).reasons
    assert reason.endswith(
        "give it a new algorithm_name, or leave algorithm_name out so that the name follows from the definition"
    )


def test_a_policy_alone_changes_in_place() -> None:
    entry = diff(one(), template(resources(definition(), attributes={"DeletionPolicy": "Retain"})))
    assert entry.verdict is Verdict.CHANGED_IN_PLACE
    assert [change.text for change in entry.changes] == ["DeletionPolicy: Delete -> Retain"]


def test_created_and_removed() -> None:
    created = diff(template(), one())
    assert (created.verdict, created.impact, created.changes) == (Verdict.CREATED, Impact.NONE, ())
    removed = diff(one(), template())
    assert (removed.verdict, removed.impact) == (Verdict.REMOVED, Impact.BREAKING)
    kept = diff(template(resources(definition(), attributes={"DeletionPolicy": "Retain"})), template())
    assert (kept.verdict, kept.impact) == (Verdict.REMOVED, Impact.NONE)


def test_a_condition_that_changes_is_undecided() -> None:
    conditions = {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
    parameters = {"Stage": {"Type": "String"}}
    conditional = template(
        resources(definition(), attributes={"Condition": "IsProd"}), Conditions=conditions, Parameters=parameters
    )
    assert diff(conditional, conditional).verdict is Verdict.UNCHANGED
    assert diff(one(), conditional).verdict is Verdict.UNDECIDED
    assert diff(template(), conditional).verdict is Verdict.UNDECIDED
    always = template(
        resources(definition(), attributes={"Condition": "Yes"}), Conditions={"Yes": {"Fn::Equals": ["a", "a"]}}
    )
    assert diff(one(), always).verdict is Verdict.UNCHANGED
    assert diff(always, conditional).reasons == (
        "whether it exists depends on a condition, which changes: Yes -> IsProd",
    )
    never = template(
        resources(definition(), attributes={"Condition": "Never"}), Conditions={"Never": {"Fn::Equals": ["a", "b"]}}
    )
    assert diff(one(), never).verdict is Verdict.REMOVED


def test_certified_data_becomes_public() -> None:
    request = {**narrowed(), "CertifyForMarketplace": True}
    note = "it is certified for the AWS Marketplace: the data of its profile becomes visible to buyers"
    assert note in diff(one(), one(request)).notes
    assert note in diff(template(), one(request)).notes
    assert note not in diff(one(), one(narrowed())).notes


def test_an_undecided_change_under_an_exact_name_may_be_refused() -> None:
    request = definition()
    request["TrainingSpecification"]["TrainingImage"] = {"Ref": "Image"}
    after = template(resources(request, AlgorithmName="a"), Parameters={"Image": {"Type": "String"}})
    entry = diff(one(AlgorithmName="a"), after)
    assert entry.verdict is Verdict.UNDECIDED
    assert entry.reasons[1] == "if it does, the deployment refuses unless its exact name a changes too"


def test_a_deploy_time_value_in_a_set_may_be_the_one_that_was_there() -> None:
    def side(types: list[Json]) -> Json:
        request = definition()
        request["TrainingSpecification"]["SupportedTrainingInstanceTypes"] = types
        return template(resources(request), Parameters={"Type": {"Type": "String", "Default": "ml.m5.xlarge"}})

    reference = {"Ref": "Type"}
    assert diff(side(["ml.m5.large", "ml.m5.xlarge"]), side(["ml.m5.large", reference])).verdict is Verdict.UNDECIDED
    assert diff(side(["ml.m5.large", reference]), side([reference, "ml.m5.large"])).verdict is Verdict.UNCHANGED
    assert diff(side(["ml.m5.large", reference]), side(["ml.c5.large", reference])).verdict is Verdict.REPLACED
