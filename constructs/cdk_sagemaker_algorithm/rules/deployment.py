"""Describe the deployment of a definition, for rules that depend on account, region or options."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The deployment of a definition. Rules skip what is None.

    Attributes:
        account: Account ID, 12 digits.
        region: AWS region, such as ``eu-west-1``.
        validation_timeout: Maximum time that the deployment waits for the validation, in seconds.
        deletes: Whether CloudFormation deletes an algorithm that is replaced, or removed from the stack.
    """

    account: str | None = None
    region: str | None = None
    validation_timeout: int | None = None
    deletes: bool | None = None


UNKNOWN_DEPLOYMENT = Deployment()
