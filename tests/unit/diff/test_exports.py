"""Exports in use: CloudFormation rejects the deployment, so the report says it before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm

from cdk_sagemaker_algorithm import Algorithm, ChannelSpecification, TrainingSpecification
from cdk_sagemaker_algorithm.cli.app import run
from cdk_sagemaker_algorithm.diff import DiffReport, PlannedAction, Stack, compare, load
from tests.support.templates import definition, resources, stack, template, write_assembly

if TYPE_CHECKING:
    from pathlib import Path

Json = Any
NAME = "Prod:ExportsOutputFnGetAttChurnAlgorithmArn"


def producer(request: Json, *, path: str = "Prod/Churn", name: Json = NAME, attribute: str = "AlgorithmArn") -> Json:
    last = f"{path.replace('/', '')}Validation2"
    output = {"Value": {"Fn::GetAtt": [last, attribute]}, "Export": {"Name": name}}
    return template(resources(request, path), Outputs={"Export": output})


def consumer(name: Json = NAME) -> Json:
    return {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": name}}}}}


def changed() -> Json:
    request = definition()
    request["TrainingSpecification"]["TrainingImage"] = "trees:2"
    return request


def of(base: dict[str, Json], head: dict[str, Json]) -> DiffReport:
    return compare(*([stack(body, name) for name, body in side.items()] for side in (base, head)))


@pytest.mark.parametrize("attribute", ["AlgorithmArn", "AlgorithmName"])
def test_an_export_in_use_refuses_a_replacement_and_names_the_way_out(attribute: str) -> None:
    report = of(
        {"Prod": producer(definition(), attribute=attribute), "User": consumer()},
        {"Prod": producer(changed(), attribute=attribute), "User": consumer()},
    )
    (entry,) = report.algorithms
    assert entry.action is PlannedAction.REJECT
    assert report.rejected
    why, way_out = entry.reasons
    assert why == (
        f"stack User imports {NAME}: CloudFormation rejects a change of an export in use, here after up to 2 h of "
        "waiting for validation"
    )
    assert way_out.startswith("to change the algorithm, weaken the reference in stack User first: ")
    assert "cdk.Stack.consume_reference(algorithm.algorithm_arn, cdk.ReferenceStrength.BOTH)" in way_out


def test_the_exit_status_says_it_without_an_option(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    base = write_assembly(tmp_path / "base", {"Prod": producer(definition()), "User": consumer()})
    head = write_assembly(tmp_path / "head", {"Prod": producer(changed()), "User": consumer()})
    assert run(["diff", str(base), str(head)]) == 3
    assert capfd.readouterr().err == "error: the deployment is certain to be rejected\n"
    assert run(["diff", str(base), str(base)]) == 0


def test_a_change_that_replaces_nothing_is_fine() -> None:
    sides = {"Prod": producer(definition()), "User": consumer()}
    assert [entry.action for entry in of(sides, sides).algorithms] == [PlannedAction.NO_CHANGE]


def test_a_removal_and_a_move_change_the_export_too() -> None:
    base = {"Prod": producer(definition()), "User": consumer()}
    (moved,) = of(
        base, {"Prod": producer(definition(), path="Prod/New", name="new"), "User": consumer("new")}
    ).algorithms
    assert (moved.action, moved.cost) == (PlannedAction.REJECT, None)
    (gone,) = of(base, {"Prod": template(), "User": consumer()}).algorithms
    assert gone.action is PlannedAction.REJECT


def test_an_importer_that_lets_go_can_be_deployed_first() -> None:
    base = {"Prod": producer(definition()), "User": consumer()}
    (entry,) = of(base, {"Prod": producer(changed()), "User": template()}).algorithms
    assert entry.action is PlannedAction.REPLACE
    assert any("deploy stack User first (cdk deploy --exclusively User)" in note for note in entry.notes)
    (entry,) = of(base, {"Prod": producer(changed())}).algorithms
    assert any("destroy stack User first (cdk destroy User)" in note for note in entry.notes)


def test_an_importer_that_is_new_is_deployed_after_it() -> None:
    base = {"Prod": producer(definition())}
    (entry,) = of(base, {"Prod": producer(changed()), "User": consumer()}).algorithms
    assert entry.action is PlannedAction.REPLACE


def test_an_export_of_something_else_does_not_matter() -> None:
    def side(request: Json) -> dict[str, Json]:
        body = producer(request)
        body["Outputs"]["Export"]["Value"] = {"Fn::GetAtt": ["AlgorithmProviderHandler0A1B2C3D", "Arn"]}
        return {"Prod": body, "User": consumer()}

    (entry,) = of(side(definition()), side(changed())).algorithms
    assert entry.action is PlannedAction.REPLACE


def test_names_in_functions_and_values_in_texts_are_found() -> None:
    def side(request: Json) -> dict[str, Json]:
        name = {"Fn::Sub": "${AWS::StackName}-churn"}
        body = producer(request, name=name)
        body["Outputs"]["Export"]["Value"] = {"Fn::Sub": "arn=${ProdChurnValidation2.AlgorithmArn}"}
        return {"Prod": body, "User": consumer({"Fn::Join": ["-", ["Prod", "churn"]]})}

    (entry,) = of(side(definition()), side(changed())).algorithms
    assert entry.action is PlannedAction.REJECT


def app(directory: Path, image: str, strength: cdk.ReferenceStrength | None = None) -> list[Any]:
    found = cdk.App(outdir=str(directory))
    prod, user = cdk.Stack(found, "Prod"), cdk.Stack(found, "User")
    algorithm = Algorithm(
        prod,
        "Churn",
        training_specification=TrainingSpecification(
            training_image=f"123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:{image}",
            supported_training_instance_types=["ml.m5.large"],
            training_channels=[ChannelSpecification.file("train", content_types=["text/csv"])],
        ),
    )
    arn = algorithm.algorithm_arn
    ssm.StringParameter(user, "Arn", string_value=cdk.Stack.consume_reference(arn, strength) if strength else arn)
    found.synth()
    return load(directory)


def test_a_rejected_deployment_changes_no_arn_and_deletes_nothing() -> None:
    base = {"Prod": producer(definition()), "User": consumer()}
    for head in (producer(changed()), template()):
        report = of(base, {"Prod": head, "User": consumer()})
        assert (report.rejected, report.new_arn, report.breaking) == (True, False, False)


def deployed(**known: Any) -> list[Stack]:
    return [replace(stack(producer(definition())), **known)]


def test_an_importer_outside_of_the_app_is_told() -> None:
    base = deployed(importers={NAME: ("Billing", "Tuning")})
    (entry,) = compare(base, [stack(producer(changed()))]).algorithms
    assert entry.action is PlannedAction.REJECT
    why, way_out = entry.reasons
    assert why.startswith(f"stack Billing imports {NAME} and stack Tuning imports {NAME}: CloudFormation rejects")
    assert way_out.startswith("stack Billing, Tuning is not part of this app: ")
    assert [entry.action for entry in compare(base, base).algorithms] == [PlannedAction.NO_CHANGE]


def test_an_importer_that_cloudformation_knows_and_the_app_contains_is_one_of_the_app() -> None:
    # The import's name depends on a parameter, so the template alone does not tell.
    hidden = stack(consumer({"Ref": "Name"}), "User")
    base = [*deployed(importers={NAME: ("User",)}), hidden]
    (entry,) = compare(base, [stack(producer(changed())), stack(template(), "User")]).algorithms
    assert entry.action is PlannedAction.REPLACE
    assert any("deploy stack User first (cdk deploy --exclusively User)" in note for note in entry.notes)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({}, "diff --deployed asks CloudFormation"),
        ({"unchecked_exports": {NAME: "AWS did not answer: no"}}, "AWS did not answer: no"),
    ],
)
def test_importers_outside_of_the_app_that_are_not_known_are_a_note(known: Json, reason: str) -> None:
    (entry,) = compare(deployed(**known), [stack(producer(changed()))]).algorithms
    assert entry.action is PlannedAction.REPLACE
    (note,) = entry.notes
    assert note == (
        f"not checked: stacks outside of the app that import {NAME}, for which CloudFormation would reject the "
        f"deployment; {reason}"
    )
    (entry,) = compare(deployed(importers={NAME: ()}), [stack(producer(changed()))]).algorithms
    assert (entry.action, entry.notes) == (PlannedAction.REPLACE, ())


def test_an_app_of_the_cdk_and_the_way_out(tmp_path: Path) -> None:
    strong = app(tmp_path / "strong", "1")
    assert [entry.action for entry in compare(strong, app(tmp_path / "changed", "2")).algorithms] == [
        PlannedAction.REJECT
    ]
    both = app(tmp_path / "both", "1", cdk.ReferenceStrength.BOTH)
    weak = app(tmp_path / "weak", "1", cdk.ReferenceStrength.WEAK)
    # Each step of the way out can be deployed, and at its end the algorithm can change.
    assert not compare(strong, both).rejected
    assert not compare(both, weak).rejected
    (entry,) = compare(weak, app(tmp_path / "end", "2", cdk.ReferenceStrength.WEAK)).algorithms
    assert (entry.action, entry.notes) == (PlannedAction.REPLACE, ())
