"""The algorithms of the account, as the lifecycle sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import tag_list, tag_map
from cdk_sagemaker_algorithm_provider.parameter_types import typed

IN_PROGRESS = ("Pending", "InProgress")


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """One algorithm as SageMaker describes it."""

    name: str
    arn: str
    status: str
    created: float
    description: Mapping[str, Any] = field(repr=False)


class Algorithms:
    """Describe, create, tag and delete; an algorithm that is not there is None and not an error."""

    def __init__(self, client: Any, request_shape: Any) -> None:
        """Use a SageMaker client, and the input shape of CreateAlgorithm."""
        self._client = client
        self._request_shape = request_shape

    def find(self, name: str) -> Algorithm | None:
        """The algorithm of this name, None where there is none."""
        try:
            description = self._client.describe_algorithm(AlgorithmName=name)
        except Exception as error:
            if aws_errors.is_aws(error) and aws_errors.is_missing(error):
                return None
            raise
        created = description.get("CreationTime")
        return Algorithm(
            name=name,
            arn=description["AlgorithmArn"],
            status=description["AlgorithmStatus"],
            created=created.timestamp() if created is not None else 0.0,
            description=description,
        )

    def tags(self, algorithm: Algorithm) -> dict[str, str]:
        """The tags of an algorithm; none where it has vanished meanwhile."""
        found: dict[str, str] = {}
        token: dict[str, str] = {}
        while True:
            try:
                page = self._client.list_tags(ResourceArn=algorithm.arn, **token)
            except Exception as error:
                if aws_errors.is_aws(error) and aws_errors.is_missing(error):
                    return found
                raise
            found |= tag_map(page.get("Tags"))
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def named(self, name_contains: str, *statuses: str) -> list[str]:
        """The names of the algorithms whose name contains this, in any of these statuses."""
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self._client.list_algorithms(NameContains=name_contains, MaxResults=100, **token)
            summaries = page.get("AlgorithmSummaryList", [])
            found += [each["AlgorithmName"] for each in summaries if each["AlgorithmStatus"] in statuses]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def create(self, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Create an algorithm and return its ARN; types that CloudFormation took away are given back."""
        request = typed({"AlgorithmName": name, **content, "Tags": tag_list(tags)}, self._request_shape)
        arn: str = self._client.create_algorithm(**request)["AlgorithmArn"]
        return arn

    def delete(self, name: str) -> None:
        """Ask for the deletion; it goes on after the answer, and one that is not there is no error."""
        try:
            self._client.delete_algorithm(AlgorithmName=name)
        except Exception as error:
            if not (aws_errors.is_aws(error) and aws_errors.is_missing(error)):
                raise

    def retag(
        self, algorithm: Algorithm, *, present: Mapping[str, str], wanted: Mapping[str, str], unwanted: set[str]
    ) -> None:
        """Set the wanted tags that are not `present`, and take the unwanted away; tags of others stay."""
        missing = {key: value for key, value in wanted.items() if present.get(key) != value}
        stale = sorted(unwanted - wanted.keys())
        # Removing first keeps an algorithm with many tags within the service's limit of 50.
        if stale:
            self._client.delete_tags(ResourceArn=algorithm.arn, TagKeys=stale)
        if missing:
            self._client.add_tags(ResourceArn=algorithm.arn, Tags=tag_list(missing))
