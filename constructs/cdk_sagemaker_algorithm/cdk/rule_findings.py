"""What the rules find in a definition, told the way the CDK tells it: errors at synth, warnings as annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import aws_cdk as cdk
import constructs
import jsii

from cdk_sagemaker_algorithm.rules import ID_PREFIX, Finding, Level, acknowledgeable, check

MOVING_TAG = ID_PREFIX + "image-tag-moves"
"""The warning that only a construct can give: it knows the repository behind an image."""

Acknowledgements = Mapping[str, str]
"""Rules by their IDs, with or without the library's prefix, and the reasons why they do not hold here."""


class Warned(NamedTuple):
    """What ``Annotations.add_warning_v2`` takes.

    Attributes:
        id: What people acknowledge.
        message: What they read.
    """

    id: str
    message: str


def error_messages(findings: Iterable[Finding], *, construct_path: str = "") -> list[str]:
    """The errors, one string each, for ``node.add_validation``.

    Args:
        findings: What `check` found.
        construct_path: Path of the construct; the CDK itself prints it before what a validation returns,
            so it is needed only where the strings go elsewhere.
    """
    where = f"{construct_path}: " if construct_path else ""
    return [f"{where}{_in_full(each)} [{each.rule}]" for each in findings if each.level is Level.ERROR]


def warning_messages(findings: Iterable[Finding]) -> list[Warned]:
    """The warnings, for ``Annotations.add_warning_v2``, which adds the ID to the message by itself.

    Args:
        findings: What `check` found.
    """
    return [Warned(each.rule, _in_full(each)) for each in findings if each.level is Level.WARNING]


def _in_full(finding: Finding) -> str:
    """Both spellings of the place: the user may have written either."""
    python, api = finding.python_path, finding.api_path
    where = python if python == api else f"{python} ({api})"
    return f"{where}: {finding.message}"


class Findings:
    """The findings of one construct's definition. A definition without any costs no call to the CDK."""

    def __init__(
        self,
        construct: constructs.Construct,
        acknowledged: Acknowledgements | None,
        downgraded: Acknowledgements | None,
    ) -> None:
        """Report to a construct.

        Args:
            construct: Where errors and warnings are shown.
            acknowledged: Rules that are passed over.
            downgraded: Rules whose errors are warnings.

        Raises:
            AcknowledgementError: A rule cannot be acknowledged; the message says why.
        """
        self._construct = construct
        own = {rule: reason for rule, reason in (acknowledged or {}).items() if _is_moving_tag(rule)}
        self._accepts_moving_tags = bool(own)
        self._acknowledged = {rule: reason for rule, reason in (acknowledged or {}).items() if rule not in own}
        self._downgraded = downgraded
        self._found: list[Finding] = []
        self._validated = False

    def check(self, request: object) -> None:
        """Check a definition by all rules. A second check replaces the errors of the first.

        Raises:
            AcknowledgementError: A rule cannot be acknowledged; the message says why.
        """
        found = check(request, acknowledged=self._acknowledged, downgraded=self._downgraded)
        if not found and not self._found:
            return
        for warned in warning_messages(each for each in found if each not in self._found):
            cdk.Annotations.of(self._construct).add_warning_v2(warned.id, warned.message)
        self._found = found
        if not self._validated and any(each.level is Level.ERROR for each in found):
            self._validated = True
            self._construct.node.add_validation(_Validation(self))

    def warn_of_moving_tag(self, path: str, tag: str) -> None:
        """Warn that an image will not be the one that its tag names.

        Args:
            path: Where the image is.
            tag: The tag.
        """
        if self._accepts_moving_tags:
            return
        cdk.Annotations.of(self._construct).add_warning_v2(
            MOVING_TAG,
            f"{path}: the tag {tag!r} can move, and SageMaker keeps the digest that it finds when the algorithm is "
            "made; use AlgorithmImage.from_asset, name a digest or a tag of an immutable repository, or give another "
            "revision whenever the tag has moved",
        )

    def errors(self) -> list[str]:
        """What stops synth: all errors but those acknowledged by ``Validations.of(scope).acknowledge``."""
        errors = [each for each in self._found if each.level is Level.ERROR]
        known = acknowledged_in_scopes(self._construct)
        return error_messages(each for each in errors if not _is_acknowledged(each, known))


def acknowledged_in_scopes(construct: constructs.IConstruct) -> dict[str, str]:
    """What is acknowledged for a construct or for any of its scopes, with CDK's own ``Validations``."""
    known: dict[str, str] = {}
    for scope in construct.node.scopes:
        for entry in scope.node.metadata:
            data: Any = entry.data
            if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY and isinstance(data, Mapping):
                # CDK puts the kind of the rule before its ID.
                known |= {str(rule).rpartition("::")[2]: str(reason) for rule, reason in data.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return known


def _is_moving_tag(rule: str) -> bool:
    return ID_PREFIX + rule.removeprefix(ID_PREFIX) == MOVING_TAG


def _is_acknowledged(finding: Finding, known: Mapping[str, str]) -> bool:
    if finding.rule not in known:
        return False
    acknowledgeable(finding.rule, known[finding.rule])
    return True


@jsii.implements(constructs.IValidation)
class _Validation:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def validate(self) -> list[str]:
        """CDK's hook."""
        return self._findings.errors()
