"""Find the validation of an algorithm before the current one: what to expect of it, and what to compare it with."""

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
    """Finds them in the events of stacks; the jobs are there after the algorithm has been deleted.

    Attributes:
        stacks: Reads the events.
        reader: Reads the jobs.
    """

    stacks: StackReader
    reader: SnapshotReader
    _seconds: dict[str, float | None] = field(default_factory=dict[str, float | None])

    def of(self, seen: Snapshot) -> Snapshot | None:
        """Return the newest validation before an algorithm's own that ran its jobs to their end; None if unknown.

        Args:
            seen: The algorithm.
        """
        for deployed in self._earlier(seen):
            past = self.reader.read_past(deployed, gone=deployed.name == seen.name)
            if past is not None and past.jobs and past.took is not None:
                return past
        return None

    def expected(self, seen: Snapshot) -> Snapshot:
        """Return an algorithm with what its previous validation took, if that passed and may be read.

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
                # A watch does without it.
                past = None
            # One that failed ended sooner than this one should.
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
