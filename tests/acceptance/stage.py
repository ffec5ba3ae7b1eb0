"""Context of a scenario: CDK CLI, account and observations."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.cdk_cli import Finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.account import Account

APP = Path(__file__).with_name("app.py")
#: A deployment that takes longer hangs.
DEPLOY_SECONDS = 3 * 3600
ENDED = ("Completed", "Failed")


@dataclass(frozen=True, slots=True)
class Observation:
    """Observation of AWS for a point of docs/unverified.md.

    Attributes:
        mark: The point.
        holds: Whether it is as the code assumes; None if a person has to judge.
        evidence: What was seen.
    """

    mark: str
    holds: bool | None
    evidence: str


@dataclass(slots=True)
class Stage:
    """Context of one run's scenarios.

    Attributes:
        account: Where the stacks go.
        run: The run's name.
        work: A folder for the CDK CLI's files.
        observations: What was seen so far.
    """

    account: Account
    run: str
    work: Path
    observations: list[Observation] = field(default_factory=list[Observation])

    def observe(self, mark: str, *, holds: bool | None, evidence: object) -> None:
        """Record an observation; observations of local AWS prove nothing and are discarded."""
        if self.account.real:
            self.observations.append(Observation(mark, holds, str(evidence)))

    def deploy(self, stack: str, **settings: str) -> Finished:
        """Deploy one stack of the app."""
        return self._run([*self._deployment(stack, settings), "--outputs-file", str(self._outputs(stack))])

    def begin(self, stack: str, **settings: str) -> subprocess.Popen[str]:
        """Begin to deploy one stack of the app."""
        return subprocess.Popen(
            self._deployment(stack, settings),
            cwd=self.work,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def destroy(self, stack: str) -> Finished:
        """Destroy a stack of its last deployment's assembly."""
        return self._run(
            ["cdk", "destroy", f"{self.run}-{stack}", "--force", "--exclusively", "--app", str(self.assembly(stack))]
        )

    def tool(self, *arguments: str) -> Finished:
        """Run this library's command."""
        return self._run([sys.executable, "-m", "cdk_sagemaker_algorithm", *arguments])

    def bootstrap(self) -> Finished:
        """Bootstrap the account."""
        number, region = self.account.identity()
        return self._run(["cdk", "bootstrap", f"aws://{number}/{region}"])

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of the stack's last deployment that succeeded."""
        found: dict[str, dict[str, str]] = json.loads(self._outputs(stack).read_text(encoding="utf-8"))
        return found[f"{self.run}-{stack}"]

    def _outputs(self, stack: str) -> Path:
        return self.work / f"outputs-{stack}.json"

    def assembly(self, stack: str) -> Path:
        """The cloud assembly of the stack's last deployment."""
        return self.work / f"{self.run}-{stack}.out"

    def describe(self, name: str) -> dict[str, Any]:
        """DescribeAlgorithm."""
        found: dict[str, Any] = self.account.client("sagemaker").describe_algorithm(AlgorithmName=name)
        return found

    def names(self) -> set[str]:
        """The algorithms of this run."""
        return {name for name, _, _ in self.account.algorithms(self.run)}

    def jobs(self, since: object) -> Iterator[dict[str, Any]]:
        """Training jobs made since a time, described."""
        client = self.account.client("sagemaker")
        for page in client.get_paginator("list_training_jobs").paginate(CreationTimeAfter=since):
            for summary in page["TrainingJobSummaries"]:
                yield client.describe_training_job(TrainingJobName=summary["TrainingJobName"])

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Poll for something.

        Returns:
            Whether it came about in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if ready():
                return True
            time.sleep(5 if self.account.real else 0.2)
        return ready()

    def _run(self, command: list[str]) -> Finished:
        done = subprocess.run(
            command,
            cwd=self.work,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEPLOY_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stdout)

    @property
    def _environment(self) -> dict[str, str]:
        return {**self.account.environment, "CDK_VALIDATION": "false"}

    def _deployment(self, stack: str, settings: dict[str, str]) -> list[str]:
        app = ["--app", f"{sys.executable} {APP}", "--output", str(self.assembly(stack))]
        values = {"run": self.run, "stack": stack, **self.account.settings, **settings}
        context = [part for name, value in values.items() for part in ("--context", f"{name}={value}")]
        flags = ["--require-approval=never", "--exclusively"]
        return ["cdk", "deploy", f"{self.run}-{stack}", *flags, *app, *context]
