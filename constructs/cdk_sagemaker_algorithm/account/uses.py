"""Collect the images, S3 locations, keys and roles of definitions, with the fields that use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cdk_sagemaker_algorithm.account.check import Item, Stage
from cdk_sagemaker_algorithm.account.target import Target, TargetDefinition, why_unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import display
from cdk_sagemaker_algorithm.model.json_access import child, text_of
from cdk_sagemaker_algorithm.model.paths import VALIDATION_ROLE
from cdk_sagemaker_algorithm.model.required_access import Purpose, images_of, needs_of_validation

_TRANSFORM: Final = ".TransformJobDefinition."
_INFERENCE: Final = "InferenceSpecification."


@dataclass(slots=True, kw_only=True)
class Use:
    """A value that definitions use.

    Attributes:
        value: The value, in canonical form.
        path: The field that names it first.
        definitions: The definitions that name it.
        after_training: Whether SageMaker uses it only after training.
        paths: The fields that name it, over all definitions.
    """

    value: str
    path: str
    definitions: list[TargetDefinition]
    after_training: bool
    paths: list[str] = field(default_factory=list[str])

    @property
    def certified(self) -> bool:
        """Whether a definition that names it is to be certified for AWS Marketplace."""
        return any(definition.certified for definition in self.definitions)

    def item(self, *, stage: Stage | None = None) -> Item:
        """Return the value as an item to examine.

        Args:
            stage: The point at which a deployment fails by it. Default: after training, or that of the check.
        """
        first, *others = dict.fromkeys(definition.subject for definition in self.definitions)
        return Item(
            value=display(self.value),
            subject=first,
            path=self.path,
            also=tuple(others),
            unresolved=why_unresolved(self.value),
            stage=stage or (Stage.AFTER_TRAINING if self.after_training else None),
            training_hours=max(definition.training_hours for definition in self.definitions),
            data=self,
        )


def images(target: Target) -> list[Use]:
    """Return the images of all definitions."""
    return _collected(
        (value, path, definition) for definition in target.definitions for path, value in images_of(definition.content)
    )


def needs(target: Target, *purposes: Purpose) -> list[Use]:
    """Return the needs of all validation jobs that have one of the purposes.

    Args:
        target: What is checked.
    """
    return _collected(
        (need.value, need.path, definition)
        for definition in target.definitions
        for need in needs_of_validation(definition.content)
        if need.purpose in purposes and not _own_output(need.path, need.purpose)
    )


def roles(target: Target) -> list[Use]:
    """Return the validation roles of all definitions."""
    return _collected(_roles(target))


def _roles(target: Target) -> Iterator[tuple[str, str, TargetDefinition]]:
    for definition in target.definitions:
        role = text_of(child(dict(definition.content), *VALIDATION_ROLE.split(".")))
        if role:
            yield role, VALIDATION_ROLE, definition


def _own_output(path: str, purpose: Purpose) -> bool:
    """Return whether a location is read only because the training job of the same validation wrote there."""
    return purpose == "read" and path.endswith(".OutputDataConfig.S3OutputPath")


def _collected(found: Iterable[tuple[str, str, TargetDefinition]]) -> list[Use]:
    uses: dict[str, Use] = {}
    for value, path, definition in found:
        late = _TRANSFORM in path or path.startswith(_INFERENCE)
        # A deploy-time value means the same only within one template.
        key = value if not why_unresolved(value) else f"{definition.subject}\n{value}"
        use = uses.setdefault(key, Use(value=value, path=path, definitions=[], after_training=late))
        use.after_training = use.after_training and late
        use.definitions.append(definition)
        use.paths.append(path)
    return list(uses.values())
