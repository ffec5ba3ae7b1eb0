"""All errors of a definition fail synthesis together; the constructor never raises them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk.assertions import Annotations, Match

from cdk_sagemaker_algorithm import Algorithm
from tests.support.stacks import ALGORITHM, ROLE, TRAINING, algorithm, new_stack, only, template, validation

DUPLICATE = {**TRAINING, "TrainingChannels": TRAINING["TrainingChannels"] * 2}
FAST_FILE = {
    **TRAINING,
    "TrainingChannels": [{"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["FastFile"]}],
}


def errors(stack: cdk.Stack) -> list[str]:
    with pytest.raises(RuntimeError) as raised:
        template(stack)
    lines = [line.strip() for line in str(raised.value).splitlines() if "[Stack/" in line]
    return [line for line in lines if "] warning: " not in line]


def warnings(stack: cdk.Stack) -> list[str]:
    template(stack)
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    return [str(each.entry.data) for each in found]


def test_a_valid_definition_has_neither_errors_nor_warnings() -> None:
    stack = new_stack()
    algorithm(stack)

    assert warnings(stack) == []


def test_all_errors_of_a_definition_come_at_once_with_the_constructs_path() -> None:
    stack = new_stack()
    algorithm(stack, training_specification={**DUPLICATE, "MetricDefinitions": [{"Name": "m", "Regex": "("}]})

    found = errors(stack)

    assert len(found) == 2
    assert all(each.startswith("[Stack/Forest] training_specification.") for each in found)
    assert any("[cdk-sagemaker-algorithm:channel-duplicate]" in each for each in found)
    assert any("[cdk-sagemaker-algorithm:metric-regex]" in each for each in found)


def test_errors_of_several_algorithms_come_together() -> None:
    stack = new_stack()
    algorithm(stack, "One", training_specification=DUPLICATE)
    algorithm(stack, "Two", training_specification=FAST_FILE)

    assert {each.split("]")[0] for each in errors(stack)} == {"[Stack/One", "[Stack/Two"}


def test_a_warning_does_not_stop_synth_and_names_its_rule() -> None:
    stack = new_stack()
    algorithm(stack, algorithm_name="forest")

    (warning,) = warnings(stack)

    assert "[ack: cdk-sagemaker-algorithm:algorithm-name-given]" in warning


def test_a_generated_name_is_no_exact_name() -> None:
    stack = new_stack()
    algorithm(stack, algorithm_name_prefix="forest")

    assert warnings(stack) == []


def test_an_argument_acknowledges_errors_and_warnings() -> None:
    stack = new_stack()
    algorithm(
        stack,
        algorithm_name="forest",
        training_specification=FAST_FILE,
        acknowledge_rules={"channel-fast-file": "tried", "cdk-sagemaker-algorithm:algorithm-name-given": "known"},
    )

    assert warnings(stack) == []


def test_an_argument_turns_errors_into_warnings_with_the_reason() -> None:
    stack = new_stack()
    algorithm(stack, training_specification=FAST_FILE, downgrade_rules={"channel-fast-file": "the region has it"})

    (warning,) = warnings(stack)

    assert "acknowledged: the region has it" in warning


@pytest.mark.parametrize("name", ["app", "stack"])
def test_cdks_own_acknowledgement_of_a_scope_covers_errors(name: str) -> None:
    stack = new_stack()
    algorithm(stack, training_specification=FAST_FILE)
    scope = stack if name == "stack" else stack.node.root
    cdk.Validations.of(scope).acknowledge(
        cdk.Acknowledgment(id="cdk-sagemaker-algorithm:channel-fast-file", reason="the region has it")
    )

    assert only(stack, ALGORITHM)["Properties"]["TrainingSpecification"] == FAST_FILE


def test_cdks_own_acknowledgement_covers_warnings() -> None:
    stack = new_stack()
    cdk.Annotations.of(stack).acknowledge_warning("cdk-sagemaker-algorithm:algorithm-name-given", "partners know it")
    algorithm(stack, algorithm_name="forest")

    assert warnings(stack) == []


def test_what_cannot_be_sent_cannot_be_acknowledged() -> None:
    with pytest.raises(ValueError, match=r"^Stack/Forest: acknowledge_rules: .* SageMaker always rejects it"):
        algorithm(new_stack(), acknowledge_rules={"null-value": "no"})

    stack = new_stack()
    algorithm(stack, training_specification={**TRAINING, "TrainingChannels": None})
    cdk.Validations.of(stack).acknowledge(cdk.Acknowledgment(id="cdk-sagemaker-algorithm:null-value", reason="no"))
    with pytest.raises(RuntimeError, match="SageMaker always rejects it"):
        template(stack)


def test_a_new_member_of_the_api_can_be_acknowledged() -> None:
    stack = new_stack()
    new = {**TRAINING, "NewMember2027": "x"}
    algorithm(stack, training_specification=new, acknowledge_rules={"unknown-member": "released yesterday"})

    assert only(stack, ALGORITHM)["Properties"]["TrainingSpecification"] == new


@pytest.fixture
def below_the_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `cdk synth` runs an app."""
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))


@pytest.mark.usefixtures("below_the_cli")
def test_below_the_cli_errors_are_annotations_which_it_prints_and_fails_by() -> None:
    stack = new_stack()
    algorithm(stack, algorithm_name="forest", training_specification=FAST_FILE)
    template(stack)
    template(stack)

    (error,) = Annotations.from_stack(stack).find_error("*", Match.any_value())
    assert "FastFile" in str(error.entry.data)
    assert len(Annotations.from_stack(stack).find_warning("*", Match.any_value())) == 1


def test_warnings_are_raised_together_with_errors() -> None:
    stack = new_stack()
    algorithm(stack, algorithm_name="forest", training_specification=FAST_FILE)

    with pytest.raises(RuntimeError) as raised:
        template(stack)

    lines = [line for line in str(raised.value).splitlines() if "[Stack/" in line]
    assert "channel-fast-file" in lines[0]
    assert "] warning: algorithm_name" in lines[1]


def tags_of(stack: cdk.Stack) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in only(stack, ALGORITHM)["Properties"].get("Tags", [])}


def rules_broken(stack: cdk.Stack) -> set[str]:
    return {each.rpartition("cdk-sagemaker-algorithm:")[2].rstrip("]") for each in errors(stack)}


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("aws:team", "x", "tag-reserved"),
        ("cdk-sagemaker-algorithm:stack-id", "x", "tag-reserved"),
        ("k" * 129, "x", "string-length"),
        ("team", "v" * 257, "string-length"),
        ("team", "R&D; forecasts", "string-pattern"),
        ("team", "Jane Doe (ML, Europe)", "string-pattern"),
    ],
)
def test_tags_of_aspects_requests_and_stacks_are_checked(key: str, value: str, rule: str) -> None:
    aspect = new_stack()
    algorithm(aspect)
    cdk.Tags.of(aspect).add(key, value)
    request = new_stack()
    Algorithm.from_request(request, "Forest", {**REQUEST, "Tags": [{"Key": key, "Value": value}]})
    own = new_stack(tags={key: value})
    algorithm(own)

    assert [rules_broken(stack) for stack in (aspect, request, own)] == [{rule}] * 3


def test_tags_of_all_kinds_are_counted_together() -> None:
    stack = new_stack(tags={f"stack{number}": "x" for number in range(20)})
    tagged = algorithm(stack)
    for number in range(26):
        cdk.Tags.of(tagged).add(f"aspect{number}", "x")

    (error,) = errors(stack)
    assert "has 46 items; allowed: at most 45" in error


@jsii.implements(cdk.IAspect)
class Tagged:
    """A user's own aspect, which visits before the tree is validated."""

    def visit(self, node: Any) -> None:
        if isinstance(node, Algorithm):
            for number in range(16):
                node.cdk_tag_manager.set_tag(f"aspect{number}", "x")


def test_tags_of_stages_stacks_requests_and_aspects_are_counted_together() -> None:
    app = cdk.App()
    stage = cdk.Stage(app, "Stage")
    stack = cdk.Stack(stage, "Stack", tags={f"stack{number}": "x" for number in range(10)})
    nested = cdk.NestedStack(stack, "Nested")
    tags = [{"Key": f"request{number}", "Value": "x"} for number in range(10)]
    found = Algorithm.from_request(nested, "Forest", {**REQUEST, "Tags": tags}, algorithm_name_prefix="forest")
    for number in range(10):
        cdk.Tags.of(stage).add(f"stage{number}", "x")
    cdk.Aspects.of(stack).add(Tagged())

    with pytest.raises(RuntimeError, match=r"has 46 items; allowed: at most 45") as raised:
        app.synth()

    assert f"[{found.node.path}] tags (Tags)" in str(raised.value)


@pytest.mark.parametrize("scope", ["stage", "stack", "nested", "algorithm"])
def test_a_reserved_tag_of_any_scope_is_an_error(scope: str) -> None:
    """The CDK's aspects, `Tags.of(app)` included, do not cross the boundary of a stage."""
    app = cdk.App()
    stage = cdk.Stage(app, "Stage")
    stack = cdk.Stack(stage, "Stack")
    nested = cdk.NestedStack(stack, "Nested")
    scopes: dict[str, Any] = {"stage": stage, "stack": stack, "nested": nested}
    scopes["algorithm"] = algorithm(nested)
    cdk.Tags.of(scopes[scope]).add("cdk-sagemaker-algorithm:stack-id", "x")

    with pytest.raises(RuntimeError, match="tag-reserved"):
        app.synth()


def test_tags_of_the_stack_reach_the_algorithm_below_tags_of_aspects() -> None:
    stack = new_stack(tags={"cost-center": "42", "team": "a", "stage": "prod"})
    tagged = algorithm(stack)
    cdk.Tags.of(tagged).add("team", "b")
    cdk.Tags.of(tagged).remove("stage")

    assert tags_of(stack) == {"cost-center": "42", "team": "b"}


def test_tags_of_the_stack_reach_algorithms_of_nested_stacks() -> None:
    stack = new_stack(tags={"cost-center": "42"})
    nested = algorithm(cdk.NestedStack(stack, "Nested"))

    assert nested.cdk_tag_manager.tag_values() == {"cost-center": "42"}


NOT_HERE = ("certify-data-visible", "certify-without-profile", "certify-without-inference")
CERTIFIED: dict[str, Any] = {"certify_for_marketplace": True, "acknowledge_rules": dict.fromkeys(NOT_HERE, "not here")}


def test_a_certified_algorithm_is_kept_however_that_is_said() -> None:
    deleted, argument, method, aspect = (new_stack() for _ in range(4))
    algorithm(deleted, **CERTIFIED)
    algorithm(argument, **CERTIFIED, removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    algorithm(method, **CERTIFIED).apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    algorithm(aspect, **CERTIFIED)
    cdk.RemovalPolicies.of(aspect).retain()

    assert [len(warnings(stack)) for stack in (deleted, argument, method, aspect)] == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"env": cdk.Environment(region="us-east-2")}, "image-region"),
        ({"env": cdk.Environment(account="999999999999")}, "image-account"),
    ],
)
def test_the_stacks_account_and_region_are_compared_with_the_image(arguments: dict[str, Any], rule: str) -> None:
    stack = new_stack(**arguments)
    algorithm(stack)
    metadata = algorithm(stack, "Second", acknowledge_rules={rule: "known"}).node.metadata

    assert not [each for each in metadata if each.type == "aws:cdk:warning"]
    if rule == "image-region":
        assert rules_broken(stack) == {rule}
    else:
        (warning,) = warnings(stack)
        assert "is in account 123456789012, but the stack's account is 999999999999" in warning


def test_a_role_of_another_account_is_an_error_where_the_account_is_known() -> None:
    stack = new_stack(env=cdk.Environment(account="999999999999"))
    algorithm(
        stack,
        validation_specification=validation(),
        validation_role=ROLE,
        acknowledge_rules={"image-account": "a shared repository"},
    )

    assert rules_broken(stack) == {"validation-role-account"}


def test_a_wait_that_is_shorter_than_the_job_is_a_warning() -> None:
    short, long, none, default = (new_stack() for _ in range(4))
    options: dict[str, Any] = {"validation_specification": validation()}
    algorithm(short, **options, validation_timeout=1800)
    algorithm(long, **options, validation_timeout=3600)
    algorithm(none, **options, validation_timeout=1800, wait_for_validation=False)

    algorithm(default, validation_specification=validation(StoppingCondition={}))

    assert [len(warnings(stack)) for stack in (short, long, none, default)] == [1, 0, 0, 1]


def test_a_rule_that_does_not_exist_cannot_be_acknowledged() -> None:
    with pytest.raises(ValueError, match=r"^Stack/Forest: acknowledge_rules: .*did you mean 'channel-fast-file'"):
        algorithm(new_stack(), acknowledge_rules={"channel-fastfile": "no"})


def test_tokens_are_passed_over() -> None:
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "Image")
    algorithm(stack, training_specification={**TRAINING, "TrainingImage": parameter.value_as_string})

    assert only(stack, ALGORITHM)["Properties"]["TrainingSpecification"]["TrainingImage"] == {"Ref": "Image"}


REQUEST: dict[str, Any] = {"AlgorithmName": "forest", "TrainingSpecification": TRAINING}
BROKEN = {
    "unknown-member": {**REQUEST, "ValidateForMarketplace": True},
    "null-value": {**REQUEST, "InferenceSpecification": None},
    "wrong-type": {**REQUEST, "TrainingSpecification": {**TRAINING, "TrainingChannels": "train"}},
    "required-member": {"AlgorithmName": "forest"},
    "string-pattern": {**REQUEST, "AlgorithmName": "no spaces"},
    "tag-duplicate": {**REQUEST, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
}


@pytest.mark.parametrize("rule", BROKEN)
def test_whatever_a_request_holds_is_found_at_synth(rule: str) -> None:
    stack = new_stack()
    Algorithm.from_request(stack, "Forest", BROKEN[rule])

    assert [each for each in errors(stack) if each.endswith(f"[cdk-sagemaker-algorithm:{rule}]")]


@pytest.mark.parametrize(
    "tags",
    ["team", [{"Key": "team"}], [{"Key": 1, "Value": "x"}], ["team"], None, [{"Key": "a", "Value": "b", "More": 1}]],
)
def test_malformed_tags_are_found_at_synth(tags: object) -> None:
    stack = new_stack()
    Algorithm.from_request(stack, "Forest", {**REQUEST, "Tags": tags})

    found = errors(stack)

    assert found
    assert all(" tags" in each for each in found)


@pytest.mark.parametrize("member", ["TrainingSpecification", "InferenceSpecification", "ValidationSpecification"])
@pytest.mark.parametrize("value", ["text", ["list"], 3, True])
def test_no_wrong_type_crashes_the_constructor(member: str, value: object) -> None:
    stack = new_stack()
    Algorithm.from_request(stack, "Forest", {**REQUEST, member: value})

    assert any(each.endswith("[cdk-sagemaker-algorithm:wrong-type]") for each in errors(stack))


def test_a_finding_of_a_request_is_told_once() -> None:
    stack = new_stack()
    Algorithm.from_request(stack, "Forest", {**REQUEST, "TrainingSpecification": DUPLICATE, "Extra": 1})

    found = errors(stack)

    assert len(found) == 2
    assert len(warnings_of_metadata(stack)) == 1


def warnings_of_metadata(stack: cdk.Stack) -> list[str]:
    return [str(each.data) for each in stack.node.find_child("Forest").node.metadata if each.type == "aws:cdk:warning"]


def test_a_file_that_is_no_request_says_where(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text('{"AlgorithmName": "forest",}')
    with pytest.raises(ValueError, match=r"request\.json:1:\d+: not JSON"):
        Algorithm.from_request(new_stack(), "Forest", path)

    path.write_text("[]")
    with pytest.raises(ValueError, match="is a JSON object, this is a list"):
        Algorithm.from_request(new_stack(), "Forest", path)


def test_a_request_from_a_file_is_the_definition(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text(json.dumps({**REQUEST, "Tags": [{"Key": "team", "Value": "tables"}]}))
    stack = new_stack()
    Algorithm.from_request(stack, "Forest", path)

    properties = only(stack, ALGORITHM)["Properties"]

    assert properties["AlgorithmName"] == "forest"
    assert properties["TrainingSpecification"] == TRAINING
    assert properties["Tags"] == [{"Key": "team", "Value": "tables"}]


def test_a_prefix_takes_the_place_of_the_requests_name() -> None:
    stack = new_stack()
    Algorithm.from_request(stack, "Forest", REQUEST, algorithm_name_prefix="trees")

    properties = only(stack, ALGORITHM)["Properties"]

    assert "AlgorithmName" not in properties
    assert properties["AlgorithmNamePrefix"] == "trees"
