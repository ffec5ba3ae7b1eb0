"""Which algorithm is which: stacks, stages, nested stacks, moves and swaps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdk_sagemaker_algorithm.diff import DiffReport, Impact, InputError, PlannedAction, compare, load
from tests.support.templates import definition, hyperparameter, resources, template, write, write_assembly

if TYPE_CHECKING:
    from pathlib import Path

Json = Any


def actions(report: DiffReport) -> dict[str, str]:
    return {f"{entry.stack}:{entry.path}": entry.action.value for entry in report.algorithms}


def other() -> dict[str, Json]:
    request = definition()
    hyperparameter(request, "max_depth")["DefaultValue"] = "9"
    return request


def assemblies(tmp_path: Path, base: dict[str, Json], head: dict[str, Json], **options: str) -> DiffReport:
    return compare(
        load(write_assembly(tmp_path / "base", base)), load(write_assembly(tmp_path / "head", head, **options))
    )


def files(tmp_path: Path, base: Json, head: Json) -> DiffReport:
    return compare(load(write(tmp_path / "base.json", base)), load(write(tmp_path / "head.json", head)))


def test_equal_assemblies(tmp_path: Path) -> None:
    stacks = {"Prod": template(resources(definition())), "Test": template(resources(definition(), "Test/Churn"))}
    report = assemblies(tmp_path, stacks, stacks)
    assert actions(report) == {"Prod:Prod/Churn": "no-change", "Test:Test/Churn": "no-change"}
    assert not report.breaking
    assert not report.replacement


def test_a_moved_construct_is_one_row(tmp_path: Path) -> None:
    report = assemblies(
        tmp_path,
        {"Prod": template(resources(definition()))},
        {"Prod": template(resources(definition(), "Prod/Models/Churn"))},
    )
    (moved,) = report.algorithms
    assert (moved.path, moved.action, moved.moved_from) == ("Prod/Models/Churn", PlannedAction.MOVED, "Prod/Churn")
    assert moved.impacts == (Impact.NEW_ARN,)
    assert moved.notes[0].startswith(
        "moved from Prod/Churn (stack Prod, logical ID ProdChurn), with the same definition"
    )
    assert report.replacement
    assert moved.cost is not None
    assert moved.waiting == 7200


def test_a_moved_construct_that_changes_too_shows_what(tmp_path: Path) -> None:
    report = assemblies(
        tmp_path, {"Prod": template(resources(definition()))}, {"Prod": template(resources(other(), logical_id="New"))}
    )
    (moved,) = report.algorithms
    assert moved.moved_from == "Prod/Churn"
    assert [change.text for change in moved.changes if change.impact is not Impact.NEW_ARN] == [
        "hyperparameter max_depth: default '6' -> '9'"
    ]


def test_a_renamed_construct_that_changes_too_is_recognized(tmp_path: Path) -> None:
    report = files(tmp_path, template(resources(definition())), template(resources(other(), "Prod/Attrition")))
    assert list(actions(report).values()) == ["moved"]


def test_what_a_retain_policy_keeps_has_no_new_arn(tmp_path: Path) -> None:
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    report = files(
        tmp_path,
        template(resources(definition(), attributes=kept)),
        template(resources(definition(), "Prod/Attrition", attributes=kept)),
    )
    (moved,) = report.algorithms
    assert (moved.action, moved.impacts) == (PlannedAction.MOVED, ())
    assert "the old algorithm is retained, no longer managed (DeletionPolicy)" in moved.notes


def with_own_role(request: dict[str, Json], path: str) -> dict[str, Json]:
    """The resources of an algorithm with the validation role that the construct makes for it."""
    role = f"{path.replace('/', '')}ValidationRole"
    request["ValidationSpecification"]["ValidationRole"] = {"Fn::GetAtt": [role, "Arn"]}
    own = {
        role: {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow"}]}},
            "Metadata": {"aws:cdk:path": f"{path}/ValidationRole/Resource"},
        }
    }
    return {**own, **resources(request, path)}


def test_the_own_role_of_a_moved_construct_moves_with_it(tmp_path: Path) -> None:
    before, after = definition(), definition()
    report = files(
        tmp_path, template(with_own_role(before, "Prod/Churn")), template(with_own_role(after, "Prod/Attrition"))
    )
    (moved,) = report.algorithms
    assert moved.action is PlannedAction.MOVED
    assert not report.unknown
    assert moved.impacts == (Impact.NEW_ARN,)


def test_a_role_of_another_construct_does_not_move_with_it(tmp_path: Path) -> None:
    before, after = definition(), definition()
    report = files(
        tmp_path,
        template(with_own_role(before, "Prod/Churn")),
        template(with_own_role(definition(), "Prod/Churn2"), with_own_role(after, "Prod/Attrition")),
    )
    assert report.count(PlannedAction.MOVED) == 1
    shared = with_own_role(definition(), "Prod/Old")
    request = definition()
    request["ValidationSpecification"]["ValidationRole"] = {"Fn::GetAtt": ["ProdOldValidationRole", "Arn"]}
    literal = definition()
    report = files(
        tmp_path,
        template(shared, resources(request, "Prod/User")),
        template(shared, resources(literal, "Prod/User")),
    )
    assert report.unknown


def test_of_equal_algorithms_the_nearest_moved(tmp_path: Path) -> None:
    def stacks(**paths: str) -> Json:
        return {name: template(resources(definition(), path)) for name, path in paths.items()}

    report = assemblies(
        tmp_path,
        stacks(A="A/Churn", B="B/Churn", C="C/Churn"),
        stacks(A="A/Attrition", B="B/Team/Churn", D="D/Churn"),
    )
    assert {entry.path: entry.moved_from for entry in report.algorithms} == {
        "A/Attrition": "A/Churn",
        "B/Team/Churn": "B/Churn",
        "D/Churn": "C/Churn",
    }


def test_of_changed_algorithms_the_most_similar_moved(tmp_path: Path) -> None:
    def described(text: str, image: str) -> dict[str, Json]:
        request: dict[str, Json] = {**definition(), "AlgorithmDescription": text}
        request["TrainingSpecification"]["TrainingImage"] = image
        return request

    report = assemblies(
        tmp_path,
        {"Prod": template(resources(described("one", "a:1"), "Prod/A"), resources(described("two", "b:1"), "Prod/B"))},
        {"Prod": template(resources(described("two", "b:2"), "Prod/X"), resources(described("one", "a:2"), "Prod/Y"))},
    )
    assert {entry.path: entry.moved_from for entry in report.algorithms} == {"Prod/X": "Prod/B", "Prod/Y": "Prod/A"}


def test_thousands_of_moves_end_in_time(tmp_path: Path) -> None:
    def many(name: str) -> Json:
        return {"Prod": {"Resources": {f"{name}{n}": {"Type": "Custom::SageMakerAlgorithm"} for n in range(2000)}}}

    report = assemblies(tmp_path, many("A"), many("B"))
    assert (report.count(PlannedAction.DELETE), report.count(PlannedAction.CREATE)) == (2000, 2000)


def test_an_algorithm_that_has_nothing_in_common_is_no_move(tmp_path: Path) -> None:
    alien = {"TrainingSpecification": {"TrainingImage": "x", "TrainingChannels": [{"Name": "a"}]}}
    report = files(tmp_path, template(resources(definition())), template(resources(alien, "Prod/Attrition")))
    assert [entry.action for entry in report.algorithms] == [PlannedAction.DELETE, PlannedAction.CREATE]
    assert not report.replacement


def test_another_path_with_the_same_logical_id_is_the_same(tmp_path: Path) -> None:
    report = assemblies(
        tmp_path,
        {"Prod": template(resources(definition(), logical_id="Kept"))},
        {"Prod": template(resources(definition(), "Prod/Models/Churn", logical_id="Kept"))},
    )
    assert actions(report) == {"Prod:Prod/Models/Churn": "no-change"}
    assert report.algorithms[0].notes[0].startswith("its construct path was Prod/Churn; the logical ID stays")


def test_a_renamed_stack_creates_and_deletes_nothing_by_itself(tmp_path: Path) -> None:
    body = template(resources(definition(), "Prod/Churn", logical_id="Churn"))
    report = assemblies(
        tmp_path, {"Prod": body}, {"Live": template(resources(definition(), "Live/Churn", logical_id="Churn"))}
    )
    assert actions(report) == {"Live:Live/Churn": "moved"}
    (moved,) = report.algorithms
    assert "stack Prod is not in HEAD: nothing is deleted until you delete the stack (cdk destroy)" in moved.notes
    assert moved.moved_from == "Prod/Churn"


def test_a_renamed_stack_in_template_files(tmp_path: Path) -> None:
    report = files(
        tmp_path,
        template(resources(definition(), "Prod/Churn", logical_id="Churn")),
        template(resources(definition(), "Live/Churn", logical_id="Churn")),
    )
    assert list(actions(report).values()) == ["moved"]


def test_an_exact_name_is_taken_until_the_old_stack_is_gone(tmp_path: Path) -> None:
    report = assemblies(
        tmp_path,
        {"Prod": template(resources(definition(), AlgorithmName="churn"))},
        {"Live": template(resources(definition(), "Live/Churn", AlgorithmName="churn"))},
    )
    (moved,) = report.algorithms
    assert moved.notes[0].startswith("its exact name churn is taken until stack Prod is deleted")


def test_a_moved_construct_with_an_exact_name_is_refused(tmp_path: Path) -> None:
    report = assemblies(
        tmp_path,
        {"Prod": template(resources(definition(), AlgorithmName="churn"))},
        {"Prod": template(resources(definition(), "Prod/Other", AlgorithmName="churn"))},
    )
    assert actions(report) == {"Prod:Prod/Other": "reject"}
    assert "still belongs to Prod/Churn when it is created" in report.algorithms[0].reasons[0]


def test_swapped_algorithms_are_both_replaced(tmp_path: Path) -> None:
    report = files(
        tmp_path,
        template(resources(definition(), "Prod/A"), resources(other(), "Prod/B")),
        template(resources(other(), "Prod/A"), resources(definition(), "Prod/B")),
    )
    assert [entry.action for entry in report.algorithms] == [PlannedAction.REPLACE, PlannedAction.REPLACE]
    texts = [
        change.text for entry in report.algorithms for change in entry.changes if change.impact is not Impact.NEW_ARN
    ]
    assert texts == ["hyperparameter max_depth: default '6' -> '9'", "hyperparameter max_depth: default '9' -> '6'"]


def test_swapped_algorithms_with_their_exact_names_are_refused(tmp_path: Path) -> None:
    report = files(
        tmp_path,
        template(resources(definition(), "P/A", AlgorithmName="a"), resources(other(), "P/B", AlgorithmName="b")),
        template(resources(other(), "P/A", AlgorithmName="b"), resources(definition(), "P/B", AlgorithmName="a")),
    )
    assert [entry.action for entry in report.algorithms] == [PlannedAction.REJECT, PlannedAction.REJECT]


def test_another_region_is_another_stack(tmp_path: Path) -> None:
    stacks = {"Prod": template(resources(definition()))}
    base = write_assembly(tmp_path / "base", stacks, "aws://123456789012/eu-west-1")
    head = write_assembly(tmp_path / "head", stacks, "aws://123456789012/us-east-1")
    agnostic = write_assembly(tmp_path / "agnostic", stacks)
    found = [entry.action for entry in compare(load(base), load(head)).algorithms]
    assert found == [PlannedAction.MOVED]
    assert list(actions(compare(load(base), load(agnostic))).values()) == ["no-change"]


def test_stages_and_stack_names(tmp_path: Path) -> None:
    body = template(resources(definition(), "Live/Models/Churn"))
    for side in ("base", "head"):
        outer = write_assembly(tmp_path / side, {})
        inner = write_assembly(outer / "assembly-Live", {"LiveModels": body})
        manifest = json.loads((inner / "manifest.json").read_text())
        manifest["artifacts"]["LiveModels"]["displayName"] = "Live/Models (Live-Models)"
        manifest["artifacts"]["LiveModels"]["properties"]["stackName"] = "Live-Models"
        write(inner / "manifest.json", manifest)
        artifacts = {"assembly-Live": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Live"}}}
        write(outer / "manifest.json", {"version": "40.0.0", "artifacts": artifacts})
    stacks = load(tmp_path / "head")
    assert [(stack.name, stack.label) for stack in stacks] == [("Live-Models", "Live/Models")]
    assert actions(compare(load(tmp_path / "base"), stacks)) == {"Live/Models:Live/Models/Churn": "no-change"}


def test_nested_stacks_and_what_they_are_given(tmp_path: Path) -> None:
    def side(name: str, image: str) -> Path:
        directory = tmp_path / name
        nested = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": name, "Parameters": {"Image": image}},
            "Metadata": {"aws:asset:path": "inner.json"},
        }
        write_assembly(directory, {"Prod": {"Resources": {"Inner": nested}}})
        request = definition()
        request["TrainingSpecification"]["TrainingImage"] = {"Ref": "Image"}
        write(
            directory / "inner.json",
            template(resources(request, "Prod/Inner/Churn"), Parameters={"Image": {"Type": "String"}}),
        )
        return directory

    report = compare(load(side("base", "trees:1")), load(side("head", "trees:2")))
    (entry,) = report.algorithms
    assert (entry.stack, entry.path, entry.action) == ("Prod", "Prod/Inner/Churn", PlannedAction.REPLACE)
    assert "training: image trees:1 -> trees:2" in [change.text for change in entry.changes]


def test_nested_stacks_are_found_by_their_hash_too(tmp_path: Path) -> None:
    digest = "0123456789abcdef" * 4
    address = {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}, f"/assets/{digest}.json"]]}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": address}}
    directory = write_assembly(tmp_path / "head", {"Prod": {"Resources": {"Inner": nested}}})
    write(directory / "inner.nested.template.json", template(resources(definition(), "Prod/Inner/Churn")))
    source = {"path": "inner.nested.template.json", "packaging": "file"}
    write(directory / "Prod.assets.json", {"files": {digest: {"source": source}}})
    (entry,) = compare(load(directory), load(directory)).algorithms
    assert entry.path == "Prod/Inner/Churn"


def test_a_template_file_belongs_to_the_stack_of_its_paths(tmp_path: Path) -> None:
    stacks = {"Prod": template(resources(definition())), "Test": template(resources(definition(), "Test/Churn"))}
    file = write(tmp_path / "old.json", template(resources(other())))
    report = compare(load(file), load(write_assembly(tmp_path / "head", stacks)))
    assert actions(report) == {"Prod:Prod/Churn": "replace", "Test:Test/Churn": "create"}


def test_a_template_file_without_paths_belongs_to_the_only_stack_or_is_refused(tmp_path: Path) -> None:
    bare = template(resources(definition()))
    del bare["Resources"]["ProdChurn"]["Metadata"]
    file = write(tmp_path / "old.json", bare)
    stacks = {"Prod": template(resources(definition())), "Empty": template()}
    report = compare(load(file), load(write_assembly(tmp_path / "one", stacks)))
    assert list(actions(report).values()) == ["no-change"]
    stacks["Empty"] = template(resources(definition(), "Empty/Churn"))
    with pytest.raises(InputError, match="may belong to any of the stacks Prod, Empty"):
        compare(load(file), load(write_assembly(tmp_path / "two", stacks)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "invalid JSON"),
        ("[]", "not a template"),
        ('{"A": 1}', "no Resources"),
        ("", "not a template"),
    ],
)
def test_what_is_no_template_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load(path)


def test_what_is_no_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or directory"):
        load(tmp_path / "missing")
    with pytest.raises(InputError, match=r"no manifest\.json"):
        load(tmp_path)
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../../t.json"}}
    write(tmp_path / "manifest.json", {"artifacts": {"A": artifact}})
    with pytest.raises(InputError, match="outside of the assembly"):
        load(tmp_path)


def test_a_template_in_yaml(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "AWSTemplateFormatVersion: 2010-09-09\n"
        "Resources:\n"
        "  Churn:\n"
        "    Type: Custom::SageMakerAlgorithm\n"
        "    Properties:\n"
        "      ServiceToken: !GetAtt Handler.Arn\n"
        "      TrainingSpecification:\n"
        "        TrainingImage: !Sub '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/trees'\n"
        "        TrainingChannels: [{Name: !Join ['-', [a, b]], IsRequired: yes}]\n"
    )
    (entry,) = compare(load(path), load(path)).algorithms
    assert (entry.path, entry.action) == ("Churn", PlannedAction.NO_CHANGE)
    assert load(path)[0].template["AWSTemplateFormatVersion"] == "2010-09-09"
    path.write_text("Resources: [")
    with pytest.raises(InputError, match="neither JSON nor YAML"):
        load(path)
    path.write_text("just text")
    with pytest.raises(InputError, match="not a template"):
        load(path)


def test_yaml_constructors_run_no_code(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Resources: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(InputError):
        load(path)


@pytest.mark.parametrize("inline", [True, False])
def test_construct_paths_come_from_the_assembly_where_the_template_has_none(tmp_path: Path, *, inline: bool) -> None:
    body = template(resources(definition()))
    del body["Resources"]["ProdChurn"]["Metadata"]
    directory = write_assembly(tmp_path / "head", {"Prod": body})
    manifest = json.loads((directory / "manifest.json").read_text())
    metadata = {"/Prod/Churn/Resource": [{"type": "aws:cdk:logicalId", "data": "ProdChurn"}]}
    if inline:
        manifest["artifacts"]["Prod"]["metadata"] = metadata
    else:
        manifest["artifacts"]["Prod"]["additionalMetadataFile"] = "Prod.metadata.json"
        write(directory / "Prod.metadata.json", metadata)
    write(directory / "manifest.json", manifest)
    (entry,) = compare(load(directory), load(directory)).algorithms
    assert entry.path == "Prod/Churn"


def test_two_create_algorithm_requests(tmp_path: Path) -> None:
    (entry,) = files(tmp_path, definition(), other()).algorithms
    assert (entry.path, entry.action) == ("Algorithm", PlannedAction.REPLACE)
    (entry,) = files(tmp_path, {**definition(), "AlgorithmName": "a"}, {**other(), "AlgorithmName": "a"}).algorithms
    assert entry.action is PlannedAction.REJECT
