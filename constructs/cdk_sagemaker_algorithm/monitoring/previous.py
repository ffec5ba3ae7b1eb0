"""Find the previous validation of an algorithm, for estimates and comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cdk_sagemaker_algorithm.monitoring.reader import SnapshotReader
from cdk_sagemaker_algorithm.monitoring.snapshot import Snapshot
from cdk_sagemaker_algorithm.monitoring.stack_operations import DeployedAlgorithm, StackReader
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import RESOURCE_TAG


@dataclass(slots=True)
class PreviousValidations:
    """Finds previous validations in stack events; their jobs outlive the algorithm.

    Attributes:
        stacks: Reads the events.
        reader: Reads the jobs.
    """

    stacks: StackReader
    reader: SnapshotReader
    _seconds: dict[str, float | None] = field(default_factory=dict[str, float | None])

    def of(self, seen: Snapshot) -> Snapshot | None:
        """Return the newest previous validation whose jobs ended; None if unknown.

        Args:
            seen: The algorithm.
        """
        for deployed in self._earlier(seen):
            past = self.reader.read_past(deployed, gone=deployed.name == seen.name)
            if past is not None and past.jobs and past.took is not None:
                return past
        return None

    def expected(self, seen: Snapshot) -> Snapshot:
        """Return an algorithm with the duration of its previous validation, if that passed and is readable.

        Args:
            seen: The algorithm.
        """
        if seen.over:
            return seen
        if seen.name not in self._seconds:
            try:
                past = self.of(seen)
            except Exception as error:
                if not aws_errors.is_aws(error):
                    raise
                # A watch works without the estimate.
                past = None
            # A failed validation is shorter than a successful one.
            self._seconds[seen.name] = past.took if past is not None and not past.failed else None
        return replace(seen, expected=self._seconds[seen.name])

    def _earlier(self, seen: Snapshot) -> Iterator[DeployedAlgorithm]:
        stack, logical_id = seen.stack, (seen.tags or {}).get(RESOURCE_TAG, "")
        if seen.deployed is not None:
            logical_id = seen.deployed.path.rpartition("/")[2]
        if not stack or not logical_id or seen.created is None:
            return
        own = False
        for deployed in self.stacks.earlier(stack, logical_id):
            if own:
                yield deployed
            # Later operations have kept the algorithm; its own one began before it was created.
            elif deployed.created is not None and deployed.created <= seen.created:
                own = True
