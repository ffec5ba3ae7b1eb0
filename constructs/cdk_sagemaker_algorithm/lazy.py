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
