"""Images: what they resolve to, who may pull them, and which tags are warned of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr

from cdk_sagemaker_algorithm import AlgorithmImage
from tests.support.stacks import (
    ALGORITHM,
    TRAINING,
    Resource,
    algorithm,
    grants,
    new_stack,
    only,
    resources,
    text,
    validation,
)

PULL = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
DIGEST = "sha256:" + "0" * 64
WARNING = "cdk-sagemaker-algorithm:image-tag-moves"


def with_image(image: Any) -> dict[str, Any]:
    return {**TRAINING, "TrainingImage": image}


def image_of(stack: cdk.Stack) -> str:
    return text(only(stack, ALGORITHM)["Properties"]["TrainingSpecification"]["TrainingImage"])


def role_policy(stack: cdk.Stack) -> Resource:
    (policy,) = (each for name, each in resources(stack, "AWS::IAM::Policy").items() if "ValidationRole" in name)
    return policy


def warned(stack: cdk.Stack) -> list[str]:
    metadata = stack.node.find_child("Forest").node.metadata
    return [str(each.data) for each in metadata if each.type == "aws:cdk:warning"]


def test_an_image_of_a_repository_is_its_uri_and_may_be_pulled_by_the_validation_role() -> None:
    stack = new_stack()
    repository = ecr.Repository(stack, "Repository", image_tag_mutability=ecr.TagMutability.IMMUTABLE)
    algorithm(
        stack,
        training_specification=with_image(AlgorithmImage.from_ecr_repository(repository, "1.0")),
        validation_specification=validation(),
    )

    (name,) = resources(stack, "AWS::ECR::Repository")
    assert image_of(stack).endswith("/${" + name + "}:1.0")
    assert grants(role_policy(stack))["${" + name + ".Arn}"] == PULL
    assert "ecr:GetAuthorizationToken" in grants(role_policy(stack))["*"]
    assert warned(stack) == []


def test_a_digest_is_joined_as_a_digest_and_not_warned_of() -> None:
    stack = new_stack()
    repository = ecr.Repository(stack, "Repository")
    algorithm(stack, training_specification=with_image(AlgorithmImage.from_ecr_repository(repository, DIGEST)))

    assert image_of(stack).endswith(f"@{DIGEST}")
    assert warned(stack) == []


@pytest.mark.parametrize(
    ("mutability", "tag", "warns"),
    [
        (ecr.TagMutability.IMMUTABLE, "1.0", False),
        (ecr.TagMutability.IMMUTABLE, "latest", True),
        (ecr.TagMutability.MUTABLE, "1.0", True),
        (None, "1.0", True),
        (None, DIGEST, False),
    ],
)
def test_tags_that_can_move_are_warned_of(mutability: ecr.TagMutability | None, tag: str, warns: bool) -> None:
    stack = new_stack()
    repository = ecr.Repository(stack, "Repository", image_tag_mutability=mutability)
    algorithm(stack, training_specification=with_image(AlgorithmImage.from_ecr_repository(repository, tag)))

    assert bool(warned(stack)) is warns


def test_a_tag_of_a_repository_that_is_not_known_is_not_warned_of() -> None:
    stack = new_stack()
    repository = ecr.Repository.from_repository_name(stack, "Repository", "forest")
    algorithm(stack, training_specification=with_image(AlgorithmImage.from_ecr_repository(repository, "1.0")))

    assert warned(stack) == []


@pytest.mark.parametrize(
    ("uri", "tag"),
    [
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/forest:latest", "latest"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/forest", "latest"),
        ("localhost:5000/forest", "latest"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/forest:1.0", None),
        (f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/forest@{DIGEST}", None),
        (f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/forest:latest@{DIGEST}", None),
    ],
)
@pytest.mark.parametrize("as_object", [True, False])
def test_plain_uris_are_looked_at_too(uri: str, tag: str | None, as_object: bool) -> None:
    stack = new_stack()
    algorithm(stack, training_specification=with_image(AlgorithmImage.from_uri(uri) if as_object else uri))

    found = warned(stack)

    assert len(found) == (tag is not None)
    assert all(f"the tag '{tag}' is mutable" in each and WARNING in each for each in found)


def test_the_warning_can_be_acknowledged() -> None:
    stack = new_stack()
    algorithm(
        stack,
        training_specification=with_image("111122223333.dkr.ecr.eu-west-1.amazonaws.com/forest:latest"),
        acknowledge_rules={"image-tag-moves": "revision follows the tag"},
    )

    assert warned(stack) == []


def test_images_of_inference_are_pulled_only_where_a_transform_job_runs_them() -> None:
    uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/serve:1.0"
    inference = {"Containers": [{"Image": uri}], "SupportedTransformInstanceTypes": ["ml.m5.large"]}
    inference |= {"SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"]}
    transform = {
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/iris"}}},
        "TransformOutput": {"S3OutputPath": "s3://models/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    arn = "arn:${AWS::Partition}:ecr:eu-west-1:111122223333:repository/serve"
    for runs in (False, True):
        stack = new_stack()
        specification = validation()
        if runs:
            specification["ValidationProfiles"][0]["TransformJobDefinition"] = transform
        algorithm(stack, inference_specification=inference, validation_specification=specification)

        assert (arn in grants(role_policy(stack))) is runs


@pytest.mark.parametrize(
    ("uri", "repository"),
    [
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/forest", "eu-west-1:111122223333:repository/forest"),
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:1", "cn-north-1:111122223333:repository/a/b"),
        (f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/a@{DIGEST}", "eu-west-1:111122223333:repository/a"),
        (f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/a:1@{DIGEST}", "eu-west-1:111122223333:repository/a"),
        (
            f"{cdk.Aws.ACCOUNT_ID}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/forest:1.0",
            "${AWS::Region}:${AWS::AccountId}:repository/forest",
        ),
    ],
    ids=["no-tag", "china", "digest", "tag-and-digest", "tokens"],
)
def test_a_uri_of_ecr_is_granted_by_its_repository(uri: str, repository: str) -> None:
    stack = new_stack()
    algorithm(stack, training_specification=with_image(uri), validation_specification=validation())

    assert grants(role_policy(stack))["arn:${AWS::Partition}:ecr:" + repository] == PULL


def test_an_image_of_another_registry_is_granted_to_nobody() -> None:
    stack = new_stack()
    image = with_image("registry.example.com/forest:1.0")
    algorithm(
        stack,
        training_specification=image,
        validation_specification=validation(),
        acknowledge_rules={"image-not-in-ecr": "mirrored"},
    )

    assert not [each for actions in grants(role_policy(stack)).values() for each in actions if each.startswith("ecr:")]


def test_an_asset_is_built_once_for_linux_on_amd64(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    stack = new_stack()
    image = AlgorithmImage.from_asset(tmp_path, build_args={"A": "1"})
    algorithm(
        stack,
        training_specification=with_image(image),
        inference_specification={
            "Containers": [{"Image": image}],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        },
        validation_specification=validation(),
    )

    properties = only(stack, ALGORITHM)["Properties"]
    first = properties["TrainingSpecification"]["TrainingImage"]
    app = stack.node.root
    assert isinstance(app, cdk.App)
    manifest = app.synth().get_stack_artifact(stack.artifact_id)
    assert properties["InferenceSpecification"]["Containers"][0]["Image"] == first
    assert "Image2" not in [child.node.id for child in stack.node.find_child("Forest").node.children]
    assert manifest.assets == []
    repository = "repository/cdk-hnb659fds-container-assets-${AWS::AccountId}-${AWS::Region}"
    assert [each for each in grants(role_policy(stack)) if each.endswith(repository)]
    assert warned(stack) == []


def test_two_assets_in_one_algorithm_have_names_of_their_own(tmp_path: Path) -> None:
    stack = new_stack()
    for name in ("train", "serve"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"FROM scratch\nLABEL name={name}\n")
    algorithm(
        stack,
        training_specification=with_image(AlgorithmImage.from_asset(tmp_path / "train")),
        inference_specification={"Containers": [{"Image": AlgorithmImage.from_asset(tmp_path / "serve")}]},
    )

    properties = only(stack, ALGORITHM)["Properties"]

    assert (
        properties["InferenceSpecification"]["Containers"][0]["Image"]
        != (properties["TrainingSpecification"]["TrainingImage"])
    )


@pytest.mark.parametrize(
    ("tool", "given", "outputs"),
    [
        # SageMaker's CreateModel rejects the OCI manifests that Docker builds by default.
        (None, None, ["type=docker,oci-mediatypes=false"]),
        ("/usr/bin/docker", None, ["type=docker,oci-mediatypes=false"]),
        ("podman", None, None),
        (None, [], None),
        ("podman", ["type=image"], ["type=image"]),
    ],
)
def test_an_asset_is_built_for_linux_amd64_with_a_docker_manifest(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tool: str | None,
    given: list[str] | None,
    outputs: list[str] | None,
) -> None:
    monkeypatch.delenv("CDK_DOCKER", raising=False)
    if tool is not None:
        monkeypatch.setenv("CDK_DOCKER", tool)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    stack = new_stack()
    algorithm(stack, training_specification=with_image(AlgorithmImage.from_asset(tmp_path, outputs=given)))

    app = stack.node.root
    assert isinstance(app, cdk.App)
    directory = Path(app.synth().directory)
    manifest = json.loads((directory / f"{stack.artifact_id}.assets.json").read_text())
    (image,) = manifest["dockerImages"].values()
    assert image["source"]["platform"] == "linux/amd64"
    assert image["source"].get("dockerOutputs") == outputs


def test_an_empty_tag_is_refused() -> None:
    repository = ecr.Repository.from_repository_name(new_stack(), "Repository", "forest")
    with pytest.raises(ValueError, match="tag_or_digest is empty"):
        AlgorithmImage.from_ecr_repository(repository, "")
