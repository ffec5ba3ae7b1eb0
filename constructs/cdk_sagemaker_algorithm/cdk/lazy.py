"""Values that are worked out when the template is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def key_value_tags(resource_type: str, tags: Mapping[str, str] | None = None) -> cdk.TagManager:
    """A manager whose ``rendered_tags`` have CloudFormation's spelling, ``Key`` and ``Value``.

    The standard kind renders the spelling of L1 properties, which a plain ``CfnResource`` does not translate.

    Args:
        resource_type: The type of what is tagged; aspects can pick or pass over it.
        tags: Tags that it has from the beginning; those of ``Tags.of`` go before them. Default: none.
    """
    return cdk.TagManager(cdk.TagType.KEY_VALUE, resource_type, dict(tags) if tags else None)
