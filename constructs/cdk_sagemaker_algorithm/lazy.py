"""Values that are worked out when the template is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii


@jsii.implements(cdk.IStableAnyProducer)
class _Producer:
    def __init__(self, produce: Callable[[], Any]) -> None:
        self._produce = produce

    def produce(self) -> Any:
        """CDK's hook."""
        return self._produce()


def lazy(produce: Callable[[], Any]) -> cdk.IResolvable:
    """A token for what `produce` returns once everything is declared; None leaves the property out."""
    return cdk.Lazy.any(_Producer(produce))


def tag_list(tags: cdk.TagManager) -> cdk.IResolvable:
    """A token for the tags as CloudFormation has them; without tags it leaves the property out.

    The manager's own ``rendered_tags`` has the spelling of L1 properties.
    """
    return lazy(lambda: [{"Key": key, "Value": value} for key, value in tags.tag_values().items()] or None)
