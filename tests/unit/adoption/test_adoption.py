"""Marking an algorithm for a construct, and the differences shown before."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_sagemaker_algorithm.adoption import (
    AdoptionError,
    LiveAlgorithm,
    differences,
    find_candidate,
    mark,
    read,
    release,
    tag_differences,
    withheld,
)
from cdk_sagemaker_algorithm.adoption.candidate import Candidate
from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.cli.app import run
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, TAG_PREFIX
from tests.lifecycle.weather import client_error
from tests.support.json_schemas import validate

ARN = "arn:aws:sagemaker:us-east-1:123456789012:algorithm/wine"
DEFINITION: dict[str, Any] = {
    "TrainingSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/wine:1",
        "SupportedTrainingInstanceTypes": ["ml.m5.large", "ml.c5.large"],
        "SupportsDistributedTraining": False,
        "TrainingChannels": [{"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}],
    },
    "ValidationSpecification": {
        "ValidationRole": "arn:aws:iam::123456789012:role/Wine",
        "ValidationProfiles": [
            {
                "ProfileName": "small",
                "TrainingJobDefinition": {
                    "TrainingInputMode": "File",
                    "InputDataConfig": [{"ChannelName": "train", "InputMode": "File"}],
                    "OutputDataConfig": {"S3OutputPath": "s3://wine/out", "CompressionType": "NONE"},
                    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600},
                },
            }
        ],
    },
}


def description(**changes: Any) -> dict[str, Any]:
    """As DescribeAlgorithm returns it: reordered, with a digest, and without what it withholds."""
    live = deepcopy(DEFINITION)
    training = live["TrainingSpecification"]
    training["SupportedTrainingInstanceTypes"].reverse()
    training["TrainingImageDigest"] = "sha256:0"
    del training["SupportsDistributedTraining"]
    job = live["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]
    del job["InputDataConfig"][0]["InputMode"]
    del job["OutputDataConfig"]["CompressionType"]
    del job["StoppingCondition"]["MaxWaitTimeInSeconds"]
    return {"AlgorithmName": "wine", "AlgorithmArn": ARN, "AlgorithmStatus": "Completed", **live, **changes}


def template(name: str | None = "wine", definition: dict[str, Any] = DEFINITION) -> dict[str, Any]:
    properties = {**({"AlgorithmName": name} if name else {"AlgorithmNamePrefix": "wine"}), **definition}
    metadata = {"aws:cdk:path": "Wine/Quality/Resource"}
    resource = {"Type": "Custom::SageMakerAlgorithm", "Properties": properties, "Metadata": metadata}
    return {"Resources": {"Quality1234": resource}}


def stack(**changes: Any) -> Stack:
    members: dict[str, Any] = {"name": "WineStack", "label": "Wine", "template": template(), **changes}
    return Stack(**members)


def candidate() -> Candidate:
    return find_candidate([stack()], "wine")


class SageMaker:
    """One algorithm's tags."""

    meta = SimpleNamespace(region_name="us-east-1")

    def __init__(self, tags: dict[str, str], status: str = "Completed") -> None:
        self.tags = tags
        self.status = status
        #: The tags after each change.
        self.states: list[dict[str, str]] = []

    def describe_algorithm(self, AlgorithmName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        if AlgorithmName != "wine":
            raise client_error("DescribeAlgorithm", "ValidationException", f"{AlgorithmName} does not exist")
        return description(AlgorithmStatus=self.status)

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_tags"
        page = {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

        def paginate(**_: object) -> list[dict[str, Any]]:
            return [page]

        return SimpleNamespace(paginate=paginate)

    def add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:  # noqa: N803 - the API's names
        assert ResourceArn == ARN
        self.tags |= {tag["Key"]: tag["Value"] for tag in Tags}
        self.states.append(dict(self.tags))
        if len(self.tags) > 50:
            raise client_error("AddTags", "ValidationException", "A resource may have at most 50 tags")

    def delete_tags(self, ResourceArn: str, TagKeys: list[str]) -> None:  # noqa: N803 - the API's names
        assert ResourceArn == ARN
        for key in TagKeys:
            del self.tags[key]
        self.states.append(dict(self.tags))


def live(sagemaker: SageMaker) -> LiveAlgorithm:
    return read(sagemaker, "wine")


# The construct.


def assembly(folder: Path) -> Path:
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://123456789012/us-east-1",
        "properties": {"templateFile": "Wine.template.json", "stackName": "WineStack"},
        "displayName": "Wine",
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": {"Wine": artifact}}))
    (folder / "Wine.template.json").write_text(json.dumps(template()))
    return folder


def test_the_construct_is_found_by_the_exact_name(tmp_path: Path) -> None:
    found = find_candidate(load(assembly(tmp_path)), "wine")

    assert (found.adopter, found.path) == ("WineStack/Quality1234", "Wine/Quality")


@pytest.mark.parametrize(
    "choice",
    [
        {"stack": "Wine"},
        {"stack": "WineStack"},
        {"construct": "Quality"},
        {"construct": "Wine/Quality"},
        {"construct": "Quality1234"},
    ],
)
def test_stack_and_construct_can_be_chosen(choice: dict[str, str]) -> None:
    assert find_candidate([stack()], "wine", **choice).logical_id == "Quality1234"


@pytest.mark.parametrize(
    ("stacks", "choice", "said"),
    [
        ([stack(template=template(name=None))], {}, 'Wine/Quality has a generated name); set algorithm_name="wine"'),
        ([stack()], {"stack": "Other"}, "no stack 'Other' in the app; stacks: Wine"),
        ([stack()], {"construct": "ality"}, "no algorithm construct 'ality' in the app; constructs: Wine/Quality"),
        ([stack(template={})], {"stack": "Wine"}, "no algorithm construct in Wine; constructs: none"),
        ([stack(), stack(name="Second", label="Second")], {}, "2 constructs declare 'wine'"),
        ([stack(name=None)], {}, "the stack name is unknown before deployment"),
    ],
)
def test_what_is_not_one_construct_is_said(stacks: list[Stack], choice: dict[str, str], said: str) -> None:
    with pytest.raises(AdoptionError) as caught:
        find_candidate(stacks, "wine", **choice)

    assert said in str(caught.value)


# What differs.


def test_order_defaults_digests_and_what_describe_withholds_are_no_differences() -> None:
    assert differences(description(), canonical(DEFINITION)) == []


def test_what_describe_withholds_is_named() -> None:
    job = "ValidationSpecification.ValidationProfiles[small].TrainingJobDefinition"
    assert withheld(canonical(DEFINITION)) == [
        f"{job}.InputDataConfig[train].InputMode",
        f"{job}.OutputDataConfig.CompressionType",
        f"{job}.StoppingCondition.MaxWaitTimeInSeconds",
    ]


def test_differences_have_both_values_and_the_path() -> None:
    found = differences(
        description(AlgorithmDescription="red"), canonical({**DEFINITION, "CertifyForMarketplace": True})
    )

    assert [(each.path, each.live, each.declared, each.undecided) for each in found] == [
        ("AlgorithmDescription", "red", None, False),
        ("CertifyForMarketplace", None, "true", False),
    ]


def test_what_only_a_deployment_knows_is_undecided() -> None:
    tokens = deepcopy(DEFINITION)
    tokens["TrainingSpecification"]["TrainingImage"] = {"Ref": "Image"}
    parameter = {"Image": {"Type": "String"}}
    declared = find_candidate([stack(template={"Parameters": parameter, **template(definition=tokens)})], "wine")

    (found,) = differences(description(), declared.definition)

    assert (found.path, found.undecided, found.declared) == ("TrainingSpecification.TrainingImage", True, "${Image}")


# Marking.


def test_a_mark_is_one_tag_for_stack_and_construct() -> None:
    sagemaker = SageMaker({"team": "wine", f"{TAG_PREFIX}released": "true"})

    mark(sagemaker, live(sagemaker), candidate())

    assert sagemaker.tags == {"team": "wine", ADOPTER_TAG: "WineStack/Quality1234"}


def test_a_second_mark_replaces_the_first() -> None:
    sagemaker = SageMaker({ADOPTER_TAG: "Other/Other"})

    mark(sagemaker, live(sagemaker), candidate())

    assert sagemaker.tags == {ADOPTER_TAG: "WineStack/Quality1234"}


OTHER = {
    f"{TAG_PREFIX}stack-id": "arn:aws:cloudformation:us-east-1:123456789012:stack/Other/1",
    f"{TAG_PREFIX}logical-id": "X",
}
OURS = {
    f"{TAG_PREFIX}stack-id": "arn:aws:cloudformation:us-east-1:123456789012:stack/WineStack/1",
    f"{TAG_PREFIX}logical-id": "Quality1234",
}


@pytest.mark.parametrize(
    ("sagemaker", "said"),
    [
        (SageMaker({}, "Failed"), "its status is Failed"),
        (SageMaker({}, "InProgress"), "its status is InProgress"),
        (SageMaker(dict(OTHER)), "it belongs to Other/X; release it first with: cdk-sagemaker-algorithm release wine"),
        (SageMaker(dict(OURS)), "it already belongs to WineStack/Quality1234"),
        (SageMaker(dict(OURS)), "release it first with: cdk-sagemaker-algorithm release wine"),
        (SageMaker({str(number): "" for number in range(46)}), "it would have 51 tags"),
    ],
)
def test_what_the_handler_would_not_adopt_is_not_marked(sagemaker: SageMaker, said: str) -> None:
    before = dict(sagemaker.tags)

    with pytest.raises(AdoptionError) as caught:
        mark(sagemaker, live(sagemaker), candidate())

    assert said in str(caught.value)
    assert sagemaker.tags == before


def test_tags_of_algorithm_and_definition_are_counted_once() -> None:
    """As `import` writes them: the definition repeats the tags of the algorithm."""
    tags = {str(number): "" for number in range(45)}
    sagemaker = SageMaker({**tags, f"{TAG_PREFIX}released": "true"})

    mark(sagemaker, live(sagemaker), replace(candidate(), tags=tags))

    assert sagemaker.tags == {**tags, ADOPTER_TAG: "WineStack/Quality1234"}


def test_a_mark_must_fit_into_a_tag() -> None:
    sagemaker = SageMaker({})
    long = replace(candidate(), logical_id="Q" * 247)

    with pytest.raises(AdoptionError, match=r"has 257 characters; allowed: up to 256"):
        mark(sagemaker, live(sagemaker), long)


def test_tags_that_adoption_changes_are_differences() -> None:
    properties = template()["Resources"]["Quality1234"]["Properties"]
    declared = {"team": "cellar", "new": {"Ref": "New"}, "kept": "1", f"{TAG_PREFIX}stack-id": "x"}
    properties["Tags"] = [{"Key": key, "Value": value} for key, value in declared.items()]
    resources = {"Quality1234": {"Type": "Custom::SageMakerAlgorithm", "Properties": properties}}
    found = find_candidate(
        [stack(template={"Parameters": {"New": {"Type": "String"}}, "Resources": resources})], "wine"
    )

    changed = tag_differences({"team": "wine", "new": "0", "kept": "1", "other": "1"}, found.tags)

    assert [(each.path, each.live, each.declared, each.undecided) for each in changed] == [
        ("Tags[new]", "0", "${New}", True),
        ("Tags[team]", "wine", "cellar", False),
    ]


def test_releasing_removes_ownership_and_mark_and_keeps_the_users_tags() -> None:
    sagemaker = SageMaker({"team": "wine", **OTHER, ADOPTER_TAG: "Other/X"})

    removed = release(sagemaker, live(sagemaker))

    assert sorted(removed) == sorted([*OTHER, ADOPTER_TAG])
    assert sagemaker.tags == {"team": "wine", f"{TAG_PREFIX}released": "true"}


def test_an_algorithm_with_as_many_tags_as_there_can_be_is_released() -> None:
    published = {f"{TAG_PREFIX}published-outcome": "Completed", f"{TAG_PREFIX}fingerprint": "0"}
    others = {str(number): "" for number in range(45)}
    sagemaker = SageMaker({**others, **OTHER, **published, ADOPTER_TAG: "Other/X"})
    assert len(sagemaker.tags) == 50

    release(sagemaker, live(sagemaker))

    assert sagemaker.tags == {**others, f"{TAG_PREFIX}released": "true"}


def test_ownership_and_mark_go_together_and_first() -> None:
    """Without the mark, the stack could delete the algorithm; without any tag, it would have lost them."""
    sagemaker = SageMaker({**OTHER, ADOPTER_TAG: "Other/X"})

    release(sagemaker, live(sagemaker))

    first, *_ = sagemaker.states
    assert first == {f"{TAG_PREFIX}logical-id": "X"}


@pytest.mark.parametrize("tags", [{}, {f"{TAG_PREFIX}published-outcome": "Completed"}])
def test_a_mark_alone_is_taken_back_without_a_trace(tags: dict[str, str]) -> None:
    sagemaker = SageMaker({"team": "wine", **tags, ADOPTER_TAG: "Other/X"})

    assert release(sagemaker, live(sagemaker))

    assert sagemaker.tags == {"team": "wine"}


def test_there_may_be_nothing_to_release() -> None:
    sagemaker = SageMaker({"team": "wine"})

    assert release(sagemaker, live(sagemaker)) == []
    assert sagemaker.tags == {"team": "wine"}


def test_an_algorithm_that_does_not_exist_is_missing() -> None:
    with pytest.raises(AdoptionError) as caught:
        read(SageMaker({}), "beer")

    assert caught.value.missing
    assert "algorithm 'beer' not found in us-east-1" in str(caught.value)


# The commands.


def test_adopt_and_release_write_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sagemaker = SageMaker({"team": "wine"})

    def clients(_options: object) -> Callable[[str], SageMaker]:
        return lambda _service: sagemaker

    monkeypatch.setattr(import_module("cdk_sagemaker_algorithm.cli.clients"), "Clients", clients)

    assert run(["adopt", "wine", "--app", str(assembly(tmp_path)), "--yes", "--json"]) == 0
    shown = capsys.readouterr()
    adopted = json.loads(shown.out)
    validate(adopted, "adoption-schema.json")
    assert (adopted["kind"], adopted["construct"], adopted["path"]) == ("adopt", "Wine/Quality", "Quality1234")
    assert adopted["notCompared"]
    assert "wine (Completed) and Wine/Quality:" in shown.err
    assert ADOPTER_TAG in sagemaker.tags

    for released in (True, False):
        assert run(["release", "wine", "--yes", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        validate(found, "adoption-schema.json")
        assert (found["kind"], found["released"]) == ("release", released)


def run_with(sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    def clients(_options: object) -> Callable[[str], SageMaker]:
        return lambda _service: sagemaker

    monkeypatch.setattr(import_module("cdk_sagemaker_algorithm.cli.clients"), "Clients", clients)
    return run(list(arguments))


def test_the_next_commands_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["adopt", "wine", "--app", str(assembly(tmp_path)), "--yes"]

    assert run_with(SageMaker({}), monkeypatch, *arguments) == 0

    shown = capsys.readouterr().out
    assert f"to adopt it: cdk deploy Wine --app {tmp_path}\n" in shown
    assert "cdk-sagemaker-algorithm release wine --region us-east-1\n" in shown


@pytest.mark.parametrize(("region", "status"), [("us-east-1", 0), ("eu-west-3", 2)])
def test_the_algorithm_is_read_in_the_region_of_the_stack(
    region: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["adopt", "wine", "--app", str(assembly(tmp_path)), "--yes", "--region", region]

    assert run_with(SageMaker({}), monkeypatch, *arguments) == status

    assert ("belongs to a stack in us-east-1, and" in capsys.readouterr().err) == (status == 2)


@pytest.mark.parametrize("command", ["adopt", "release"])
def test_an_arn_names_an_algorithm_too(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sagemaker = SageMaker({ADOPTER_TAG: "Other/X"})
    app = ["--app", str(assembly(tmp_path))] if command == "adopt" else []

    assert run_with(sagemaker, monkeypatch, command, ARN, "--yes", *app) == 0
    assert run_with(sagemaker, monkeypatch, command, "no_name", "--yes", *app) == 2

    assert sagemaker.tags == ({ADOPTER_TAG: "WineStack/Quality1234"} if command == "adopt" else {})


def test_a_mark_that_is_replaced_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sagemaker = SageMaker({ADOPTER_TAG: "Other/X"})

    for _ in range(2):
        assert run_with(sagemaker, monkeypatch, "adopt", "wine", "--app", str(assembly(tmp_path)), "--yes") == 0

    assert capsys.readouterr().out.count("marked for Other/X so far: the new mark replaces that mark") == 1


def test_nobody_is_asked_about_an_algorithm_that_cannot_be_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(SageMaker({}, "Failed"), monkeypatch, "adopt", "wine", "--app", str(assembly(tmp_path))) == 1

    shown = capsys.readouterr()
    assert "no differences" not in shown.out
    assert "only a Completed algorithm can be adopted" in shown.err


def test_a_release_says_what_the_next_deployment_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(SageMaker(dict(OTHER)), monkeypatch, "release", "wine", "--yes") == 0
    assert "with the next deployment, remove the construct from the stack" in capsys.readouterr().out
    assert run_with(SageMaker({ADOPTER_TAG: "Other/X"}), monkeypatch, "release", "wine", "--yes") == 0
    assert "next deployment" not in capsys.readouterr().out
