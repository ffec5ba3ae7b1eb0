"""Output of the commands before, during and after a deployment and its rollback."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from cdk_sagemaker_algorithm.cli import app as top
from cdk_sagemaker_algorithm.monitoring import Pace, StackUpdate, StackWatch
from cdk_sagemaker_algorithm.monitoring.formats.live_screen import LiveView
from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions
from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FAILED,
    FINGERPRINT_TAG,
    RELEASED_TAG,
    RETAINED_TAG,
    STACK_TAG,
    Owner,
    tag_list,
)
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from tests.support.json_schemas import validate
from tests.support.monitored import FakeStack, Monitored, monitored, refusal
from tests.support.sagemaker import definition
from tests.support.snapshots import rendered
from tests.unit.monitoring.test_commands import AFTER, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

REASON = "AlgorithmError: exit code 1"
WAIT = "Custom::SageMakerAlgorithmValidation"


@contextmanager
def scripted(
    monkeypatch: pytest.MonkeyPatch,
    *steps: Callable[[Monitored], None],
    before: Callable[[Monitored], None] | None = None,
) -> Generator[Monitored]:
    """An AWS in which one step is taken in each sleep of a watch; training fails."""
    with monitored({"training": REASON}) as aws:
        if before is not None:
            before(aws)
        rest = list(steps)

        def during() -> None:
            if rest:
                rest.pop(0)(aws)

        connect(aws, monkeypatch, during=during)
        yield aws
        assert not rest


@contextmanager
def passing(monkeypatch: pytest.MonkeyPatch, before: Callable[[Monitored], None]) -> Generator[Monitored]:
    """An AWS in which validations pass."""
    with monitored() as aws:
        before(aws)
        connect(aws, monkeypatch)
        yield aws


def nothing(_aws: Monitored) -> None:
    pass


def create(aws: Monitored, stack: FakeStack, logical_id: str, name: str, **changes: Any) -> None:
    """Create an algorithm as its resource does."""
    wanted = definition(AlgorithmName=name, **changes)
    owner = Owner(stack_id=stack.id, logical_id=logical_id)
    wanted["Tags"] = tag_list(owner.tags("0123456789ab"))
    properties = {key: value for key, value in wanted.items() if key not in ("AlgorithmName", "Tags") and value}
    path = f"{stack.id.split('/')[1]}/{logical_id}"
    stack.template[logical_id] = {"Metadata": {"aws:cdk:path": f"{path}/Resource"}}
    cloud = aws.cloudformation
    cloud.resource(stack, logical_id, "CREATE_IN_PROGRESS", properties=properties)
    aws.sagemaker.client.create_algorithm(**{key: value for key, value in wanted.items() if value is not None})
    cloud.resource(stack, logical_id, "CREATE_COMPLETE", name, properties=properties)


def fail(aws: Monitored, stack: FakeStack, logical_id: str, name: str) -> None:
    """The wait of an algorithm fails, and the rollback begins."""
    reason = f"algorithm {name} failed its validation: {REASON}"
    cloud = aws.cloudformation
    cloud.resource(
        stack, f"{logical_id}Wait", "CREATE_FAILED", kind=WAIT, reason=reason, properties={"AlgorithmName": name}
    )
    cloud.resource(stack, "Other", "CREATE_FAILED", kind="AWS::SNS::Topic", reason="Resource creation cancelled")


def rolled_back(aws: Monitored, stack: FakeStack, **names: str) -> None:
    aws.cloudformation.change(stack, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Wait].")
    for logical_id, name in names.items():
        aws.cloudformation.resource(stack, logical_id, "DELETE_IN_PROGRESS", name)
        aws.sagemaker.client.delete_algorithm(AlgorithmName=name)
        aws.clock.forward(10)
        aws.cloudformation.resource(stack, logical_id, "DELETE_COMPLETE", name)
    aws.cloudformation.change(stack, "ROLLBACK_COMPLETE")


def failed_deployment(aws: Monitored) -> None:
    """A deployment of two algorithms, of which one failed, after its rollback."""
    stack = aws.cloudformation.deploy("Trio")
    create(aws, stack, "Forest", "trio-forest", ValidationSpecification=None)
    create(aws, stack, "Trees", "trio-trees")
    aws.clock.forward(AFTER)
    fail(aws, stack, "Trees", "trio-trees")
    rolled_back(aws, stack, Forest="trio-forest", Trees="trio-trees")


def old_success(aws: Monitored) -> None:
    stack = aws.cloudformation.deploy("Prod")
    create(aws, stack, "Forest", "prod-old", ValidationSpecification=None)
    aws.cloudformation.change(stack, "CREATE_COMPLETE")
    aws.clock.forward(AFTER)


def test_watch_never_takes_the_last_deployment_for_the_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def begin(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Prod", "UPDATE_IN_PROGRESS")
        aws.cloudformation.resource(stack, "Forest", "UPDATE_IN_PROGRESS", "prod-old")

    def replace(aws: Monitored) -> None:
        stack = aws.cloudformation.stacks[0]
        aws.sagemaker.create(AlgorithmName="prod-new", ValidationSpecification=None)
        aws.cloudformation.resource(stack, "Forest", "UPDATE_COMPLETE", "prod-new")

    def end(aws: Monitored) -> None:
        aws.clock.forward(AFTER)
        aws.cloudformation.change(aws.cloudformation.stacks[0], "UPDATE_COMPLETE")

    with scripted(monkeypatch, nothing, begin, replace, end, before=old_success):
        assert top.run(["watch", "--stack", "Prod"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("stack Prod is at rest: CREATE_COMPLETE since ")
    assert "waiting for the next deployment of stack Prod to begin" in lines[0]
    assert lines[1].startswith("following the deployment of stack Prod that began at ")
    assert any("prod-new Completed" in line for line in lines)
    assert not any("prod-old" in line for line in lines)


def test_watch_shows_the_last_deployment_if_none_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=old_success) as aws:
        start = aws.clock()
        assert top.run(["watch", "--stack", "Prod", "--start-within", "30"]) == 0
        assert aws.clock() - start == 30
        text = capsys.readouterr().out
        assert "no deployment has begun; showing the last one, of 2023-11-14 22:13:20 UTC: CREATE_COMPLETE" in text
        assert top.run(["watch", "--stack", "Prod", "--start-within", "0", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for event in events:
        validate(event, "monitoring-schema.json")
    assert events[-1]["outcome"] == "Completed"
    assert events[-1]["deployment"]["status"] == "CREATE_COMPLETE"


def test_watch_follows_every_algorithm_and_its_status_is_that_of_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def begin(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Trio")
        create(aws, stack, "Forest", "trio-forest", ValidationSpecification=None)
        inner = aws.cloudformation.deploy("Trio-Inner")
        aws.cloudformation.resource(stack, "Inner", "CREATE_IN_PROGRESS", inner.id, kind="AWS::CloudFormation::Stack")
        create(aws, inner, "Trees", "trio-trees")

    def end(aws: Monitored) -> None:
        stack, inner = aws.cloudformation.stacks
        aws.clock.forward(AFTER)
        fail(aws, inner, "Trees", "trio-trees")
        rolled_back(aws, inner, Trees="trio-trees")
        rolled_back(aws, stack, Forest="trio-forest")

    told = tmp_path / "told"
    program = (
        "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.environ['CDK_SAGEMAKER_ALGORITHM_OUTCOME'])"
    )
    notify = f'{sys.executable} -c "{program}" {told}'
    with scripted(monkeypatch, nothing, begin, nothing, nothing, end):
        arguments = ["--region", "us-east-1", "watch", "--stack", "Trio", "--interval", "5", "--notify", notify]
        assert top.run(arguments) == 3
    text = capsys.readouterr().out
    assert "stack Trio does not exist yet; waiting for its deployment to begin, for at most 5 min" in text
    assert "Trio/Forest | trio-forest" in text
    assert "Trio-Inner/Trees | trio-trees Pending" in text
    assert "Trio-Inner/Trees | image scan: running" in text
    assert REASON in text
    # The algorithm is gone, so no command names it.
    assert "cdk-sagemaker-algorithm report --stack Trio-Inner --region us-east-1" in text
    assert "report trio-trees" not in text
    assert told.read_text(encoding="utf-8") == "Failed"


def test_a_notification_that_fails_is_reported_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=old_success):
        watch = ["watch", "--stack", "Prod", "--start-within", "0", "--notify"]
        assert top.run([*watch, "/no/such/program"]) == 0
        shown = capsys.readouterr().err
        assert "warning: --notify '/no/such/program': there is no program '/no/such/program' yet" in shown
        assert "--notify '/no/such/program' could not be run" in shown
        for wrong in ("'unbalanced", ""):
            assert top.run([*watch, wrong]) == 2
        assert top.run([*watch, f"{sys.executable} -c 'raise SystemExit(7)'"]) == 0
        assert "ended with status 7" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "status", "seconds"), [([], 4, 300), (["--timeout", "7"], 5, 7)])
def test_watch_of_a_stack_that_never_comes_gives_up(
    options: list[str], status: int, seconds: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch) as aws:
        start = aws.clock()
        assert top.run(["watch", "--stack", "Wine", *options]) == status
        assert aws.clock() - start == seconds
    assert ("there is no stack 'Wine' in us-east-1" in capsys.readouterr().err) == (status == 4)


def test_the_deadline_holds_while_no_look_succeeds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=old_success) as aws:
        service = aws.sagemaker.service
        service.fail_call("DescribeAlgorithm", "ThrottlingException", "Rate exceeded", times=50)
        start = aws.clock()
        assert top.run(["watch", "prod-old", "--timeout", "25", "--interval", "1"]) == 5
        assert aws.clock() - start == 25
    assert "no poll succeeded within 25 s; continue with: cdk-sagemaker-algorithm watch prod-old" in (
        capsys.readouterr().err
    )


def test_after_a_rollback_status_and_report_say_what_failed_and_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with scripted(monkeypatch, before=failed_deployment) as aws:
        assert top.run(["--region", "us-east-1", "status", "--stack", "Trio"]) == 0
        text = capsys.readouterr().out
        assert "stack Trio  ROLLBACK_COMPLETE" in text
        assert "trio-trees  Deleted  failed in the step training, then deleted" in text
        assert REASON in text
        assert "aws logs tail /aws/sagemaker/TrainingJobs --log-stream-name-prefix validation-" in text
        assert text.count("cdk-sagemaker-algorithm report --stack Trio --region us-east-1") == 1
        assert "⊘ trio-forest  Deleted  deleted by CloudFormation" in text

        assert top.run(["status", "--stack", "Trio", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        validate(document, "monitoring-schema.json")
        trees = document["algorithms"][1]
        assert (trees["path"], trees["failed"], trees["jobs"][0]["status"]) == ("Trees", True, "Failed")

        assert top.run(["report", "--stack", "Trio", "--format", "markdown", "-o", "-"]) == 0
        markdown = capsys.readouterr().out
        assert "exit code 1" in markdown
        assert "The last lines of validation" in markdown
        # A report does not suggest to write a report.
        assert "cdk-sagemaker-algorithm report" not in markdown
        assert top.run(["report", "--stack", "Trio"]) == 0
        assert REASON in (tmp_path / "trio-trees.html").read_text(encoding="utf-8")
        assert top.run(["report", "--stack", "Trio", "-o", "new/pages"]) == 0
        assert sorted(each.name for each in (tmp_path / "new/pages").iterdir()) == [
            "trio-forest.html",
            "trio-trees.html",
        ]
        assert top.run(["report", "--stack", "Trio", "-o", "-"]) == 2
        assert top.run(["report", "--stack", "Trio", "-o", "trio-trees.html"]) == 2
        assert "several pages cannot be on standard output; use --format" in capsys.readouterr().err

        # `cdk deploy` deletes such a stack before it tries again.
        stack = aws.cloudformation.stacks[0]
        aws.cloudformation.change(stack, "DELETE_COMPLETE")
        stack.deleted = True
        assert top.run(["status", "--stack", "Trio"]) == 0
        assert REASON in capsys.readouterr().out


def test_quiet_suggests_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(monkeypatch, before=failed_deployment):
        assert top.run(["status", "--stack", "Trio", "-q"]) == 0
    text = capsys.readouterr().out
    assert "Why it failed" in text
    assert "Next" not in text


def test_links_and_commands_are_whole_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    with scripted(monkeypatch, before=failed_deployment):
        assert top.run(["status", "--stack", "Trio"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith("arn:aws:sagemaker:us-east-1:000000000000:algorithm/trio-trees") for line in lines)
    assert any(line.startswith("  log ") and line.endswith("/*") for line in lines)
    assert any(line.startswith("  aws logs tail ") and line.endswith("Z") for line in lines)


def test_without_properties_the_reason_is_that_of_the_events(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=failed_deployment) as aws:
        for event in aws.cloudformation.stacks[0].events:
            event.pop("ResourceProperties", None)
        assert top.run(["status", "--stack", "Trio"]) == 0
    assert f"algorithm trio-trees failed its validation: {REASON}" in capsys.readouterr().out


def test_retained_algorithms_are_found_by_their_tags(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def kept(aws: Monitored) -> None:
        # An earlier stack of the same name left it.
        earlier = FakeStack("arn:aws:cloudformation:us-east-1:000000000000:stack/Prod/earlier", "DELETE_COMPLETE")
        owner = Owner(stack_id=earlier.id, logical_id="Trees")
        tags = {**owner.tags("0123456789ab"), RETAINED_TAG: FAILED}
        aws.sagemaker.create(AlgorithmName="prod-kept", Tags=tag_list(tags))
        nested = aws.cloudformation.deploy("Prod-Inner-1A2B3C")
        nested.root, nested.deleted = earlier.id, True
        inner = {**Owner(stack_id=nested.id, logical_id="Woods").tags("0123456789ab"), RETAINED_TAG: FAILED}
        aws.sagemaker.create(AlgorithmName="inner-kept", Tags=tag_list(inner))
        alone = {**Owner(stack_id=earlier.id, logical_id="A").tags("0123456789ab"), RETAINED_TAG: FAILED}
        alone[STACK_TAG] = earlier.id.replace("/Prod/", "/Prod-Other/")
        aws.sagemaker.create(AlgorithmName="other-kept", Tags=tag_list(alone))
        aws.sagemaker.create(AlgorithmName="prod-foreign")
        aws.clock.forward(AFTER)
        old_success(aws)

    with scripted(monkeypatch, before=kept):
        assert top.run(["status", "--stack", "Prod"]) == 0
    text = capsys.readouterr().out
    assert "prod-kept  Failed" in text
    assert "resource Trees, retained" in text
    assert "inner-kept  Failed" in text
    assert "other-kept" not in text
    assert "prod-foreign" not in text


def test_drift_is_shown_with_its_repair(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(monkeypatch, before=old_success) as aws:
        arn = "arn:aws:sagemaker:us-east-1:000000000000:algorithm/prod-old"
        found = aws.sagemaker.client.list_tags(ResourceArn=arn)["Tags"]
        assert top.run(["status", "--stack", "Prod"]) == 0
        assert "Drift" not in capsys.readouterr().out
        aws.sagemaker.client.delete_tags(ResourceArn=arn, TagKeys=[tag["Key"] for tag in found])
        assert top.run(["status", "--stack", "Prod"]) == 0
        text = capsys.readouterr().out
        assert "the algorithm has lost its ownership tags" in text
        assert f"aws sagemaker add-tags --resource-arn {arn} --tags Key=cdk-sagemaker-algorithm:stack-id,Value=" in text

        aws.sagemaker.client.delete_algorithm(AlgorithmName="prod-old")
        aws.clock.forward(10)
        assert top.run(["status", "--stack", "Prod"]) == 0
        text = capsys.readouterr().out
        assert "the algorithm is gone: it was deleted outside of its stack" in text
        assert "set another revision=... for the construct, and deploy" in text

        aws.clock.forward(AFTER)
        aws.sagemaker.create(AlgorithmName="prod-old", ValidationSpecification=None)
        assert top.run(["status", "--stack", "Prod"]) == 0
        assert "the algorithm is another one" in capsys.readouterr().out


def shown(aws: Monitored, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    aws.clock.forward(1)
    capsys.readouterr()
    assert top.run(["status", *arguments]) == 0
    return capsys.readouterr().out


def test_an_algorithm_read_by_its_name_is_compared_with_its_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=old_success) as aws:
        text = shown(aws, capsys, "prod-old")
        assert "stack      Prod, resource Forest\n" in text
        assert "construct  Prod/Forest" in text
        assert "Drift" not in text
        assert "report prod-old" in text

        (stack,) = aws.cloudformation.stacks
        aws.sagemaker.client.delete_tags(
            ResourceArn="arn:aws:sagemaker:us-east-1:000000000000:algorithm/prod-old", TagKeys=[FINGERPRINT_TAG]
        )
        assert "has lost its tag cdk-sagemaker-algorithm:fingerprint" in shown(aws, capsys, "prod-old")

        aws.cloudformation.resource(stack, "Forest", "UPDATE_COMPLETE", "prod-new")
        text = shown(aws, capsys, "prod-old")
        assert "its resource Prod/Forest in stack Prod has prod-new now" in text
        assert "  cdk-sagemaker-algorithm release prod-old" in text
        aws.cloudformation.resource(stack, "Forest", "UPDATE_IN_PROGRESS", "prod-new")
        assert "Drift" not in shown(aws, capsys, "prod-old")

        for status in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
            aws.cloudformation.resource(stack, "Forest", status, "prod-old")
            assert "its stack Prod no longer has the resource Forest" in shown(aws, capsys, "prod-old")
        stack.deleted = True
        assert "its stack Prod no longer has the resource Forest" in shown(aws, capsys, "prod-old")

        denied = Mock(side_effect=refusal("ListStackResources", "AccessDenied"))
        monkeypatch.setattr(aws.cloudformation, "list_stack_resources", denied)
        assert "Drift" not in shown(aws, capsys, "prod-old")


def test_the_state_of_an_adoption_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(monkeypatch, before=old_success) as aws:
        arn = "arn:aws:sagemaker:us-east-1:000000000000:algorithm/prod-old"
        aws.sagemaker.client.add_tags(ResourceArn=arn, Tags=tag_list({ADOPTER_TAG: "Prod/Forest"}))
        adopted = "its stack has adopted it, and gives it back instead of deleting it"
        assert f"adoption   {adopted}" in shown(aws, capsys, "--stack", "Prod")
        assert top.run(["report", "prod-old", "--format", "markdown", "-o", "-"]) == 0
        assert f"- Adoption: {adopted}" in capsys.readouterr().out

        aws.sagemaker.client.delete_tags(ResourceArn=arn, TagKeys=[STACK_TAG])
        assert "marked for Prod/Forest, whose next deployment adopts it" in shown(aws, capsys, "prod-old")
        aws.sagemaker.client.delete_tags(ResourceArn=arn, TagKeys=[ADOPTER_TAG])
        aws.sagemaker.client.add_tags(ResourceArn=arn, Tags=tag_list({RELEASED_TAG: "true"}))
        assert "released from its stack" in shown(aws, capsys, "prod-old")


def test_an_update_that_fails_before_it_names_an_algorithm_has_the_earlier_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "algorithm prod-old has lost its ownership tags"
    with scripted(monkeypatch, before=old_success) as aws:
        cloud = aws.cloudformation
        stack = cloud.deploy("Prod", "UPDATE_IN_PROGRESS")
        arn = "arn:aws:sagemaker:us-east-1:000000000000:algorithm/prod-old"
        found = aws.sagemaker.client.list_tags(ResourceArn=arn)["Tags"]
        aws.sagemaker.client.delete_tags(ResourceArn=arn, TagKeys=[tag["Key"] for tag in found])
        cloud.resource(stack, "Forest", "UPDATE_IN_PROGRESS", "prod-old")
        assert "Prod/Forest is UPDATE_IN_PROGRESS: there is no algorithm yet" in shown(aws, capsys, "--stack", "Prod")
        cloud.resource(stack, "Forest", "UPDATE_FAILED", "prod-old", reason=reason)
        cloud.change(stack, "UPDATE_ROLLBACK_IN_PROGRESS")
        cloud.resource(stack, "Forest", "UPDATE_IN_PROGRESS", "prod-old")
        cloud.resource(stack, "Forest", "UPDATE_FAILED", "prod-old", reason=reason)
        cloud.change(stack, "UPDATE_ROLLBACK_FAILED")
        text = shown(aws, capsys, "--stack", "Prod", "--region", "us-east-1")
        assert text.count(reason) == 1
        assert "prod-old  Completed" in text
        assert "Drift\nthe algorithm has lost its ownership tags" in text
        command = "aws cloudformation continue-update-rollback --stack-name Prod --region us-east-1"
        assert f"once the cause is repaired, continue the rollback:\n  {command}\n" in text

        cloud.resource(stack, "Forest", "DELETE_FAILED", "prod-old", reason=reason)
        cloud.change(stack, "DELETE_FAILED")
        text = shown(aws, capsys, "--stack", "Prod")
        assert "Drift\nthe algorithm has lost its ownership tags" in text
        assert "aws cloudformation delete-stack --stack-name Prod\n" in text


def test_after_an_update_that_was_rolled_back_the_algorithm_of_the_stack_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=old_success) as aws:
        cloud = aws.cloudformation
        stack = cloud.deploy("Prod", "UPDATE_IN_PROGRESS")
        create(aws, stack, "Forest", "prod-new", ValidationSpecification=None)
        cloud.change(stack, "UPDATE_ROLLBACK_IN_PROGRESS")
        aws.clock.forward(10)
        cloud.resource(stack, "Forest", "DELETE_COMPLETE", "prod-new")
        cloud.resource(stack, "Forest", "UPDATE_COMPLETE", "prod-old")
        assert "; the stack has" not in shown(aws, capsys, "--stack", "Prod")
        cloud.change(stack, "UPDATE_ROLLBACK_COMPLETE")
        assert "Prod, resource Forest, deleted; the stack has prod-old\n" in shown(aws, capsys, "--stack", "Prod")


def test_a_stack_that_was_deleted_on_purpose_has_not_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=old_success) as aws:
        (stack,) = aws.cloudformation.stacks
        aws.cloudformation.change(stack, "DELETE_IN_PROGRESS")
        aws.cloudformation.resource(stack, "Forest", "DELETE_COMPLETE", "prod-old")
        aws.cloudformation.change(stack, "DELETE_COMPLETE")
        stack.deleted = True
        assert "✔ stack Prod  DELETE_COMPLETE" in shown(aws, capsys, "--stack", "Prod")
    with scripted(monkeypatch) as aws:
        stack = aws.cloudformation.deploy("Prod")
        aws.cloudformation.change(stack, "DELETE_IN_PROGRESS")
        aws.cloudformation.change(stack, "DELETE_COMPLETE")
        stack.deleted = True
        assert "✘ stack Prod  DELETE_COMPLETE" in shown(aws, capsys, "--stack", "Prod")


def test_a_failed_resource_without_a_name_shows_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch) as aws:
        cloud = aws.cloudformation
        stack = cloud.deploy("Prod")
        cloud.resource(stack, "Forest", "CREATE_IN_PROGRESS")
        cloud.resource(stack, "Forest", "CREATE_FAILED", "Forest:not-created", reason="the properties are wrong")
        cloud.change(stack, "CREATE_FAILED")
        text = shown(aws, capsys, "--stack", "Prod")
        assert "the properties are wrong" in text
        assert "Forest is CREATE_FAILED: there is no algorithm\n" in text


@pytest.mark.parametrize("command", ["status", "report"])
def test_a_missing_stack_is_status_4(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch):
        assert top.run([command, "--stack", "Nope"]) == 4
    assert "error: there is no stack 'Nope' in us-east-1" in capsys.readouterr().err


def test_the_live_screen_fits_80_by_24_and_keeps_names_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Trio")
        for logical_id in ("Forest", "Trees", "Woods"):
            create(aws, stack, logical_id, f"trio-{logical_id.lower()}-{'x' * 40}")
        aws.clock.forward(70)

    with scripted(monkeypatch, before=begin) as aws:
        watching = StackWatch(aws.connect, "Trio", pace=Pace(timeout=0, now=aws.clock, sleep=aws.clock.forward))
        view = LiveView(DisplayOptions(), 10.0, aws.clock)
        for event in watching.updates():
            view.show(event)  # type: ignore[arg-type]
    for width in (80, 40):
        lines = rendered(view, width=width, height=24).splitlines()
        assert len(lines) <= 24
        assert sum(f"-{'x' * 40}" in line for line in lines) in (0, 3)
        assert all(any(f"● Trio/{name}" in line for line in lines) for name in ("Forest", "Trees", "Woods"))
    narrow = LiveView(DisplayOptions(width=56), 10.0, aws.clock)
    narrow.show(event)  # type: ignore[arg-type]
    # A line ends between two steps, not in one.
    assert "── ○ model ──\n  ○ transform" in rendered(narrow, width=56, height=24)


def test_errors_that_are_not_about_existence_pass_through(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(monkeypatch) as aws:

        def denied(**_arguments: object) -> None:
            raise refusal("DescribeStacks", "AccessDenied", "User is not authorized")

        monkeypatch.setattr(aws.cloudformation, "describe_stacks", denied)
        assert top.run(["status", "--stack", "Prod"]) == 1


def deployed_before(aws: Monitored) -> None:
    """A stack whose algorithm took 160 s to validate, and has been replaced by one that is validated now."""
    stack = aws.cloudformation.deploy("Prod")
    create(aws, stack, "Forest", "prod-old")
    aws.clock.forward(AFTER)
    aws.cloudformation.change(stack, "CREATE_COMPLETE")
    aws.clock.forward(60)
    aws.cloudformation.deploy("Prod", "UPDATE_IN_PROGRESS")
    create(aws, stack, "Forest", "prod-new")


def test_what_the_previous_validation_took_is_what_to_expect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with passing(monkeypatch, deployed_before) as aws:
        aws.clock.forward(45)
        updates = StackWatch(
            aws.connect, "Prod", pace=Pace(timeout=0, now=aws.clock, sleep=aws.clock.forward)
        ).updates()
        view = LiveView(DisplayOptions(), 10.0, aws.clock)
        (event,) = updates
        assert isinstance(event, StackUpdate)
        view.show(event)
        assert event.updates[0].snapshot.expected == 180
        assert "45 s, 25 %, about 2 min 15 s left: the previous validation took 3 min" in rendered(view, width=100)
        # The old algorithm has been deleted since; its jobs are still there.
        aws.sagemaker.client.delete_algorithm(AlgorithmName="prod-old")
        assert top.run(["watch", "prod-new", "--timeout", "0"]) == 5
        assert "the previous validation took 3 min" in capsys.readouterr().out
        for arguments in (["prod-new"], ["--stack", "Prod"]):
            assert top.run(["status", *arguments]) == 0
            assert "elapsed     45 s, 25 %, about 2 min 15 s left: the previous" in capsys.readouterr().out
        assert top.run(["status", "prod-new", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["algorithms"][0]["previousSeconds"] == 180


def test_without_an_earlier_validation_nothing_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Prod")
        create(aws, stack, "Forest", "prod-new")
        # What has changed its tags has not made it.
        aws.cloudformation.change(stack, "CREATE_COMPLETE")
        aws.clock.forward(10)
        aws.cloudformation.deploy("Prod", "UPDATE_IN_PROGRESS")
        aws.cloudformation.resource(stack, "Forest", "UPDATE_IN_PROGRESS", "prod-new")
        aws.cloudformation.resource(stack, "Forest", "UPDATE_COMPLETE", "prod-new")

    with passing(monkeypatch, first) as aws:
        readers = aws.connect()
        assert readers.previous.expected(readers.algorithms.read("prod-new")).expected is None


def test_an_earlier_algorithm_of_the_same_name_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Prod")
        create(aws, stack, "Forest", "prod-same")
        aws.clock.forward(AFTER)
        rolled_back(aws, stack, Forest="prod-same")
        aws.clock.forward(60)
        aws.cloudformation.deploy("Prod")
        create(aws, stack, "Forest", "prod-same")
        aws.clock.forward(30)

    with passing(monkeypatch, again) as aws:
        readers = aws.connect()
        seen = readers.algorithms.read("prod-same")
        past = readers.previous.of(seen)
        assert past is not None
        assert (past.name, past.status, past.passed, past.took) == ("prod-same", "Deleted", True, 180)
        assert {job.name for job in past.jobs}.isdisjoint(job.name for job in seen.jobs)


def test_what_has_passed_before_the_rollback_is_not_shown_as_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def other_failed(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Trio")
        create(aws, stack, "Forest", "trio-forest")
        aws.clock.forward(AFTER)
        aws.cloudformation.resource(stack, "Topic", "CREATE_FAILED", kind="AWS::SNS::Topic", reason="no topic for you")
        rolled_back(aws, stack, Forest="trio-forest")

    with passing(monkeypatch, other_failed):
        assert top.run(["status", "--stack", "Trio"]) == 0
    text = capsys.readouterr().out
    assert "⊘ trio-forest  Deleted  passed, then deleted by CloudFormation" in text
    assert "no topic for you" in text


def test_without_properties_the_jobs_are_those_that_the_reason_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with scripted(monkeypatch, before=failed_deployment) as aws:
        (job,) = aws.sagemaker.client.list_training_jobs()["TrainingJobSummaries"]
        for event in aws.cloudformation.stacks[0].events:
            event.pop("ResourceProperties", None)
            if event["ResourceType"] == WAIT:
                event["ResourceStatusReason"] += (
                    f"\n- training job {job['TrainingJobName']} Failed: {REASON}; read its log"
                )
        assert top.run(["status", "--stack", "Trio"]) == 0
        assert f"--log-stream-name-prefix {job['TrainingJobName']}/" in capsys.readouterr().out
        assert top.run(["report", "--stack", "Trio"]) == 0
        page = (tmp_path / "trio-trees.html").read_text(encoding="utf-8")
        assert "simulated training" in page
        # Nothing is said of a definition that nobody knows.
        assert "What a buyer will see" not in page
        assert "the definition: the algorithm is deleted, and the events of its stack do not contain it" in page
        assert top.run(["report", "--stack", "Trio", "--format", "markdown", "-o", "-"]) == 0
        assert "\\u000a" not in capsys.readouterr().out


@pytest.mark.parametrize("properties", [True, False])
def test_of_three_that_are_alike_the_one_that_failed_has_the_failed_job(
    properties: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def alike(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Trio")
        for logical_id in ("Forest", "Trees", "Woods"):
            if logical_id == "Trees":
                aws.sagemaker.service.fail_next("training", REASON)
            create(aws, stack, logical_id, f"trio-{logical_id.lower()}")
        aws.clock.forward(AFTER)
        fail(aws, stack, "Trees", "trio-trees")
        trees = Algorithms(aws.sagemaker.client).find("trio-trees")
        assert trees is not None
        stack.events[-2]["ResourceStatusReason"] = Diagnosis(aws.sagemaker.client).explain(trees)
        rolled_back(aws, stack, Forest="trio-forest", Trees="trio-trees", Woods="trio-woods")
        if not properties:
            for event in stack.events:
                event.pop("ResourceProperties", None)

    with passing(monkeypatch, alike) as aws:
        assert top.run(["status", "--stack", "Trio", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert top.run(["status", "--stack", "Trio"]) == 0
        text = capsys.readouterr().out
        jobs = aws.sagemaker.client.list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]
    validate(document, "monitoring-schema.json")
    forest, trees, woods = document["algorithms"]
    assert [job["name"] for job in trees["jobs"]] == [job["TrainingJobName"] for job in jobs]
    assert [job["status"] for each in (forest, woods) for job in each["jobs"]] == ["Completed"] * (4 * properties)
    # Why, in the words of the container.
    assert f"ERROR {REASON}" in trees["lastLines"][-1]
    assert f"the end of its log\n  {trees['lastLines'][0]}\n" in text
    assert (forest["lastLines"], woods["lastLines"]) == ([], [])


def test_an_algorithm_of_a_nested_stack_is_deleted_with_the_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def deleted(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Outer")
        inner = aws.cloudformation.deploy("Outer-Inner")
        nested = "AWS::CloudFormation::Stack"
        aws.cloudformation.resource(stack, "Inner", "CREATE_IN_PROGRESS", inner.id, kind=nested)
        create(aws, inner, "Trees", "inner-trees")
        aws.clock.forward(AFTER)
        aws.cloudformation.change(inner, "CREATE_COMPLETE")
        aws.cloudformation.change(stack, "ROLLBACK_IN_PROGRESS")
        aws.sagemaker.client.delete_algorithm(AlgorithmName="inner-trees")
        aws.clock.forward(10)
        aws.cloudformation.resource(stack, "Inner", "DELETE_COMPLETE", inner.id, kind=nested)
        aws.cloudformation.change(stack, "ROLLBACK_COMPLETE")

    with passing(monkeypatch, deleted):
        assert top.run(["status", "--stack", "Outer"]) == 0
    text = capsys.readouterr().out
    assert "inner-trees  Deleted  passed, then deleted by CloudFormation" in text
    assert "Drift" not in text


def test_an_algorithm_that_the_rollback_retained_is_called_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def retained(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Trio")
        create(aws, stack, "Trees", "trio-trees")
        aws.clock.forward(AFTER)
        fail(aws, stack, "Trees", "trio-trees")
        aws.cloudformation.change(stack, "ROLLBACK_IN_PROGRESS")
        aws.cloudformation.resource(stack, "Trees", "DELETE_COMPLETE", "trio-trees")
        aws.cloudformation.change(stack, "ROLLBACK_COMPLETE")

    with scripted(monkeypatch, before=retained):
        assert top.run(["status", "--stack", "Trio"]) == 0
    assert "stack       Trio, resource Trees, retained" in capsys.readouterr().out


def test_the_lines_of_a_stack_and_its_algorithms_are_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def long_done(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Prod")
        create(aws, stack, "Forest", "prod-old")
        aws.clock.forward(2 * AFTER)
        aws.cloudformation.change(stack, "CREATE_COMPLETE")

    with passing(monkeypatch, long_done):
        assert top.run(["watch", "--stack", "Prod", "--start-within", "0"]) == 0
    times = [line[:19] for line in capsys.readouterr().out.splitlines() if line[19:20] == "Z"]
    assert len(times) > 1
    assert times == sorted(times)


@pytest.mark.parametrize("readable", [True, False])
def test_algorithms_are_called_by_their_construct_where_the_template_says_it(
    *, readable: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted(monkeypatch, before=failed_deployment) as aws:
        (stack,) = aws.cloudformation.stacks
        stack.template["Trees"]["Metadata"]["aws:cdk:path"] = "Prod/Trio/Trees/Resource"
        stack.template["TreesWait"] = {"Metadata": {"aws:cdk:path": "Prod/Trio/Trees/Wait"}}
        if not readable:

            def denied(**_arguments: object) -> None:
                raise refusal("GetTemplate", "AccessDenied", "User is not authorized")

            monkeypatch.setattr(aws.cloudformation, "get_template", denied)
        assert top.run(["status", "--stack", "Trio", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        validate(found, "monitoring-schema.json")
        trees = next(each for each in found["algorithms"] if each["name"] == "trio-trees")
        assert (trees["path"], trees["construct"]) == ("Trees", "Prod/Trio/Trees" if readable else None)
        assert [each["what"] for each in found["deployment"]["failures"]] == [
            "Prod/Trio/Trees/Wait" if readable else "TreesWait"
        ]
        assert top.run(["status", "--stack", "Trio"]) == 0
    assert ("construct  Prod/Trio/Trees" in capsys.readouterr().out) is readable


def test_a_report_names_the_commit_that_the_stack_was_deployed_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with scripted(monkeypatch, before=failed_deployment) as aws:
        aws.cloudformation.stacks[0].tags = {"commit": "0a1b2c3"}
        assert top.run(["report", "--stack", "Trio", "--format", "json", "-o", "-"]) == 0
        found = json.loads(capsys.readouterr().out)
        validate(found, "monitoring-schema.json")
        assert found["algorithms"][0]["stackTags"] == {"commit": "0a1b2c3"}
        assert top.run(["report", "--stack", "Trio"]) == 0
    assert "<dt>Stack tags</dt><dd>commit=0a1b2c3</dd>" in (tmp_path / "trio-trees.html").read_text(encoding="utf-8")


def test_watch_says_why_an_algorithm_failed_while_the_rollback_waits_for_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def begin(aws: Monitored) -> None:
        stack = aws.cloudformation.deploy("Trio")
        create(aws, stack, "Trees", "trio-trees")

    def fails(aws: Monitored) -> None:
        aws.clock.forward(AFTER)
        (stack,) = aws.cloudformation.stacks
        fail(aws, stack, "Trees", "trio-trees")
        aws.cloudformation.change(stack, "ROLLBACK_IN_PROGRESS")

    def deletes(aws: Monitored) -> None:
        (stack,) = aws.cloudformation.stacks
        aws.cloudformation.resource(stack, "Trees", "DELETE_IN_PROGRESS", "trio-trees")
        aws.clock.forward(AFTER)
        aws.sagemaker.client.delete_algorithm(AlgorithmName="trio-trees")
        aws.clock.forward(10)
        aws.cloudformation.resource(stack, "Trees", "DELETE_COMPLETE", "trio-trees")
        aws.clock.forward(15)
        aws.cloudformation.change(stack, "ROLLBACK_COMPLETE")

    with scripted(monkeypatch, nothing, fails, nothing, deletes, before=begin) as aws:
        assert top.run(["watch", "--stack", "Trio"]) == 3
        ended = aws.clock()
        view = LiveView(DisplayOptions(), 10.0, aws.clock)
        for event in StackWatch(aws.connect, "Trio", start_within=0, pace=Pace(now=aws.clock)).updates():
            view.show(event)  # type: ignore[arg-type]
    lines = capsys.readouterr().out.splitlines()
    (failed,) = [line for line in lines if "trio-trees Failed" in line]
    assert failed.endswith(f"validation failed in the step training: {REASON}")
    assert not any("not reached" in line for line in lines if "Z Trio/Trees |" in line)
    times = [line[:19] for line in lines if line[19:20] == "Z"]
    assert times == sorted(times)
    (deleted,) = [line[:19] for line in lines if "trio-trees Deleted" in line]
    assert deleted == datetime.fromtimestamp(ended - 15, UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert f"  {REASON}" in rendered(view, width=80, height=24)
