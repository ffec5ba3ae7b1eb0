"""BASE as CloudFormation has it now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_algorithm.assembly.deployed import Deployed
from cdk_sagemaker_algorithm.assembly.drift import Drift, FoundAlgorithm, find_drift
from cdk_sagemaker_algorithm.diff import AlgorithmDiff, Impact, InputError, PlannedAction, Stack, compare
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    RELEASED_TAG,
    RESOURCE_TAG,
    STACK_TAG,
    Owner,
    tag_list,
)
from tests.support.templates import definition, resources, template

Json = Any

STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Prod/1"
CHANGED = 1_800_000_000.0
NAME = "prodchurn-0123456789ab"
OWNER = Owner(stack_id=STACK_ID, logical_id="ProdChurn")
MISSING = "Stack with id Prod does not exist"


class Account:
    """Clients with answers put in, for one account."""

    def __init__(self, account: str = "123456789012") -> None:
        session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
        self.asked: list[tuple[str, str | None]] = []
        self._clients: dict[str, Any] = {name: session.client(name) for name in ("cloudformation", "sagemaker", "sts")}
        self.sagemaker = Stubber(self._clients["sagemaker"])
        self.cloudformation = Stubber(self._clients["cloudformation"])
        sts = Stubber(self._clients["sts"])
        sts.add_response("get_caller_identity", {"Account": account}, {})
        for stubber in (self.cloudformation, self.sagemaker, sts):
            stubber.activate()
        self.status = "UPDATE_COMPLETE"
        self._clients["cloudformation"].describe_stacks = self._describe_stacks

    def client(self, service: str, *, region_name: str | None, endpoint_url: str | None) -> Any:
        assert endpoint_url is None
        self.asked.append((service, region_name))
        return self._clients[service]

    def _describe_stacks(self, StackName: str) -> Json:  # noqa: N803 - the API's name
        return {"Stacks": [{"StackName": StackName, "StackStatus": self.status}]}

    def has(self, name: str, body: Json) -> None:
        expected = {"StackName": name, "TemplateStage": "Original"}
        text = body if isinstance(body, str) else json.dumps(body)
        self.cloudformation.add_response("get_template", {"TemplateBody": text}, expected)

    def has_resource(self, logical_id: str, kind: str, physical_id: str, status: str = "CREATE_COMPLETE") -> None:
        detail = {
            "StackId": STACK_ID,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "LastUpdatedTimestamp": datetime.fromtimestamp(CHANGED, UTC),
            "ResourceStatus": status,
        }
        self.cloudformation.add_response("describe_stack_resource", {"StackResourceDetail": detail})

    def has_algorithm(
        self, name: str, tags: dict[str, str], created: float = CHANGED - 5, status: str = "Completed"
    ) -> None:
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:algorithm/{name}"
        description = {
            "AlgorithmName": name,
            "AlgorithmArn": arn,
            "CreationTime": datetime.fromtimestamp(created, UTC),
            "TrainingSpecification": {
                "TrainingImage": "image",
                "SupportedTrainingInstanceTypes": ["ml.m5.large"],
                "TrainingChannels": [
                    {"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}
                ],
            },
            "AlgorithmStatus": status,
            "AlgorithmStatusDetails": {},
        }
        self.sagemaker.add_response("describe_algorithm", description, {"AlgorithmName": name})
        self.sagemaker.add_response("list_tags", {"Tags": tag_list(tags)}, {"ResourceArn": arn})

    def misses(self, message: str = MISSING) -> None:
        self.cloudformation.add_client_error("get_template", "ValidationError", message)


def head(body: dict[str, Json], account: str | None = None) -> Stack:
    return Stack(name="Prod", label="Prod", template=body, account=account, region="eu-west-1" if account else None)


def test_the_deployed_template_is_base() -> None:
    account, body = Account(), template(resources(definition()))
    account.has("Prod", body)
    account.has_resource("ProdChurn", "Custom::SageMakerAlgorithm", NAME)
    account.has_algorithm(NAME, OWNER.tags("0123456789ab"))
    wanted = head(template(resources(definition(), Revision="2")), "123456789012")
    (entry,) = compare(Deployed(account.client).stacks([wanted]), [wanted]).algorithms
    assert entry.action is PlannedAction.REPLACE
    assert not any("drift" in note for note in entry.notes)
    assert account.asked == [("sts", "eu-west-1"), ("cloudformation", "eu-west-1"), ("sagemaker", "eu-west-1")]


def test_a_template_in_yaml_is_read() -> None:
    account = Account()
    account.has("Prod", "Resources:\n  Role:\n    Type: AWS::IAM::Role\n")
    (stack,) = Deployed(account.client).stacks([head({})])
    assert stack.template["Resources"] == {"Role": {"Type": "AWS::IAM::Role"}}


def test_a_stack_that_is_not_deployed_has_its_algorithms_created() -> None:
    account, wanted = Account(), head(template(resources(definition())))
    account.misses()
    (entry,) = compare(Deployed(account.client).stacks([wanted]), [wanted]).algorithms
    assert entry.action is PlannedAction.CREATE


EXPORT = "Prod:Arn"


def exporting(name: Json = EXPORT) -> Json:
    value = {"Fn::GetAtt": ["ProdChurnValidation2", "AlgorithmArn"]}
    other = {"Value": {"Ref": "AWS::StackName"}, "Export": {"Name": "other"}}
    return template(
        resources(definition()), Outputs={"Arn": {"Value": value, "Export": {"Name": name}}, "Other": other}
    )


def deployed(account: Account, body: Json) -> Stack:
    account.has("Prod", body)
    account.has_resource("ProdChurn", "Custom::SageMakerAlgorithm", NAME, status="CREATE_FAILED")
    return head(body)


def test_cloudformation_is_asked_who_imports_an_algorithm_s_export() -> None:
    account = Account()
    wanted = deployed(account, exporting())
    pages: list[Json] = [{"Imports": ["Billing"], "NextToken": "more"}, {"Imports": ["Tuning"]}]
    account.cloudformation.add_response("list_imports", pages[0], {"ExportName": EXPORT})
    account.cloudformation.add_response("list_imports", pages[1], {"ExportName": EXPORT, "NextToken": "more"})
    (stack,) = Deployed(account.client).stacks([wanted])
    assert (stack.importers, stack.unchecked_exports) == ({EXPORT: ("Billing", "Tuning")}, {})
    account.cloudformation.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "message", "importers", "unchecked"),
    [
        ("ValidationError", f"Export '{EXPORT}' is not imported by any stack.", {EXPORT: ()}, {}),
        ("AccessDenied", "not allowed", {}, {EXPORT: "AWS did not answer: AccessDenied: not allowed"}),
    ],
)
def test_an_export_without_importers_is_told_from_one_that_may_not_be_asked_for(
    code: str, message: str, importers: Json, unchecked: Json
) -> None:
    account = Account()
    wanted = deployed(account, exporting())
    account.cloudformation.add_client_error("list_imports", code, message)
    (stack,) = Deployed(account.client).stacks([wanted])
    assert (stack.importers, stack.unchecked_exports) == (importers, unchecked)


def test_an_export_whose_name_is_not_known_is_not_asked_for() -> None:
    account = Account()
    wanted = deployed(account, exporting({"Fn::Sub": "${Stage}-arn"}))
    (stack,) = Deployed(account.client).stacks([wanted])
    assert stack.unchecked_exports == {"${Stage}-arn": "its name depends on deploy-time values"}


def test_another_error_is_an_error() -> None:
    account = Account()
    account.misses("Rate exceeded")
    with pytest.raises(Exception, match="Rate exceeded"):
        Deployed(account.client).stacks([head({})])


def test_nested_stacks_are_read_too() -> None:
    account = Account()
    account.has("Prod", {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {}}}})
    account.has_resource("Inner", "AWS::CloudFormation::Stack", "arn:inner")
    account.has("arn:inner", template(resources(definition())))
    account.has_resource("ProdChurn", "Custom::SageMakerAlgorithm", NAME)
    account.sagemaker.add_client_error("describe_algorithm", "ValidationException", "Algorithm does not exist")
    (stack,) = Deployed(account.client).stacks([head({})])
    assert list(stack.nested) == ["Inner"]
    assert stack.nested["Inner"].drift["ProdChurn"].startswith("the algorithm is gone")


def drift_of(account: Account, name: str = NAME) -> str:
    wanted = head(template(resources(definition())))
    account.has("Prod", wanted.template)
    account.has_resource("ProdChurn", "Custom::SageMakerAlgorithm", name)
    (entry,) = compare(Deployed(account.client).stacks([wanted]), [wanted]).algorithms
    assert entry.action is PlannedAction.NO_CHANGE
    (note,) = entry.notes
    return note


def test_drift_of_a_deployed_algorithm_is_a_note_with_its_repair() -> None:
    account = Account()
    account.has_algorithm(NAME, {"team": "ml"})
    note = drift_of(account)
    assert note.startswith("drift: the algorithm has lost its ownership tags")
    assert note.endswith(" ".join(f"Key={key},Value={value}" for key, value in OWNER.tags("0123456789ab").items()))


def test_an_exact_name_of_the_template_is_adopted_again() -> None:
    """With its tags alone, the stack would delete an algorithm that it had adopted."""
    account, wanted = Account(), head(template(resources({**definition(), "AlgorithmName": NAME})))
    account.has("Prod", wanted.template)
    account.has_resource("ProdChurn", "Custom::SageMakerAlgorithm", NAME)
    account.has_algorithm(NAME, {"team": "ml"})
    (stack,) = Deployed(account.client).stacks([wanted])
    assert stack.drift["ProdChurn"].endswith(f": cdk-sagemaker-algorithm adopt {NAME}")


def found_with(tags: dict[str, str], *, exact: bool, created: float = CHANGED - 5) -> Drift | None:
    found = FoundAlgorithm(arn="arn:algorithm", created=created, tags=tags)
    return find_drift(OWNER, NAME, found, changed=CHANGED, exact=exact)


OWN = OWNER.tags("0123456789ab")
RESTORE = "aws sagemaker add-tags --resource-arn arn:algorithm --tags " + " ".join(
    f"Key={key},Value={value}" for key, value in OWN.items()
)
ADOPT = f"cdk-sagemaker-algorithm adopt {NAME}"


@pytest.mark.parametrize("lost", list(OWN))
def test_a_single_lost_tag_is_drift_and_restored(lost: str) -> None:
    rest = {key: value for key, value in OWN.items() if key != lost}
    found = found_with(rest, exact=False)
    assert found is not None
    assert "has lost its" in found.what
    assert found.command == RESTORE


@pytest.mark.parametrize(
    ("tags", "exact", "what", "remedy", "command"),
    [
        ({}, False, "has lost its ownership tags", "restore the tags", RESTORE),
        ({}, True, "has lost its ownership tags", "mark it, then set another revision", ADOPT),
        ({RELEASED_TAG: "true"}, False, "was released", "remove the construct or set another revision=...", ""),
        ({RELEASED_TAG: "true"}, True, "was released", "remove the construct or set another algorithm_name=...", ""),
        ({ADOPTER_TAG: OWNER.adopter}, True, "is marked for its stack", "set another revision=...", ""),
        ({ADOPTER_TAG: "Other/X"}, True, "has lost its ownership tags", "mark it, then", ADOPT),
        ({STACK_TAG: "a:stack/Other/1", RESOURCE_TAG: "X"}, True, "belongs to Other/X", "remove the construct or", ""),
        (
            {STACK_TAG: STACK_ID, RESOURCE_TAG: "ProdChurn"},
            True,
            "has lost its tag cdk-sagemaker-algorithm:fingerprint",
            f"release it, mark it with {ADOPT}",
            f"cdk-sagemaker-algorithm release {NAME}",
        ),
    ],
)
def test_each_drift_has_its_repair(tags: dict[str, str], *, exact: bool, what: str, remedy: str, command: str) -> None:
    found = found_with(tags, exact=exact)
    assert found is not None
    assert what in found.what
    assert remedy in found.remedy
    assert found.command == command


@pytest.mark.parametrize(("exact", "command"), [(False, ""), (True, ADOPT)])
def test_another_algorithm_of_an_exact_name_can_be_adopted(*, exact: bool, command: str) -> None:
    found = found_with({}, exact=exact, created=CHANGED + 3600)
    assert found is not None
    assert ("another one" in found.what, found.command) == (True, command)


def test_an_adopted_algorithm_has_no_drift() -> None:
    assert found_with({**OWN, ADOPTER_TAG: OWNER.adopter}, exact=True, created=1.0) is None


def named(name: str) -> Stack:
    return head(template(resources({**definition(), "AlgorithmName": name})))


def planned(account: Account, wanted: Stack) -> AlgorithmDiff:
    reader = Deployed(account.client)
    before = reader.stacks([wanted])
    (entry,) = compare(before, reader.with_holders([wanted], before)).algorithms
    return entry


@pytest.mark.parametrize(
    ("tags", "status", "action", "said"),
    [
        ({}, "Completed", PlannedAction.REJECT, "exists already: set another algorithm_name, or mark it with"),
        ({ADOPTER_TAG: "Prod/Other"}, "Completed", PlannedAction.REJECT, "`cdk-sagemaker-algorithm adopt wine`"),
        ({STACK_TAG: "a:stack/B/1", RESOURCE_TAG: "X"}, "Completed", PlannedAction.REJECT, "and belongs to B/X: set"),
        ({ADOPTER_TAG: OWNER.adopter}, "Completed", PlannedAction.CREATE, "adopts the existing algorithm wine without"),
        ({ADOPTER_TAG: OWNER.adopter}, "Failed", PlannedAction.REJECT, "its status is Failed: only a Completed one"),
        (OWN, "Failed", PlannedAction.CREATE, ""),
    ],
)
def test_an_exact_name_that_exists_is_adopted_or_rejected(
    tags: dict[str, str], status: str, action: PlannedAction, said: str
) -> None:
    account = Account()
    account.misses()
    account.has_algorithm("wine", tags, status=status)
    entry = planned(account, named("wine"))
    assert entry.action is action
    assert said in " ".join((*entry.reasons, *entry.notes))
    assert (entry.cost is None) == (said != "")


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_an_exact_name_that_is_free_or_may_not_be_asked_for_is_created(code: str) -> None:
    account = Account()
    account.misses()
    account.sagemaker.add_client_error("describe_algorithm", code, "Algorithm does not exist")
    entry = planned(account, named("wine"))
    assert (entry.action, entry.notes) == (PlannedAction.CREATE, ())


@pytest.mark.parametrize("goes", [False, True])
def test_an_adopted_algorithm_is_given_back(*, goes: bool) -> None:
    account = Account()
    account.has("Prod", named("wine").template)
    account.has_resource("ProdChurn", "Custom::SageMakerAlgorithm", "wine")
    account.has_algorithm("wine", {**OWN, ADOPTER_TAG: OWNER.adopter})
    account.sagemaker.add_client_error("describe_algorithm", "ValidationException", "Algorithm does not exist")
    entry = planned(account, head({"Resources": {}}) if goes else named("wine-2"))
    assert entry.action is (PlannedAction.DELETE if goes else PlannedAction.REPLACE)
    assert entry.notes == ("the stack has adopted wine, so it gives it back instead of deleting it",)
    assert entry.impact is not Impact.BREAKING


def test_a_stack_whose_creation_was_rolled_back_has_nothing() -> None:
    account, wanted = Account(), head(template(resources(definition())))
    account.status = "ROLLBACK_COMPLETE"
    account.has("Prod", wanted.template)
    account.cloudformation.add_client_error("describe_stack_resource", "ValidationError", "Resource does not exist")
    assert planned(account, wanted).action is PlannedAction.CREATE


def test_an_algorithm_made_by_hand_under_the_same_name_is_another_one() -> None:
    account = Account()
    account.has_algorithm(NAME, {}, created=CHANGED + 3600)
    assert "the algorithm is another one" in drift_of(account)


def test_an_algorithm_that_may_not_be_read_is_said() -> None:
    account = Account()
    account.sagemaker.add_client_error("describe_algorithm", "AccessDeniedException", "no")
    assert drift_of(account) == "drift: not checked, because AWS did not answer: AccessDeniedException: no"


@pytest.mark.parametrize(
    ("physical_id", "status"), [("", "CREATE_IN_PROGRESS"), (NAME, "UPDATE_IN_PROGRESS"), ("a:b", "CREATE_COMPLETE")]
)
def test_what_has_no_algorithm_yet_has_no_drift(physical_id: str, status: str) -> None:
    account, body = Account(), template(resources(definition()))
    account.has("Prod", body)
    account.has_resource("ProdChurn", "Custom::SageMakerAlgorithm", physical_id, status)
    (stack,) = Deployed(account.client).stacks([head(body)])
    assert stack.drift == {}
    assert ("sagemaker", None) not in account.asked


def test_another_account_s_stack_is_refused() -> None:
    with pytest.raises(InputError, match="belongs to account 999999999999, but the credentials are for 123456789012"):
        Deployed(Account().client).stacks([head({}, "999999999999")])


def test_a_template_file_says_no_stack() -> None:
    bare = Stack(name=None, label="t.json", template={})
    with pytest.raises(InputError, match="does not contain its stack's name"):
        Deployed(Account().client).stacks([bare])
