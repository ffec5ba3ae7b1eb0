"""The algorithms of the account, as the handler sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.contract import aws_errors, resource_schema
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import read_tags, tag_list

IN_PROGRESS = ("Pending", "InProgress")
_PAGE = 100
_T = TypeVar("_T")


class ContradictionError(RuntimeError):
    """One call of SageMaker finds the algorithm, another one does not: to be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmRecord:
    """One algorithm as SageMaker describes it."""

    name: str
    arn: str
    status: str
    created: float
    description: Mapping[str, Any] = field(repr=False)

    @property
    def creation_time(self) -> str:
        """When it was created, as the resources' attribute has it."""
        return datetime.fromtimestamp(self.created, UTC).isoformat(timespec="milliseconds")

    @property
    def attributes(self) -> dict[str, str]:
        """What ``Fn::GetAtt`` finds."""
        return {
            resource_schema.ALGORITHM_NAME: self.name,
            resource_schema.ALGORITHM_ARN: self.arn,
            resource_schema.CREATION_TIME: self.creation_time,
        }


class Algorithms:
    """Describe, create, tag and delete; an algorithm that is not there is None and not an error."""

    def __init__(self, client: Any) -> None:
        """Use a SageMaker client."""
        self._client = client

    def find(self, name: str, *, arn: str = "") -> AlgorithmRecord | None:
        """Return the algorithm of this name, None where there is none.

        Args:
            name: The algorithm's name.
            arn: The ARN that CreateAlgorithm returned, where it is known; other responses may spell it in another way.
        """
        try:
            description = self._client.describe_algorithm(AlgorithmName=name)
        except Exception as error:
            if aws_errors.is_aws(error) and aws_errors.is_missing(error):
                return None
            raise
        created = description.get("CreationTime")
        return AlgorithmRecord(
            name=name,
            arn=arn or description["AlgorithmArn"],
            status=description["AlgorithmStatus"],
            created=round(created.timestamp(), 3) if created is not None else 0.0,
            description=description,
        )

    def tags(self, algorithm: AlgorithmRecord) -> dict[str, str]:
        """Return the tags of an algorithm that was found.

        Raises:
            ContradictionError: ListTags finds it under neither spelling of its ARN.
        """
        return _under_either_spelling(algorithm, lambda arn: read_tags(self._client, arn))

    def named(self, name_contains: str, *statuses: str) -> list[str]:
        """Return the names of the algorithms whose name contains this, in any of these statuses."""
        pages = self._client.get_paginator("list_algorithms").paginate(NameContains=name_contains, MaxResults=_PAGE)
        return [
            summary["AlgorithmName"]
            for page in pages
            for summary in page.get("AlgorithmSummaryList", [])
            if summary["AlgorithmStatus"] in statuses
        ]

    def create(self, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Create an algorithm and return its ARN; types that CloudFormation took away are given back."""
        members = {resource_schema.ALGORITHM_NAME: name, **content, resource_schema.TAGS: tag_list(tags)}
        client, request = clients.for_request(self._client, members)
        arn: str = client.create_algorithm(**request)["AlgorithmArn"]
        return arn

    def delete(self, name: str) -> None:
        """Start the deletion, which continues after the response; a missing algorithm is not an error."""
        try:
            self._client.delete_algorithm(AlgorithmName=name)
        except Exception as error:
            if not (aws_errors.is_aws(error) and aws_errors.is_missing(error)):
                raise

    def retag(self, algorithm: AlgorithmRecord, add: Mapping[str, str], remove: set[str] | None = None) -> None:
        """Set tags and take others away; tags of others stay."""
        stale = sorted((remove or set()) - add.keys())
        # Removing first keeps an algorithm with many tags within the service's limit of 50.
        if stale:
            _under_either_spelling(algorithm, lambda arn: self._client.delete_tags(ResourceArn=arn, TagKeys=stale))
        if add:
            _under_either_spelling(algorithm, lambda arn: self._client.add_tags(ResourceArn=arn, Tags=tag_list(add)))


def _under_either_spelling(algorithm: AlgorithmRecord, call: Callable[[str], _T]) -> _T:
    """Call with the ARN as it was returned, and as the name spells it: SageMaker may return it in lower case.

    Raises:
        ContradictionError: neither is found.
    """
    for arn in dict.fromkeys((algorithm.arn, f"{algorithm.arn.rpartition('/')[0]}/{algorithm.name}")):
        try:
            return call(arn)
        except Exception as error:
            if not (aws_errors.is_aws(error) and aws_errors.is_missing(error)):
                raise
    raise ContradictionError(f"DescribeAlgorithm finds {algorithm.name}, its tags are not found")
