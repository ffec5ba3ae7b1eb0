"""Image URIs in the outputs: the difference can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr

from cdk_sagemaker_algorithm import Algorithm, AlgorithmImage
from cdk_sagemaker_algorithm.diff import DiffReport, compare, load
from cdk_sagemaker_algorithm.diff.formats import DiffFormat, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def image_of_this_stack(stack: cdk.Stack, tag: str) -> AlgorithmImage:
    repository = ecr.Repository(stack, "Forest")
    repository.node.default_child.override_logical_id("Forest")  # type: ignore[union-attr]
    return AlgorithmImage.from_ecr_repository(repository, tag)


def image_of_another_stack(stack: cdk.Stack, tag: str) -> AlgorithmImage:
    cdk.CrossStackReferences.of(stack).consume(cdk.ReferenceStrength.STRONG)
    return image_of_this_stack(cdk.Stack(cdk.App.of(stack), "Registry"), tag)


def image_by_a_long_address(_: cdk.Stack, tag: str) -> AlgorithmImage:
    return AlgorithmImage.from_uri(f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{'forest/' * 25}trees:{tag}")


def report_of(folder: Path, image: Callable[[cdk.Stack, str], AlgorithmImage], **environment: str) -> DiffReport:
    """What changing the tag of an image from 1.0 to 2.0 comes to."""
    for tag in ("1.0", "2.0"):
        app = cdk.App(outdir=str(folder / tag))
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(**environment))
        specification: dict[str, object] = {
            "TrainingImage": image(stack, tag),
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "TrainingChannels": [
                {"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}
            ],
        }
        Algorithm(stack, "Algorithm", training_specification=specification)
        app.synth()
    return compare(load(folder / "1.0"), load(folder / "2.0"))


@pytest.mark.parametrize(
    ("image", "environment", "before", "after"),
    [
        (image_of_this_stack, {}, "<repository Forest>:1.0", "<repository Forest>:2.0"),
        (
            image_of_this_stack,
            {"account": "123456789012", "region": "eu-west-1"},
            "<repository Forest at amazonaws.com>:1.0",
            "<repository Forest at amazonaws.com>:2.0",
        ),
        (image_of_another_stack, {}, "<repository Registry/Forest>:1.0", "<repository Registry/Forest>:2.0"),
        (image_by_a_long_address, {}, "st/forest/trees:1.0", "st/forest/trees:2.0"),
    ],
)
def test_a_changed_tag_is_seen_in_every_output(
    tmp_path: Path,
    image: Callable[[cdk.Stack, str], AlgorithmImage],
    environment: dict[str, str],
    before: str,
    after: str,
) -> None:
    report = report_of(tmp_path, image, **environment)

    change = next(change for change in report.algorithms[0].changes if change.turn and change.turn.noun == "image")
    old, new = change.what.removeprefix("image ").split(" -> ")
    assert old.endswith(before)
    assert new.endswith(after)
    for output_format in (DiffFormat.TEXT, DiffFormat.JSON, DiffFormat.GITHUB):
        assert change.what in render(report, output_format).replace("%3A", ":")
    # The comment marks the differing characters, in two columns.
    markdown = render(report, DiffFormat.MARKDOWN)
    assert "<del>1</del>" in markdown
    assert "<ins>2</ins>" in markdown
