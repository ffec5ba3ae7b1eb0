"""Who may use an algorithm, and algorithms that exist."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_sagemaker_algorithm import Algorithm, AlgorithmBase
from tests.support.stacks import (
    Resource,
    algorithm,
    grants,
    new_stack,
    only,
    resources,
    statements,
    text,
    users_role,
    validation,
)

ARN = "arn:aws:sagemaker:us-east-2:111122223333:algorithm/forest-1"
DESCRIBE = {"sagemaker:DescribeAlgorithm", "sagemaker:ListTags"}


def grantee(stack: cdk.Stack) -> iam.Role:
    return users_role(stack, "User")


def policy_of(stack: cdk.Stack) -> Resource:
    (policy,) = (each for name, each in resources(stack, "AWS::IAM::Policy").items() if name.startswith("User"))
    return policy


def test_describing_is_confined_to_the_algorithm() -> None:
    stack = new_stack()
    algorithm(stack).grants.describe(grantee(stack)).assert_success()

    last = list(resources(stack, "Custom::SageMakerAlgorithmValidation"))[-1]

    assert grants(policy_of(stack)) == {"${" + last + ".AlgorithmArn}": DESCRIBE}


def test_any_action_can_be_granted() -> None:
    stack = new_stack()
    Algorithm.from_algorithm_arn(stack, "Forest", ARN).grants.actions(grantee(stack), "sagemaker:DeleteAlgorithm")

    assert grants(policy_of(stack)) == {ARN: {"sagemaker:DeleteAlgorithm"}}


@pytest.mark.parametrize(
    ("verb", "noun", "kind"),
    [
        ("create_training_job", "TrainingJob", "training-job"),
        ("create_tuning_job", "HyperParameterTuningJob", "hyper-parameter-tuning-job"),
        ("create_transform_job", "TransformJob", "transform-job"),
    ],
)
def test_jobs_are_confined_by_their_names(verb: str, noun: str, kind: str) -> None:
    stack = new_stack()
    found = Algorithm.from_algorithm_arn(stack, "Forest", ARN)
    getattr(found.grants, verb)(grantee(stack), name_prefix="forest-")

    allowed = grants(policy_of(stack))

    jobs = "arn:${AWS::Partition}:sagemaker:us-east-2:${AWS::AccountId}:"
    assert allowed[f"{jobs}{kind}/forest-*"] == {
        "sagemaker:AddTags",
        f"sagemaker:Create{noun}",
        f"sagemaker:Describe{noun}",
        f"sagemaker:Stop{noun}",
    }
    assert allowed[ARN] == DESCRIBE
    assert "iam:PassRole" not in str(allowed)


def test_jobs_on_a_subscribed_algorithm_run_in_the_subscribers_account() -> None:
    stack = new_stack(env=cdk.Environment(account="999999999999", region="us-east-1"))
    subscribed = "arn:aws:sagemaker:eu-west-1:057799348421:algorithm/x"
    found = Algorithm.from_algorithm_arn(stack, "Forest", subscribed)
    user = grantee(stack)
    found.grants.create_training_job(user)
    found.grants.create_tuning_job(user)
    found.grants.create_transform_job(user)

    kinds = ("training-job", "hyper-parameter-tuning-job", "transform-job", "model", "model-package")
    own = {f"arn:${{AWS::Partition}}:sagemaker:eu-west-1:999999999999:{kind}/*" for kind in kinds}
    assert set(grants(policy_of(stack))) == {subscribed, *own}


def test_a_transform_job_needs_a_model_and_a_package() -> None:
    stack = new_stack()
    Algorithm.from_algorithm_arn(stack, "Forest", ARN).grants.create_transform_job(grantee(stack), name_prefix="f-")

    allowed = grants(policy_of(stack))

    jobs = "arn:${AWS::Partition}:sagemaker:us-east-2:${AWS::AccountId}:"
    assert allowed[f"{jobs}model/f-*"] == {"sagemaker:CreateModel", "sagemaker:DescribeModel"}
    assert allowed[f"{jobs}model-package/f-*"] == {"sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"}


def test_passing_the_jobs_role_is_for_sagemaker_only() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/training")
    algorithm(stack).grants.create_training_job(grantee(stack), role=role)

    (statement,) = (each for each in statements(policy_of(stack)) if each["Action"] == "iam:PassRole")

    assert statement["Resource"] == "arn:aws:iam::111122223333:role/training"
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_the_validation_role_cannot_be_granted_use_of_what_waits_for_it() -> None:
    stack = new_stack()
    found = algorithm(stack, validation_specification=validation())
    assert found.validation_role is not None

    for each in (found, found.validation_role):
        with pytest.raises(ValueError, match=r"^Stack/Forest: cannot grant the algorithm"):
            found.grants.describe(each)


def test_an_imported_algorithm_has_the_environment_of_its_arn() -> None:
    stack = new_stack(env=cdk.Environment(account="999999999999", region="eu-west-1"))
    found = Algorithm.from_algorithm_arn(stack, "Forest", ARN)

    assert isinstance(found, AlgorithmBase)
    assert (found.env.account, found.env.region) == ("111122223333", "us-east-2")
    assert (found.algorithm_arn, found.algorithm_name) == (ARN, "forest-1")
    assert found.algorithm_ref.algorithm_arn == ARN


def test_an_algorithm_by_name_is_in_the_stacks_environment() -> None:
    stack = new_stack(env=cdk.Environment(account="999999999999", region="eu-west-1"))
    found = Algorithm.from_algorithm_name(stack, "Forest", "forest-1")

    assert (found.env.account, found.env.region) == ("999999999999", "eu-west-1")
    assert found.algorithm_name == "forest-1"
    assert text(stack.resolve(found.algorithm_arn)) == (
        "arn:${AWS::Partition}:sagemaker:eu-west-1:999999999999:algorithm/forest-1"
    )


def test_an_arn_that_is_known_at_deploy_is_taken_apart_there() -> None:
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "Arn")
    found = Algorithm.from_algorithm_arn(stack, "Forest", parameter.value_as_string)
    cdk.CfnOutput(stack, "Name", value=found.algorithm_name)

    assert stack.resolve(found.algorithm_name) == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Fn::Select": [5, {"Fn::Split": [":", {"Ref": "Arn"}]}]}]}]
    }


def test_nothing_is_made_for_an_imported_algorithm() -> None:
    stack = new_stack()
    Algorithm.from_algorithm_arn(stack, "Forest", ARN).grants.describe(grantee(stack))

    assert only(stack, "AWS::IAM::Role")
    assert resources(stack, "AWS::Lambda::Function") == {}
