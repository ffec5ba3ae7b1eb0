"""Stacks to compare, from cloud assemblies and from template files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.model.json_tree import Json, json_list, json_object
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE

MANIFEST: Final = "manifest.json"
_STACK_ARTIFACT: Final = "aws:cloudformation:stack"
_ASSEMBLY_ARTIFACT: Final = "cdk:cloud-assembly"
_NESTED_STACK: Final = "AWS::CloudFormation::Stack"
_HASH: Final = re.compile(r"([0-9a-f]{64})\.json")
_LARGEST_FILE: Final = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One CloudFormation stack, or a template file whose stack is not known.

    Attributes:
        name: The stack's name at CloudFormation; None for a template file.
        label: What people call it: the construct path, or the file's name.
        template: The template.
        account: The account, where the assembly says it.
        region: The region, where the assembly says it.
        nested: Nested stacks by the logical ID of their resource.
        paths: Construct paths by logical ID, from the assembly; templates carry them only if the CDK CLI synthesized.
    """

    name: str | None
    label: str
    template: dict[str, Json]
    account: str | None = None
    region: str | None = None
    nested: dict[str, Stack] = field(default_factory=dict[str, "Stack"])
    paths: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def identity(self) -> tuple[str | None, ...]:
        """Tells this stack from every other one of its side."""
        return self.name, self.label, self.account, self.region

    def pseudo_parameters(self) -> dict[str, str]:
        """The pseudo parameters whose values are known."""
        known: dict[str, str] = {}
        if self.account:
            known["AWS::AccountId"] = self.account
        if self.region:
            china = self.region.startswith("cn-")
            known["AWS::Region"] = self.region
            known["AWS::URLSuffix"] = "amazonaws.com.cn" if china else "amazonaws.com"
            known["AWS::Partition"] = _partition(self.region)
        if self.name:
            known["AWS::StackName"] = self.name
        return known


def load(path: Path | str) -> list[Stack]:
    """Read the stacks of a cloud assembly (`cdk.out`) or of one template file.

    Args:
        path: Directory with a manifest.json, a template in JSON or YAML, or a CreateAlgorithm request.

    Returns:
        The stacks, those of nested assemblies (stages) included.

    Raises:
        InputError: Nothing that can be compared is there.
    """
    path = Path(path)
    if path.is_dir():
        return _load_assembly(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file or directory; give a cloud assembly (the directory that `cdk synth` writes, "
            "usually cdk.out) or a template file"
        )
    if path.name == MANIFEST:
        return _load_assembly(path.parent)
    return [Stack(name=None, label=path.name, template=_read_template(path, requests=True))]


def _load_assembly(directory: Path) -> list[Stack]:
    if not (directory / MANIFEST).is_file():
        raise InputError(
            f"{directory}: no {MANIFEST} there, so it is no cloud assembly; run `cdk synth --output {directory}` "
            "first, or give a template file"
        )
    stacks: list[Stack] = []
    manifest = _read_json(directory / MANIFEST)
    for identifier, value in json_object(manifest.get("artifacts")).items():
        artifact = json_object(value)
        properties = json_object(artifact.get("properties"))
        if artifact.get("type") == _STACK_ARTIFACT:
            stacks.append(_stack(directory, identifier, artifact, properties))
        elif artifact.get("type") == _ASSEMBLY_ARTIFACT:
            stacks += _load_assembly(_inside(directory, str(properties.get("directoryName", ""))))
    return stacks


def _stack(directory: Path, identifier: str, artifact: dict[str, Json], properties: dict[str, Json]) -> Stack:
    path = _inside(directory, str(properties.get("templateFile", "")))
    template = _read_template(path)
    account, region = _environment(str(artifact.get("environment", "")))
    return Stack(
        name=str(properties.get("stackName") or identifier),
        label=str(artifact.get("displayName") or identifier).partition(" (")[0],
        template=template,
        account=account,
        region=region,
        nested=_nested(path.parent, template, account, region),
        paths=_paths(directory, artifact),
    )


def _paths(directory: Path, artifact: dict[str, Json]) -> dict[str, str]:
    """Construct paths by logical ID; an ID that comes twice, in nested stacks, is left out."""
    entries = json_object(artifact.get("metadata"))
    file = artifact.get("additionalMetadataFile")
    if isinstance(file, str) and (directory / file).is_file():
        entries = {**entries, **_read_json(_inside(directory, file))}
    found: dict[str, list[str]] = {}
    for path, values in entries.items():
        for value in map(json_object, json_list(values)):
            if value.get("type") == "aws:cdk:logicalId":
                found.setdefault(str(value.get("data")), []).append(_trim(path.removeprefix("/")))
    return {logical_id: paths[0] for logical_id, paths in found.items() if len(paths) == 1}


def _nested(directory: Path, template: dict[str, Json], account: str | None, region: str | None) -> dict[str, Stack]:
    """The nested stacks whose templates are in the assembly."""
    found: dict[str, Stack] = {}
    for logical_id in nested_resources(template):
        path = _nested_file(directory, json_object(json_object(template.get("Resources")).get(logical_id)))
        if path is not None:
            inner = _read_template(path)
            found[logical_id] = Stack(
                name=None,
                label=logical_id,
                template=inner,
                account=account,
                region=region,
                nested=_nested(directory, inner, account, region),
            )
    return found


def _nested_file(directory: Path, resource: dict[str, Json]) -> Path | None:
    """The file of a nested stack's template: from metadata, or by the hash in its address."""
    file = json_object(resource.get("Metadata")).get("aws:asset:path")
    if not isinstance(file, str):
        address = _HASH.search(json.dumps(json_object(resource.get("Properties")).get("TemplateURL")))
        file = _asset_files(directory).get(address.group(1)) if address else None
    return directory / file if file and (directory / file).is_file() else None


def _asset_files(directory: Path) -> dict[str, str]:
    """The files that an assembly publishes, by their hash."""
    found: dict[str, str] = {}
    for manifest in sorted(directory.glob("*.assets.json")):
        for identifier, asset in json_object(_read_json(manifest).get("files")).items():
            found[identifier] = str(json_object(json_object(asset).get("source")).get("path", ""))
    return found


def _inside(directory: Path, name: str) -> Path:
    """A file that an assembly names; never one outside of the assembly."""
    path = directory / name
    if not name or not path.resolve().is_relative_to(directory.resolve()):
        raise InputError(f"{directory / MANIFEST}: names the file {name!r}, which is not inside of the assembly")
    return path


def _environment(text: str) -> tuple[str | None, str | None]:
    account, _, region = text.removeprefix("aws://").partition("/")
    return (
        account if account.isdecimal() else None,
        region if region and not region.startswith("unknown-") else None,
    )


def _partition(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{path}: larger than {_LARGEST_FILE // 1_000_000} MB, so it is no template")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def _read_json(path: Path) -> dict[str, Json]:
    try:
        value: object = json.loads(_read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is not JSON: {error}") from error
    found = json_object(value)
    if not found:
        raise InputError(f"{path}: an object with members is wanted at the top")
    return found


def _read_template(path: Path, *, requests: bool = False) -> dict[str, Json]:
    template = _read_json(path) if path.suffix == ".json" else parse_template(_read_text(path), str(path))
    if requests and "TrainingSpecification" in template and "Resources" not in template:
        # A request by itself is compared as the one algorithm of a template.
        return {"Resources": {"Algorithm": {"Type": ALGORITHM_TYPE, "Properties": template}}}
    if not isinstance(template.get("Resources"), dict):
        raise InputError(f"{path}: has no Resources, so it is no CloudFormation template")
    return template


def parse_template(text: str, where: str) -> dict[str, Json]:
    """Read a template's text, in JSON or in YAML.

    Args:
        text: The template.
        where: What to call it in errors.

    Returns:
        The template.

    Raises:
        InputError: It is neither, or YAML and no reader for that is installed.
    """
    if text.lstrip().startswith("{"):
        try:
            return json_object(json.loads(text))
        except json.JSONDecodeError as error:
            raise InputError(f"{where}: is not JSON: {error}") from error
    from cdk_sagemaker_algorithm.assembly import yaml_templates  # noqa: PLC0415 - its dependency is optional

    return yaml_templates.parse(text, where)


def nested_resources(template: dict[str, Json]) -> list[str]:
    """The logical IDs of a template's nested stacks."""
    resources = json_object(template.get("Resources"))
    return [name for name, value in resources.items() if json_object(value).get("Type") == _NESTED_STACK]


def construct_path(resource: dict[str, Json]) -> str | None:
    """The construct path in a resource's metadata, without the CDK's own last element."""
    path = json_object(resource.get("Metadata")).get("aws:cdk:path")
    return _trim(path) if isinstance(path, str) and path else None


def _trim(path: str) -> str:
    head, _, last = path.rpartition("/")
    return head if head and last in ("Resource", "Default") else path


def references(value: Json) -> list[str]:
    """The logical IDs that the Fn::GetAtt of a value names."""
    argument = json_object(value).get("Fn::GetAtt")
    if isinstance(argument, str):
        return [argument.partition(".")[0]]
    return [str(name) for name in json_list(argument)[:1]]
