"""Report findings as CDK errors and warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import aws_cdk as cdk
import constructs
import jsii

from cdk_sagemaker_algorithm.cdk.construct_errors import ConstructErrors, is_below_cli
from cdk_sagemaker_algorithm.rules import (
    ID_PREFIX,
    AcknowledgementError,
    RuleFinding,
    RuleLevel,
    acknowledgeable,
    check,
)
from cdk_sagemaker_algorithm.rules.deployment import Deployment

MOVING_TAG = ID_PREFIX + "image-tag-moves"
"""ID of the warning about mutable tags; only a construct has the repository of an image."""

Acknowledgements = Mapping[str, str]
"""Rules by their IDs, with or without the library's prefix, and the reasons why they do not hold here."""


class Warned(NamedTuple):
    """Arguments of ``Annotations.add_warning_v2``.

    Attributes:
        id: ID to acknowledge.
        message: Text of the warning.
    """

    id: str
    message: str


def error_messages(findings: Iterable[RuleFinding]) -> list[tuple[RuleFinding, str]]:
    """Return the errors with their texts.

    Args:
        findings: Result of `check`.
    """
    return [(finding, _in_full(finding)) for finding in findings if finding.level is RuleLevel.ERROR]


def warning_messages(findings: Iterable[RuleFinding]) -> list[Warned]:
    """Return the warnings for ``Annotations.add_warning_v2``, which adds the ID to the message.

    Args:
        findings: Result of `check`.
    """
    return [Warned(finding.rule, _in_full(finding)) for finding in findings if finding.level is RuleLevel.WARNING]


def _in_full(finding: RuleFinding) -> str:
    """Return a finding's text with the path in both spellings: the user may have written either."""
    python, api = finding.python_path, finding.api_path
    where = python if python == api else f"{python} ({api})"
    return f"{where}: {finding.message}"


class Findings:
    """The findings of one construct's definition; a definition without findings causes no CDK calls.

    Tags from aspects and a late removal policy complete the definition only when the tree is complete.
    `check_again_at_synth` repeats the check then.
    """

    def __init__(
        self,
        construct: constructs.Construct,
        errors: ConstructErrors,
        acknowledged: Acknowledgements | None,
        downgraded: Acknowledgements | None,
    ) -> None:
        """Create the findings of a construct.

        Args:
            construct: Construct that shows errors and warnings.
            errors: Errors of the construct.
            acknowledged: Rules to skip.
            downgraded: Rules whose errors become warnings.

        """
        self._construct = construct
        self._errors = errors
        own = {rule: reason for rule, reason in (acknowledged or {}).items() if _is_mutable_tag(rule)}
        self._accepts_mutable_tags = bool(own)
        self._acknowledged = {rule: reason for rule, reason in (acknowledged or {}).items() if rule not in own}
        self._downgraded = downgraded
        self._found: list[RuleFinding] = []
        self._validated = False
        self._complete: Callable[[], tuple[object, Deployment]] | None = None

    def check(self, request: object, deployment: Deployment) -> None:
        """Check a definition. A second check replaces the errors of the first.

        Args:
            request: Algorithm definition.
            deployment: Account, region and options of the deployment, if available.
        """
        findings = check(request, acknowledged=self._acknowledged, downgraded=self._downgraded, deployment=deployment)
        if not findings and not self._found:
            return
        for warned in warning_messages(finding for finding in findings if finding not in self._found):
            cdk.Annotations.of(self._construct).add_warning_v2(warned.id, warned.message)
        self._found = findings
        if any(finding.level is RuleLevel.ERROR for finding in findings):
            self._validate()

    def check_again_at_synth(self, complete: Callable[[], tuple[object, Deployment]]) -> None:
        """Repeat the check when the tree is complete.

        Args:
            complete: Returns the complete definition and deployment.
        """
        self._complete = complete
        self._validate()

    def _validate(self) -> None:
        if not self._validated:
            self._validated = True
            self._construct.node.add_validation(_SynthValidation(self))

    def warn_of_mutable_tag(self, path: str, tag: str) -> None:
        """Warn about a mutable tag of an image.

        Args:
            path: Path of the image in the definition.
            tag: The mutable tag.
        """
        if self._accepts_mutable_tags:
            return
        cdk.Annotations.of(self._construct).add_warning_v2(
            MOVING_TAG,
            f"{path}: the tag {tag!r} is mutable, and SageMaker keeps the digest from the algorithm's creation; use "
            "AlgorithmImage.from_asset, a digest or a tag of an immutable repository, or set a new revision whenever "
            "the tag gets another image",
        )

    def errors(self) -> list[str]:
        """Return the errors that fail synthesis, except those acknowledged by ``Validations.of(scope)``.

        If the CDK's CLI runs the app, the errors become annotations, which the CLI prints with the warnings before it
        fails. Otherwise, such as in a test, annotations stay unseen: errors and warnings are returned, and synthesis
        raises them.
        """
        try:
            if self._complete is not None:
                self.check(*self._complete())
            if not self._found:
                return []
            known = acknowledged_in_scopes(self._construct)
            findings = [finding for finding in self._found if not _is_acknowledged(finding, known)]
        except AcknowledgementError as error:
            return self._told([(ID_PREFIX + "acknowledgement", str(error))])
        errors = [(finding.rule, text) for finding, text in error_messages(findings)]
        if not errors or is_below_cli():
            return self._told(errors)
        warnings = [f"warning: {warned.message} [{warned.id}]" for warned in warning_messages(findings)]
        return [*self._told(errors), *warnings]

    def _told(self, errors: list[tuple[str, str]]) -> list[str]:
        if not is_below_cli():
            return [f"{message} [{rule}]" for rule, message in errors]
        for rule, message in errors:
            self._errors.annotate(rule, message)
        return []


def acknowledged_in_scopes(construct: constructs.IConstruct) -> dict[str, str]:
    """Return the rules that CDK's ``Validations`` acknowledges for a construct or any of its scopes."""
    known: dict[str, str] = {}
    for scope in construct.node.scopes:
        for entry in scope.node.metadata:
            data: Any = entry.data
            if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY and isinstance(data, Mapping):
                # CDK puts the kind of the rule before its ID.
                known |= {str(rule).rpartition("::")[2]: str(reason) for rule, reason in data.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return known


def check_acknowledgement(rule: str, reason: str) -> None:
    """Reject a rule that cannot be acknowledged.

    Args:
        rule: ID of the rule.
        reason: Why it does not apply.

    Raises:
        AcknowledgementError: If the rule is unknown or mandatory, or the reason is empty.
    """
    if not _is_mutable_tag(rule):
        acknowledgeable(rule, reason)


def _is_mutable_tag(rule: str) -> bool:
    return ID_PREFIX + rule.removeprefix(ID_PREFIX) == MOVING_TAG


def _is_acknowledged(finding: RuleFinding, known: Mapping[str, str]) -> bool:
    # The CDK removes acknowledged warnings itself.
    if finding.rule not in known:
        return False
    if finding.level is RuleLevel.WARNING:
        return True
    acknowledgeable(finding.rule, known[finding.rule])
    return True


@jsii.implements(constructs.IValidation)
class _SynthValidation:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def validate(self) -> list[str]:
        """Return the errors; implements ``IValidation`` of the CDK."""
        return self._findings.errors()
