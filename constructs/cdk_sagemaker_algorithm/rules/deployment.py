"""What is known of the deployment of a definition, beside the definition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where and how a definition is deployed. Rules skip what is None.

    Attributes:
        account: The account's ID, 12 digits.
        region: The region, such as ``eu-west-1``.
        validation_timeout: How long the deployment waits for the validation, in seconds.
        deletes: Whether CloudFormation deletes an algorithm that is replaced, or removed from the stack.
    """

    account: str | None = None
    region: str | None = None
    validation_timeout: int | None = None
    deletes: bool | None = None


UNKNOWN_DEPLOYMENT = Deployment()
