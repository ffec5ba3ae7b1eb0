"""Rules of validation profiles: a profile uses only what the specification declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.model.accepted_values import is_integral, is_not_finite, number
from cdk_sagemaker_algorithm.model.paths import MapKey, api_path
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules.finding import Level, is_secret_name
from cdk_sagemaker_algorithm.rules.request_view import (
    UNKNOWN,
    child,
    is_list,
    is_structure,
    items,
    read_values,
)
from cdk_sagemaker_algorithm.rules.rule import Report, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.request_view import Definition, HyperParameter, Node, Profile, Values

ERROR, WARNING = Level.ERROR, Level.WARNING
_WHY = "validation would fail, after the deploy has waited for it"
# Keys that SageMaker's own containers and tuning jobs set, whatever the specification declares.
_RESERVED_PREFIXES = ("sagemaker_", "_tuning_")


@rule(
    "profile-instance-type",
    ERROR,
    "a profile trains on instance types that the specification supports",
    why=_WHY,
    fails=ex.profile(ex.training_job(ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1})),
    mended=ex.profile(ex.training_job(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1})),
)
def instance_type(definition: Definition) -> Iterator[Report]:
    """An instance type that is not supported."""
    supported = read_values(definition.training, "SupportedTrainingInstanceTypes")
    for profile in definition.profiles:
        for path, node in _instances(profile):
            if supported.lack(node.get("InstanceType")):
                problem = "is not among the supported training instance types"
                yield Report((*path, "InstanceType"), problem, node["InstanceType"], candidates=supported.known)


@rule(
    "profile-instance-missing",
    ERROR,
    "a profile says what to train on",
    why=_WHY,
    fails=ex.profile(ex.training_job(ResourceConfig={"VolumeSizeInGB": 10})),
    mended=ex.profile(
        ex.training_job(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10})
    ),
)
def instance_missing(definition: Definition) -> Iterator[Report]:
    """Neither an instance type nor instance groups or preferences."""
    ways = ("InstanceType", "InstanceGroups", "InstancePreferences", "TrainingPlanArn")
    for profile in definition.profiles:
        resources = profile.job.get("ResourceConfig")
        if is_structure(resources) and not any(resources.get(way) for way in ways):
            path = (*profile.job_path, "ResourceConfig", "InstanceType")
            yield Report(path, "is missing, and there are no instance groups or preferences")


@rule(
    "profile-distributed",
    ERROR,
    "a profile trains on one instance, unless the specification supports distributed training",
    why=_WHY,
    fails=ex.profile(ex.training_job(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2})),
    mended=ex.profile(ex.training_job(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2}))
    | ex.training(SupportsDistributedTraining=True),
)
def distributed(definition: Definition) -> Iterator[Report]:
    """More than one instance, or more than one group."""
    if definition.training.get("SupportsDistributedTraining") in (True, UNKNOWN):
        return
    allowed = "1"
    for profile in definition.profiles:
        groups = items(child(profile.job, "ResourceConfig"), "InstanceGroups")
        if len(groups) > 1:
            path = (*profile.job_path, "ResourceConfig", "InstanceGroups")
            yield Report(path, f"are {len(groups)}, but SupportsDistributedTraining is not true", allowed=allowed)
        for path, node in _instances(profile):
            count = node.get("InstanceCount")
            if isinstance(count, int) and count > 1:
                problem = "is more than one, but SupportsDistributedTraining is not true"
                yield Report((*path, "InstanceCount"), problem, count, allowed)


@rule(
    "profile-channel",
    ERROR,
    "a profile's channels are channels of the specification",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(), ex.input_channel(ChannelName="test")])),
    mended=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel()])),
)
def channel(definition: Definition) -> Iterator[Report]:
    """A channel that is not declared."""
    declared = definition.declared_channels
    for profile in definition.profiles:
        for index, used in profile.channels:
            name = used.get("ChannelName")
            if declared.lack(name):
                path = (*profile.job_path, "InputDataConfig", index, "ChannelName")
                yield Report(path, "is not among the training channels", name, candidates=declared.known)


@rule(
    "profile-channel-duplicate",
    ERROR,
    "a profile gives each channel once",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(), ex.input_channel()])),
    mended=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel()])),
)
def channel_duplicate(definition: Definition) -> Iterator[Report]:
    """A channel that is given again."""
    for profile in definition.profiles:
        first: dict[Any, int] = {}
        for index, used in profile.channels:
            name = used.get("ChannelName")
            if isinstance(name, str) and first.setdefault(name, index) != index:
                path = (*profile.job_path, "InputDataConfig", index, "ChannelName")
                yield Report(path, f"is given already, by channel {first[name]}", name)


@rule(
    "profile-channel-missing",
    ERROR,
    "a profile gives every required channel",
    why=_WHY,
    fails=ex.channels(ex.channel(), ex.channel(Name="validation", IsRequired=True)) | ex.profile(),
    mended=ex.channels(ex.channel(), ex.channel(Name="validation", IsRequired=False)) | ex.profile(),
)
def channel_missing(definition: Definition) -> Iterator[Report]:
    """A required channel that is not given."""
    for profile in definition.profiles:
        given = _given_channels(profile)
        if given is None:
            continue
        for name, declared in definition.declared_channels.known.items():
            if declared.get("IsRequired") is True and name not in given:
                path = (*profile.job_path, "InputDataConfig")
                yield Report(path, f"lacks the channel {name}, which the specification requires")


@rule(
    "profile-input-mode",
    ERROR,
    "a profile reads each channel in an input mode that the channel supports",
    why=_WHY,
    fails=ex.profile(ex.training_job(TrainingInputMode="Pipe")),
    mended=ex.profile(ex.training_job(TrainingInputMode="File")),
)
def input_mode(definition: Definition) -> Iterator[Report]:
    """An input mode, the job's or the channel's own, that the channel does not support."""
    for profile in definition.profiles:
        common = profile.job.get("TrainingInputMode")
        lacking: list[str] = []
        allowed: tuple[str, ...] = ()
        for path, used, declared in _used_channels(definition, profile):
            supported = read_values(declared, "SupportedInputModes")
            own = used.get("InputMode")
            if own is None and supported.lack(common):
                lacking.append(used["ChannelName"])
                allowed = allowed or supported.known
            elif supported.lack(own):
                problem = f"is not among the input modes of channel {used['ChannelName']}"
                yield Report((*path, "InputMode"), problem, own, candidates=supported.known)
        if lacking:
            path = (*profile.job_path, "TrainingInputMode")
            problem = f"is not among the input modes of channel {', '.join(lacking)}"
            yield Report(path, problem, common, candidates=allowed)


@rule(
    "profile-compression",
    ERROR,
    "a profile's data is compressed in a way that the channel supports",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="Gzip")])),
    mended=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="Gzip")]))
    | ex.channels(ex.channel(SupportedCompressionTypes=["None", "Gzip"])),
)
def compression(definition: Definition) -> Iterator[Report]:
    """A compression that the channel does not support; without a list, it supports none."""
    for profile in definition.profiles:
        for path, used, declared in _used_channels(definition, profile):
            supported = read_values(declared, "SupportedCompressionTypes")
            given = used.get("CompressionType")
            if supported.lack(given) and (supported.given or given != "None"):
                problem = f"is not among the compression types of channel {used['ChannelName']}"
                candidates = supported.known or ("None",)
                yield Report((*path, "CompressionType"), problem, given, candidates=candidates)


@rule(
    "profile-content-type",
    ERROR,
    "a profile's data is of a content type that the channel supports",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(ContentType="application/json")])),
    mended=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(ContentType="text/csv")])),
)
def content_type(definition: Definition) -> Iterator[Report]:
    """A content type that the channel does not support; without any in its list, it supports all."""
    for profile in definition.profiles:
        for path, used, declared in _used_channels(definition, profile):
            supported = read_values(declared, "SupportedContentTypes")
            given = used.get("ContentType")
            if _lacks_type(supported, given):
                problem = f"is not among the content types of channel {used['ChannelName']}"
                yield Report((*path, "ContentType"), problem, given, candidates=supported.known)


@rule(
    "profile-hyper-parameter",
    ERROR,
    "a profile's hyperparameters are hyperparameters of the specification",
    why=_WHY,
    fails=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_dept": "3"})),
    mended=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "3"})),
)
def hyper_parameter(definition: Definition) -> Iterator[Report]:
    """A hyperparameter that is not declared."""
    declared = definition.declared_hyper_parameters
    for profile in definition.profiles:
        for name in child(profile.job, "HyperParameters"):
            if declared.lack(name) and not name.startswith(_RESERVED_PREFIXES):
                yield _undeclared(profile, name, tuple(declared.known))


@rule(
    "profile-hyper-parameter-reserved",
    WARNING,
    "a profile's hyperparameters are declared, even those that SageMaker's own containers read",
    why="whether the service lets them through is not known",
    fails=ex.profile(ex.training_job(HyperParameters={"sagemaker_program": "train.py"})),
    mended=ex.hyper_parameters({"Name": "sagemaker_program", "Type": "FreeText"})
    | ex.profile(ex.training_job(HyperParameters={"sagemaker_program": "train.py"})),
)
def hyper_parameter_reserved(definition: Definition) -> Iterator[Report]:
    """A hyperparameter of SageMaker's own that is not declared."""
    declared = definition.declared_hyper_parameters
    for profile in definition.profiles:
        for name in child(profile.job, "HyperParameters"):
            if declared.lack(name) and name.startswith(_RESERVED_PREFIXES):
                yield _undeclared(profile, name, tuple(declared.known))


@rule(
    "profile-hyper-parameter-missing",
    ERROR,
    "a profile gives every required hyperparameter that has no default",
    why=_WHY,
    fails=ex.hyper_parameters(ex.integer(IsRequired=True)) | ex.profile(),
    mended=ex.hyper_parameters(ex.integer(IsRequired=True))
    | ex.profile(ex.training_job(HyperParameters={"max_depth": "3"})),
)
def hyper_parameter_missing(definition: Definition) -> Iterator[Report]:
    """A required hyperparameter that is not given."""
    for profile in definition.profiles:
        if profile.job.get("HyperParameters") is UNKNOWN:
            continue
        given = child(profile.job, "HyperParameters")
        for name, declared in definition.hyper_parameters_by_name.items():
            if declared.spec.get("IsRequired") is True and declared.default is None and name not in given:
                path = (*profile.job_path, "HyperParameters")
                yield Report(path, f"lack {name}, which the specification requires and has no default for")


@rule(
    "profile-hyper-parameter-value",
    ERROR,
    "a profile's hyperparameters have values of their type, in their range",
    why=_WHY,
    fails=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "30"})),
    mended=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "3"})),
)
def hyper_parameter_value(definition: Definition) -> Iterator[Report]:
    """A value that is not of the type, not in the range, or not among the values."""
    declared = definition.hyper_parameters_by_name
    for profile in definition.profiles:
        for name, value in child(profile.job, "HyperParameters").items():
            specification = declared.get(name)
            if specification is None or not isinstance(value, str):
                continue
            path = (*profile.job_path, "HyperParameters", MapKey(name))
            yield from _judge_value(path, specification, value)


@rule(
    "profile-max-wait",
    ERROR,
    "a profile waits at least as long as its training job may run",
    why=_WHY,
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 1800})),
    mended=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200})),
)
def max_wait(definition: Definition) -> Iterator[Report]:
    """MaxWaitTimeInSeconds below MaxRuntimeInSeconds."""
    for profile in definition.profiles:
        condition = child(profile.job, "StoppingCondition")
        wait, runtime = condition.get("MaxWaitTimeInSeconds"), condition.get("MaxRuntimeInSeconds")
        if isinstance(wait, int) and isinstance(runtime, int) and wait < runtime:
            path = (*profile.job_path, "StoppingCondition", "MaxWaitTimeInSeconds")
            yield Report(path, "is less than MaxRuntimeInSeconds", wait, f"{runtime} or more")


@rule(
    "profile-max-pending",
    ERROR,
    "a profile's training job may be pending for two hours or more",
    why="the service's model says 1800, its documentation and the service 7200",
    fails=ex.profile(ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxPendingTimeInSeconds": 3600})),
    mended=ex.profile(
        ex.training_job(StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxPendingTimeInSeconds": 7200})
    ),
)
def max_pending(definition: Definition) -> Iterator[Report]:
    """MaxPendingTimeInSeconds below what the service really takes."""
    least = 7200
    for profile in definition.profiles:
        pending = child(profile.job, "StoppingCondition").get("MaxPendingTimeInSeconds")
        if isinstance(pending, int) and pending < least:
            path = (*profile.job_path, "StoppingCondition", "MaxPendingTimeInSeconds")
            yield Report(path, "is too short", pending, f"{least} to 2419200")


@rule(
    "transform-instance-type",
    ERROR,
    "a transform job runs on an instance type that the inference specification supports",
    why=_WHY,
    fails=ex.inference()
    | ex.profile(
        TransformJobDefinition=ex.transform_job(TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1})
    ),
    mended=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_instance_type(definition: Definition) -> Iterator[Report]:
    """A transform job's instance type that is not supported."""
    for path, job, inference in _transform_jobs(definition):
        supported = read_values(inference, "SupportedTransformInstanceTypes")
        given = child(job, "TransformResources").get("InstanceType")
        if supported.lack(given):
            problem = "is not among the supported transform instance types"
            where = (*path, "TransformResources", "InstanceType")
            yield Report(where, problem, given, candidates=supported.known)


@rule(
    "transform-content-type",
    ERROR,
    "a transform job reads a content type that the inference specification supports",
    why=_WHY,
    fails=ex.inference(SupportedContentTypes=["application/json"])
    | ex.profile(TransformJobDefinition=ex.transform_job()),
    mended=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_content_type(definition: Definition) -> Iterator[Report]:
    """A transform job's content type that is not supported."""
    for path, job, inference in _transform_jobs(definition):
        supported = read_values(inference, "SupportedContentTypes")
        given = child(job, "TransformInput").get("ContentType")
        if _lacks_type(supported, given):
            problem = "is not among the supported content types"
            where = (*path, "TransformInput", "ContentType")
            yield Report(where, problem, given, candidates=supported.known)


@rule(
    "transform-accept",
    ERROR,
    "a transform job accepts a MIME type that the inference specification answers with",
    why=_WHY,
    fails=ex.inference(SupportedResponseMIMETypes=["application/json"])
    | ex.profile(TransformJobDefinition=ex.transform_job()),
    mended=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_accept(definition: Definition) -> Iterator[Report]:
    """A transform job's Accept that is not answered."""
    for path, job, inference in _transform_jobs(definition):
        supported = read_values(inference, "SupportedResponseMIMETypes")
        given = child(job, "TransformOutput").get("Accept")
        if _lacks_type(supported, given):
            problem = "is not among the supported response MIME types"
            where = (*path, "TransformOutput", "Accept")
            yield Report(where, problem, given, candidates=supported.known)


@rule(
    "transform-without-inference",
    ERROR,
    "a profile with a transform job needs an inference specification",
    why=_WHY,
    fails=ex.profile(TransformJobDefinition=ex.transform_job()),
    mended=ex.inference() | ex.profile(TransformJobDefinition=ex.transform_job()),
)
def transform_without_inference(definition: Definition) -> Iterator[Report]:
    """A transform job, and nothing that could serve it; certification asks for it by itself."""
    if definition.inference is not None or definition.certify:
        return
    for profile in definition.profiles:
        if is_structure(profile.transform):
            problem = f"is missing, but there is {api_path(profile.transform_path)}"
            yield Report(("InferenceSpecification",), problem)


def _instances(profile: Profile) -> Iterator[tuple[Path, Node]]:
    """The places in a profile's resources that name instances."""
    resources = child(profile.job, "ResourceConfig")
    path = (*profile.job_path, "ResourceConfig")
    yield path, resources
    for name in ("InstanceGroups", "InstancePreferences"):
        for index, node in items(resources, name):
            yield (*path, name, index), node


def _given_channels(profile: Profile) -> set[str] | None:
    """The names of the channels a profile gives; None when not all are known."""
    entries = profile.job.get("InputDataConfig")
    if not is_list(entries) or len(entries) != len(profile.channels):
        return None
    names = [used.get("ChannelName") for _, used in profile.channels]
    return {name for name in names if isinstance(name, str)} if UNKNOWN not in names else None


def _used_channels(definition: Definition, profile: Profile) -> Iterator[tuple[Path, Node, Node]]:
    """A profile's channels that are declared: the place, the use and the declaration."""
    declared = definition.declared_channels.known
    for index, used in profile.channels:
        name = used.get("ChannelName")
        if isinstance(name, str) and name in declared:
            yield (*profile.job_path, "InputDataConfig", index), used, declared[name]


def _transform_jobs(definition: Definition) -> Iterator[tuple[Path, Node, Node]]:
    """The transform jobs beside an inference specification: the place, the job and the specification."""
    if not is_structure(definition.inference):
        return
    for profile in definition.profiles:
        if is_structure(profile.transform):
            yield profile.transform_path, profile.transform, definition.inference


def _lacks_type(supported: Values, given: object) -> bool:
    """Whether a content type is surely not supported; parameters after a semicolon do not count."""
    if not isinstance(given, str) or not given or not supported.given or not supported.complete:
        return False
    wanted = _essence(given)
    return not any(_covers(_essence(each), wanted) for each in supported.known)


def _covers(declared: str, wanted: str) -> bool:
    """Whether a declared content type, which may end in a wildcard as in ``text/*``, includes another."""
    if declared in {wanted, "*", "*/*"}:
        return True
    return declared.endswith("/*") and wanted.startswith(declared[:-1])


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _undeclared(profile: Profile, name: str, candidates: tuple[str, ...]) -> Report:
    path = (*profile.job_path, "HyperParameters", MapKey(name))
    # The name is what is wrong, so the nearest declared one is suggested for the name.
    return Report(path, "is not among the supported hyperparameters", name, candidates=candidates)


def _judge_value(path: Path, specification: HyperParameter, value: str) -> Iterator[Report]:
    secret = is_secret_name(str(specification.name))
    if specification.values is not None and value not in specification.values:
        problem = f"is not among the values of Categorical {specification.name}"
        yield Report(path, problem, value, candidates=specification.values, secret=secret)
    if not specification.numeric or (specification.type == "Continuous" and is_not_finite(value)):
        return
    found = number(value)
    if found is None or (specification.type == "Integer" and not is_integral(value)):
        wanted = "a whole number" if specification.type == "Integer" else "a number"
        yield Report(path, f"is not {wanted}", value, specification.range_in_words, secret=secret)
    elif specification.excludes(value):
        problem = f"is not in the range of {specification.type} {specification.name}"
        yield Report(path, problem, value, specification.range_in_words, secret=secret)
