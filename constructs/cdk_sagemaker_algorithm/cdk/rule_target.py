"""The type of targets of EventBridge rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from aws_cdk import aws_events


class RuleTarget(Protocol):
    """A target of an EventBridge rule, such as those of ``aws_cdk.aws_events_targets``.

    Type checkers do not accept these classes for CDK's own ``IRuleTarget``: their ``bind`` has another parameter name.
    """

    def bind(self, rule: Any, id: str | None = None, /) -> aws_events.RuleTargetConfig:
        """Return the configuration of the target for a rule.

        Args:
            id: ID of the target within the rule.
        """
        ...
