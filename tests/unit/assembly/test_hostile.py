"""Hostile assemblies and templates: resource exhaustion, and reading files outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdk_sagemaker_algorithm.assembly.algorithms import algorithms
from cdk_sagemaker_algorithm.assembly.assets import read_assets
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.assembly.read_limits import MAX_DEPTH
from tests.support.templates import definition, resources, stack, template, write, write_assembly

if TYPE_CHECKING:
    from pathlib import Path

Json = Any

BOMB = "Resources: {}\na: &a [x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, r"line 3: YAML aliases are not allowed in CloudFormation templates"),
        ("Resources: &a {X: *a}\n", "YAML aliases are not allowed"),
        ("Resources: {X: &a {Type: T}, Y: {<<: *a}}\n", "YAML aliases are not allowed"),
        (f"Resources: {'[' * 3000}{']' * 3000}\n", f"nested deeper than {MAX_DEPTH} levels"),
        (f"Resources: {'[' * 150}{']' * 150}\n", f"nested deeper than {MAX_DEPTH} levels"),
        (f"Resources: {{X: {'x' * 1_100_000}}}\n", "larger than 1 MB"),
        ('{"Resources": ' + "[" * 900 + "]" * 900 + "}", f"nested deeper than {MAX_DEPTH} levels"),
        ('{"Resources": ' + "[" * 100_000 + "]" * 100_000 + "}", f"nested deeper than {MAX_DEPTH} levels"),
        ('{"Resources": [' + "0," * 1_000_001 + "0]}", "more than 1,000,000 values"),
        (f'{{"Resources": {"9" * 5000}}}', "invalid JSON: Exceeds the limit"),
    ],
    ids=["bomb", "self", "merge", "deep-yaml", "deeper-yaml", "large-yaml", "deep", "deeper", "large", "digits"],
)
def test_a_template_that_grows_is_refused_with_its_reason(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.template"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        load(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert str(raised.value).count(str(path)) == 1


def test_a_template_as_deep_as_templates_get_is_read(tmp_path: Path) -> None:
    value: Json = "x"
    for _ in range(20):
        value = {"Fn::Join": ["", [value]]}
    body = template(resources({**definition(), "AlgorithmDescription": value}))
    (found,) = algorithms(load(write(tmp_path / "t.json", body))[0])
    assert found.content["AlgorithmDescription"] == "x"


def joined(name: str) -> Json:
    return {"Fn::Join": ["", [{"Ref": name}] * 100]}


def conditions() -> dict[str, Json]:
    doubled = {f"C{n}": {"Fn::And": [{"Condition": f"C{n + 1}"}] * 2} for n in range(60)}
    return doubled | {"C60": {"Fn::Equals": [{"Ref": "P"}, "x"]}}


@pytest.mark.parametrize(
    "sections",
    [
        {"Mappings": {"M": {"a": {"b": {"Fn::FindInMap": ["M", "a", "b"]}}}}},
        {"Conditions": conditions(), "Parameters": {"P": {"Type": "String"}}},
    ],
    ids=["mapping", "conditions"],
)
def test_values_that_expand_each_other_end_with_an_error(sections: dict[str, Json]) -> None:
    value = {"Fn::FindInMap": ["M", "a", "b"]} if "Mappings" in sections else {"Fn::If": ["C0", "a", "b"]}
    body = template(resources({**definition(), "AlgorithmDescription": value}), **sections)
    with pytest.raises(InputError, match=r"Prod: .*(too deeply|takes more than)"):
        algorithms(stack(body))


def test_a_chain_of_resources_that_is_too_long_ends_with_an_error() -> None:
    chain = {f"R{n}": {"Type": "X::Y::Z", "Properties": {"Next": {"Ref": f"R{n + 1}"}}} for n in range(2000)}
    body = template(resources({**definition(), "AlgorithmDescription": {"Ref": "R0"}}), chain)
    with pytest.raises(InputError, match="too deeply"):
        algorithms(stack(body))


def test_texts_that_multiply_from_nested_stack_to_nested_stack_end_with_an_error(tmp_path: Path) -> None:
    directory = write_assembly(tmp_path / "cdk.out", {})
    for n in range(6):
        inner = {
            "Type": "AWS::CloudFormation::Stack",
            "Metadata": {"aws:asset:path": f"n{n + 1}.json"},
            "Properties": {"Parameters": {"P": joined("P")}},
        }
        write(directory / f"n{n}.json", {"Parameters": {"P": {"Type": "String"}}, "Resources": {"N": inner}})
    last = template(resources({**definition(), "AlgorithmDescription": {"Ref": "P"}}))
    write(directory / "n6.json", {**last, "Parameters": {"P": {"Type": "String"}}})
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "n0.json"}}
    write(directory / "manifest.json", {"version": "40.0.0", "artifacts": {"Prod": artifact}})
    with pytest.raises(InputError, match="a text of more than 1,000,000 characters"):
        algorithms(load(directory)[0])


def test_an_assembly_that_contains_itself_is_refused(tmp_path: Path) -> None:
    artifact = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}
    write(tmp_path / "manifest.json", {"version": "40.0.0", "artifacts": {"Self": artifact}})
    with pytest.raises(InputError, match="contains itself as a nested assembly"):
        load(tmp_path)


def test_a_nested_stack_that_is_its_own_template_is_refused(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "Prod.template.json"}}
    directory = write_assembly(tmp_path / "cdk.out", {"Prod": {"Resources": {"N": nested}}})
    with pytest.raises(InputError, match="contains itself as a nested stack"):
        load(directory)


def artifact(**properties: str) -> Json:
    kind = "cdk:cloud-assembly" if "directoryName" in properties else "aws:cloudformation:stack"
    return {"type": kind, "properties": properties}


def test_nested_stacks_that_multiply_from_file_to_file_are_refused(tmp_path: Path) -> None:
    def inner(level: int) -> Json:
        return {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": f"n{level}.json"}}

    directory = write_assembly(tmp_path / "cdk.out", {})
    for level in range(15):
        write(directory / f"n{level}.json", {"Resources": {f"N{n}": inner(level + 1) for n in range(10)}})
    write(directory / "n15.json", {"Resources": {}})
    write(directory / "manifest.json", {"version": "40.0.0", "artifacts": {"Prod": artifact(templateFile="n0.json")}})
    with pytest.raises(InputError, match=r"read more than 2,000 files or 200 MB, the limit"):
        load(directory)


def test_assemblies_that_multiply_from_directory_to_directory_are_refused(tmp_path: Path) -> None:
    nested = {f"A{n}": artifact(directoryName="n") for n in range(10)}
    directory = tmp_path
    for _ in range(15):
        write(directory / "manifest.json", {"version": "40.0.0", "artifacts": nested})
        directory = directory / "n"
        directory.mkdir()
    write(directory / "manifest.json", {"version": "40.0.0", "artifacts": {}})
    with pytest.raises(InputError, match=r"read more than 2,000 files or 200 MB, the limit"):
        load(tmp_path)


def test_one_large_template_for_many_stacks_is_refused(tmp_path: Path) -> None:
    large = {"Resources": {"A": {"Type": "X::Y::Z", "Properties": {"Text": "x" * 40_000_000}}}}
    stacks = {f"S{n}": artifact(templateFile="large.json") for n in range(100)}
    write(tmp_path / "large.json", large)
    write(tmp_path / "manifest.json", {"version": "40.0.0", "artifacts": stacks})
    with pytest.raises(InputError, match=r"read more than 2,000 files or 200 MB, the limit"):
        load(tmp_path)


def test_a_metadata_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    body = {**artifact(templateFile="t.json"), "additionalMetadataFile": "metadata.json"}
    write(tmp_path / "manifest.json", {"version": "40.0.0", "artifacts": {"Prod": body}})
    write(tmp_path / "t.json", {"Resources": {}})
    with (tmp_path / "metadata.json").open("wb") as sparse:
        sparse.truncate(3_000_000_000)
    with pytest.raises(InputError, match=r"metadata.json: larger than 50 MB"):
        load(tmp_path)


def secret(tmp_path: Path) -> Path:
    return write(tmp_path / "secret.json", template(resources(definition(), "Prod/Secret")))


@pytest.mark.parametrize("how", ["relative", "absolute", "link", "linked-directory"])
@pytest.mark.parametrize("where", ["nested", "asset-manifest", "template", "metadata", "assembly"])
def test_no_file_outside_of_the_assembly_is_read(tmp_path: Path, how: str, where: str) -> None:
    target = secret(tmp_path)
    directory = write_assembly(tmp_path / "cdk.out", {})
    name = "../secret.json" if how == "relative" else str(target)
    if how == "link":
        (directory / "link.json").symlink_to(target)
        name = "link.json"
    if how == "linked-directory":
        (directory / "up").symlink_to(tmp_path)
        name = "up/secret.json"
    digest = "0123456789abcdef" * 4
    nested: Json = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": name}}
    stack_artifact: Json = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": name if where == "template" else "Prod.template.json"},
        **({"additionalMetadataFile": name} if where == "metadata" else {}),
    }
    if where == "asset-manifest":
        nested = {**nested, "Metadata": {}, "Properties": {"TemplateURL": f"https://x/{digest}.json"}}
        write(directory / "Prod.assets.json", {"files": {digest: {"source": {"path": name}}}})
    write(
        directory / "Prod.template.json", {"Resources": {"N": nested} if where in ("nested", "asset-manifest") else {}}
    )
    artifacts = {"Prod": stack_artifact}
    if where == "assembly":
        artifacts = {"Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": name}}}
    write(directory / "manifest.json", {"version": "40.0.0", "artifacts": artifacts})
    with pytest.raises(InputError, match="outside of the assembly"):
        load(directory)


@pytest.mark.parametrize("source", [{"directory": ".."}, {"directory": "/etc"}, {}])
def test_no_build_context_outside_of_the_assembly_is_given(tmp_path: Path, source: Json) -> None:
    directory = write_assembly(tmp_path / "cdk.out", {"Prod": template()})
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["artifacts"]["Prod.assets"] = {"type": "cdk:asset-manifest", "properties": {"file": "Prod.assets.json"}}
    write(directory / "manifest.json", manifest)
    write(directory / "Prod.assets.json", {"dockerImages": {"a": {"source": source}}})
    with pytest.raises(InputError, match=r"outside of the assembly|neither directory nor executable"):
        read_assets(load(directory)[0])


def test_special_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or directory"):
        load("/dev/zero")
    directory = write_assembly(tmp_path / "cdk.out", {"Prod": template()})
    (directory / "Prod.template.json").unlink()
    (directory / "Prod.template.json").mkdir()
    with pytest.raises(InputError, match="no such file"):
        load(directory)


def test_an_app_without_algorithms_or_without_stacks_is_fine(tmp_path: Path) -> None:
    directory = write_assembly(tmp_path / "a", {"Empty": {"Parameters": {"P": {"Type": "String"}}}})
    (found,) = load(directory)
    assert algorithms(found) == []
    assert load(write_assembly(tmp_path / "b", {})) == []
    write(directory / "Empty.template.json", {"Resources": []})
    with pytest.raises(InputError, match="Resources is not an object"):
        load(directory)
