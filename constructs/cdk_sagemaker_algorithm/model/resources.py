"""Instances and time limits of training jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.value_types import ApiDict, Gibibytes, Integer, KmsKeyId, Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceGroup(Structure):
    """One of several kinds of instances in a training job.

    API shape: ``InstanceGroup``.

    Attributes:
        instance_type: ``InstanceType``. Instance type of the group, such as ``ml.m5.xlarge``.
        instance_count: ``InstanceCount``. Number of instances in the group. At least 0.
        instance_group_name: ``InstanceGroupName``. The group's name, which data sources refer to. 1 to 64
            characters.
    """

    shape_name: ClassVar[str] = "InstanceGroup"

    instance_type: str
    instance_count: Integer
    instance_group_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacementSpecification(Structure):
    """Number of instances on one UltraServer.

    API shape: ``PlacementSpecification``.

    Attributes:
        ultra_server_id: ``UltraServerId``. The UltraServer's ID. Up to 256 characters. Default: none.
        instance_count: ``InstanceCount``. Number of instances placed together on the UltraServer. At
            least 0.
    """

    shape_name: ClassVar[str] = "PlacementSpecification"

    ultra_server_id: str | None = None
    instance_count: Integer


@dataclass(frozen=True, kw_only=True, slots=True)
class InstancePlacementConfig(Structure):
    """Placement of instances on UltraServers.

    API shape: ``InstancePlacementConfig``.

    Attributes:
        enable_multiple_jobs: ``EnableMultipleJobs``. Whether other jobs may run on the same UltraServer.
            Default: false.
        placement_specifications: ``PlacementSpecifications``. The instances of each UltraServer. Up to 10
            items. Default: chosen by SageMaker.
    """

    shape_name: ClassVar[str] = "InstancePlacementConfig"

    enable_multiple_jobs: bool | None = None
    placement_specifications: Sequence[PlacementSpecification | ApiDict] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InstancePreference(Structure):
    """An instance type that would do, in a list with the best one first.

    API shape: ``InstancePreference``.

    Attributes:
        instance_type: ``InstanceType``. Instance type, such as ``ml.m5.xlarge``; once in a list.
        instance_count: ``InstanceCount``. Number of instances if this type is taken; in all preferences
            or in none. At least 0. Default: ``instance_count`` of the ``ResourceConfig``.
        training_plan_arns: ``TrainingPlanArns``. Training plan whose capacity is used if this type is
            taken. 1 item, each of 50 to 2,048 characters. Default: on-demand capacity.
    """

    shape_name: ClassVar[str] = "InstancePreference"

    instance_type: str
    instance_count: Integer | None = None
    training_plan_arns: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceConfig(Structure):
    """Instances and storage of a training job.

    API shape: ``ResourceConfig``. An instance type and count, or ``instance_groups``, or
    ``instance_preferences``.

    Attributes:
        instance_type: ``InstanceType``. Instance type, such as ``ml.m5.xlarge``. Default: given by
            groups or preferences.
        instance_count: ``InstanceCount``. Number of instances; more than one needs distributed training.
            At least 0. Default: given by groups or preferences.
        volume_size_in_gb: ``VolumeSizeInGB``. Storage of each instance, in GiB, for data, model and
            scratch space; instances with NVMe storage use that. At least 0. Default: none.
        volume_kms_key_id: ``VolumeKmsKeyId``. Key that encrypts the storage; not for instance types with
            local storage. Up to 2,048 characters. Default: not encrypted with a key of yours.
        keep_alive_period_in_seconds: ``KeepAlivePeriodInSeconds``. How long the instances stay for a next
            job, in seconds. Up to 21,600. Default: all at once.
        instance_groups: ``InstanceGroups``. Several kinds of instances in one job. Up to 5 items. Default: one kind.
        training_plan_arn: ``TrainingPlanArn``. Training plan whose capacity is used. 50 to 2,048
            characters. Default: on-demand capacity.
        instance_placement_config: ``InstancePlacementConfig``. How instances are spread over
            UltraServers. Default: chosen by SageMaker.
        instance_preferences: ``InstancePreferences``. Instance types that would do, the best one first;
            SageMaker takes the first with capacity. 1 to 5 items. Default: ``instance_type`` or the
            groups.
    """

    shape_name: ClassVar[str] = "ResourceConfig"

    instance_type: str | None = None
    instance_count: Integer | None = None
    volume_size_in_gb: Gibibytes | None = None
    volume_kms_key_id: KmsKeyId | None = None
    keep_alive_period_in_seconds: Seconds | None = None
    instance_groups: Sequence[InstanceGroup | ApiDict] | None = None
    training_plan_arn: str | None = None
    instance_placement_config: InstancePlacementConfig | ApiDict | None = None
    instance_preferences: Sequence[InstancePreference | ApiDict] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoppingCondition(Structure):
    """Time limits of a training job.

    API shape: ``StoppingCondition``.

    Attributes:
        max_runtime_in_seconds: ``MaxRuntimeInSeconds``. How long it may run, in seconds; the service
            stops at 28 days. At least 1. Default: 1 day.
        max_wait_time_in_seconds: ``MaxWaitTimeInSeconds``. How long a Spot job may wait and run together,
            in seconds; at least ``max_runtime_in_seconds``. At least 1. Default: no limit.
        max_pending_time_in_seconds: ``MaxPendingTimeInSeconds``. How long it may wait for capacity, in
            seconds. SageMaker rejects less than 7,200 although its model says less. 1,800 to 2,419,200.
            Default: no limit.
    """

    shape_name: ClassVar[str] = "StoppingCondition"

    max_runtime_in_seconds: Seconds | None = None
    max_wait_time_in_seconds: Seconds | None = None
    max_pending_time_in_seconds: Seconds | None = None
