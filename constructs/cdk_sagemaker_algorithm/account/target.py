"""Group the algorithms and stacks to check by account and region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cdk_sagemaker_algorithm.account.read_operations import AwsEnvironment
from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm, algorithms
from cdk_sagemaker_algorithm.assembly.assets import Assets, read_assets
from cdk_sagemaker_algorithm.assembly.intrinsics import Resolver
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.assembly.unresolved import display, is_decided, symbols
from cdk_sagemaker_algorithm.model.json_access import Json, Tree, child, elements, json_object, text_of
from cdk_sagemaker_algorithm_provider.contract.limits import DEFAULT_MAX_RUNTIME

_SECONDS_AN_HOUR: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDefinition:
    """An algorithm to deploy.

    Attributes:
        subject: Its construct path, or the name of its file.
        content: The definition in canonical form; deploy-time values are marked.
        name: Its exact name; empty if the name is generated.
        stack: The stack that it is in; None for a request.
        resolver: Resolves values of its template; None for a request.
        logical_id: Its logical ID; empty for a request.
    """

    subject: str
    content: Mapping[str, Tree]
    name: str = ""
    stack: Stack | None = None
    resolver: Resolver | None = None
    logical_id: str = ""

    @property
    def certified(self) -> bool:
        """Whether it is to be certified for AWS Marketplace."""
        return self.content.get("CertifyForMarketplace") == "true"

    @property
    def profiles(self) -> list[tuple[str, Tree]]:
        """The validation profiles with their paths."""
        path = "ValidationSpecification.ValidationProfiles"
        found = elements(child(dict(self.content), *path.split(".")))
        return [(f"{path}[{index}]", profile) for index, profile in enumerate(found)]

    @property
    def training_hours(self) -> float:
        """The longest time that a training job of the validation may take."""
        seconds = [
            text_of(child(profile, "TrainingJobDefinition", "StoppingCondition", "MaxRuntimeInSeconds"))
            for _, profile in self.profiles
        ]
        return max((int(each) if each.isdecimal() else DEFAULT_MAX_RUNTIME for each in seconds), default=0) / (
            _SECONDS_AN_HOUR
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The algorithms and stacks to deploy to one account and region.

    Attributes:
        environment: The account and the region.
        definitions: The algorithms.
        caller: The ARN of the caller; empty if it is not known.
        asked_region: The region that the user set; empty without one.
        assets: What ``cdk deploy`` publishes before it creates anything.
        region_enabled: Whether the region accepts the credentials.
    """

    environment: AwsEnvironment
    definitions: tuple[TargetDefinition, ...]
    stacks: tuple[Stack, ...] = ()
    caller: str = ""
    asked_region: str = ""
    assets: tuple[Assets, ...] = ()
    region_enabled: bool = True

    @property
    def label(self) -> str:
        """The stacks' names, or the files' names."""
        return ", ".join(stack.label for stack in self.stacks) or ", ".join(one.subject for one in self.definitions)


def targets(
    stacks: Iterable[Stack],
    environment: AwsEnvironment,
    *,
    caller: str = "",
    asked_region: str = "",
    algorithm: str = "",
) -> list[Target]:
    """Group stacks by the environment that they are deployed to.

    Args:
        stacks: Stacks, or requests loaded as stacks.
        environment: The caller's account and region: those of stacks that name none.
        caller: The caller's ARN.
        asked_region: The region that the user chose.
        algorithm: The construct path, or its end, of the only algorithm to check. Default: all algorithms.

    Returns:
        One target for each environment, in the order of the stacks.
    """
    found: dict[tuple[str, str], list[Stack]] = {}
    for stack in stacks:
        resolved = stack.in_environment(environment.account, environment.region)
        found.setdefault((resolved.account or "", resolved.region or ""), []).append(resolved)
    return [
        replace(
            _target(replace(environment, account=account, region=region), group, algorithm),
            caller=caller,
            asked_region=asked_region,
        )
        for (account, region), group in found.items()
    ]


def _target(environment: AwsEnvironment, stacks: list[Stack], algorithm: str) -> Target:
    found = [_definition(stack, each) for stack in stacks for each in algorithms(stack)]
    definitions = [each for each in found if not algorithm or _is_named(each.subject, algorithm)]
    deployed = tuple(stack for stack in stacks if stack.name is not None)
    return Target(
        environment=environment,
        definitions=tuple(definitions),
        stacks=deployed,
        assets=tuple(read_assets(stack) for stack in deployed),
    )


def _is_named(subject: str, name: str) -> bool:
    return subject == name or subject.endswith(f"/{name}")


def _definition(stack: Stack, algorithm: DeclaredAlgorithm) -> TargetDefinition:
    template, resolver = stack, Resolver(stack)
    for logical_id in algorithm.nested_path:
        nested = template.nested[logical_id]
        template, resolver = nested, resolver.nested(logical_id, nested)
    in_file = stack.name is None and algorithm.path == algorithm.logical_id
    return TargetDefinition(
        subject=stack.label if in_file else algorithm.path,
        content=algorithm.content,
        name=algorithm.explicit_name,
        stack=template if stack.name is not None else None,
        resolver=resolver,
        logical_id=algorithm.logical_id,
    )


def is_uploaded(uri: str, target: Target) -> bool:
    """Return whether ``cdk deploy`` uploads an image, or the objects under an S3 URI.

    Args:
        uri: The image or the S3 URI.
        target: What is deployed.
    """
    if uri.startswith("s3://"):
        return any(assets.file(uri) or assets.files_below(uri) for assets in target.assets)
    own = uri.startswith(f"{target.environment.account}.")
    return own and any(assets.image(uri) for assets in target.assets)


def why_unresolved(value: str) -> str:
    """Return why a value is not known before the deployment; empty if it is known.

    Args:
        value: A value in canonical form.
    """
    if is_decided(value):
        return ""
    source = next((each for symbol in symbols(value) for each in symbol.sources()), None)
    if source is not None and source.kind == "resource":
        kind = f" ({source.detail})" if source.detail else ""
        return f"known at deploy time only: this deployment creates {source.name}{kind}"
    if source is not None and source.kind == "parameter":
        return f"known at deploy time only: parameter {source.name} of the stack"
    return f"known at deploy time only: {display(value)}"


def resources(definition: TargetDefinition) -> Mapping[str, dict[str, Json]]:
    """Return the resources of a definition's template by their logical IDs."""
    template: Mapping[str, Json] = definition.stack.template if definition.stack else {}
    return {name: json_object(value) for name, value in json_object(template.get("Resources")).items()}


def resolved(definition: TargetDefinition, value: Json) -> Any:
    """Return a value of a definition's template, resolved as far as possible."""
    return definition.resolver.resolve(value) if definition.resolver else value


def own_resource(value: str, definition: TargetDefinition, kind: str) -> str:
    """Return the logical ID of the resource of this template that a value comes from; empty if it does not.

    Args:
        definition: The definition that names it.
        kind: The resource type that it must have.
    """
    found = resources(definition)
    for symbol in symbols(value):
        for source in symbol.sources():
            if source.kind == "resource" and found.get(source.name, {}).get("Type") == kind:
                return source.name
    return ""
