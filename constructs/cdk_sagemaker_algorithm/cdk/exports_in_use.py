"""Warn if another stack of the app imports an algorithm's ARN or name from an export."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
import constructs
import jsii

from cdk_sagemaker_algorithm.rules import ID_PREFIX

EXPORT_IN_USE: Final = ID_PREFIX + "export-in-use"
_MESSAGE: Final = (
    "another stack imports the algorithm's ARN or name from an export of this stack. Every change of the definition "
    "changes the export, and CloudFormation rejects that after the validation, because the export is in use. In the "
    "other stack, use cdk.Stack.consume_reference(algorithm.algorithm_arn, cdk.ReferenceStrength.WEAK); if the export "
    "is deployed, deploy with cdk.ReferenceStrength.BOTH first"
)


@jsii.implements(constructs.IValidation)
class ExportWarning:
    """A validation that finds such exports after the CDK has created them all."""

    def __init__(self, construct: constructs.Construct, source: cdk.CfnResource) -> None:
        """Create the validation of a construct.

        Args:
            construct: An algorithm.
            source: Resource that provides the algorithm's ARN and name.
        """
        self._construct = construct
        self._source = source

    def validate(self) -> list[str]:
        """Add the warning; implements ``IValidation`` of the CDK."""
        stack = cdk.Stack.of(self._construct)
        exports = stack.node.try_find_child("Exports")
        if exports is not None:
            source = f'["{stack.resolve(self._source.logical_id)}",'
            # Outputs of weak references have a different ID and no export.
            if any(child.node.id.startswith("Output{") and source in child.node.id for child in exports.node.children):
                cdk.Annotations.of(self._construct).add_warning_v2(EXPORT_IN_USE, _MESSAGE)
        return []
