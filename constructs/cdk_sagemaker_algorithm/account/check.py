"""Define checks of an account and their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from cdk_sagemaker_algorithm.reporting import Level

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.account.reader import Reader
    from cdk_sagemaker_algorithm.account.service_errors import AwsError
    from cdk_sagemaker_algorithm.account.target import Target

PREFIX = "account-"


class Stage(StrEnum):
    """The point at which a deployment fails because of a check's finding."""

    DEPLOYMENT = "deployment"
    CREATION = "creation"
    IMAGE_SCAN = "image scan"
    TRAINING = "training"
    AFTER_TRAINING = "after training"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One value that a check examines.

    Attributes:
        value: An image, an S3 URI, an ARN or the name of a quota.
        subject: The first algorithm or stack that uses it.
        path: The field that names it, if a definition does.
        also: Other algorithms that use it.
        unresolved: Why the value is not known before the deployment; empty if it is known.
        stage: The point at which a deployment fails by it. Default: that of the check.
        training_hours: Hours that training may take before, for what is noticed after it.
        data: What the check needs to examine it.
    """

    value: str
    subject: str = ""
    path: str = ""
    also: tuple[str, ...] = ()
    unresolved: str = ""
    stage: Stage | None = None
    training_hours: float = 0.0
    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The check passed.

    Attributes:
        detail: What AWS returned.
    """

    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """AWS would reject the examined value, or might reject it.

    Attributes:
        message: What is wrong; lower case start.
        remedy: What to do; can be pasted.
        level: How serious it is.
        evidence: What AWS returned.
        source: A document or a report.
        error: AWS's error text; None if no public report quotes it.
    """

    message: str
    remedy: str = ""
    level: Level = Level.ERROR
    evidence: tuple[str, ...] = ()
    source: str = ""
    error: AwsError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The check could not decide.

    Attributes:
        reason: Why.
        late: Whether the time limit ended first.
        no_response: Whether AWS did not respond, for that or for another reason.
        denied: Whether the caller lacks a permission.
    """

    reason: str
    late: bool = False
    no_response: bool = False
    denied: bool = False


CheckResult: TypeAlias = Passed | Failed | Unknown

#: An operation and the parameters that matter for its permission.
PlannedCall: TypeAlias = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        name: The ID without its prefix.
        requirement: What must hold, in one sentence.
        reason: What happens otherwise.
        stage: The point at which a deployment fails by it.
        level: The highest level of its findings.
        items: Returns what to examine. Makes no call.
        calls: Returns the calls that examining an item can make. Makes none.
        examine: Examines one item.
    """

    name: str
    requirement: str
    reason: str
    stage: Stage
    items: Callable[[Target], Iterable[Item]]
    examine: Callable[[Item, Target, Reader], CheckResult]
    calls: Callable[[Item, Target], Iterable[PlannedCall]] = field(default=lambda _, __: ())
    level: Level = Level.ERROR

    def is_named(self, name: str) -> bool:
        """Return whether a name is this check's, or the beginning of it, such as ``quota``.

        Args:
            name: A name, with or without the prefix.
        """
        return f"{self.name}-".startswith(f"{name.removeprefix(PREFIX)}-")

    @property
    def rule(self) -> str:
        """The ID, such as ``account-image-missing``."""
        return PREFIX + self.name
