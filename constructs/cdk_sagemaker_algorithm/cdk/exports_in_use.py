"""A warning if another stack of the app imports an algorithm's ARN or name from an export."""

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
    """Looks for such an export when the app is validated: the CDK has made all exports by then."""

    def __init__(self, construct: constructs.Construct, source: cdk.CfnResource) -> None:
        """Warn about a construct.

        Args:
            construct: The algorithm.
            source: The resource that its ARN and name are attributes of.
        """
        self._construct = construct
        self._source = source

    def validate(self) -> list[str]:
        """CDK's hook; a warning is no error."""
        stack = cdk.Stack.of(self._construct)
        exports = stack.node.try_find_child("Exports")
        if exports is not None:
            source = f'["{stack.resolve(self._source.logical_id)}",'
            # The outputs of weak references have no export, and an ID of their own.
            if any(child.node.id.startswith("Output{") and source in child.node.id for child in exports.node.children):
                cdk.Annotations.of(self._construct).add_warning_v2(EXPORT_IN_USE, _MESSAGE)
        return []
