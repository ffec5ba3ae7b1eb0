"""The role that the validation's jobs run with."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_algorithm import S3Data, ValidationSpecification
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE
from tests.support.stacks import (
    ALGORITHM,
    ROLE,
    Resource,
    algorithm,
    as_list,
    grants,
    new_stack,
    only,
    resources,
    statements,
    template,
    text,
    users_role,
    validation,
)


def handler_statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    (role,) = (each for name, each in resources(stack, "AWS::IAM::Role").items() if "HandlerRole" in name)
    return [each for policy in role["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def passed(stack: cdk.Stack) -> list[str]:
    found = [each for each in handler_statements(stack) if each["Action"] == "iam:PassRole"]
    assert all(
        each["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}} for each in found
    )
    return [text(arn) for each in found for arn in as_list(each["Resource"])]


def made_role(stack: cdk.Stack) -> tuple[str, Resource]:
    ((name, role),) = (
        (name, each) for name, each in resources(stack, "AWS::IAM::Role").items() if "ValidationRole" in name
    )
    return name, role


def test_without_a_validation_specification_there_is_no_role() -> None:
    stack = new_stack()
    found = algorithm(stack)

    assert found.validation_role is None
    assert isinstance(found.grant_principal, iam.UnknownPrincipal)
    assert passed(stack) == []
    assert len(resources(stack, "AWS::IAM::Role")) == 2


def test_a_role_is_made_that_sagemaker_takes_on_in_this_account_only() -> None:
    stack = new_stack()
    algorithm(stack, validation_specification=validation())

    name, role = made_role(stack)

    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": trust["Condition"]["ArnLike"]["aws:SourceArn"]},
        },
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
    }
    source = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:*"
    assert text(trust["Condition"]["ArnLike"]["aws:SourceArn"]) == source
    assert "ManagedPolicyArns" not in role["Properties"]
    specification = only(stack, ALGORITHM)["Properties"]["ValidationSpecification"]
    assert specification["ValidationRole"] == {"Fn::GetAtt": [name, "Arn"]}
    assert passed(stack) == ["${" + name + ".Arn}"]


def test_the_role_that_is_made_gets_a_name_only_where_another_environment_refers_to_it() -> None:
    app = cdk.App()
    here, there = (
        cdk.Stack(app, name, env=cdk.Environment(account=account, region="eu-west-1"))
        for name, account in (("Here", "111122223333"), ("There", "444455556666"))
    )
    role = algorithm(here, validation_specification=validation()).validation_role
    assert role is not None
    assert "RoleName" not in made_role(here)[1]["Properties"]

    s3.Bucket(there, "Bucket", bucket_name="data-of-another-account").grant_read(role)

    name = made_role(here)[1]["Properties"]["RoleName"]
    (statement,) = statements(only(there, "AWS::S3::BucketPolicy"))
    assert text(statement["Principal"]["AWS"]) == f"arn:${{AWS::Partition}}:iam::111122223333:role/{name}"


def test_the_role_that_is_made_may_do_what_the_profile_needs_and_no_more() -> None:
    stack = new_stack()
    algorithm(stack, validation_specification=validation())

    (policy,) = (each for name, each in resources(stack, "AWS::IAM::Policy").items() if "ValidationRole" in name)

    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker/"
    groups = [logs + kind for kind in ("TrainingJobs", "TransformJobs")]
    expected = {
        **{
            f"{group}{end}": {"logs:CreateLogGroup", "logs:DescribeLogStreams"}
            for group in groups
            for end in ("", ":*")
        },
        **{f"{group}:log-stream:*": {"logs:CreateLogStream", "logs:PutLogEvents"} for group in groups},
        "*": {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"},
        "arn:${AWS::Partition}:ecr:eu-west-1:123456789012:repository/forest": {
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        },
        "arn:${AWS::Partition}:s3:::data": {"s3:ListBucket"},
        "arn:${AWS::Partition}:s3:::data/iris*": {"s3:GetObject"},
        "arn:${AWS::Partition}:s3:::models/forest*": {"s3:AbortMultipartUpload", "s3:PutObject"},
    }
    assert grants(policy) == expected
    (metrics,) = (each for each in statements(policy) if each["Action"] == "cloudwatch:PutMetricData")
    assert metrics["Condition"] == {
        "StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]},
    }


def test_no_action_has_a_wildcard() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Bucket", encryption=s3.BucketEncryption.KMS)
    algorithm(stack, validation_specification=validation(output=S3Data.from_bucket(bucket, "out")))

    actions: list[str] = []
    for resource in template(stack)["Resources"].values():
        documents = [each["PolicyDocument"] for each in resource["Properties"].get("Policies", [])]
        if resource["Type"] == "AWS::IAM::Policy":
            documents.append(resource["Properties"]["PolicyDocument"])
        for document in documents:
            for statement in document["Statement"]:
                actions += statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]

    assert len(actions) > 30
    assert [action for action in actions if "*" in action] == []


def test_the_algorithm_waits_for_the_roles_policies() -> None:
    stack = new_stack()
    algorithm(stack, validation_specification=validation())

    waited = only(stack, ALGORITHM)["DependsOn"]

    (policy,) = (name for name in resources(stack, "AWS::IAM::Policy") if "ValidationRole" in name)
    assert policy in waited


def test_policies_that_are_given_to_the_role_later_are_waited_for_too() -> None:
    stack = new_stack()
    role = users_role(stack, "Role")
    algorithm(stack, validation_specification=validation(), validation_role=role)
    s3.Bucket(stack, "Bucket").grant_read(role)

    (policy,) = (name for name in resources(stack, "AWS::IAM::Policy") if name.startswith("Role"))

    assert policy in only(stack, ALGORITHM)["DependsOn"]


@pytest.mark.parametrize("place", ["argument", "specification"])
def test_a_given_role_is_granted_what_stands_there_as_an_object(place: str) -> None:
    stack = new_stack()
    role = users_role(stack, "Role")
    specification = validation(source=S3Data.from_uri("s3://data/iris"), output="s3://models/out")
    if place == "argument":
        found = algorithm(stack, validation_specification=specification, validation_role=role)
    else:
        found = algorithm(stack, validation_specification={"ValidationRole": role, **specification})

    (policy,) = (each for name, each in resources(stack, "AWS::IAM::Policy").items() if name.startswith("Role"))

    assert found.validation_role is role
    assert set(grants(policy)) == {"arn:${AWS::Partition}:s3:::data", "arn:${AWS::Partition}:s3:::data/iris*"}
    (name,) = (name for name in resources(stack, "AWS::IAM::Role") if name.startswith("Role"))
    assert passed(stack) == ["${" + name + ".Arn}"]


@pytest.mark.parametrize("place", ["argument", "specification"])
def test_a_role_by_its_arn_is_passed_and_granted_nothing(place: str) -> None:
    stack = new_stack()
    specification = validation(source=S3Data.from_uri("s3://data/iris"))
    if place == "argument":
        found = algorithm(stack, validation_specification=specification, validation_role=ROLE)
    else:
        found = algorithm(stack, validation_specification={"ValidationRole": ROLE, **specification})

    assert found.validation_role is not None
    assert found.validation_role.role_arn == ROLE
    assert passed(stack) == [ROLE]
    assert len(resources(stack, "AWS::IAM::Policy")) == 1


def test_an_l1_role_is_passed_by_its_arn() -> None:
    stack = new_stack()
    role = iam.CfnRole(stack, "Role", assume_role_policy_document={})
    algorithm(stack, validation_specification=validation(), validation_role=role)

    assert passed(stack) == ["${Role.Arn}"]


def test_the_algorithm_stands_for_its_role_where_permissions_are_granted() -> None:
    stack = new_stack()
    found = algorithm(stack, validation_specification=validation())
    s3.Bucket.from_bucket_name(stack, "Bucket", "manifests").grant_read(found)

    (policy,) = (each for name, each in resources(stack, "AWS::IAM::Policy").items() if "ValidationRole" in name)

    assert "arn:${AWS::Partition}:s3:::manifests/*" in grants(policy)


def test_the_dataclass_may_leave_the_role_out() -> None:
    stack = new_stack()
    profiles = validation()["ValidationProfiles"]
    algorithm(stack, validation_specification=ValidationSpecification(validation_profiles=profiles))

    (one,) = resources(stack, ALGORITHM_TYPE).values()
    assert one["Properties"]["ValidationSpecification"]["ValidationRole"] == {
        "Fn::GetAtt": [next(name for name in resources(stack, "AWS::IAM::Role") if "ValidationRole" in name), "Arn"]
    }


def test_two_algorithms_have_a_role_each() -> None:
    stack = new_stack()
    algorithm(stack, "One", validation_specification=validation())
    algorithm(stack, "Two", validation_specification=validation())

    assert len(passed(stack)) == 2
    assert len(set(passed(stack))) == 2
