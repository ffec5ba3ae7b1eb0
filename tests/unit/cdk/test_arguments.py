"""Wrong arguments get one sentence each: path, argument as written, what was given, what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match

from cdk_sagemaker_algorithm import Algorithm, AlgorithmImage, AlgorithmProvider, S3Data
from cdk_sagemaker_algorithm.model import TrainingJobDefinition
from tests.support.stacks import (
    ALGORITHM,
    SLICE,
    TRAINING,
    algorithm,
    new_stack,
    only,
    resources,
    template,
    validation,
)

JOB = "validation_specification.validation_profiles[0].training_job_definition"
RESOURCES: dict[str, Any] = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
USE_DURATION = "use seconds as an integer, Duration.hours(6), or a timedelta"
USE_ROLE = "use the ARN of a role, or an object such as iam.Role.from_role_name(…)"

Make = Callable[[cdk.Stack], dict[str, Any]]


def training(**members: Any) -> dict[str, Any]:
    return {"training_specification": {**TRAINING, **members}}


def profile(**job: Any) -> dict[str, Any]:
    return {"validation_specification": validation(**job)}


def job_with(hyper_parameters: Any) -> dict[str, Any]:
    job: dict[str, Any] = validation()["ValidationProfiles"][0]["TrainingJobDefinition"]
    written = TrainingJobDefinition(
        training_input_mode="File",
        hyper_parameters=hyper_parameters,
        input_data_config=job["InputDataConfig"],
        output_data_config=job["OutputDataConfig"],
        resource_config=job["ResourceConfig"],
        stopping_condition=job["StoppingCondition"],
    )
    profiles = [{"ProfileName": "sample", "TrainingJobDefinition": written}]
    return {"validation_specification": {"ValidationProfiles": profiles}}


WRONG: list[tuple[dict[str, Any] | Make, str]] = [
    ({"validation_timeout": "6h"}, f"validation_timeout: expected a duration, got the string '6h'; {USE_DURATION}"),
    ({"validation_timeout": True}, f"validation_timeout: expected a duration, got True; {USE_DURATION}"),
    (
        {"validation_timeout": 10},
        f"validation_timeout: expected at least 60 seconds, got 10 seconds; {USE_DURATION}",
    ),
    (
        {"validation_timeout": cdk.Duration.millis(90_500)},
        f"validation_timeout: expected whole seconds, got 90500 milliseconds; {USE_DURATION}",
    ),
    (
        {"validation_timeout": timedelta(seconds=90.5)},
        f"validation_timeout: expected whole seconds, got 90.5 seconds; {USE_DURATION}",
    ),
    (
        {"acknowledge_rules": ["certify-data-visible"]},
        (
            "acknowledge_rules: expected a dict of rules and reasons, got a list; "
            'write {"certify-data-visible": "why it does not apply here"}'
        ),
    ),
    (
        {"downgrade_rules": "certify-data-visible"},
        (
            "downgrade_rules: expected a dict of rules and reasons, got the string 'certify-data-visible'; "
            'write {"certify-data-visible": "why it does not apply here"}'
        ),
    ),
    (
        {"acknowledge_rules": {"certify-data-visible": None}},
        "acknowledge_rules['certify-data-visible']: expected a rule and a reason, both strings, got None",
    ),
    (
        {"acknowledge_rules": {"certify-data-visible": " "}},
        "acknowledge_rules: acknowledging rule 'cdk-sagemaker-algorithm:certify-data-visible' requires a reason",
    ),
    (
        {"downgrade_rules": {"channel-fastfile": "no"}},
        "downgrade_rules: unknown rule 'channel-fastfile'; did you mean 'channel-fast-file'?",
    ),
    (
        lambda stack: {"provider": s3.Bucket(stack, "Bucket")},
        "provider: expected an AlgorithmProvider, got a Bucket; omit it for the stack's own",
    ),
    (
        {"wait_for_validation": "false"},
        "wait_for_validation: expected True or False, got the string 'false'; write False",
    ),
    ({"retain_failed": "false"}, "retain_failed: expected True or False, got the string 'false'; write False"),
    (
        {"validation_role_starts_jobs": "True"},
        "validation_role_starts_jobs: expected True or False, got the string 'True'; write True",
    ),
    ({"retain_failed": None}, "retain_failed: expected True or False, got None"),
    (
        {"removal_policy": "retain"},
        (
            "removal_policy: expected a removal policy, got the string 'retain'; "
            "use a member such as cdk.RemovalPolicy.RETAIN"
        ),
    ),
    ({"revision": 2}, 'revision: expected a string, got 2; write "2"'),
    ({"algorithm_name_prefix": 5}, 'algorithm_name_prefix: expected a string, got 5; write "5"'),
    (
        {"validation_role": 5, **profile()},
        f"validation_role: expected an IAM role, got 5; {USE_ROLE}",
    ),
    (
        lambda stack: {"validation_role": s3.Bucket(stack, "Bucket"), **profile()},
        f"validation_role: expected an IAM role, got a Bucket; {USE_ROLE}",
    ),
    (
        profile(StoppingCondition={"MaxRuntimeInSeconds": cdk.Duration.millis(500)}),
        f"{JOB}.stopping_condition.max_runtime_in_seconds: expected whole seconds, got 500 milliseconds",
    ),
    (
        profile(ResourceConfig={**RESOURCES, "VolumeSizeInGB": cdk.Size.mebibytes(500)}),
        f"{JOB}.resource_config.volume_size_in_gb: expected whole GiB, got 500 MiB",
    ),
    (
        lambda stack: profile(output=s3.Bucket(stack, "Bucket")),
        (
            f"{JOB}.output_data_config.s3_output_path: expected an S3 location, got a Bucket; "
            'use S3Data.from_bucket(bucket, "prefix/")'
        ),
    ),
    (
        profile(source=Path("data")),
        (
            f"{JOB}.input_data_config[0].data_source.s3_data_source.s3_uri: expected an S3 location, got a PosixPath; "
            'use S3Data.from_asset("data")'
        ),
    ),
    (
        profile(output=Path("data")),
        (
            f"{JOB}.output_data_config.s3_output_path: expected an S3 location, got a PosixPath; "
            'write "s3://bucket/prefix/", or use S3Data.from_bucket(bucket, "prefix/")'
        ),
    ),
    (
        lambda _: profile(output=S3Data.from_asset(__file__)),
        (
            f"{JOB}.output_data_config.s3_output_path: an asset cannot be used for output ({__file__}); "
            "use S3Data.from_bucket or S3Data.from_uri"
        ),
    ),
    (
        lambda stack: training(TrainingImage=ecr.Repository(stack, "Images")),
        (
            "training_specification.training_image: expected an image, got a Repository; "
            'use AlgorithmImage.from_ecr_repository(repository, "tag")'
        ),
    ),
    (
        training(TrainingImage=Path("container")),
        (
            "training_specification.training_image: expected an image, got a PosixPath; "
            'use AlgorithmImage.from_asset("container")'
        ),
    ),
    (
        training(SupportedTrainingInstanceTypes=[ec2.InstanceType("m5.large")]),
        (
            "training_specification.supported_training_instance_types[0]: expected an instance type, "
            'got an InstanceType; write "ml.m5.large"'
        ),
    ),
    (
        training(SupportedTrainingInstanceTypes=(each for each in ["ml.m5.large"])),
        "training_specification.supported_training_instance_types: expected a list, got a generator; use list(…)",
    ),
    (
        training(SupportedTrainingInstanceTypes={"ml.m5.large"}),
        "training_specification.supported_training_instance_types: expected a list, got a set; use sorted(…)",
    ),
    (
        lambda stack: profile(ResourceConfig={**RESOURCES, "VolumeKmsKeyId": s3.Bucket(stack, "Bucket")}),
        (
            f"{JOB}.resource_config.volume_kms_key_id: expected a KMS key, got a Bucket; "
            "use a key's ID or ARN, or an object such as kms.Key.from_lookup(…)"
        ),
    ),
    (
        {
            **job_with({"shuffle": True}),
            **training(SupportedHyperParameters=[{"Name": "shuffle", "Type": "FreeText"}]),
        },
        (
            f"{JOB}.hyper_parameters.shuffle: expected a string or a finite number, got True; "
            'write what the container reads, such as "true"'
        ),
    ),
    (
        profile(HyperParameters={1: "x"}),
        f"{JOB}.hyper_parameters: the key 1 is not a string; API names and map keys are",
    ),
]


def options_of(make: dict[str, Any] | Make, stack: cdk.Stack) -> dict[str, Any]:
    return make(stack) if callable(make) else make


@pytest.mark.parametrize(("make", "sentence"), WRONG, ids=[sentence[:50] for _, sentence in WRONG])
def test_a_wrong_argument_is_one_sentence(make: dict[str, Any] | Make, sentence: str) -> None:
    stack = new_stack()
    options = options_of(make, stack)

    with pytest.raises(ValueError, match=r"^Stack/Forest: ") as raised:
        algorithm(stack, **options)

    assert str(raised.value) == f"Stack/Forest: {sentence}"


def test_wrong_arguments_are_reported_at_once() -> None:
    with pytest.raises(ValueError, match="3 arguments are wrong") as raised:
        algorithm(
            new_stack(), validation_timeout="6h", retain_failed="no", algorithm_name="a", algorithm_name_prefix="b"
        )

    lines = str(raised.value).splitlines()
    assert [line.split(":")[0].split()[0] for line in lines[1:]] == [
        "algorithm_name",
        "retain_failed",
        "validation_timeout",
    ]


@pytest.mark.parametrize("given", [21_600, timedelta(hours=6), cdk.Duration.hours(6)])
def test_seconds_are_taken_in_every_form(given: Any) -> None:
    stack = new_stack()
    condition = dict.fromkeys(("MaxRuntimeInSeconds", "MaxWaitTimeInSeconds", "MaxPendingTimeInSeconds"), given)
    resource = {**RESOURCES, "KeepAlivePeriodInSeconds": given}
    algorithm(stack, validation_timeout=given, **profile(StoppingCondition=condition, ResourceConfig=resource))

    (profile_,) = only(stack, ALGORITHM)["Properties"]["ValidationSpecification"]["ValidationProfiles"]
    job = profile_["TrainingJobDefinition"]
    assert set(job["StoppingCondition"].values()) == {21_600}
    assert job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 21_600
    assert {wait["Properties"]["ValidationTimeoutInSeconds"] for wait in resources(stack, SLICE).values()} == {21_600}


@pytest.mark.parametrize("given", [300, timedelta(minutes=5), cdk.Duration.minutes(5)])
def test_the_period_of_a_metric_is_taken_in_every_form(given: Any) -> None:
    assert algorithm(new_stack()).metric_validation_failed(period=given).period.to_seconds() == 300


def from_bucket(_: cdk.Stack, bucket: Any, prefix: Any = "") -> Any:
    return S3Data.from_bucket(bucket, prefix)


FACTORIES: list[tuple[Callable[[cdk.Stack], Any], str]] = [
    (
        lambda stack: from_bucket(stack, "results", "models/"),
        (
            "S3Data.from_bucket: bucket: expected a bucket, got the string 'results'; "
            'use S3Data.from_uri("s3://results/models/"), or an object such as s3.Bucket.from_bucket_name(…)'
        ),
    ),
    (
        lambda stack: from_bucket(stack, s3.Bucket(stack, "Bucket"), 5),
        'S3Data.from_bucket: prefix: expected a string, got 5; write "5"',
    ),
    (
        lambda stack: S3Data.from_uri(_any(s3.Bucket(stack, "Bucket"))),
        "S3Data.from_uri: uri: expected a string, got a Bucket; use S3Data.from_bucket(bucket)",
    ),
    (lambda _: S3Data.from_asset(_any(None)), "S3Data.from_asset: path: expected a path, got None"),
    (
        lambda _: AlgorithmImage.from_ecr_repository(_any("xgb"), "2.1.0"),
        (
            "AlgorithmImage.from_ecr_repository: repository: expected an ECR repository, got the string 'xgb'; "
            'use an object such as ecr.Repository.from_repository_name(scope, "Repository", "xgb")'
        ),
    ),
    (
        lambda stack: AlgorithmImage.from_ecr_repository(ecr.Repository(stack, "Images"), _any(2.1)),
        'AlgorithmImage.from_ecr_repository: tag_or_digest: expected a string, got 2.1; write "2.1"',
    ),
    (lambda _: AlgorithmImage.from_asset(_any(5)), "AlgorithmImage.from_asset: directory: expected a path, got 5"),
    (
        lambda _: AlgorithmImage.from_asset("nowhere"),
        "AlgorithmImage.from_asset: nowhere: directory not found; relative paths start at the directory where cdk runs",
    ),
    (
        lambda stack: algorithm(stack).on_validation_failed("F", target=_any(sns.Topic(stack, "Topic"))),
        (
            "Stack/Forest: target of on_validation_failed: expected a target of a rule, got a Topic; "
            "use aws_events_targets.SnsTopic(…)"
        ),
    ),
    (
        lambda stack: algorithm(stack).on_state_change("S", target=_any(sqs.Queue(stack, "Queue"))),
        (
            "Stack/Forest: target of on_state_change: expected a target of a rule, got a Queue; "
            "use aws_events_targets.SqsQueue(…)"
        ),
    ),
    (
        lambda stack: algorithm(stack).metric_validation_failed(period="5m"),
        (
            "Stack/Forest: period of the metric ValidationFailed: expected a duration, got the string '5m'; "
            f"{USE_DURATION}"
        ),
    ),
    (
        lambda stack: algorithm(stack).grants.describe(_any("role")),
        (
            "Stack/Forest: grantee: expected a principal, got the string 'role'; "
            "use an object such as iam.Role.from_role_name(…)"
        ),
    ),
    (
        lambda stack: Algorithm.from_algorithm_arn(stack, "Other", "forest"),
        (
            "Algorithm.from_algorithm_arn: algorithm_arn: expected an ARN such as "
            "arn:aws:sagemaker:REGION:ACCOUNT:algorithm/NAME, got the string 'forest'; "
            "for an algorithm in the stack's account and region, from_algorithm_name takes the name"
        ),
    ),
    (
        lambda stack: Algorithm.from_algorithm_name(stack, "Other", "arn:aws:sagemaker:eu-west-1:1:algorithm/forest"),
        (
            "Algorithm.from_algorithm_name: algorithm_name: expected 1 to 63 letters, digits and hyphens, "
            "got the string 'arn:aws:sagemaker:eu-west-1:1:algorithm/forest'; use from_algorithm_arn"
        ),
    ),
    (
        lambda stack: Algorithm.from_algorithm_name(stack, "Other", _any(5)),
        'Algorithm.from_algorithm_name: algorithm_name: expected a string, got 5; write "5"',
    ),
]


def _any(value: Any) -> Any:
    """A value of a type that type checkers reject."""
    return value


@pytest.mark.parametrize(("call", "sentence"), FACTORIES, ids=[sentence[:50] for _, sentence in FACTORIES])
def test_a_wrong_argument_of_a_factory_is_one_sentence(call: Callable[[cdk.Stack], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z]") as raised:
        call(new_stack())

    assert str(raised.value) == sentence


PROVIDER: list[tuple[dict[str, Any], str]] = [
    (
        {"log_retention_days": "90"},
        "log_retention_days: expected an allowed value, got the string '90'; use one of 1, 3",
    ),
    ({"log_level": ["INFO"]}, "log_level: expected an allowed value, got a list; use one of DEBUG, INFO, WARN, ERROR"),
    ({"encryption_key": "alias/x"}, "encryption_key: expected a KMS key, got the string 'alias/x'; use an object"),
    ({"permissions_boundary": 5}, "permissions_boundary: expected a managed policy, got 5; use its ARN"),
    (
        {"role_path": "service"},
        "role_path: expected a path that starts and ends with a slash, got the string 'service'",
    ),
    ({"handler_role": "arn:x"}, "handler_role: expected an IAM role, got the string 'arn:x'; use an object such as"),
    ({"vpc": "vpc-1"}, "vpc: expected a VPC, got the string 'vpc-1'; use an object such as ec2.Vpc.from_lookup"),
    ({"reserved_concurrent_executions": "5"}, "reserved_concurrent_executions: expected an integer of 1 or more, got"),
    ({"runtime": "python3.13"}, "runtime: expected Python 3.12 or newer, got the string 'python3.13'; use lambda_"),
    ({"architecture": "arm64"}, "architecture: expected an architecture, got the string 'arm64'; use lambda_.Arch"),
    ({"on_failure": lambda_.Runtime.PYTHON_3_13}, "on_failure: expected a destination, got a Runtime; use a class of"),
]


@pytest.mark.parametrize(("options", "sentence"), PROVIDER, ids=[next(iter(options)) for options, _ in PROVIDER])
def test_a_wrong_option_of_the_provider_is_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^Stack/Provider: ") as raised:
        AlgorithmProvider(new_stack(), "Provider", **options)

    assert str(raised.value).startswith(f"Stack/Provider: {sentence}")


@pytest.fixture
def below_the_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `cdk synth` runs an app."""
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))


@pytest.mark.usefixtures("below_the_cli")
@pytest.mark.parametrize(("make", "sentence"), WRONG, ids=[sentence[:50] for _, sentence in WRONG])
def test_below_the_cli_a_wrong_argument_is_an_error_among_the_others(
    make: dict[str, Any] | Make, sentence: str
) -> None:
    stack = new_stack()
    algorithm(stack, **options_of(make, stack))
    template(stack)

    (error,) = Annotations.from_stack(stack).find_error("*", Match.any_value())
    assert error.entry.data == f"{sentence} (Annotation::cdk-sagemaker-algorithm:argument)"


@pytest.mark.usefixtures("below_the_cli")
def test_below_the_cli_errors_name_the_line_of_the_app() -> None:
    stack = new_stack()
    wrong: dict[str, Any] = {"log_level": "info", "vpc": "vpc-1"}
    provider = AlgorithmProvider(stack, "Provider", **wrong)
    found = algorithm(stack, provider=provider, **training(SupportedTrainingInstanceTypes=["m5.large"]))
    template(stack)

    for construct, count in ((provider, 2), (found, 1)):
        errors = [entry for entry in construct.node.metadata if entry.type == "aws:cdk:error"]
        assert len(errors) == count
        for error in errors:
            assert error.trace is not None
            assert __file__ in error.trace[0] or "support/stacks.py" in error.trace[0]
