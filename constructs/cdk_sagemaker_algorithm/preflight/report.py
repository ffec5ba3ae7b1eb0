"""Create the finding report of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cdk_sagemaker_algorithm.containers.engine import Engine
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules import RULES
from cdk_sagemaker_algorithm.preflight.run import NEVER_CHECKED, AlgorithmResult
from cdk_sagemaker_algorithm.reporting import FindingReport, RuleDescription


def finding_report(engine: Engine, results: Sequence[AlgorithmResult], ignored: frozenset[str]) -> FindingReport:
    """Create the report of a run.

    Args:
        results: The algorithms' results.
        ignored: IDs of rules to ignore.
    """
    findings = tuple(finding for result in results for finding in result.findings if finding.rule not in ignored)
    return FindingReport(
        kind="preflight",
        findings=findings,
        not_checked=tuple(item for result in results for item in result.not_checked),
        checked=tuple(_steps(results)),
        rules=tuple(
            RuleDescription(
                id=rule.id,
                summary=rule.requirement,
                help=f"{rule.requirement}. To fix: {rule.remedy}. Source: {rule.source.text}",
                level=rule.level,
            )
            for rule in RULES
        ),
        data={
            "engine": {"command": engine.command, "version": engine.version},
            "neverChecked": list(NEVER_CHECKED),
            "profiles": [_profile(run) for result in results for run in result.runs],
        },
    )


def _steps(results: Sequence[AlgorithmResult]) -> Iterator[str]:
    for result in results:
        for run in result.runs:
            name = f"{run.subject}: {run.name}{f' ({run.variant})' if run.variant else ''}"
            if run.training is not None:
                yield f"{name}: training"
            if run.transform is not None and run.transform.reachable:
                yield f"{name}: transform"


def _profile(run: ProfileRun) -> dict[str, Any]:
    members: dict[str, Any] = {"algorithm": run.subject, "profile": run.name}
    if run.variant:
        members["variant"] = run.variant
    training, transform = run.training, run.transform
    if training is not None:
        members["training"] = {
            "seconds": round(training.seconds, 3),
            "failureReason": training.failure,
            "metrics": {series.name: series.points[-1][1] for series in training.metrics if series.points},
            "modelBytes": training.model.size if training.model else 0,
            "logLines": training.log.lines,
        }
    if transform is not None:
        members["transform"] = {
            "seconds": round(transform.seconds, 3),
            "pingSeconds": transform.ping_seconds,
            "maxConcurrentTransforms": transform.settings.concurrency,
            "maxPayloadInMB": transform.settings.payload_in_mb,
            "batchStrategy": transform.settings.strategy,
            "files": [
                {
                    "name": file.name,
                    "requests": file.requests,
                    "records": file.records,
                    "lines": file.lines,
                    "bytes": file.result_size,
                    "error": file.error or None,
                }
                for file in transform.files
            ],
        }
    return members
