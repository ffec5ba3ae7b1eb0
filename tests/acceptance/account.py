"""Accounts that the scenarios can run in: an AWS account, or local AWS."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdk_sagemaker_algorithm.local import LocalAws

TAG = "acceptance-run-of-cdk-sagemaker-algorithm"
#: An image that local AWS takes for one that exists.
LOCAL_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/acceptance:1"


class Account(ABC):
    """An account that stacks are deployed to.

    Attributes:
        real: Whether this is AWS, and not its emulation.
    """

    real: bool

    @property
    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """The environment of the CDK CLI."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """Context values of the app that only this account needs."""

    @abstractmethod
    def client(self, service: str) -> Any:
        """A client of a service."""

    @abstractmethod
    def training_fails_next(self, reason: str) -> None:
        """Make the next training job fail, if the container cannot fail by itself."""

    def identity(self) -> tuple[str, str]:
        """The account's ID and region."""
        return self.client("sts").get_caller_identity()["Account"], self.client("s3").meta.region_name

    def stacks(self, run: str | None = None) -> Iterator[tuple[str, str]]:
        """Names of the stacks of acceptance runs, each with its run.

        Args:
            run: Only those of this run.
        """
        for page in self.client("cloudformation").get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                owner = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}.get(TAG)
                if owner and run in (None, owner) and stack["StackStatus"] != "DELETE_COMPLETE":
                    yield stack["StackName"], owner

    def algorithms(self, run: str | None = None) -> Iterator[tuple[str, str, str]]:
        """Names and statuses of the algorithms of acceptance runs, each with its run.

        Args:
            run: Only those of this run.
        """
        client = self.client("sagemaker")
        for page in client.get_paginator("list_algorithms").paginate(NameContains="acceptance-"):
            for summary in page["AlgorithmSummaryList"]:
                tags = client.list_tags(ResourceArn=summary["AlgorithmArn"])["Tags"]
                owner = {tag["Key"]: tag["Value"] for tag in tags}.get(TAG)
                if owner and run in (None, owner):
                    yield summary["AlgorithmName"], summary["AlgorithmStatus"], owner


class RealAccount(Account):
    """The AWS account of the caller's credentials."""

    real = True

    def __init__(self, profile: str | None, region: str | None) -> None:
        """Use the caller's credentials.

        Args:
            profile: The AWS profile; the SDK's choice if left out.
            region: The region; the SDK's choice if left out.
        """
        self._session = cast("Any", boto3).Session(profile_name=profile, region_name=region)

    @property
    def environment(self) -> Mapping[str, str]:
        """The caller's environment, with the credentials that were chosen."""
        keys = self._session.get_credentials().get_frozen_credentials()
        chosen = {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_REGION": self._session.region_name,
            "AWS_DEFAULT_REGION": self._session.region_name,
        }
        kept = {name: value for name, value in os.environ.items() if name not in ("AWS_PROFILE", "AWS_SESSION_TOKEN")}
        return {**kept, **chosen, **({"AWS_SESSION_TOKEN": keys.token} if keys.token else {})}

    @property
    def settings(self) -> Mapping[str, str]:
        """No context values: the CDK builds the container."""
        return {}

    def client(self, service: str) -> Any:
        """A client with the chosen credentials."""
        return self._session.client(service)

    def training_fails_next(self, reason: str) -> None:
        """Leave it to the container: its hyperparameter `fail` is set."""


@dataclass(slots=True)
class LocalAccount(Account):
    """Local AWS.

    Attributes:
        aws: What runs.
    """

    aws: LocalAws
    real = False

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment that leads to local AWS."""
        return self.aws.environment

    @property
    def settings(self) -> Mapping[str, str]:
        """An image that needs no Docker, and a network without NAT gateways."""
        return {"image": LOCAL_IMAGE, "network": "endpoints"}

    def client(self, service: str) -> Any:
        """A client with the key of the run."""
        return self.aws.client(service)

    def training_fails_next(self, reason: str) -> None:
        """Make the simulated job fail like the container."""
        self.aws.fail_next("training", reason)
