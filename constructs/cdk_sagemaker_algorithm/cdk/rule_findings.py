"""What the rules find in a definition, told the way the CDK tells it: errors at synth, warnings as annotations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import aws_cdk as cdk
import constructs
import jsii

from cdk_sagemaker_algorithm.rules import ID_PREFIX, AcknowledgementError, Finding, Level, acknowledgeable, check
from cdk_sagemaker_algorithm.rules.deployment import Deployment

#: Where the CDK's CLI tells an app to put the assembly.
_OUTDIR = "CDK_OUTDIR"
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


def error_messages(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """The errors, each with what people read.

    Args:
        findings: What `check` found.
    """
    return [(each, _in_full(each)) for each in findings if each.level is Level.ERROR]


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
    """The findings of one construct's definition. A definition without any costs no call to the CDK.

    Some of it is complete only when the tree is: tags come from aspects, and a removal policy can be applied late.
    `check_again_at_synth` has the definition read again then.
    """

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
        self._annotated: set[str] = set()
        self._validated = False
        self._complete: Callable[[], tuple[object, Deployment]] | None = None

    def check(self, request: object, deployment: Deployment) -> None:
        """Check a definition by all rules. A second check replaces the errors of the first.

        Args:
            request: The definition.
            deployment: What is known of its deployment.

        Raises:
            AcknowledgementError: A rule cannot be acknowledged; the message says why.
        """
        found = check(request, acknowledged=self._acknowledged, downgraded=self._downgraded, deployment=deployment)
        if not found and not self._found:
            return
        for warned in warning_messages(each for each in found if each not in self._found):
            cdk.Annotations.of(self._construct).add_warning_v2(warned.id, warned.message)
        self._found = found
        if any(each.level is Level.ERROR for each in found):
            self._validate()

    def check_again_at_synth(self, complete: Callable[[], tuple[object, Deployment]]) -> None:
        """Check the definition once more when the tree is complete.

        Args:
            complete: Gives the definition and what is known of its deployment then.
        """
        self._complete = complete
        self._validate()

    def _validate(self) -> None:
        if not self._validated:
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
        """What stops synth: all errors but those acknowledged by ``Validations.of(scope).acknowledge``.

        Below the CDK's CLI the errors become annotations, which it prints as they are, warnings and all, before it
        fails. Elsewhere, such as in a test, nobody would look at annotations: the errors are returned, so that synth
        raises them, and the warnings with them.
        """
        try:
            if self._complete is not None:
                self.check(*self._complete())
            if not self._found:
                return []
            known = acknowledged_in_scopes(self._construct)
            found = [each for each in self._found if not _is_acknowledged(each, known)]
        except AcknowledgementError as error:
            return self._told([(ID_PREFIX + "acknowledgement", str(error))])
        errors = [(each.rule, text) for each, text in error_messages(found)]
        if not errors or _OUTDIR in os.environ:
            return self._told(errors)
        warnings = [f"warning: {warned.message} [{warned.id}]" for warned in warning_messages(found)]
        return [*self._told(errors), *warnings]

    def _told(self, errors: list[tuple[str, str]]) -> list[str]:
        if _OUTDIR not in os.environ:
            return [f"{message} [{rule}]" for rule, message in errors]
        validations = cdk.Validations.of(self._construct)
        for rule, message in errors:
            # An app can be synthesized twice.
            if message not in self._annotated:
                self._annotated.add(message)
                validations.add_error(rule, message)
        return []


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
    # The CDK sees to the acknowledged warnings itself.
    if finding.rule not in known:
        return False
    if finding.level is Level.WARNING:
        return True
    acknowledgeable(finding.rule, known[finding.rule])
    return True


@jsii.implements(constructs.IValidation)
class _Validation:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def validate(self) -> list[str]:
        """CDK's hook."""
        return self._findings.errors()
