"""Create URLs of pages in the AWS console."""

from __future__ import annotations

from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.monitoring.snapshot import JobSnapshot, Snapshot

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_JOB_PAGES = {"training": "jobs", "transform": "transform-jobs"}


def algorithm_link(snapshot: Snapshot) -> str:
    """Return the URL of an algorithm's page.

    Args:
        snapshot: The algorithm.
    """
    return _sagemaker(snapshot.arn, f"algorithms/{snapshot.name}")


def job_link(job: JobSnapshot) -> str:
    """Return the URL of a job's page."""
    return _sagemaker(job.arn, f"{_JOB_PAGES[job.kind]}/{job.name}")


def log_link(job: JobSnapshot) -> str:
    """Return the URL of the page with a job's log streams."""
    streams = f"logStream:group={job.log_group};prefix={job.name};streamFilter=typeLogStreamPrefix"
    host, region = _place(job.arn)
    return f"https://{host}/cloudwatch/home?region={region}#{streams}"


def _sagemaker(arn: str, page: str) -> str:
    host, region = _place(arn)
    return f"https://{host}/sagemaker/home?region={region}#/{page}"


def _place(arn: str) -> tuple[str, str]:
    parts = Arn.parse(arn)
    if parts is None:
        return _CONSOLES["aws"], ""
    return _CONSOLES.get(parts.partition, _CONSOLES["aws"]), parts.region
