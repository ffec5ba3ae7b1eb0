"""Call SageMaker's operations for algorithms."""

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
    """One call finds the algorithm and another one does not: retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmRecord:
    """An algorithm, as returned by DescribeAlgorithm."""

    name: str
    arn: str
    status: str
    created: float
    description: Mapping[str, Any] = field(repr=False)

    @property
    def creation_time(self) -> str:
        """Creation time, in the format of the resources' attribute."""
        return datetime.fromtimestamp(self.created, UTC).isoformat(timespec="milliseconds")

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes for ``Fn::GetAtt``."""
        return {
            resource_schema.ALGORITHM_NAME: self.name,
            resource_schema.ALGORITHM_ARN: self.arn,
            resource_schema.CREATION_TIME: self.creation_time,
        }


class Algorithms:
    """Describes, creates, tags and deletes algorithms; a missing algorithm is None, not an error."""

    def __init__(self, client: Any) -> None:
        """Use a SageMaker client."""
        self._client = client

    def find(self, name: str, *, arn: str = "") -> AlgorithmRecord | None:
        """Return the algorithm with a name; None if it does not exist.

        Args:
            name: The algorithm's name.
            arn: The ARN that CreateAlgorithm returned, if known; other responses can use another case.
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
        """Return the tags of an existing algorithm.

        Raises:
            ContradictionError: ListTags does not find it by either spelling of its ARN.
        """
        return _under_either_spelling(algorithm, lambda arn: read_tags(self._client, arn))

    def named(self, name_contains: str, *statuses: str) -> list[str]:
        """Return the names of the algorithms that contain a text and have one of the statuses."""
        pages = self._client.get_paginator("list_algorithms").paginate(NameContains=name_contains, MaxResults=_PAGE)
        return [
            summary["AlgorithmName"]
            for page in pages
            for summary in page.get("AlgorithmSummaryList", [])
            if summary["AlgorithmStatus"] in statuses
        ]

    def create(self, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Create an algorithm and return its ARN; strings from CloudFormation are converted to the API's types."""
        members = {resource_schema.ALGORITHM_NAME: name, **content, resource_schema.TAGS: tag_list(tags)}
        client, request = clients.for_request(self._client, members)
        arn: str = client.create_algorithm(**request)["AlgorithmArn"]
        return arn

    def delete(self, name: str) -> None:
        """Start a deletion, which continues after the response."""
        self._client.delete_algorithm(AlgorithmName=name)

    def retag(self, algorithm: AlgorithmRecord, add: Mapping[str, str], remove: set[str] | None = None) -> None:
        """Set tags and remove tags; all other tags stay."""
        stale = sorted((remove or set()) - add.keys())
        # Remove first, so that an algorithm with many tags stays within the limit of 50 tags.
        if stale:
            _under_either_spelling(algorithm, lambda arn: self._client.delete_tags(ResourceArn=arn, TagKeys=stale))
        if add:
            _under_either_spelling(algorithm, lambda arn: self._client.add_tags(ResourceArn=arn, Tags=tag_list(add)))


def _under_either_spelling(algorithm: AlgorithmRecord, call: Callable[[str], _T]) -> _T:
    """Call with the returned ARN, then with the ARN in the name's case: SageMaker can return lower case.

    Raises:
        ContradictionError: SageMaker finds neither.
    """
    for arn in dict.fromkeys((algorithm.arn, f"{algorithm.arn.rpartition('/')[0]}/{algorithm.name}")):
        try:
            return call(arn)
        except Exception as error:
            if not (aws_errors.is_aws(error) and aws_errors.is_missing(error)):
                raise
    raise ContradictionError(f"DescribeAlgorithm finds {algorithm.name}, its tags are not found")
