"""Check S3 locations: data exists in the right region, and the role can read and write it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from cdk_sagemaker_algorithm.account import service_errors
from cdk_sagemaker_algorithm.account.check import (
    Check,
    CheckResult,
    Failed,
    Item,
    Passed,
    PlannedCall,
    Stage,
    Unknown,
)
from cdk_sagemaker_algorithm.account.policy_documents import names_action, names_resource, statements
from cdk_sagemaker_algorithm.account.reader import Reader
from cdk_sagemaker_algorithm.account.responses import DeniedError, ReadError, RejectedError
from cdk_sagemaker_algorithm.account.service_errors import AwsError
from cdk_sagemaker_algorithm.account.target import Target, is_uploaded, own_resource, resolved, resources
from cdk_sagemaker_algorithm.account.uses import Use, needs
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, json_list, json_object, text_of
from cdk_sagemaker_algorithm.model.paths import VALIDATION_ROLE
from cdk_sagemaker_algorithm.model.s3_uri import split_s3_uri
from cdk_sagemaker_algorithm.reporting import Level

_REGION_HEADER: Final = "x-amz-bucket-region"
_UNKNOWN_BUCKET: Final = frozenset({"404", "NoSuchBucket", "NotFound"})
_S3_ERRORS: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"


def _reads(target: Target) -> Iterator[Item]:
    for use in needs(target, "read"):
        item = use.item()
        if item.unresolved or split_s3_uri(item.value)[0]:
            yield item


def _foreign_reads(target: Target) -> Iterator[Item]:
    """Locations that `cdk deploy` does not fill."""
    yield from (item for item in _reads(target) if item.unresolved or not is_uploaded(item.value, target))


def _writes(target: Target) -> Iterator[Item]:
    for use in needs(target, "write"):
        # Output is written when a job ends: that of training after training.
        item = use.item(stage=Stage.AFTER_TRAINING)
        if item.unresolved or split_s3_uri(item.value)[0]:
            yield item


def _use(item: Item) -> Use:
    use: Use = item.data
    return use


def _bucket_region(bucket: str, reader: Reader) -> str | None:
    """Return the region of a bucket; None if there is no such bucket. S3 names the region even without permission."""
    try:
        response = reader.ask("s3:HeadBucket", Bucket=bucket)
    except DeniedError as error:
        if region := error.headers.get(_REGION_HEADER):
            return region
        raise
    except RejectedError as error:
        if error.code in _UNKNOWN_BUCKET:
            return None
        if region := error.headers.get(_REGION_HEADER):
            return region
        raise
    region = response.text("BucketRegion") or _header(response.raw())
    if not region:
        raise ReadError("S3 does not return the region of the bucket")
    return region


def _header(response: Mapping[str, Any]) -> str:
    headers = json_object(json_object(response.get("ResponseMetadata")).get("HTTPHeaders"))
    return str(headers.get(_REGION_HEADER) or "")


def _role_of(item: Item) -> str:
    content = dict(_use(item).definitions[0].content)
    return text_of(child(content, *VALIDATION_ROLE.split(".")), "the validation role")


def _no_objects(item: Item, target: Target) -> AwsError:
    bucket, _ = split_s3_uri(item.value)
    return service_errors.NO_OBJECTS.error(
        uri=item.value, region=target.environment.region, role=_shown_role(item), bucket=bucket
    )


def _shown_role(item: Item) -> str:
    role = _role_of(item)
    return role if role.startswith("arn:") else "the validation role"


def _check_data(item: Item, target: Target, reader: Reader) -> CheckResult:
    if is_uploaded(item.value, target):
        return Passed(detail="uploaded by cdk deploy")
    bucket, prefix = split_s3_uri(item.value)
    region = _bucket_region(bucket, reader)
    if region not in (None, target.environment.region):
        # The data must be copied to another bucket anyway.
        return Unknown(reason=f"bucket {bucket} is in {region}, not in the algorithm's region")
    if region is None:
        return Failed(
            message=f"bucket {bucket} does not exist",
            remedy=f"aws s3 mb s3://{bucket} --region {target.environment.region}\n"
            f"aws s3 cp --recursive DIRECTORY {item.value}",
            error=_no_objects(item, target),
            source=service_errors.NO_OBJECTS.source,
        )
    if _first_key(bucket, prefix, reader):
        return Passed(detail="has objects")
    return Failed(
        message=f"no object in bucket {bucket} has a key that starts with {prefix!r}",
        remedy=f"aws s3 cp --recursive DIRECTORY {item.value}",
        error=_no_objects(item, target),
        source=service_errors.NO_OBJECTS.source,
    )


def _first_key(bucket: str, prefix: str, reader: Reader) -> str:
    """Return the first key under a prefix that is more than a folder's mark; empty if there is none."""
    response = reader.ask("s3:ListObjectsV2", Bucket=bucket, Prefix=prefix, MaxKeys=2)
    keys = [each.required("Key") for each in response.parts("Contents")]
    return next((key for key in keys if not key.endswith("/")), keys[0] if keys else "")


def _check_region(item: Item, target: Target, reader: Reader) -> CheckResult:
    bucket, _ = split_s3_uri(item.value)
    region = _bucket_region(bucket, reader)
    if region is None:
        return Unknown(reason=f"bucket {bucket} does not exist")
    if region == target.environment.region:
        return Passed(detail=region)
    text = service_errors.BUCKET_REGION
    return Failed(
        message=f"bucket {bucket} is in {region}, the job runs in {target.environment.region}",
        remedy=f"use a bucket in {target.environment.region}: aws s3 mb s3://BUCKET --region "
        f"{target.environment.region}",
        error=text.error(region=target.environment.region),
        source=text.source,
    )


def _check_output(item: Item, target: Target, reader: Reader) -> CheckResult:
    bucket, _ = split_s3_uri(item.value)
    region = _bucket_region(bucket, reader)
    if region is not None:
        return Passed(detail=region)
    return Failed(
        message=f"bucket {bucket}, to which the job writes its output, does not exist",
        remedy=f"aws s3 mb s3://{bucket} --region {target.environment.region}",
        error=service_errors.BUCKET_MISSING.error(),
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html",
    )


def _check_data_key(item: Item, target: Target, reader: Reader) -> CheckResult:
    bucket, prefix = split_s3_uri(item.value)
    key = _first_key(bucket, prefix, reader)
    if not key:
        return Unknown(reason="there is no object to examine")
    response = reader.ask("s3:HeadObject", Bucket=bucket, Key=key)
    if not response.text("ServerSideEncryption").startswith("aws:kms"):
        return Passed(detail="not encrypted with a KMS key")
    arn = response.required("SSEKMSKeyId")
    if reader.ask("kms:DescribeKey", KeyId=arn).part("KeyMetadata").text("KeyManager") == "AWS":
        return Passed(detail="encrypted with the AWS managed key")
    role = own_resource(_role_of(item), _use(item).definitions[0], "AWS::IAM::Role")
    if role and _role_may_decrypt(item, role, arn):
        return Passed(detail=f"encrypted with {arn}, which the validation role may use")
    return Failed(
        level=Level.WARNING,
        message=f"the objects are encrypted with {arn}; nothing here shows that the validation role may decrypt them",
        remedy="add to the validation role's policy:\n"
        + json.dumps({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": arn}, indent=2),
        evidence=(f"s3://{bucket}/{key}: {response.text('ServerSideEncryption')}",),
        source=f"{_S3_ERRORS}#encryption-troubleshoot",
    )


def _role_may_decrypt(item: Item, role: str, arn: str) -> bool:
    """Return whether a policy of the template lets a role of the template decrypt with a key."""
    definition = _use(item).definitions[0]
    for resource in resources(definition).values():
        properties = json_object(resource.get("Properties"))
        attached = {str(each.get("Ref")) for each in map(json_object, json_list(properties.get("Roles")))}
        if role not in attached:
            continue
        for statement in statements(resolved(definition, properties.get("PolicyDocument"))):
            if (
                statement.get("Effect") == "Allow"
                and names_action(statement, "kms:Decrypt")
                and names_resource(statement, arn)
            ):
                return True
    return False


def _writes_without_key(target: Target) -> Iterator[Item]:
    """Yield outputs for which the definition names no KMS key."""
    for use in needs(target, "write"):
        keyless = [path for path in use.paths if not _names_key(use, path)]
        if keyless:
            yield use.item(stage=Stage.AFTER_TRAINING)


def _names_key(use: Use, path: str) -> bool:
    parent = path.rpartition(".")[0]
    node: Tree | None = dict(use.definitions[use.paths.index(path)].content)
    for step in re.findall(r"[A-Za-z0-9]+|\[\d+\]", parent):
        node = elements(node)[int(step[1:-1])] if step.startswith("[") else child(node, step)
    return bool(text_of(child(node, "KmsKeyId")))


def _check_output_policy(item: Item, target: Target, reader: Reader) -> CheckResult:
    bucket, _ = split_s3_uri(item.value)
    try:
        policy = json.loads(reader.ask("s3:GetBucketPolicy", Bucket=bucket).required("Policy"))
    except RejectedError as error:
        if error.code == "NoSuchBucketPolicy":
            return Passed(detail="the bucket has no policy")
        if error.code in _UNKNOWN_BUCKET:
            return Unknown(reason=f"bucket {bucket} does not exist")
        raise
    except ValueError as error:
        raise ReadError("the bucket's policy is not JSON") from error
    denial = next(filter(_denies_unencrypted, statements(policy)), None)
    if denial is None:
        return Passed(detail="the bucket's policy requires no KMS key")
    default = _default_encryption(bucket, reader)
    return Failed(
        level=Level.WARNING,
        message=f"the policy of bucket {bucket} denies uploads without a KMS key, and the definition names no "
        "KmsKeyId for this output",
        remedy="set KmsKeyId next to the output's S3 path",
        evidence=(
            f"statement: {json.dumps(denial, sort_keys=True)[:300]}",
            f"the bucket's default encryption: {default}",
        ),
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms",
    )


def _default_encryption(bucket: str, reader: Reader) -> str:
    """Return the bucket's default encryption, as evidence only."""
    try:
        response = reader.ask("s3:GetBucketEncryption", Bucket=bucket)
        rules = response.part("ServerSideEncryptionConfiguration").parts("Rules")
        return ", ".join(rule.part("ApplyServerSideEncryptionByDefault").text("SSEAlgorithm") for rule in rules)
    except ReadError as error:
        return str(error)


def _denies_unencrypted(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement denies uploads whose request does not ask for a KMS key."""
    conditions = json.dumps(statement.get("Condition") or {}).lower()
    uploads = names_action(statement, "s3:PutObject")
    return statement.get("Effect") == "Deny" and uploads and "s3:x-amz-server-side-encryption" in conditions


def _ask(*operations: str) -> Callable[[Item, Target], Iterable[PlannedCall]]:
    """Return calls that name the bucket, or any object under the prefix."""

    def planned(item: Item, target: Target) -> Iterator[PlannedCall]:
        if is_uploaded(item.value, target):
            return
        bucket, prefix = split_s3_uri(item.value)
        for operation in operations:
            if operation == "kms:DescribeKey":
                # The objects name the key.
                yield operation, {"KeyId": "*"}
            elif operation == "s3:HeadObject":
                yield operation, {"Bucket": bucket, "Key": f"{prefix}*"}
            else:
                yield operation, {"Bucket": bucket}

    return planned


CHECKS: Final = (
    Check(
        name="data-missing",
        requirement="every input must have objects",
        reason="the job fails when it starts; the transform job after training",
        stage=Stage.TRAINING,
        items=_reads,
        calls=_ask("s3:HeadBucket", "s3:ListObjectsV2"),
        examine=_check_data,
    ),
    Check(
        name="data-region",
        requirement="the bucket of an input must be in the algorithm's region",
        reason="SageMaker reads no data of another region",
        stage=Stage.TRAINING,
        items=_foreign_reads,
        calls=_ask("s3:HeadBucket"),
        examine=_check_region,
    ),
    Check(
        name="data-key",
        requirement="the validation role should be allowed to decrypt the input",
        reason="the job cannot read it",
        stage=Stage.TRAINING,
        level=Level.WARNING,
        items=_foreign_reads,
        calls=_ask("s3:ListObjectsV2", "s3:HeadObject", "kms:DescribeKey"),
        examine=_check_data_key,
    ),
    Check(
        name="output-bucket-missing",
        requirement="the bucket of an output must exist",
        reason="the job runs, and then cannot write its output",
        stage=Stage.AFTER_TRAINING,
        items=_writes,
        calls=_ask("s3:HeadBucket"),
        examine=_check_output,
    ),
    Check(
        name="output-region",
        requirement="the bucket of an output must be in the algorithm's region",
        reason="the job runs, and then cannot write its output",
        stage=Stage.AFTER_TRAINING,
        items=_writes,
        calls=_ask("s3:HeadBucket"),
        examine=_check_region,
    ),
    Check(
        name="output-key-policy",
        requirement="an output should name a KMS key if its bucket's policy requires one",
        reason="the job runs, and then cannot write its output",
        stage=Stage.AFTER_TRAINING,
        level=Level.WARNING,
        items=_writes_without_key,
        calls=_ask("s3:GetBucketPolicy", "s3:GetBucketEncryption"),
        examine=_check_output_policy,
    ),
)
