"""Rules for the instances, time limits, role and output of a profile's training job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.model.arn import Arn
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri
from cdk_sagemaker_algorithm.model.shapes import shape
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.deployment import Deployment
from cdk_sagemaker_algorithm.rules.instance_storage import has_local_storage, is_ebs_only
from cdk_sagemaker_algorithm.rules.request_view import UNKNOWN, child, is_list, is_structure, items, read_values, texts
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.request_view import Definition, Node, Profile

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING
_WHY = "SageMaker would fail the validation"
_DEFAULT_RUNTIME = 86_400
_LONGEST_RUNTIME = 28 * 86_400
_OWN_COUNTS = ("InstanceGroups", "InstancePreferences")
_LARGE = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
_VOLUME = {"VolumeSizeInGB": 10}
_KEY = {"VolumeKmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}


@rule(
    "profile-instance-type",
    ERROR,
    "a profile's training job must use a supported training instance type",
    why=_WHY,
    fails=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME | {"InstanceType": "ml.m5.xlarge"})),
    passes=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME)),
)
def instance_type(definition: Definition) -> Iterator[Problem]:
    supported = read_values(definition.training, "SupportedTrainingInstanceTypes")
    for profile in definition.profiles:
        for path, node in _instances(profile):
            given = node.get("InstanceType")
            if supported.excludes(given):
                problem = "is not in SupportedTrainingInstanceTypes"
                place = (*path, "InstanceType")
                if entry := _misspelling(supported.known, str(given)):
                    yield Problem(place, f'{problem}, unless "{entry}" there is a misspelling of it', given)
                else:
                    yield Problem(place, problem, given, candidates=supported.known)


@rule(
    "profile-instance-missing",
    ERROR,
    "a profile's training job must specify its instances",
    why=_WHY,
    fails=ex.profile(ex.training_job(ResourceConfig=_VOLUME)),
    passes=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME)),
)
def instance_missing(definition: Definition) -> Iterator[Problem]:
    ways = ("InstanceType", "InstanceGroups", "InstancePreferences", "TrainingPlanArn")
    for profile in definition.profiles:
        resources = profile.job.get("ResourceConfig")
        if is_structure(resources) and not any(resources.get(way) for way in ways):
            path = (*profile.job_path, "ResourceConfig", "InstanceType")
            yield Problem(path, "is required, unless InstanceGroups or InstancePreferences is set")


@rule(
    "profile-instance-count",
    ERROR,
    "a profile's training job must run on at least one instance",
    why=_WHY,
    source=sources.api("ResourceConfig"),
    fails=ex.profile(ex.training_job(ResourceConfig=_VOLUME | {"InstanceType": "ml.m5.large"})),
    passes=ex.profile(ex.training_job(ResourceConfig=_VOLUME | _LARGE)),
)
def instance_count(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        resources = child(profile.job, "ResourceConfig")
        path = (*profile.job_path, "ResourceConfig", "InstanceCount")
        count = resources.get("InstanceCount")
        if count == 0:
            yield Problem(path, "", count, expected="must be 1 or more")
        # Groups have their own counts, and instance_preferences checks those of preferences.
        elif count is None and resources.get("InstanceType") and not any(map(resources.get, _OWN_COUNTS)):
            yield Problem(path, "is required with InstanceType")
        placement = child(resources, "InstancePlacementConfig")
        for index, node in items(placement, "PlacementSpecifications"):
            if node.get("InstanceCount") == 0:
                place = ("InstancePlacementConfig", "PlacementSpecifications", index, "InstanceCount")
                yield Problem((*path[:-1], *place), "", 0, expected="must be 1 or more")


@rule(
    "profile-distributed",
    ERROR,
    "a profile must train on one instance unless distributed training is supported",
    why=_WHY,
    fails=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME | {"InstanceCount": 2})),
    passes=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME | {"InstanceCount": 2}))
    | ex.training(SupportsDistributedTraining=True),
)
def distributed(definition: Definition) -> Iterator[Problem]:
    if definition.training.get("SupportsDistributedTraining") in (True, UNKNOWN):
        return
    expected = "must be 1 because SupportsDistributedTraining is not true"
    for profile in definition.profiles:
        groups = items(child(profile.job, "ResourceConfig"), "InstanceGroups")
        if len(groups) > 1:
            path = (*profile.job_path, "ResourceConfig", "InstanceGroups")
            yield Problem(path, f"has {len(groups)} groups, but SupportsDistributedTraining is not true", allowed="1")
        for path, node in _instances(profile):
            count = node.get("InstanceCount")
            if isinstance(count, int) and count > 1:
                yield Problem((*path, "InstanceCount"), "", count, expected=expected)


@rule(
    "profile-max-wait",
    ERROR,
    "MaxWaitTimeInSeconds must be at least MaxRuntimeInSeconds",
    why=_WHY,
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 1800})),
    passes=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200})),
)
def max_wait(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        condition = child(profile.job, "StoppingCondition")
        wait, runtime = condition.get("MaxWaitTimeInSeconds"), condition.get("MaxRuntimeInSeconds")
        if isinstance(wait, int) and isinstance(runtime, int) and wait < runtime:
            path = (*profile.job_path, "StoppingCondition", "MaxWaitTimeInSeconds")
            yield Problem(path, "", wait, expected=f"must be at least MaxRuntimeInSeconds ({runtime})")


@rule(
    "profile-max-pending",
    ERROR,
    "MaxPendingTimeInSeconds must be at least 7200",
    why="SageMaker rejects lower values although the API model allows 1800",
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxPendingTimeInSeconds": 3600})),
    passes=ex.profile(
        ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxPendingTimeInSeconds": 7200})
    ),
)
def max_pending(definition: Definition) -> Iterator[Problem]:
    least = 7200
    for profile in definition.profiles:
        pending = child(profile.job, "StoppingCondition").get("MaxPendingTimeInSeconds")
        if isinstance(pending, int) and pending < least:
            path = (*profile.job_path, "StoppingCondition", "MaxPendingTimeInSeconds")
            yield Problem(path, "", pending, expected=f"must be {least} to 2419200 seconds")


@rule(
    "profile-instance-preferences",
    ERROR,
    "instance preferences must be the only instance field, list each type once, and set all counts or none",
    why=_WHY,
    source=sources.api("ResourceConfig"),
    fails=ex.profile(
        ex.training_job(ResourceConfig=_LARGE | _VOLUME | {"InstancePreferences": [{"InstanceType": "ml.m5.large"}]})
    ),
    passes=ex.profile(
        ex.training_job(ResourceConfig=_VOLUME | {"InstancePreferences": [_LARGE]}),
    ),
)
def instance_preferences(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        resources = profile.job.get("ResourceConfig")
        if not is_structure(resources) or not is_list(resources.get("InstancePreferences")):
            continue
        path = (*profile.job_path, "ResourceConfig", "InstancePreferences")
        preferences = items(resources, "InstancePreferences")
        others = [
            name
            for name in ("InstanceType", "InstanceGroups", "InstancePlacementConfig")
            if resources.get(name) is not None
        ]
        if others:
            yield Problem(path, f"cannot be combined with {' and '.join(others)}; set only one of them")
        first: dict[Any, int] = {}
        for index, preference in preferences:
            kind = preference.get("InstanceType")
            if isinstance(kind, str) and first.setdefault(kind, index) != index:
                problem = f"is also the instance type of preference {first[kind]}"
                yield Problem((*path, index, "InstanceType"), problem, kind)
            if preference.get("TrainingPlanArns") is not None and resources.get("TrainingPlanArn") is not None:
                yield Problem(
                    (*path, index, "TrainingPlanArns"), "are not allowed together with the job's TrainingPlanArn"
                )
        counts = [preference.get("InstanceCount") for _, preference in preferences]
        shared = resources.get("InstanceCount")
        if UNKNOWN in (*counts, shared) or not counts:
            continue
        given = sum(count is not None for count in counts)
        if given not in (0, len(counts)):
            yield Problem(path, f"have InstanceCount in {given} of {len(counts)}", allowed="all of them, or none")
        elif (shared is None) is (given == 0):
            where = "neither in the preferences nor" if given == 0 else "in the preferences and"
            yield Problem(path, f"have InstanceCount {where} in ResourceConfig", allowed="one of the two")


@rule(
    "profile-instance-group",
    ERROR,
    "a channel's instance groups must be groups of the training job",
    why=_WHY,
    source=sources.api("S3DataSource"),
    fails=ex.profile(
        ex.training_job(InputDataConfig=[ex.input_channel(DataSource=ex.s3_data(InstanceGroupNames=["cpu"]))])
    ),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(DataSource=ex.s3_data())])),
)
def instance_group(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        resources = child(profile.job, "ResourceConfig")
        groups = resources.get("InstanceGroups")
        names = [group.get("InstanceGroupName") for _, group in items(resources, "InstanceGroups")]
        if groups is UNKNOWN or UNKNOWN in names or (is_list(groups) and len(names) < len(groups)):
            continue
        for index, used in profile.channels:
            source = child(child(used, "DataSource"), "S3DataSource")
            for place, name in texts(source, "InstanceGroupNames"):
                if name not in names:
                    where = ("InputDataConfig", index, "DataSource", "S3DataSource", "InstanceGroupNames", place)
                    problem = "is not in the InstanceGroups of ResourceConfig"
                    yield Problem((*profile.job_path, *where), problem, name, candidates=filter(None, names))


@rule(
    "profile-volume-size",
    ERROR,
    "a training job on instances without local storage must set the volume size",
    why=_WHY,
    source=sources.api("ResourceConfig"),
    fails=ex.profile(ex.training_job(ResourceConfig=_LARGE)),
    passes=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME)),
)
def volume_size(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        resources = profile.job.get("ResourceConfig")
        if is_structure(resources) and resources.get("VolumeSizeInGB") is None:
            kind = next(filter(is_ebs_only, _instance_types(profile)), None)
            if kind is not None:
                path = (*profile.job_path, "ResourceConfig", "VolumeSizeInGB")
                yield Problem(path, f"is missing, and {kind} has Amazon EBS storage only")


@rule(
    "profile-volume-key",
    ERROR,
    "instances with local storage must not have a volume key",
    why=_WHY,
    source=sources.api("ResourceConfig"),
    fails=ex.training(SupportedTrainingInstanceTypes=["ml.g5.xlarge"])
    | ex.profile(ex.training_job(ResourceConfig=_LARGE | _KEY | {"InstanceType": "ml.g5.xlarge"})),
    passes=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME | _KEY)),
)
def volume_key(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        resources = profile.job.get("ResourceConfig")
        # A deploy-time value is a key, too.
        if is_structure(resources) and resources.get("VolumeKmsKeyId") not in (None, ""):
            kind = next(filter(has_local_storage, _instance_types(profile)), None)
            if kind is not None:
                path = (*profile.job_path, "ResourceConfig", "VolumeKmsKeyId")
                problem = f"is given, but {kind} has local storage, which a hardware module encrypts; remove the key"
                yield Problem(path, problem)


@rule(
    "profile-volume-key-alias",
    WARNING,
    "the volume key of a training job should be a key ID or a key ARN",
    why="AWS documents no aliases for it",
    source=sources.api("ResourceConfig"),
    fails=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME | {"VolumeKmsKeyId": "alias/models"})),
    passes=ex.profile(ex.training_job(ResourceConfig=_LARGE | _VOLUME | _KEY)),
)
def volume_key_alias(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        key = child(profile.job, "ResourceConfig").get("VolumeKmsKeyId")
        if isinstance(key, str) and (key.startswith("alias/") or ":alias/" in key):
            yield Problem((*profile.job_path, "ResourceConfig", "VolumeKmsKeyId"), "is an alias", key)


@rule(
    "profile-output-key",
    ERROR,
    "output to Amazon S3 Express One Zone must not have a key",
    why=_WHY,
    source=sources.api("OutputDataConfig"),
    fails=ex.profile(
        ex.training_job(
            OutputDataConfig={"S3OutputPath": "s3://models--use1-az4--x-s3/trees", "KmsKeyId": "alias/models"}
        )
    ),
    passes=ex.profile(ex.training_job(OutputDataConfig={"S3OutputPath": "s3://models--use1-az4--x-s3/trees"})),
)
def output_key(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        output = child(profile.job, "OutputDataConfig")
        uri = output.get("S3OutputPath")
        bucket, _ = split_s3_uri(uri) if isinstance(uri, str) else ("", "")
        if bucket.endswith("--x-s3") and output.get("KmsKeyId") not in (None, ""):
            path = (*profile.job_path, "OutputDataConfig", "KmsKeyId")
            yield Problem(path, f"is given, but {bucket} is a directory bucket, which supports no key; remove the key")


@rule(
    "profile-max-runtime",
    ERROR,
    "MaxRuntimeInSeconds must be up to 28 days",
    source=sources.api("StoppingCondition"),
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 60 * 86_400})),
    passes=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 28 * 86_400})),
)
def max_runtime(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        runtime = child(profile.job, "StoppingCondition").get("MaxRuntimeInSeconds")
        if isinstance(runtime, int) and runtime > _LONGEST_RUNTIME:
            path = (*profile.job_path, "StoppingCondition", "MaxRuntimeInSeconds")
            yield Problem(path, "", runtime, expected=f"must be up to 28 days ({_LONGEST_RUNTIME} seconds)")


@rule(
    "profile-validation-timeout",
    WARNING,
    "validation_timeout should be at least MaxRuntimeInSeconds",
    why="a validation that is still running when the wait ends is rolled back; give a longer validation_timeout, or a "
    "shorter MaxRuntimeInSeconds",
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600})),
    passes=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 900})),
    deployment=Deployment(validation_timeout=1800),
    constructs_only=True,
)
def validation_timeout(definition: Definition) -> Iterator[Problem]:
    timeout = definition.deployment.validation_timeout
    if timeout is None:
        return
    for profile in definition.profiles:
        runtime = child(profile.job, "StoppingCondition").get("MaxRuntimeInSeconds")
        path = (*profile.job_path, "StoppingCondition", "MaxRuntimeInSeconds")
        if runtime is None and timeout < _DEFAULT_RUNTIME:
            yield Problem(
                path, f"is missing, and the default of 1 day is more than validation_timeout ({timeout} seconds)"
            )
        elif isinstance(runtime, int) and timeout < runtime <= _LONGEST_RUNTIME:
            yield Problem(path, "", runtime, expected=f"should be up to validation_timeout ({timeout} seconds)")


@rule(
    "validation-role-account",
    ERROR,
    "the validation role must be in the account of the deployment",
    why="IAM cannot pass a role to a service in another account",
    source=sources.PASSING_ROLES,
    certain=True,
    fails=ex.profile(),
    passes=ex.profile(),
    deployment=Deployment(account="999999999999"),
    passes_in=Deployment(account=ex.ACCOUNT),
)
def role_account(definition: Definition) -> Iterator[Problem]:
    account = definition.deployment.account
    role = child(definition.request, "ValidationSpecification").get("ValidationRole")
    arn = Arn.parse(role) if isinstance(role, str) else None
    if account is not None and arn is not None and arn.is_a("iam", "role") and arn.account != account:
        path = ("ValidationSpecification", "ValidationRole")
        yield Problem(path, f"is in account {arn.account}, but the stack's is {account}", role)


def _instances(profile: Profile) -> Iterator[tuple[Path, Node]]:
    """Yield path and structure of everything in a profile's resources that names instances."""
    resources = child(profile.job, "ResourceConfig")
    path = (*profile.job_path, "ResourceConfig")
    yield path, resources
    for name in ("InstanceGroups", "InstancePreferences"):
        for index, node in items(resources, name):
            yield (*path, name, index), node


def _instance_types(profile: Profile) -> Iterator[str]:
    for _, node in _instances(profile):
        kind = node.get("InstanceType")
        if isinstance(kind, str):
            yield kind


def _misspelling(supported: tuple[str, ...], given: str) -> str | None:
    """Return the entry of the list that probably is a misspelling of the profile's instance type."""
    known = shape("TrainingInstanceType").enum
    return (
        nearest(given, [instance_type for instance_type in supported if instance_type not in known])
        if given in known
        else None
    )
