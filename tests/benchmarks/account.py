"""Time that ``preflight --account`` takes, on a virtual clock: each call takes as long as another."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.account.rate_limit import RateLimit
from cdk_sagemaker_algorithm.account.read_operations import AwsEnvironment
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import ReadError, Response
from cdk_sagemaker_algorithm.account.run_checks import THREADS, selected
from cdk_sagemaker_algorithm.account.target import targets
from tests.support.account import ACCOUNT, CALLER, REGION, config, deployed, good, request
from tests.support.fake_aws import FakeAws

#: A call to an AWS API from a developer's machine.
LATENCY = 0.25
#: What a run may take beyond its longest chain of calls and its quotas.
SPARE = 1.0
_QUOTA_CALLS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A run on the virtual clock, in seconds, and what bounds it from below."""

    seconds: float
    calls: int
    chain: int
    quotas: int

    @property
    def bound(self) -> float:
        """The longest chain of calls, the quotas at four a second, and the spare second."""
        return self.chain * LATENCY + self.quotas / _QUOTA_CALLS + SPARE


class _Recorder(Reader):
    """Records the calls for one item."""

    def __init__(self, aws: FakeAws, environment: AwsEnvironment) -> None:
        super().__init__(aws, environment, wait=lambda _: None, download=config())
        self.questions: list[tuple[str, str]] = []

    def ask(self, full_name: str, *, region: str = "", **parameters: Any) -> Response:
        self.questions.append((full_name, _identity(parameters)))
        return super().ask(full_name, region=region, **parameters)


def _identity(parameters: Mapping[str, Any]) -> str:
    return repr(sorted((name, repr(value)) for name, value in parameters.items() if not name.endswith("Time")))


def measure(algorithms: int) -> Measured:
    """Run the checks of a stack, and lay their calls out on the threads."""
    resource = {"Type": "Custom::SageMakerAlgorithm", "Properties": request(AlgorithmName=None)}
    stacks = deployed({f"Algorithm{number}": resource for number in range(1, algorithms)})
    environment = AwsEnvironment(account=ACCOUNT, region=REGION)
    (target,) = targets(stacks, environment, caller=CALLER)
    reader = _Recorder(FakeAws(good()), target.environment)
    chains: list[list[tuple[str, str]]] = []
    for check in selected((), ()):
        for item in check.items(target):
            reader.questions = []
            try:
                check.examine(item, target, reader)
            except ReadError as error:
                raise AssertionError(f"{check.rule} was not answered: {error}") from error
            chains.append(reader.questions)
    asked = {question for chain in chains for question in chain}
    return Measured(
        # The caller's identity is read before all else.
        seconds=LATENCY + _schedule(chains),
        calls=1 + len(asked),
        chain=1 + max(len(dict.fromkeys(chain)) for chain in chains),
        quotas=sum(name.startswith("service-quotas:") for name, _ in asked),
    )


def _schedule(chains: list[list[tuple[str, str]]]) -> float:
    """Assign each item to the next free thread; wait for calls that another thread has started."""
    clock = [0.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    limit = RateLimit(_QUOTA_CALLS, _QUOTA_CALLS, lambda: clock[0], wait)
    free = [0.0] * THREADS
    answered: dict[tuple[str, str], float] = {}
    for chain in chains:
        clock[0] = heapq.heappop(free)
        for question in chain:
            if question in answered:
                clock[0] = max(clock[0], answered[question])
                continue
            if question[0].startswith("service-quotas:"):
                limit.wait()
            clock[0] += LATENCY
            answered[question] = clock[0]
        heapq.heappush(free, clock[0])
    return max(free)
