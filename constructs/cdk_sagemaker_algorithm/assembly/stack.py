"""Represent a stack of an assembly, and read the metadata of its template."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cdk_sagemaker_algorithm.model.json_access import Json, json_list, json_object
from cdk_sagemaker_algorithm.model.regions import dns_suffix_of, partition_of

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_sagemaker_algorithm.assembly.bounded_files import AssemblyFiles

_NESTED_STACK: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Message that synthesis attached to a construct.

    Attributes:
        level: ``error``, ``warning`` or ``info``.
        path: Construct path.
        text: Message, which ends with the ID of its rule if it has one.
    """

    level: str
    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameHolder:
    """Existing algorithm with a name.

    Attributes:
        status: AlgorithmStatus.
        owner: Stack name and logical ID from its ownership tags; empty without them.
        marked_for: Stack name and logical ID that it is marked for; empty without a mark.
    """

    status: str
    owner: str = ""
    marked_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """CloudFormation stack, or a template file of an unnamed stack.

    Attributes:
        name: Stack name; None for a template file.
        label: Display name: construct path or file name.
        template: Template as a JSON object.
        account: AWS account ID; None if the assembly does not contain it.
        region: AWS region; None if the assembly does not contain it.
        nested: Nested stacks by the logical ID of their resource.
        paths: Construct paths by logical ID, from the assembly; templates contain them only after `cdk synth`.
        properties: Properties of the stack artifact in the assembly, such as the required bootstrap version.
        annotations: Messages of synthesis about the constructs of the stack.
        files: Files of the assembly; None for a template file and for a deployed stack.
        asset_manifests: File names of the asset manifests in the assembly.
        drift: What is wrong with the deployed algorithms, by logical ID, in sentences without a period.
        adopted: Logical IDs of the deployed algorithms that the stack has adopted.
        holders: The algorithms in SageMaker under the exact names that HEAD wants to create, by name.
        importers: Names of the stacks that import a value of an algorithm, as CloudFormation says, by export name.
        unchecked_exports: Why CloudFormation was not asked for the importers, by the name of the export.
    """

    name: str | None
    label: str
    template: dict[str, Json]
    account: str | None = None
    region: str | None = None
    nested: dict[str, Stack] = field(default_factory=dict[str, "Stack"])
    paths: dict[str, str] = field(default_factory=dict[str, str])
    properties: dict[str, Json] = field(default_factory=dict[str, Json])
    annotations: tuple[Annotation, ...] = ()
    files: AssemblyFiles | None = None
    asset_manifests: tuple[str, ...] = ()
    drift: dict[str, str] = field(default_factory=dict[str, str])
    adopted: frozenset[str] = frozenset()
    holders: dict[str, NameHolder] = field(default_factory=dict[str, "NameHolder"])
    importers: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    unchecked_exports: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def directory(self) -> Path | None:
        """Directory of the assembly; None for a template file and for a deployed stack."""
        return self.files.directory if self.files else None

    def in_environment(self, account: str, region: str) -> Stack:
        """Return a copy with account and region, also in nested stacks.

        Args:
            account: AWS account ID; ignored if the assembly contains one.
            region: AWS region; ignored if the assembly contains one.
        """
        nested = {name: stack.in_environment(account, region) for name, stack in self.nested.items()}
        return replace(self, account=self.account or account, region=self.region or region, nested=nested)

    @property
    def identity(self) -> tuple[str | None, ...]:
        """Identity of the stack within its app."""
        return self.name, self.label, self.account, self.region

    def pseudo_parameters(self) -> dict[str, str]:
        """Return the pseudo parameters with resolved values."""
        values: dict[str, str] = {}
        if self.account:
            values["AWS::AccountId"] = self.account
        if self.region:
            values["AWS::Region"] = self.region
            values["AWS::URLSuffix"] = dns_suffix_of(self.region)
            values["AWS::Partition"] = partition_of(self.region)
        if self.name:
            values["AWS::StackName"] = self.name
        return values


def nested_stack_ids(template: dict[str, Json]) -> list[str]:
    """Return the logical IDs of the nested stacks of a template."""
    resources = json_object(template.get("Resources"))
    return [name for name, value in resources.items() if json_object(value).get("Type") == _NESTED_STACK]


def construct_path(resource: dict[str, Json]) -> str | None:
    """Return the construct path in the metadata of a resource, without the last element if the CDK added it."""
    path = json_object(resource.get("Metadata")).get("aws:cdk:path")
    return trim_path(path) if isinstance(path, str) and path else None


def trim_path(path: str) -> str:
    """Remove the last element of a construct path if the CDK added it."""
    head, _, last = path.rpartition("/")
    return head if head and last in ("Resource", "Default") else path


def references(value: Json) -> list[str]:
    """Return the logical IDs in the Fn::GetAtt of a value."""
    argument = json_object(value).get("Fn::GetAtt")
    if isinstance(argument, str):
        return [argument.partition(".")[0]]
    return [str(name) for name in json_list(argument)[:1]]
