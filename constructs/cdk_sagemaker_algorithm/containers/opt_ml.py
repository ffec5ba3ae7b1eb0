"""Create the files that SageMaker puts below /opt/ml before a container starts, byte for byte.

Pure functions. The forms come from logs of real jobs; `docs/unverified.md` lists the points that no document settles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_sagemaker_algorithm.containers.definition_values import text
from cdk_sagemaker_algorithm.model.json_access import structure
from cdk_sagemaker_algorithm.model.regions import partition_of

INPUT: Final = "opt/ml/input"
CONFIG: Final = f"{INPUT}/config"
DATA: Final = f"{INPUT}/data"
MODEL: Final = "opt/ml/model"
OUTPUT: Final = "opt/ml/output"
#: Directories that exist when training starts.
TRAINING_DIRECTORIES: Final = (CONFIG, DATA, MODEL, f"{OUTPUT}/data", "opt/ml/checkpoints")
#: The name that SageMaker gives to the instances of a job without instance groups.
GROUP: Final = "homogeneousCluster"
#: FailureReason holds this many characters of the failure file.
FAILURE_CHARACTERS: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HostGroup:
    """Hosts of one instance type.

    Attributes:
        name: The group's name.
        instance_type: The instance type.
        hosts: The names of the hosts.
    """

    name: str
    instance_type: str
    hosts: tuple[str, ...]


def effective_hyperparameters(specifications: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, str]:
    """Add the defaults of the definition to the values of a job; all values are strings.

    Args:
        specifications: SupportedHyperParameters.
        values: HyperParameters of the training job.
    """
    defaults = {str(item["Name"]): item.get("DefaultValue") for item in specifications}
    merged = {**defaults, **values}
    return {name: text(value) for name, value in merged.items() if value is not None}


def hyperparameters(values: Mapping[str, str]) -> bytes:
    """Write hyperparameters.json.

    Args:
        values: The hyperparameters of the job.
    """
    return _json(dict(values))


def input_data_config(channels: Sequence[Mapping[str, Any]], input_mode: str) -> bytes:
    """Write inputdataconfig.json.

    Args:
        channels: InputDataConfig of the training job.
        input_mode: TrainingInputMode of the training job, for channels without an InputMode.
    """
    return _json({str(channel["ChannelName"]): dict(_channel(channel, input_mode)) for channel in channels})


def channel_mode(channel: Mapping[str, Any], input_mode: str) -> str:
    """Return the input mode of a channel.

    Args:
        input_mode: TrainingInputMode of the training job.
    """
    return str(channel.get("InputMode") or input_mode)


def _channel(channel: Mapping[str, Any], input_mode: str) -> Iterator[tuple[str, str]]:
    source = structure(channel, "DataSource", "S3DataSource")
    if channel.get("ContentType"):
        yield "ContentType", str(channel["ContentType"])
    yield "RecordWrapperType", str(channel.get("RecordWrapperType") or "None")
    yield "S3DistributionType", str(source.get("S3DataDistributionType") or "FullyReplicated")
    yield "TrainingInputMode", channel_mode(channel, input_mode)


def instance_groups(resources: Mapping[str, Any]) -> tuple[HostGroup, ...]:
    """Name the hosts of a training job.

    Args:
        resources: ResourceConfig of the training job.
    """
    groups: Sequence[Mapping[str, Any]] = resources.get("InstanceGroups") or ()
    if not groups:
        hosts = host_names(int(text(resources.get("InstanceCount") or 1)))
        return (HostGroup(name=GROUP, instance_type=str(resources.get("InstanceType") or ""), hosts=hosts),)
    hosts = host_names(sum(int(text(group["InstanceCount"])) for group in groups))
    named: list[HostGroup] = []
    start = 0
    for group in groups:
        end = start + int(text(group["InstanceCount"]))
        named.append(
            HostGroup(
                name=str(group["InstanceGroupName"]), instance_type=str(group["InstanceType"]), hosts=hosts[start:end]
            )
        )
        start = end
    return tuple(named)


def host_names(count: int) -> tuple[str, ...]:
    """Name the hosts of a job: `algo-1`, `algo-2`, ….

    Args:
        count: The number of instances.
    """
    return tuple(f"algo-{number}" for number in range(1, count + 1))


def resource_config(host: str, groups: Sequence[HostGroup]) -> bytes:
    """Write resourceconfig.json.

    Args:
        host: The host that the file is for.
        groups: The instance groups of the job.
    """
    current = next(group for group in groups if host in group.hosts)
    return _json(
        {
            "current_group_name": current.name,
            "current_host": host,
            "current_instance_type": current.instance_type,
            "hosts": sorted(name for group in groups for name in group.hosts),
            "instance_groups": [
                {"hosts": list(group.hosts), "instance_group_name": group.name, "instance_type": group.instance_type}
                for group in groups
            ],
            "network_interface_name": "eth0",
            "topology": None,
        }
    )


def training_environment(job: str, *, region: str, account: str) -> dict[str, str]:
    """Return the environment variables that SageMaker sets in a training container.

    Args:
        job: The name of the training job.
    """
    return {
        "TRAINING_JOB_NAME": job,
        "TRAINING_JOB_ARN": f"arn:{partition_of(region)}:sagemaker:{region}:{account}:training-job/{job}",
        "AWS_REGION": region,
    }


def transform_environment(container: Mapping[str, Any], job: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment variables that SageMaker sets in a container of a batch transform job.

    Args:
        container: The container of the inference specification.
        job: The transform job definition.
    """
    environment = {str(name): text(value) for name, value in structure(container, "Environment").items()}
    environment |= {str(name): text(value) for name, value in structure(job, "Environment").items()}
    environment["SAGEMAKER_BATCH"] = "true"
    if job.get("MaxPayloadInMB") is not None:
        environment["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = text(job["MaxPayloadInMB"])
    if job.get("BatchStrategy"):
        environment["SAGEMAKER_BATCH_STRATEGY"] = batch_strategy(str(job["BatchStrategy"]))
    if job.get("MaxConcurrentTransforms") is not None:
        environment["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = text(job["MaxConcurrentTransforms"])
    return environment


def pipeline_environment(port: int) -> dict[str, str]:
    """Return the environment variables that a container of an inference pipeline gets in addition.

    Args:
        port: The port that the container must listen on.
    """
    return {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_SAFE_PORT_RANGE": f"{port + 100}-{port + 199}"}


def batch_strategy(value: str) -> str:
    """Return a batch strategy as containers receive it.

    Args:
        value: `SingleRecord` or `MultiRecord`, or the container's own spelling.
    """
    return {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}.get(value, value)


def failure_reason(content: str | None, exit_code: int) -> str:
    """Return the FailureReason of a training job in SageMaker's wording.

    Args:
        content: The failure file; None if it does not exist.
        exit_code: The exit code of the container.
    """
    return f"AlgorithmError: {(content or '')[:FAILURE_CHARACTERS].rstrip()}, exit code: {exit_code}"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
