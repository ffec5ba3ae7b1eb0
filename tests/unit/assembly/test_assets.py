"""Assets of an assembly as the CDK writes it, found by the URIs in the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_s3_assets as s3_assets

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.assets import Assets, read_assets
from cdk_sagemaker_algorithm.assembly.intrinsics import Resolver
from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.model.json_access import json_object
from tests.support.templates import template, write

if TYPE_CHECKING:
    from pathlib import Path


def output(stack: cdk.Stack, name: str, value: str) -> None:
    cdk.CfnOutput(stack, name, value=value).override_logical_id(name)


@pytest.fixture(params=["plain", "known", "stage"])
def assembly(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An app with a Docker image and a file, environment unknown, known, or in a stage."""
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    scope = cdk.Stage(app, "Stage") if request.param == "stage" else app
    environment = cdk.Environment(account="123456789012", region="eu-west-1") if request.param == "known" else None
    stack = cdk.Stack(scope, "Prod", env=environment)
    context = tmp_path / "context"
    context.mkdir()
    (context / "Train.Dockerfile").write_text("FROM scratch\n")
    data = tmp_path / "data.csv"
    data.write_text("1,2\n")
    image = ecr_assets.DockerImageAsset(
        stack,
        "Image",
        directory=str(context),
        file="Train.Dockerfile",
        build_args={"A": "1"},
        target="train",
        platform=ecr_assets.Platform.LINUX_AMD64,
    )
    output(stack, "ImageUri", image.image_uri)
    output(stack, "DataUri", s3_assets.Asset(stack, "Data", path=str(data)).s3_object_url)
    app.synth()
    return tmp_path / "cdk.out"


def uri(assembly: Path, name: str) -> tuple[Assets, str]:
    (stack,) = load(assembly)
    value = Resolver(stack).resolve(json_object(json_object(stack.template["Outputs"])[name])["Value"])
    return read_assets(stack), unresolved.display(str(value))


def test_the_image_behind_a_uri(assembly: Path) -> None:
    assets, image_uri = uri(assembly, "ImageUri")
    image = assets.image(image_uri)
    assert image is not None
    assert image.directory is not None
    assert (image.directory / "Train.Dockerfile").read_text() == "FROM scratch\n"
    assert (image.dockerfile, image.build_args, image.target) == ("Train.Dockerfile", {"A": "1"}, "train")
    assert (image.platform, image.executable) == ("linux/amd64", ())
    assert assets.image(image_uri + "0") is None
    assert assets.image("123456789012.dkr.ecr.eu-west-1.amazonaws.com/trees:1") is None


def test_the_file_behind_a_uri(assembly: Path) -> None:
    assets, data_uri = uri(assembly, "DataUri")
    file = assets.file(data_uri)
    assert file is not None
    assert file.path is not None
    assert file.path.read_text() == "1,2\n"
    assert not file.zipped
    bucket, _, key = data_uri.removeprefix("s3://").partition("/")
    assert assets.files_below(f"s3://{bucket}/")[key] == file
    assert assets.file("s3://other/key") is None


def test_a_template_alone_has_no_assets(tmp_path: Path) -> None:
    (stack,) = load(write(tmp_path / "t.json", template()))
    assert read_assets(stack) == Assets()
