"""Values behind intrinsics: equal, different, or undecided with what decides it."""
# ruff: noqa: E501 - a row of a table is a line

from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff import AlgorithmDiff, Impact, PlannedAction, Stack, compare
from tests.support.templates import definition, resources, stack, template

Json = Any

ROLE: Json = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, "Policies": ["a"]}}
BUCKET: Json = {"Type": "AWS::S3::Bucket", "Properties": {}}


def side(image: Json, *, bodies: dict[str, Json] | None = None, **sections: Json) -> dict[str, Json]:
    """A template whose training image is this value."""
    request = definition()
    request["TrainingSpecification"]["TrainingImage"] = image
    return template(resources(request), bodies or {}, **sections)


def diff(before: dict[str, Json], after: dict[str, Json]) -> AlgorithmDiff:
    (entry,) = compare([stack(before)], [stack(after)]).algorithms
    return entry


def images(before: Json, after: Json, **sections: Json) -> PlannedAction:
    return diff(side(before, **sections), side(after, **sections)).action


def parameter(default: str | None = None, **members: Json) -> dict[str, Json]:
    given = {} if default is None else {"Default": default}
    return {"Parameters": {"Image": {"Type": "String", **given, **members}}}


REF = {"Ref": "Image"}


def test_the_same_parameter_is_unchanged() -> None:
    assert diff(side(REF, **parameter("a")), side(REF, **parameter("a"))).action is PlannedAction.NO_CHANGE


def test_another_default_is_undecided_and_says_what_decides() -> None:
    entry = diff(side(REF, **parameter("trees:1")), side(REF, **parameter("trees:2")))
    assert (entry.action, entry.impact) == (PlannedAction.UNKNOWN, Impact.UNKNOWN)
    (change,) = entry.changes
    assert change.text == "training: image ${Image} (default trees:1) -> ${Image} (default trees:2)"
    assert change.reason == (
        "the default of parameter Image changes, 'trees:1' -> 'trees:2': an existing stack keeps its current value "
        "unless the deployment sets another"
    )
    assert entry.cost is not None


def test_an_image_that_goes_behind_a_parameter_is_undecided() -> None:
    entry = diff(side("trees:1"), side(REF, **parameter("trees:1")))
    assert entry.action is PlannedAction.UNKNOWN
    assert entry.changes[0].reason == "depends on parameter Image, default 'trees:1', which is the previous value"
    entry = diff(side("trees:1"), side(REF, **parameter("trees:2")))
    assert entry.changes[0].reason.endswith("default 'trees:2', which the deployment can override")
    entry = diff(side(REF, **parameter("trees:1")), side("trees:1"))
    assert entry.changes[0].reason == "depended on parameter Image, default 'trees:1', which is the new value"


def test_a_hidden_default_is_not_shown() -> None:
    entry = diff(side(REF, **parameter("secret-1", NoEcho=True)), side(REF, **parameter("secret-2", NoEcho=True)))
    assert entry.action is PlannedAction.UNKNOWN
    assert "secret" not in str(entry)


def test_what_is_different_around_a_parameter_is_different() -> None:
    values = parameter("x")
    assert images({"Fn::Sub": "trees:${Image}"}, {"Fn::Sub": "leaves:${Image}"}, **values) is PlannedAction.REPLACE
    assert images({"Fn::Sub": "${Image}/a"}, {"Fn::Sub": "${Image}/b"}, **values) is PlannedAction.REPLACE
    assert images({"Fn::Sub": "${Image}/a"}, {"Fn::Sub": "${Image}/ab"}, **values) is PlannedAction.REPLACE
    assert images({"Fn::Sub": "trees:${Image}"}, "leaves:1", **values) is PlannedAction.REPLACE
    assert images({"Fn::Sub": "trees:${Image}"}, "trees:1", **values) is PlannedAction.UNKNOWN


def test_the_same_value_in_other_words_is_unchanged() -> None:
    assert images({"Fn::Join": ["", ["a:", {"Ref": "Image"}]]}, {"Fn::Sub": "a:${Image}"}, **parameter()) is (
        PlannedAction.NO_CHANGE
    )
    assert images({"Fn::Sub": ["${x}:1", {"x": "trees"}]}, "trees:1") is PlannedAction.NO_CHANGE
    assert images({"Fn::Sub": "${!literal}"}, "${literal}") is PlannedAction.NO_CHANGE
    assert images({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b") is PlannedAction.NO_CHANGE
    assert images({"Fn::Select": ["0", ["a", "b"]]}, {"Fn::Base64": "a"}) is PlannedAction.REPLACE
    assert images({"Fn::GetAtt": ["Role", "Arn"]}, {"Fn::GetAtt": "Role.Arn"}, bodies={"Role": ROLE}) is (
        PlannedAction.NO_CHANGE
    )


ASSET = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/cdk-assets:"


def test_an_image_asset_s_hash_is_decided() -> None:
    assert images({"Fn::Sub": f"{ASSET}aaa"}, {"Fn::Sub": f"{ASSET}bbb"}) is PlannedAction.REPLACE
    assert images({"Fn::Sub": f"{ASSET}aaa"}, {"Fn::Sub": f"{ASSET}aaa"}) is PlannedAction.NO_CHANGE


def test_a_known_environment_is_put_in() -> None:
    def known(body: dict[str, Json]) -> Stack:
        return Stack(name="Prod", label="Prod", template=body, account="123456789012", region="cn-north-1")

    before, after = (
        side({"Fn::Sub": f"{ASSET}aaa"}),
        side("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/cdk-assets:aaa"),
    )
    assert compare([known(before)], [known(after)]).algorithms[0].action is PlannedAction.NO_CHANGE
    assert compare([stack(before)], [stack(after)]).algorithms[0].action is PlannedAction.UNKNOWN


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"Policies": ["b"]}, PlannedAction.NO_CHANGE),
        ({"RoleName": "other"}, PlannedAction.UNKNOWN),
    ],
)
def test_a_resource_s_attribute_is_as_certain_as_the_resource(changed: Json, verdict: PlannedAction) -> None:
    value = {"Fn::GetAtt": ["Role", "Arn"]}
    role: Json = {**ROLE, "Properties": {**ROLE["Properties"], **changed}}
    entry = diff(side(value, bodies={"Role": ROLE}), side(value, bodies={"Role": role}))
    assert entry.action is verdict
    for change in entry.changes:
        assert change.reason == "Role (AWS::IAM::Role) changes too: its value changes if it is replaced"


@pytest.mark.parametrize(("member", "verdict"), [("Tags", PlannedAction.NO_CHANGE), ("Name", PlannedAction.UNKNOWN)])
def test_a_resource_of_any_type_is_as_certain_as_its_properties(member: str, verdict: PlannedAction) -> None:
    one, changed = ({"Type": "AWS::S3::AccessPoint", "Properties": {member: value}} for value in ("a", "b"))
    value = {"Fn::GetAtt": ["Point", "Arn"]}
    assert diff(side(value, bodies={"Point": one}), side(value, bodies={"Point": changed})).action is verdict


def test_another_resource_is_undecided() -> None:
    bodies: dict[str, Json] = {"A": BUCKET, "B": BUCKET}
    entry = diff(side({"Ref": "A"}, bodies=bodies), side({"Ref": "B"}, bodies=bodies))
    assert entry.action is PlannedAction.UNKNOWN
    assert entry.changes[0].text == "training: image ${A} -> ${B}"
    assert entry.changes[0].reason == "depends on B (AWS::S3::Bucket); depended on A (AWS::S3::Bucket)"


def test_a_resource_that_depends_on_a_parameter_follows_it() -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Image"}}}
    one, other = (side({"Ref": "B"}, bodies={"B": bucket}, **parameter(default)) for default in ("a", "b"))
    assert diff(one, other).action is PlannedAction.UNKNOWN
    assert diff(one, one).action is PlannedAction.NO_CHANGE


def test_mappings() -> None:
    def mapped(**tags: str) -> dict[str, Json]:
        rows = {region: {"tag": tag, "unused": tag * 2} for region, tag in tags.items()}
        return {"Mappings": {"Tags": rows}}

    literal = {"Fn::FindInMap": ["Tags", "eu", "tag"]}
    assert diff(side(literal, **mapped(eu="a")), side("a")).action is PlannedAction.NO_CHANGE
    by_region = {"Fn::FindInMap": ["Tags", {"Ref": "AWS::Region"}, "tag"]}
    assert diff(side(by_region, **mapped(eu="a")), side(by_region, **mapped(eu="a"))).action is PlannedAction.NO_CHANGE
    assert diff(side(by_region, **mapped(eu="a")), side(by_region, **mapped(eu="b"))).action is PlannedAction.UNKNOWN


CONDITIONS = {
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Image"}, "prod"]},
        "Yes": {"Fn::And": [{"Fn::Equals": ["a", "a"]}, {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}]},
        "No": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Not": [{"Condition": "Yes"}]}]},
    },
    **parameter(),
}


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [("Yes", PlannedAction.NO_CHANGE), ("No", PlannedAction.REPLACE), ("IsProd", PlannedAction.UNKNOWN)],
)
def test_conditions(condition: str, verdict: PlannedAction) -> None:
    assert images("a", {"Fn::If": [condition, "a", "b"]}, **CONDITIONS) is verdict


def test_a_member_that_may_be_absent_is_undecided() -> None:
    def certified(value: Json) -> dict[str, Json]:
        return template(resources(definition(), CertifyForMarketplace=value), **CONDITIONS)

    maybe = certified({"Fn::If": ["IsProd", True, {"Ref": "AWS::NoValue"}]})
    entry = diff(template(resources(definition())), maybe)
    assert entry.action is PlannedAction.UNKNOWN
    assert diff(maybe, maybe).action is PlannedAction.NO_CHANGE
    never = certified({"Fn::If": ["No", True, {"Ref": "AWS::NoValue"}]})
    assert diff(template(resources(definition())), never).action is PlannedAction.NO_CHANGE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Fn::ImportValue": "Shared:Image"}, "${ImportValue(Shared:Image)}"),
        ({"Fn::Select": [0, {"Fn::Split": ["/", {"Fn::GetAtt": ["Repo", "Arn"]}]}]}, "${Select(0, ${Split(/, ${Repo.Arn})})}"),
        ("{{resolve:ssm:/image}}", "{{resolve:ssm:/image}}"),
        ({"Fn::Unheard": {"a": [1]}}, '${Unheard({"a": ["1"]})}'),
        ({"Ref": "AWS::Region"}, "${AWS::Region}"),
    ],
)  # fmt: skip
def test_what_only_the_deployment_knows_is_shown_as_in_fn_sub(value: Json, text: str) -> None:
    entry = diff(side("trees:1"), side(value))
    assert entry.action is PlannedAction.UNKNOWN
    assert entry.changes[0].text == f"training: image trees:1 -> {text}"
    assert diff(side(value), side(value)).action is PlannedAction.NO_CHANGE


@pytest.mark.parametrize(
    "value",
    [{"Fn::Sub": []}, {"Fn::Sub": {"a": 1}}, {"Fn::Join": []}, {"Fn::Join": ["", "x"]}, {"Fn::Select": [9, ["a"]]},
     {"Fn::GetAtt": []}, {"Fn::GetAtt": [{"Ref": "Image"}, "x"]}, {"Fn::If": []}, {"Fn::FindInMap": []}, {"Ref": None},
     {"Fn::Split": ["", "a"]}, {"Fn::If": ["Missing", "a", "b"]}, {"Ref": {"Ref": "x"}}],
)  # fmt: skip
def test_intrinsics_that_are_wrong_are_undecided_and_no_crash(value: Json) -> None:
    assert diff(side("trees:1"), side(value)).action is PlannedAction.UNKNOWN
    assert diff(side(value), side(value)).action is PlannedAction.NO_CHANGE


def test_a_condition_that_names_itself_ends() -> None:
    circle = {"Conditions": {"A": {"Condition": "B"}, "B": {"Fn::Not": [{"Condition": "A"}]}}}
    assert images("a", {"Fn::If": ["A", "a", "b"]}, **circle) is PlannedAction.UNKNOWN


def test_lists_and_structures_behind_intrinsics_are_undecided() -> None:
    for member in (
        "SupportedHyperParameters",
        "TrainingChannels",
        "SupportedTrainingInstanceTypes",
        "MetricDefinitions",
    ):
        request = definition()
        request["TrainingSpecification"][member] = {"Ref": "Image"}
        entry = diff(template(resources(definition())), template(resources(request), **parameter()))
        assert entry.action is PlannedAction.UNKNOWN
        assert [change.impact for change in entry.changes] == [Impact.UNKNOWN]


def test_a_withdrawn_element_is_undecided_where_another_may_stand_for_it() -> None:
    request = definition()
    request["TrainingSpecification"]["SupportedTrainingInstanceTypes"] = ["ml.m5.large", {"Ref": "Image"}]
    entry = diff(template(resources(definition())), template(resources(request), **parameter()))
    assert entry.changes[0].text == "training: instance types ml.m5.xlarge -> ${Image}"
    assert entry.impact is Impact.UNKNOWN


def test_a_range_behind_a_parameter_is_undecided() -> None:
    request = definition()
    bounds = {"MinValue": "1", "MaxValue": {"Ref": "Image"}}
    request["TrainingSpecification"]["SupportedHyperParameters"][0]["Range"] = {
        "IntegerParameterRangeSpecification": bounds
    }
    entry = diff(template(resources(definition())), template(resources(request), **parameter("16")))
    assert entry.changes[0].text == "hyperparameter max_depth: range 1\N{EN DASH}32 -> 1\N{EN DASH}${Image}"
    assert entry.impact is Impact.UNKNOWN


def test_marks_cannot_be_forged() -> None:
    forged = '\x01{"text": "x"}\x02'
    assert images("a", forged) is PlannedAction.REPLACE
    assert images("a", {"Fn::Sub": forged}) is PlannedAction.REPLACE


def test_a_tag_behind_a_parameter_changes_in_place_at_most() -> None:
    tags = [{"Key": "a", "Value": {"Ref": "Image"}}]
    one, other = (template(resources(definition(), Tags=tags), **parameter(default)) for default in ("a", "b"))
    entry = diff(one, other)
    assert entry.action is PlannedAction.UPDATE_IN_PLACE
    assert entry.changes[0].reason.startswith("the default of parameter Image changes")


def test_a_revision_or_a_name_behind_a_parameter_is_undecided() -> None:
    plain = template(resources(definition(), AlgorithmName="a", Revision="1"), **parameter())
    for member in ("Revision", "AlgorithmName"):
        properties: dict[str, Json] = {"AlgorithmName": "a", "Revision": "1", member: {"Ref": "Image"}}
        entry = diff(plain, template(resources(definition(), **properties), **parameter("1")))
        assert entry.action is PlannedAction.UNKNOWN
        assert entry.reasons[0].startswith(f"{member}: depends on parameter Image")
