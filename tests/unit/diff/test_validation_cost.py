"""What a validation runs and comes to at worst."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_algorithm.diff import Instances, PlannedAction, compare
from cdk_sagemaker_algorithm.diff.formats.wording import job_line
from cdk_sagemaker_algorithm.diff.validation_cost import ValidationCost, cost_of, hours_text
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical, content
from tests.support.templates import definition, resources, stack, template

Json = Any


def cost(*, transform: bool = True, **training: Json) -> ValidationCost:
    request = definition()
    profile = request["ValidationSpecification"]["ValidationProfiles"][0]
    profile["TrainingJobDefinition"] |= training
    if not transform:
        del profile["TransformJobDefinition"]
    return cost_of(canonical(content(request)))


def test_training_and_transform() -> None:
    found = cost()
    assert [job_line(job) for job in found.jobs] == [
        "training job of profile small on 2 x ml.m5.xlarge, up to 1 h 30 min: 3 instance-hours",
        "transform job of profile small on 1 x ml.m5.large (the API has no maximum runtime for transform jobs)",
    ]
    assert found.text == "up to 3 instance-hours, plus unbounded transform"
    assert (found.instance_hours, found.limited, found.public) == (3.0, False, False)


def test_no_max_runtime_is_a_day() -> None:
    found = cost(transform=False, StoppingCondition={})
    assert found.text == "up to 48 instance-hours"
    assert found.jobs[0].notes == ("MaxRuntimeInSeconds is not set: SageMaker uses 1 day",)


def test_instance_groups_add_up() -> None:
    groups = [
        {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 3},
        {"InstanceGroupName": "b", "InstanceType": "ml.p3.2xlarge", "InstanceCount": 1},
    ]
    found = cost(transform=False, ResourceConfig={"InstanceGroups": groups})
    assert found.jobs[0].instances == (
        Instances(instance_type="ml.m5.large", count=3),
        Instances(instance_type="ml.p3.2xlarge", count=1),
    )
    assert found.instance_hours == 6


def test_the_largest_of_several_preferences_counts() -> None:
    preferences = [
        {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceType": "ml.m5.xlarge", "InstanceCount": 4},
    ]
    found = cost(transform=False, ResourceConfig={"InstancePreferences": preferences})
    assert found.instance_hours == 6
    assert found.jobs[0].notes == ("on the first available of 1 x ml.m5.large, 4 x ml.m5.xlarge",)


def test_instances_that_are_kept_warm_are_mentioned() -> None:
    resource = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "KeepAlivePeriodInSeconds": 3600}
    found = cost(transform=False, ResourceConfig=resource)
    assert found.jobs[0].notes == ("plus up to 1 h of warm pool (KeepAlivePeriodInSeconds)",)


def test_what_only_the_deployment_knows_has_no_limit() -> None:
    request = definition()
    job = request["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]
    job["ResourceConfig"]["InstanceCount"] = {"Ref": "Count"}
    body = template(resources(request), Parameters={"Count": {"Type": "Number", "Default": 2}})
    (entry,) = compare([], [stack(body)]).algorithms
    assert entry.cost is not None
    assert entry.cost.jobs[0].instances[0].text == "? x ml.m5.xlarge"
    assert entry.cost.text == "unbounded (training and transform)"


def test_without_a_profile_nothing_runs() -> None:
    request = definition()
    del request["ValidationSpecification"]
    assert cost_of(canonical(content(request))).text == "no validation jobs"


def test_certified_profiles_are_public() -> None:
    request = {**definition(), "CertifyForMarketplace": "true"}
    assert cost_of(canonical(content(request))).public


def test_only_what_is_validated_is_on_the_bill() -> None:
    same = template(resources(definition()))
    (entry,) = compare([stack(same)], [stack(same)]).algorithms
    assert (entry.action, entry.cost) == (PlannedAction.NO_CHANGE, None)
    (entry,) = compare([stack(same)], [stack(template())]).algorithms
    assert (entry.action, entry.cost) == (PlannedAction.DELETE, None)


@pytest.mark.parametrize(
    ("hours", "text"),
    [(1, "1 instance-hour"), (0.5, "0.5 instance-hours"), (1.25, "1.25 instance-hours"), (10, "10 instance-hours")],
)
def test_hours_have_their_noun(hours: float, text: str) -> None:
    assert hours_text(hours) == text
