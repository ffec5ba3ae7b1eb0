"""What an algorithm puts into a template."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import aws_cdk as cdk
import jsii
import pytest

from cdk_sagemaker_algorithm import Algorithm
from tests.support.stacks import (
    ALGORITHM,
    PROVIDER_TYPES,
    ROLE,
    SLICE,
    TRAINING,
    algorithm,
    new_stack,
    only,
    resources,
    template,
    validation,
)


def test_the_definition_is_in_the_properties_as_the_api_has_it() -> None:
    stack = new_stack()
    algorithm(stack, algorithm_description="Trees", certify_for_marketplace=False, revision="2")

    properties = only(stack, ALGORITHM)["Properties"]

    assert properties.pop("ServiceToken")["Fn::GetAtt"][1] == "Arn"
    assert properties == {
        "ServiceTimeout": 3600,
        "AlgorithmNamePrefix": "stack-forest",
        "AlgorithmDescription": "Trees",
        "TrainingSpecification": TRAINING,
        "CertifyForMarketplace": False,
        "Revision": "2",
    }


def test_slices_follow_one_another_by_data_flow() -> None:
    stack = new_stack()
    found = algorithm(stack, validation_timeout=cdk.Duration.hours(2))
    cdk.CfnOutput(stack, "Arn", value=found.algorithm_arn)
    cdk.CfnOutput(stack, "Name", value=found.algorithm_name)

    (made,) = resources(stack, ALGORITHM)
    slices = resources(stack, SLICE)

    sources = [each["Properties"]["AlgorithmName"]["Fn::GetAtt"] for each in slices.values()]
    assert sources == [[each, "AlgorithmName"] for each in [made, *slices][:-1]]
    assert [each["Properties"]["WaitIndex"] for each in slices.values()] == [1, 2, 3]
    assert {each["Properties"]["WaitCount"] for each in slices.values()} == {3}
    assert {each["Properties"]["ValidationTimeoutInSeconds"] for each in slices.values()} == {7200}
    last = list(slices)[-1]
    assert template(stack)["Outputs"]["Arn"]["Value"] == {"Fn::GetAtt": [last, "AlgorithmArn"]}
    assert template(stack)["Outputs"]["Name"]["Value"] == {"Fn::GetAtt": [last, "AlgorithmName"]}


@pytest.mark.parametrize(("profile", "seconds"), [(False, 3600), (True, 14400)])
def test_the_default_timeout_depends_on_the_profile(profile: bool, seconds: int) -> None:
    stack = new_stack()
    options: dict[str, Any] = {"validation_specification": validation(), "validation_role": ROLE} if profile else {}
    algorithm(stack, **options)

    found = [each["Properties"]["ValidationTimeoutInSeconds"] for each in resources(stack, SLICE).values()]

    assert set(found) == {seconds}


def test_without_waiting_there_are_no_slices() -> None:
    stack = new_stack()
    found = algorithm(stack, wait_for_validation=False)
    cdk.CfnOutput(stack, "Arn", value=found.algorithm_arn)

    (made,) = resources(stack, ALGORITHM)

    assert resources(stack, SLICE) == {}
    assert only(stack, ALGORITHM)["Properties"]["WaitForValidation"] is False
    assert template(stack)["Outputs"]["Arn"]["Value"] == {"Fn::GetAtt": [made, "AlgorithmArn"]}


def test_retain_failed_is_a_property_only_when_it_is_on() -> None:
    stack = new_stack()
    algorithm(stack, "Kept", retain_failed=True)
    algorithm(stack, "Gone")

    found = [each["Properties"].get("RetainFailed") for each in resources(stack, ALGORITHM).values()]

    assert found == [True, None]


@pytest.mark.parametrize(
    ("policy", "on_delete", "on_replace"),
    [
        (cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, "RetainExceptOnCreate", "Retain"),
        (cdk.RemovalPolicy.RETAIN, "Retain", "Retain"),
        (cdk.RemovalPolicy.DESTROY, "Delete", "Delete"),
        (None, None, None),
    ],
)
def test_removal_policies(policy: cdk.RemovalPolicy | None, on_delete: str | None, on_replace: str | None) -> None:
    stack = new_stack()
    algorithm(stack, removal_policy=policy)

    found = only(stack, ALGORITHM)

    assert (found.get("DeletionPolicy"), found.get("UpdateReplacePolicy")) == (on_delete, on_replace)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm_name": "a", "algorithm_name_prefix": "b"}, "mutually exclusive"),
        ({"algorithm_name_prefix": "no spaces"}, "expected 1 to 50 letters, .*, got the string 'no spaces'"),
        ({"algorithm_name_prefix": "a" * 51}, "expected 1 to 50"),
        ({"algorithm_name_prefix": ""}, "expected 1 to 50"),
        ({"algorithm_name_prefix": "a\n"}, "expected 1 to 50"),
        ({"validation_timeout": cdk.Duration.seconds(0)}, "validation_timeout: expected at least 60 seconds, got 0 s"),
        ({"validation_role": ROLE}, "requires validation_specification"),
        (
            {"validation_role": ROLE, "validation_specification": {"ValidationRole": ROLE, **validation()}},
            "the validation role is set twice",
        ),
    ],
)
def test_arguments_that_cannot_be_understood_name_the_construct(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^Stack/Forest: .*{message}"):
        algorithm(new_stack(), **options)


@pytest.mark.parametrize(
    ("id", "prefix"), [("Wald & Wiese", "stack-wald-wiese"), ("森", "stack"), ("x" * 80, "x" * 50)]
)
def test_the_generated_prefix_is_the_end_of_the_path(id: str, prefix: str) -> None:
    stack = new_stack()
    algorithm(stack, id)

    assert only(stack, ALGORITHM)["Properties"]["AlgorithmNamePrefix"] == prefix


def test_the_path_is_the_one_that_the_cdk_forms() -> None:
    app = cdk.App()
    stage = cdk.Stage(app, "Stage")
    stack = cdk.Stack(stage, "Stack")
    with pytest.raises(ValueError, match=r"^Stage/Stack/a--b: ") as raised:
        algorithm(stack, "a/b", validation_role=ROLE)
    assert str(raised.value).startswith(stack.node.find_child("a--b").node.path)


def test_tags_of_a_scope_reach_the_algorithm_and_the_provider() -> None:
    stack = new_stack()
    algorithm(stack)
    cdk.Tags.of(stack).add("team", "tables")

    tags = {
        name: each["Properties"].get("Tags")
        for name, each in template(stack)["Resources"].items()
        if each["Type"] not in (SLICE, "AWS::IAM::Policy", "AWS::Lambda::EventInvokeConfig")
    }

    assert len(tags) == 7
    assert set(map(str, tags.values())) == {str([{"Key": "team", "Value": "tables"}])}


def test_a_tag_manager_without_tags_leaves_the_property_out() -> None:
    stack = new_stack()
    assert not algorithm(stack).cdk_tag_manager.has_tags()

    assert "Tags" not in only(stack, ALGORITHM)["Properties"]


def test_a_stack_has_one_provider_however_many_algorithms() -> None:
    stack = new_stack()
    for number in range(3):
        algorithm(stack, f"Forest{number}")

    kinds = [each["Type"] for each in template(stack)["Resources"].values()]

    assert {kind: kinds.count(kind) for kind in kinds if not kind.startswith("Custom::")} == PROVIDER_TYPES


def test_the_default_child_is_the_escape_hatch() -> None:
    stack = new_stack()
    resource = algorithm(stack).node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("AlgorithmDescription", "overridden")
    resource.add_property_deletion_override("ServiceTimeout")

    properties = only(stack, ALGORITHM)["Properties"]

    assert properties["AlgorithmDescription"] == "overridden"
    assert "ServiceTimeout" not in properties


@jsii.implements(cdk.IAspect)
class Describe:
    def visit(self, node: Any) -> None:
        if isinstance(node, Algorithm) and isinstance(node.node.default_child, cdk.CfnResource):
            node.node.default_child.add_property_override("AlgorithmDescription", "by an aspect")


def test_aspects_see_the_algorithm() -> None:
    stack = new_stack()
    algorithm(stack)
    cdk.Aspects.of(stack).add(Describe())

    assert only(stack, ALGORITHM)["Properties"]["AlgorithmDescription"] == "by an aspect"


class Deadline(cdk.Mixin):
    def supports(self, construct: Any) -> bool:
        return isinstance(construct, cdk.CfnResource) and construct.cfn_resource_type == SLICE

    def apply_to(self, construct: Any) -> None:
        construct.add_property_override("ServiceTimeout", 60)


def test_mixins_apply_to_its_resources() -> None:
    stack = new_stack()
    found = algorithm(stack)
    cdk.Mixins.of(found).apply(Deadline())

    assert {each["Properties"]["ServiceTimeout"] for each in resources(stack, SLICE).values()} == {60}


def test_a_definition_without_objects_loads_no_heavy_modules() -> None:
    code = (
        "import sys, aws_cdk as cdk\n"
        "from tests.support.stacks import algorithm, new_stack, template\n"
        "stack = new_stack()\n"
        "algorithm(stack)\n"
        "template(stack)\n"
        "heavy = ('aws_sagemaker', 'custom_resources', 'aws_s3_deployment')\n"
        "print([name for name in heavy if f'aws_cdk.{name}' in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.strip() == "[]"
