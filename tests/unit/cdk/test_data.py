"""Places in S3: their URIs, and who may do what there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_algorithm import S3Data
from tests.support.stacks import (
    ALGORITHM,
    IMAGE,
    Resource,
    algorithm,
    grants,
    new_stack,
    only,
    resources,
    text,
    users_role,
    validation,
)

READ, WRITE = {"s3:GetObject"}, {"s3:AbortMultipartUpload", "s3:PutObject"}
S3_ARN = "arn:${AWS::Partition}:s3:::"


def policy_of(stack: cdk.Stack) -> Resource:
    (policy,) = (each for name, each in resources(stack, "AWS::IAM::Policy").items() if "Role" in name)
    return policy


def job_of(stack: cdk.Stack) -> dict[str, Any]:
    profiles = only(stack, ALGORITHM)["Properties"]["ValidationSpecification"]["ValidationProfiles"]
    job: dict[str, Any] = profiles[0]["TrainingJobDefinition"]
    return job


def source_of(stack: cdk.Stack) -> str:
    return text(job_of(stack)["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"])


def assets_of(stack: cdk.Stack) -> dict[str, str]:
    """The files that are uploaded for the stack, by their keys."""
    app = stack.node.root
    assert isinstance(app, cdk.App)
    folder = Path(app.synth().directory)
    manifest = json.loads((folder / f"{stack.artifact_id}.assets.json").read_text())
    found: dict[str, str] = {}
    for each in manifest["files"].values():
        for destination in each["destinations"].values():
            path = folder / each["source"]["path"]
            if path.suffix == ".csv" or path.name in ("README", "x.tar.gz"):
                assert each["source"]["packaging"] == "file"
                found[destination["objectKey"]] = path.read_text()
    return found


def test_a_buckets_prefix_is_read_and_another_written() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Bucket")
    algorithm(
        stack,
        validation_specification=validation(
            source=S3Data.from_bucket(bucket, "iris/"), output=S3Data.from_bucket(bucket, "/models/")
        ),
    )

    (name,) = resources(stack, "AWS::S3::Bucket")
    arn = "${" + name + ".Arn}"
    assert source_of(stack) == "s3://${" + name + "}/iris/"
    assert text(job_of(stack)["OutputDataConfig"]["S3OutputPath"]) == "s3://${" + name + "}/models/"
    found = grants(policy_of(stack))
    assert found[f"{arn}/iris/*"] == READ
    assert found[f"{arn}/models/*"] == WRITE
    assert found[arn] == {"s3:ListBucket"}


def test_listing_is_confined_to_the_prefix() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Bucket")
    algorithm(stack, validation_specification=validation(source=S3Data.from_bucket(bucket, "iris/")))

    (listing,) = (
        each
        for each in policy_of(stack)["Properties"]["PolicyDocument"]["Statement"]
        if each["Action"] == "s3:ListBucket"
    )

    assert listing["Condition"] == {"StringLike": {"s3:prefix": "iris/*"}}


def test_the_buckets_key_is_granted_along() -> None:
    stack = new_stack()
    read = s3.Bucket(stack, "Read", encryption=s3.BucketEncryption.KMS)
    written = s3.Bucket(stack, "Written", encryption=s3.BucketEncryption.KMS)
    algorithm(
        stack,
        validation_specification=validation(
            source=S3Data.from_bucket(read, "in"), output=S3Data.from_bucket(written, "out")
        ),
    )

    names = list(resources(stack, "AWS::KMS::Key"))
    found = grants(policy_of(stack))
    assert found["${" + names[0] + ".Arn}"] == {"kms:Decrypt"}
    assert found["${" + names[1] + ".Arn}"] == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_a_bucket_of_another_account_gets_a_policy() -> None:
    app = cdk.App()
    owner = cdk.Stack(app, "Owner", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    user = cdk.Stack(app, "User", env=cdk.Environment(account="222222222222", region="eu-west-1"))
    bucket = s3.Bucket(owner, "Bucket", bucket_name="shared-training-data")
    role = users_role(user, "Role", role_name="validation")
    algorithm(
        user,
        validation_specification=validation(source=S3Data.from_bucket(bucket, "iris/")),
        validation_role=role,
    )

    policy = only(owner, "AWS::S3::BucketPolicy")

    assert {each["Action"] for each in policy["Properties"]["PolicyDocument"]["Statement"]} == {
        "s3:GetObject",
        "s3:ListBucket",
    }


def test_a_uri_is_granted_by_its_parts() -> None:
    stack = new_stack()
    algorithm(stack, validation_specification=validation(source="s3://data/iris/train.csv", output="s3://models"))

    found = grants(policy_of(stack))

    assert found[f"{S3_ARN}data/iris/train.csv*"] == READ
    assert found[f"{S3_ARN}models/*"] == WRITE


def test_a_uri_that_is_known_at_deploy_is_taken_apart_there() -> None:
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "Place")
    algorithm(stack, validation_specification=validation(source=parameter.value_as_string))

    found = [each for each, actions in grants(policy_of(stack)).items() if actions & {"s3:GetObject", "s3:ListBucket"}]

    split = "{'Fn::Split': ['s3://', {'Ref': 'Place'}]}"
    assert found[0] == f"{S3_ARN}{{'Fn::Select': [1, {split}]}}*"
    assert "{'Fn::Select': [0, " in found[1]


def test_a_file_is_uploaded_and_only_its_key_is_read(tmp_path: Path) -> None:
    file = tmp_path / "iris.csv"
    file.write_text("1,2\n")
    stack = new_stack()
    algorithm(stack, validation_specification=validation(source=S3Data.from_asset(file)))

    ((key, content),) = assets_of(stack).items()

    assert content == "1,2\n"
    assert key.endswith(".csv")
    assert source_of(stack) == "s3://cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/" + key
    arn = f"{S3_ARN}cdk-hnb659fds-assets-${{AWS::AccountId}}-${{AWS::Region}}"
    assert grants(policy_of(stack))[f"{arn}/{key}*"] == READ


def test_the_files_of_a_directory_keep_their_names_under_one_prefix(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    contents = {"a.csv": "1", "more/b.csv": "2", "README": "3", "more/x.tar.gz": "4"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    stack = new_stack()
    algorithm(stack, validation_specification=validation(source=S3Data.from_asset(tmp_path)))

    prefix = source_of(stack).split("/", 3)[3]

    assert prefix.endswith("/")
    assert assets_of(stack) == {prefix + name: content for name, content in contents.items()}


def test_files_can_be_left_out(tmp_path: Path) -> None:
    for name in ("a.csv", "notes.csv"):
        (tmp_path / name).write_text(name)
    stack = new_stack()
    data = S3Data.from_asset(tmp_path, exclude=["notes*"])
    algorithm(stack, validation_specification=validation(source=data))

    assert list(assets_of(stack).values()) == ["a.csv"]


def test_other_content_has_another_prefix(tmp_path: Path) -> None:
    places: set[str] = set()
    for content in ("1", "2", "1"):
        (tmp_path / "a.csv").write_text(content)
        stack = new_stack()
        algorithm(stack, validation_specification=validation(source=S3Data.from_asset(tmp_path)))
        places.add(source_of(stack))

    assert len(places) == 2


def test_an_asset_that_is_used_twice_is_uploaded_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    data = S3Data.from_asset(tmp_path)
    specification = validation(source=data)
    job = specification["ValidationProfiles"][0]["TrainingJobDefinition"]
    job["InputDataConfig"].append({**job["InputDataConfig"][0], "ChannelName": "test"})
    stack = new_stack()
    algorithm(
        stack,
        validation_specification=specification,
        acknowledge_rules={"profile-channel": "only the upload matters here"},
    )

    assert len(assets_of(stack)) == 1


@pytest.mark.parametrize(
    ("files", "message"), [([], "has no files"), (["a."], "ends with a dot"), (None, "file or directory not found")]
)
def test_what_cannot_be_an_asset_is_refused(tmp_path: Path, files: list[str] | None, message: str) -> None:
    folder = tmp_path / "data"
    if files is not None:
        folder.mkdir()
        for name in files:
            (folder / name).write_text("x")
    with pytest.raises(ValueError, match=message):
        algorithm(new_stack(), validation_specification=validation(source=S3Data.from_asset(folder)))


def test_output_cannot_go_to_an_asset(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(ValueError, match="an asset cannot be used for output"):
        algorithm(new_stack(), validation_specification=validation(output=S3Data.from_asset(tmp_path)))


def test_the_model_that_training_wrote_is_read_where_a_transform_job_runs_it() -> None:
    stack = new_stack()
    specification = validation(output="s3://models/out/")
    specification["ValidationProfiles"][0]["TransformJobDefinition"] = {
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/rows"}}},
        "TransformOutput": {"S3OutputPath": "s3://models/predictions"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    algorithm(
        stack,
        inference_specification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://models/base.tar.gz"}],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        },
        validation_specification=specification,
    )

    found = grants(policy_of(stack))

    assert found[f"{S3_ARN}models/out/*"] == READ | WRITE
    assert found[f"{S3_ARN}data/rows*"] == READ
    assert found[f"{S3_ARN}models/predictions*"] == WRITE
    assert found[f"{S3_ARN}models/base.tar.gz*"] == READ


ENCRYPT = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
KEYS = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/"


@pytest.mark.parametrize(
    ("key", "arn", "alias"),
    [
        ("1234abcd-12ab-34cd-56ef-1234567890ab", KEYS + "1234abcd-12ab-34cd-56ef-1234567890ab", None),
        ("arn:aws:kms:eu-west-1:111122223333:key/1234", "arn:aws:kms:eu-west-1:111122223333:key/1234", None),
        ("alias/forest", KEYS + "*", "alias/forest"),
        ("arn:aws:kms:eu-west-1:111122223333:alias/forest", KEYS + "*", "alias/forest"),
    ],
)
def test_keys_as_text(key: str, arn: str, alias: str | None) -> None:
    stack = new_stack()
    output = {"S3OutputPath": "s3://models", "KmsKeyId": key}
    algorithm(stack, validation_specification=validation(OutputDataConfig=output))

    (statement,) = (
        each for each in policy_of(stack)["Properties"]["PolicyDocument"]["Statement"] if "kms:" in str(each["Action"])
    )

    assert text(statement["Resource"]) == arn
    assert set(statement["Action"]) == ENCRYPT
    condition = statement.get("Condition", {}).get("ForAnyValue:StringEquals", {}).get("kms:ResourceAliases")
    assert condition == alias


def test_keys_as_objects_encrypt_outputs_and_volumes() -> None:
    stack = new_stack()
    output, volume = kms.Key(stack, "Output"), kms.Key(stack, "Volume")
    algorithm(
        stack,
        validation_specification=validation(
            OutputDataConfig={"S3OutputPath": "s3://models", "KmsKeyId": output},
            ResourceConfig={
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
                "VolumeKmsKeyId": volume,
            },
        ),
    )

    first, second = resources(stack, "AWS::KMS::Key")

    found = grants(policy_of(stack))
    assert found["${" + first + ".Arn}"] == ENCRYPT
    assert found["${" + second + ".Arn}"] == {"kms:CreateGrant"}


SYNTHESIZERS: dict[str, Any] = {
    "default": lambda: cdk.DefaultStackSynthesizer(qualifier="acme"),
    "command line's credentials": lambda: cdk.CliCredentialsStackSynthesizer(qualifier="acme"),
}


@pytest.mark.parametrize("name", SYNTHESIZERS)
@pytest.mark.parametrize("of_app", [True, False])
def test_any_synthesizer_uploads_the_files_of_a_directory(name: str, of_app: bool, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2")
    synthesizer = SYNTHESIZERS[name]()
    app = cdk.App(default_stack_synthesizer=synthesizer) if of_app else cdk.App()
    stack = cdk.Stack(app, "Stack") if of_app else cdk.Stack(app, "Stack", synthesizer=synthesizer)
    algorithm(stack, validation_specification=validation(source=S3Data.from_asset(tmp_path)))

    ((key, content),) = assets_of(stack).items()

    assert content == "1,2"
    assert source_of(stack) == "s3://cdk-acme-assets-${AWS::AccountId}-${AWS::Region}/" + key.removesuffix("a.csv")
    assert "AWS::CloudFormation::Stack" not in json.dumps(app.synth().get_stack_by_name("Stack").template)


def test_a_provider_needs_no_bootstrap_bucket_of_its_own_kind() -> None:
    stack = new_stack(synthesizer=cdk.LegacyStackSynthesizer())
    algorithm(stack)

    code = only(stack, "AWS::Lambda::Function")["Properties"]["Code"]
    assert "AssetParameters" in text(code["S3Bucket"])


def test_legacy_synthesizer_has_no_prefix_for_a_directory(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2")
    stack = new_stack(synthesizer=cdk.LegacyStackSynthesizer())

    with pytest.raises(ValueError, match="the stack's synthesizer chooses the names of assets"):
        algorithm(stack, validation_specification=validation(source=S3Data.from_asset(tmp_path)))


def test_a_link_out_of_the_directory_is_not_uploaded_by_accident(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("3,4")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("1,2")
    (folder / "leak.csv").symlink_to(secret)
    (folder / "same.csv").symlink_to("a.csv")

    with pytest.raises(ValueError, match=r"data/leak.csv: the symbolic link leads out of the directory; exclude it"):
        algorithm(new_stack(), validation_specification=validation(source=S3Data.from_asset(folder)))

    stack = new_stack()
    data = S3Data.from_asset(folder, follow_symlinks=cdk.SymlinkFollowMode.EXTERNAL)
    algorithm(stack, validation_specification=validation(source=data))
    assert sorted(assets_of(stack).values()) == ["1,2", "1,2", "3,4"]
