"""One stack of an assembly, and what its template says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cdk_sagemaker_algorithm.model.json_tree import Json, json_list, json_object

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_sagemaker_algorithm.assembly.files import AssemblyFiles

_NESTED_STACK: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One CloudFormation stack, or a template file whose stack is not known.

    Attributes:
        name: The stack's name at CloudFormation; None for a template file.
        label: What to call it: the construct path, or the file's name.
        template: The template.
        account: The account; None if the assembly does not say it.
        region: The region; None if the assembly does not say it.
        nested: Nested stacks by the logical ID of their resource.
        paths: Construct paths by logical ID, from the assembly; templates carry them only if the CDK CLI synthesized.
        properties: The properties of the stack's artifact in the assembly, such as the bootstrap version it requires.
        files: The files of its assembly; None for a template file and for a deployed stack.
        asset_manifests: Names of the assembly's files that list what a deployment publishes.
    """

    name: str | None
    label: str
    template: dict[str, Json]
    account: str | None = None
    region: str | None = None
    nested: dict[str, Stack] = field(default_factory=dict[str, "Stack"])
    paths: dict[str, str] = field(default_factory=dict[str, str])
    properties: dict[str, Json] = field(default_factory=dict[str, Json])
    files: AssemblyFiles | None = None
    asset_manifests: tuple[str, ...] = ()

    @property
    def directory(self) -> Path | None:
        """The assembly's directory; None for a template file and for a deployed stack."""
        return self.files.directory if self.files else None

    def in_environment(self, account: str, region: str) -> Stack:
        """The stack, and its nested stacks, in an account and a region.

        Args:
            account: The account; takes effect if the assembly names none.
            region: The region; takes effect if the assembly names none.
        """
        nested = {name: stack.in_environment(account, region) for name, stack in self.nested.items()}
        return replace(self, account=self.account or account, region=self.region or region, nested=nested)

    @property
    def identity(self) -> tuple[str | None, ...]:
        """Distinguishes this stack from all others of its app."""
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
            known["AWS::Partition"] = partition_of(self.region)
        if self.name:
            known["AWS::StackName"] = self.name
        return known


def nested_stack_ids(template: dict[str, Json]) -> list[str]:
    """The logical IDs of a template's nested stacks."""
    resources = json_object(template.get("Resources"))
    return [name for name, value in resources.items() if json_object(value).get("Type") == _NESTED_STACK]


def construct_path(resource: dict[str, Json]) -> str | None:
    """The construct path in a resource's metadata, without the CDK's own last element."""
    path = json_object(resource.get("Metadata")).get("aws:cdk:path")
    return trim_path(path) if isinstance(path, str) and path else None


def trim_path(path: str) -> str:
    """A construct path without the CDK's own last element."""
    head, _, last = path.rpartition("/")
    return head if head and last in ("Resource", "Default") else path


def references(value: Json) -> list[str]:
    """The logical IDs that the Fn::GetAtt of a value names."""
    argument = json_object(value).get("Fn::GetAtt")
    if isinstance(argument, str):
        return [argument.partition(".")[0]]
    return [str(name) for name in json_list(argument)[:1]]


def partition_of(region: str) -> str:
    """The partition of a region.

    Args:
        region: Such as `cn-north-1`.
    """
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
