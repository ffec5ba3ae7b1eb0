"""Rules for validation profiles: consistency with the training specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.model.accepted_values import is_integral, is_not_finite, number
from cdk_sagemaker_algorithm.model.paths import MapKey
from cdk_sagemaker_algorithm.rules import examples as ex
from cdk_sagemaker_algorithm.rules import sources
from cdk_sagemaker_algorithm.rules.content_types import lacks_type
from cdk_sagemaker_algorithm.rules.request_view import (
    UNKNOWN,
    child,
    is_list,
    is_structure,
    read_values,
)
from cdk_sagemaker_algorithm.rules.rule import Problem, rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel, is_secret_name, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.request_view import Definition, HyperParameter, Names, Node, Profile

ERROR, WARNING = RuleLevel.ERROR, RuleLevel.WARNING
_FILE_SYSTEM = {
    "FileSystemDataSource": {
        "FileSystemId": "fs-01234567",
        "FileSystemAccessMode": "ro",
        "FileSystemType": "EFS",
        "DirectoryPath": "/data",
    }
}
_AUGMENTED_MANIFEST = {"S3DataSource": {"S3DataType": "AugmentedManifestFile", "S3Uri": f"{ex.BUCKET}/train.manifest"}}
_WHY = "SageMaker would fail the validation"
# SageMaker's own containers and tuning jobs set these keys, even if the specification does not declare them.
_RESERVED_PREFIXES = ("sagemaker_", "_tuning_")


@rule(
    "profile-channel",
    ERROR,
    "a profile must use declared channels only",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(), ex.input_channel(ChannelName="test")])),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel()])),
)
def channel(definition: Definition) -> Iterator[Problem]:
    declared = definition.declared_channels
    for profile in definition.profiles:
        for index, used in profile.channels:
            name = used.get("ChannelName")
            if declared.excludes(name):
                path = (*profile.job_path, "InputDataConfig", index, "ChannelName")
                yield Problem(path, "is not in TrainingChannels", name, candidates=declared.known)


@rule(
    "profile-channel-duplicate",
    ERROR,
    "a profile must use each channel once",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(), ex.input_channel()])),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel()])),
)
def channel_duplicate(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        first: dict[Any, int] = {}
        for index, used in profile.channels:
            name = used.get("ChannelName")
            if isinstance(name, str) and first.setdefault(name, index) != index:
                path = (*profile.job_path, "InputDataConfig", index, "ChannelName")
                yield Problem(path, f"is already used by channel {first[name]}", name)


@rule(
    "profile-channel-missing",
    ERROR,
    "a profile must include every required channel",
    why=_WHY,
    fails=ex.channels(ex.channel(), ex.channel(Name="validation", IsRequired=True)) | ex.profile(),
    passes=ex.channels(ex.channel(), ex.channel(Name="validation", IsRequired=False)) | ex.profile(),
)
def channel_missing(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        given = _given_channels(profile)
        if given is None:
            continue
        misspelled = _misspelled(definition.declared_channels, given)
        for name, declared in definition.declared_channels.known.items():
            if declared.get("IsRequired") is True and name not in given | misspelled:
                path = (*profile.job_path, "InputDataConfig")
                yield Problem(path, f"does not contain the required channel {name}")


@rule(
    "profile-input-mode",
    ERROR,
    "a profile must use an input mode that the channel supports",
    why=_WHY,
    fails=ex.profile(ex.training_job(TrainingInputMode="Pipe")),
    passes=ex.profile(ex.training_job(TrainingInputMode="File")),
)
def input_mode(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        common = profile.job.get("TrainingInputMode")
        lacking: list[str] = []
        allowed: tuple[str, ...] = ()
        for path, used, declared in _used_channels(definition, profile):
            supported = read_values(declared, "SupportedInputModes")
            own = used.get("InputMode")
            if own is None and supported.excludes(common):
                lacking.append(used["ChannelName"])
                allowed = allowed or supported.known
            elif supported.excludes(own):
                problem = f"is not among the input modes of channel {used['ChannelName']}"
                yield Problem((*path, "InputMode"), problem, own, candidates=supported.known)
        if lacking:
            path = (*profile.job_path, "TrainingInputMode")
            problem = f"is not among the input modes of channel {', '.join(lacking)}"
            yield Problem(path, problem, common, candidates=allowed)


@rule(
    "profile-compression",
    ERROR,
    "a profile must use a compression type that the channel supports",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="Gzip")])),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="Gzip")]))
    | ex.channels(ex.channel(SupportedCompressionTypes=["None", "Gzip"])),
)
def compression(definition: Definition) -> Iterator[Problem]:
    """Without a list of compression types, a channel supports none."""
    for profile in definition.profiles:
        for path, used, declared in _used_channels(definition, profile):
            supported = read_values(declared, "SupportedCompressionTypes")
            given = used.get("CompressionType")
            if supported.excludes(given) and (supported.given or given != "None"):
                problem = f"is not among the compression types of channel {used['ChannelName']}"
                candidates = supported.known or ("None",)
                yield Problem((*path, "CompressionType"), problem, given, candidates=candidates)


@rule(
    "profile-content-type",
    ERROR,
    "a profile must use a content type that the channel supports",
    why=_WHY,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(ContentType="application/json")])),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(ContentType="text/csv")])),
)
def content_type(definition: Definition) -> Iterator[Problem]:
    """With an empty list of content types, a channel supports all."""
    for profile in definition.profiles:
        for path, used, declared in _used_channels(definition, profile):
            supported = read_values(declared, "SupportedContentTypes")
            given = used.get("ContentType")
            if lacks_type(supported, given):
                problem = f"is not among the content types of channel {used['ChannelName']}"
                yield Problem((*path, "ContentType"), problem, given, candidates=supported.known)


@rule(
    "profile-file-system",
    ERROR,
    "a profile must read its data from Amazon S3",
    why="a training job reaches Amazon EFS and FSx through a VPC only, and a profile has no VpcConfig: " + _WHY,
    source=sources.EFS_TRAINING,
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(DataSource=_FILE_SYSTEM)])),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel()])),
)
def file_system(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        for index, used in profile.channels:
            source = child(used, "DataSource").get("FileSystemDataSource")
            if is_structure(source):
                path = (*profile.job_path, "InputDataConfig", index, "DataSource", "FileSystemDataSource")
                yield Problem(path, "cannot be reached from a validation job", allowed="S3DataSource")


@rule(
    "profile-augmented-manifest",
    ERROR,
    "a profile must read an augmented manifest in Pipe mode",
    why=_WHY,
    source=sources.api("S3DataSource"),
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(DataSource=_AUGMENTED_MANIFEST)])),
    passes=ex.channels(ex.channel(SupportedInputModes=["File", "Pipe"]))
    | ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(DataSource=_AUGMENTED_MANIFEST, InputMode="Pipe")])),
)
def augmented_manifest(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        for index, used in profile.channels:
            mode = used.get("InputMode") or profile.job.get("TrainingInputMode")
            kind = child(child(used, "DataSource"), "S3DataSource").get("S3DataType")
            if kind == "AugmentedManifestFile" and isinstance(mode, str) and mode != "Pipe":
                path = (*profile.job_path, "InputDataConfig", index, "DataSource", "S3DataSource", "S3DataType")
                yield Problem(path, f"is read in Pipe mode only, but the channel's mode is {mode}", kind)


@rule(
    "profile-compression-mode",
    WARNING,
    "a profile must read compressed data in Pipe mode",
    why="SageMaker does not decompress in File mode, and AWS documents that CompressionType must be omitted",
    source=sources.api("Channel"),
    fails=ex.channels(ex.channel(SupportedCompressionTypes=["Gzip"]))
    | ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="Gzip")])),
    passes=ex.channels(ex.channel(SupportedCompressionTypes=["Gzip"], SupportedInputModes=["Pipe"]))
    | ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(CompressionType="Gzip", InputMode="Pipe")])),
)
def compression_mode(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        yield from _used_outside_pipe_mode(profile, "CompressionType")


@rule(
    "profile-record-wrapper-mode",
    WARNING,
    "a profile must wrap records in Pipe mode only",
    why="AWS documents that RecordWrapperType must be omitted, or None, in File mode",
    source=sources.api("Channel"),
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(RecordWrapperType="RecordIO")])),
    passes=ex.channels(ex.channel(SupportedInputModes=["Pipe"]))
    | ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(RecordWrapperType="RecordIO", InputMode="Pipe")])),
)
def record_wrapper_mode(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        yield from _used_outside_pipe_mode(profile, "RecordWrapperType")


@rule(
    "profile-data-source",
    ERROR,
    "a profile's channel must have exactly one data source",
    why=_WHY,
    source=sources.api("DataSource"),
    fails=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(DataSource={})])),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel()])),
)
def data_source(definition: Definition) -> Iterator[Problem]:
    """Skip file systems, which `file_system` reports."""
    for profile in definition.profiles:
        for index, used in profile.channels:
            source = used.get("DataSource")
            if is_structure(source) and source.get("FileSystemDataSource") is None:
                kinds = [name for name in ("S3DataSource", "DatasetSource") if source.get(name) is not None]
                if len(kinds) != 1:
                    path = (*profile.job_path, "InputDataConfig", index, "DataSource")
                    problem = f"has {' and '.join(kinds)}" if kinds else "is empty"
                    yield Problem(path, problem, allowed="exactly one data source, such as S3DataSource")


@rule(
    "profile-attribute-names",
    WARNING,
    "a profile must name attributes of augmented manifests only",
    why="SageMaker uses AttributeNames only if S3DataType is AugmentedManifestFile",
    source=sources.api("S3DataSource"),
    fails=ex.profile(
        ex.training_job(InputDataConfig=[ex.input_channel(DataSource=ex.s3_data(AttributeNames=["source-ref"]))])
    ),
    passes=ex.profile(ex.training_job(InputDataConfig=[ex.input_channel(DataSource=ex.s3_data())])),
)
def attribute_names(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        for index, used in profile.channels:
            source = child(child(used, "DataSource"), "S3DataSource")
            kind = source.get("S3DataType")
            if source.get("AttributeNames") and isinstance(kind, str) and kind != "AugmentedManifestFile":
                path = (*profile.job_path, "InputDataConfig", index, "DataSource", "S3DataSource", "AttributeNames")
                yield Problem(path, f"are not used, because S3DataType is {kind}")


@rule(
    "profile-hyper-parameter",
    ERROR,
    "a profile must set declared hyperparameters only",
    why=_WHY,
    fails=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_dept": "3"})),
    passes=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "3"})),
)
def hyper_parameter(definition: Definition) -> Iterator[Problem]:
    declared = definition.declared_hyper_parameters
    for profile in definition.profiles:
        for name in child(profile.job, "HyperParameters"):
            if declared.excludes(name) and not name.startswith(_RESERVED_PREFIXES):
                yield _undeclared(profile, name, tuple(declared.known))


@rule(
    "profile-hyper-parameter-reserved",
    WARNING,
    "a profile should declare SageMaker's own hyperparameters before setting them",
    why="AWS does not document whether SageMaker accepts undeclared ones",
    fails=ex.profile(ex.training_job(HyperParameters={"sagemaker_program": "train.py"})),
    passes=ex.hyper_parameters({"Name": "sagemaker_program", "Type": "FreeText"})
    | ex.profile(ex.training_job(HyperParameters={"sagemaker_program": "train.py"})),
)
def hyper_parameter_reserved(definition: Definition) -> Iterator[Problem]:
    declared = definition.declared_hyper_parameters
    for profile in definition.profiles:
        for name in child(profile.job, "HyperParameters"):
            if declared.excludes(name) and name.startswith(_RESERVED_PREFIXES):
                yield _undeclared(profile, name, tuple(declared.known))


@rule(
    "profile-hyper-parameter-missing",
    ERROR,
    "a profile must set every required hyperparameter without a default",
    why=_WHY,
    fails=ex.hyper_parameters(ex.integer(IsRequired=True)) | ex.profile(),
    passes=ex.hyper_parameters(ex.integer(IsRequired=True))
    | ex.profile(ex.training_job(HyperParameters={"max_depth": "3"})),
)
def hyper_parameter_missing(definition: Definition) -> Iterator[Problem]:
    for profile in definition.profiles:
        if profile.job.get("HyperParameters") is UNKNOWN:
            continue
        given = set(child(profile.job, "HyperParameters"))
        given |= _misspelled(definition.declared_hyper_parameters, given)
        for name, declared in definition.hyper_parameters_by_name.items():
            if declared.spec.get("IsRequired") is True and declared.default is None and name not in given:
                path = (*profile.job_path, "HyperParameters")
                yield Problem(path, f"must set {name}: it is required and has no default")


@rule(
    "profile-hyper-parameter-value",
    ERROR,
    "a profile's hyperparameter values must match type and range",
    why=_WHY,
    fails=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "30"})),
    passes=ex.hyper_parameters(ex.integer()) | ex.profile(ex.training_job(HyperParameters={"max_depth": "3"})),
)
def hyper_parameter_value(definition: Definition) -> Iterator[Problem]:
    declared = definition.hyper_parameters_by_name
    for profile in definition.profiles:
        for name, value in child(profile.job, "HyperParameters").items():
            specification = declared.get(name)
            if specification is None or not isinstance(value, str):
                continue
            path = (*profile.job_path, "HyperParameters", MapKey(name))
            yield from _judge_value(path, specification, value)


def _used_outside_pipe_mode(profile: Profile, member: str) -> Iterator[Problem]:
    for index, used in profile.channels:
        mode = used.get("InputMode") or profile.job.get("TrainingInputMode")
        given = used.get(member)
        if isinstance(given, str) and given != "None" and isinstance(mode, str) and mode != "Pipe":
            path = (*profile.job_path, "InputDataConfig", index, member)
            yield Problem(path, f"is used in Pipe mode only, but the channel's mode is {mode}", given)


def _given_channels(profile: Profile) -> set[str] | None:
    """Return the names of a profile's channels; None if some are unknown."""
    entries = profile.job.get("InputDataConfig")
    if not is_list(entries) or len(entries) != len(profile.channels):
        return None
    names = [used.get("ChannelName") for _, used in profile.channels]
    return {name for name in names if isinstance(name, str)} if UNKNOWN not in names else None


def _misspelled(declared: Names, given: set[str]) -> set[str]:
    """Return the declared names that undeclared ones are probably meant to be; they are not missing, too."""
    return {
        name for undeclared in given if declared.excludes(undeclared) if (name := nearest(undeclared, declared.known))
    }


def _used_channels(definition: Definition, profile: Profile) -> Iterator[tuple[Path, Node, Node]]:
    """Yield path, use and declaration of each declared channel that a profile uses."""
    declared = definition.declared_channels.known
    for index, used in profile.channels:
        name = used.get("ChannelName")
        if isinstance(name, str) and name in declared:
            yield (*profile.job_path, "InputDataConfig", index), used, declared[name]


def _undeclared(profile: Profile, name: str, candidates: tuple[str, ...]) -> Problem:
    path = (*profile.job_path, "HyperParameters", MapKey(name))
    # The value of the finding is the name, so that the nearest declared name is suggested.
    return Problem(path, "is not in SupportedHyperParameters", name, candidates=candidates)


def _judge_value(path: Path, specification: HyperParameter, value: str) -> Iterator[Problem]:
    secret = is_secret_name(str(specification.name))
    if specification.values is not None and value not in specification.values:
        problem = f"is not among the values of Categorical {specification.name}"
        yield Problem(path, problem, value, candidates=specification.values, secret=secret)
    if not specification.numeric or (specification.type == "Continuous" and is_not_finite(value)):
        return
    numeric = number(value)
    if numeric is None or (specification.type == "Integer" and not is_integral(value)):
        expected = "an integer" if specification.type == "Integer" else "a number"
        yield Problem(path, f"is not {expected}", value, specification.range_in_words, secret=secret)
    elif not specification.is_empty and specification.excludes(value):
        problem = f"is outside the range of {specification.type} {specification.name}"
        yield Problem(path, problem, value, specification.range_in_words, secret=secret)
