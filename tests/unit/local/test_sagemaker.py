from __future__ import annotations

import http.client
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings

from cdk_sagemaker_algorithm.local.sagemaker.operations import SageMaker
from cdk_sagemaker_algorithm.model.json_access import structures
from tests.support.requests import create_algorithm_requests
from tests.support.sagemaker import IMAGE, PLAN, ROLE, Clock, definition, local_sagemaker, profile

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import LogBatch
    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step
    from tests.support.sagemaker import LocalSageMaker

# When each step of the plan is under way, in seconds after creation.
SCANNING, TRAINING, MODELLING, TRANSFORMING, AFTER = 15.0, 70.0, 125.0, 150.0, 200.0


@pytest.fixture
def local() -> Generator[LocalSageMaker]:
    with local_sagemaker() as sagemaker:
        yield sagemaker


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """The code and message that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call()
    error = cast("dict[str, Any]", refused.value.response)["Error"]
    return error["Code"], error["Message"]


# Transitions


def test_goes_through_all_states_to_completed(local: LocalSageMaker) -> None:
    name = local.create()
    seen: list[tuple[str, list[str]]] = []
    for seconds in (0, SCANNING, TRAINING, MODELLING, TRANSFORMING, AFTER):
        local.clock.time = Clock().time + seconds
        seen.append((local.status(name), [status for status, _ in local.statuses(name).values()]))
    waiting, running, done = "NotStarted", "InProgress", "Completed"
    # In each list: training job, transform job, training image, inference image.
    assert seen == [
        ("Pending", [waiting, waiting, waiting, waiting]),
        ("InProgress", [waiting, waiting, running, running]),
        ("InProgress", [running, waiting, done, done]),
        ("InProgress", [done, running, done, done]),
        ("InProgress", [done, running, done, done]),
        ("Completed", [done, done, done, done]),
    ]


def test_course_does_not_depend_on_when_somebody_looks(local: LocalSageMaker) -> None:
    local.create()
    local.clock.forward(AFTER)
    (training,) = local.client.list_training_jobs()["TrainingJobSummaries"]
    (transform,) = local.client.list_transform_jobs()["TransformJobSummaries"]
    start = Clock().time
    assert training["CreationTime"].timestamp() == start + 20
    assert training["TrainingEndTime"].timestamp() == start + 120
    assert transform["CreationTime"].timestamp() == start + 130
    assert transform["TransformEndTime"].timestamp() == start + 180


def test_without_profile_completes_as_soon_as_it_is_looked_into(local: LocalSageMaker) -> None:
    name = local.create(ValidationSpecification=None)
    local.clock.forward(PLAN.pending)
    assert local.status(name) == "Completed"
    assert local.statuses(name) == {}
    assert local.client.list_training_jobs()["TrainingJobSummaries"] == []


def test_certified_algorithm_has_its_images_scanned_without_a_profile(local: LocalSageMaker) -> None:
    name = local.create(ValidationSpecification=None, CertifyForMarketplace=True)
    local.clock.forward(SCANNING)
    assert set(local.statuses(name)) == {"training-image", "inference-image-1"}


def test_profile_without_transform_job_ends_after_training(local: LocalSageMaker) -> None:
    training_only = profile()
    del training_only["TransformJobDefinition"]
    specification = {"ValidationRole": ROLE, "ValidationProfiles": [training_only]}
    name = local.create(ValidationSpecification=specification)
    local.clock.forward(PLAN.pending + PLAN.image_scan + PLAN.training)
    assert local.status(name) == "Completed"
    assert "small-transform" not in local.statuses(name)
    assert local.client.list_models()["Models"] == []


# Failures


@pytest.mark.parametrize(
    ("step", "item", "jobs"),
    [
        ("image-scan", "training-image", []),
        ("training", "small-training", ["training"]),
        ("model", "small-transform", ["training"]),
        ("transform", "small-transform", ["training", "transform"]),
    ],
)
def test_fails_at_a_step_with_its_reason(step: Step, item: str, jobs: list[str]) -> None:
    with local_sagemaker({step: "no space left on device"}) as local:
        name = local.create()
        local.clock.forward(AFTER)
        assert local.status(name) == "Failed"
        failed = {name: reason for name, (status, reason) in local.statuses(name).items() if status == "Failed"}
        assert failed == {item: "no space left on device"}
        training = local.client.list_training_jobs()["TrainingJobSummaries"]
        transform = local.client.list_transform_jobs()["TransformJobSummaries"]
        assert ["training"] * len(training) + ["transform"] * len(transform) == jobs
        failed_jobs = [job["TrainingJobStatus"] == "Failed" for job in training]
        failed_jobs += [job["TransformJobStatus"] == "Failed" for job in transform]
        assert sum(failed_jobs) == (step in ("training", "transform"))


def test_image_scan_fails_without_a_profile() -> None:
    with local_sagemaker({"image-scan": "CVE-2026-1"}) as local:
        name = local.create(ValidationSpecification=None)
        local.clock.forward(AFTER)
        assert local.status(name) == "Failed"
        assert local.statuses(name)["training-image"] == ("Failed", "CVE-2026-1")
        assert local.service.failures_missed() == {}


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({"ValidationSpecification": None}, ["training", "transform"]),
        ({}, ["transform"]),
    ],
)
def test_knows_the_planned_failures_that_no_validation_came_to(changes: dict[str, Any], missed: list[str]) -> None:
    with local_sagemaker({"training": "one", "transform": "two"}) as local:
        name = local.create(**changes)
        assert list(local.service.failures_missed()) == ["training", "transform"]
        local.clock.forward(AFTER)
        assert local.status(name) in ("Completed", "Failed")
        # What was deleted, as a rollback does, has been validated all the same.
        local.client.delete_algorithm(AlgorithmName=name)
        local.clock.forward(PLAN.deleting)
        assert local.client.list_algorithms()["AlgorithmSummaryList"] == []
        assert list(local.service.failures_missed()) == missed


def test_failed_training_job_says_why_and_how_far_it_came() -> None:
    with local_sagemaker({"training": "accuracy is 0.2"}) as local:
        local.create()
        local.clock.forward(AFTER)
        (summary,) = local.client.list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]
        job = local.client.describe_training_job(TrainingJobName=summary["TrainingJobName"])
        assert job["FailureReason"] == "accuracy is 0.2"
        assert job["SecondaryStatus"] == "Failed"
        phases = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
        assert phases == ["Starting", "Downloading", "Training", "Failed"]
        assert "ModelArtifacts" not in job


def test_failure_can_be_ordered_for_the_next_algorithm_alone(local: LocalSageMaker) -> None:
    local.service.fail_next("transform", "serving container exits")
    failing, passing = local.create(), local.create(AlgorithmName="next")
    local.clock.forward(AFTER)
    assert local.statuses(failing)["small-transform"] == ("Failed", "serving container exits")
    assert local.status(passing) == "Completed"


def test_failure_can_be_ordered_over_http(local: LocalSageMaker) -> None:
    assert post(local, "/_local/fail-next", {"Step": "training", "Reason": "ordered"})[0] == 200
    name = local.create()
    local.clock.forward(AFTER)
    assert local.statuses(name)["small-training"] == ("Failed", "ordered")
    status, answer = post(local, "/_local/fail-next", {"Step": "deploy", "Reason": "ordered"})
    assert status == 400
    assert "image-scan, training, model, transform" in answer["message"]


def test_calls_can_be_refused(local: LocalSageMaker) -> None:
    local.service.fail_call("CreateAlgorithm", "ThrottlingException", "Rate exceeded", times=2)
    for _ in range(2):
        assert refusal(local.create) == ("ThrottlingException", "Rate exceeded")
    assert local.status(local.create()) == "Pending"


def test_stopping_the_training_job_fails_the_algorithm(local: LocalSageMaker) -> None:
    name = local.create()
    local.clock.forward(TRAINING)
    (job,) = local.client.list_training_jobs()["TrainingJobSummaries"]
    local.client.stop_training_job(TrainingJobName=job["TrainingJobName"])
    (job,) = local.client.list_training_jobs()["TrainingJobSummaries"]
    assert job["TrainingJobStatus"] == "Stopped"
    assert local.status(name) == "Failed"
    code, message = refusal(lambda: local.client.stop_training_job(TrainingJobName=job["TrainingJobName"]))
    assert code == "ValidationException"
    assert "Stopped" in message


# Refusals


def test_taken_name_is_refused(local: LocalSageMaker) -> None:
    local.create()
    code, message = refusal(local.create)
    assert code == "ValidationException"
    assert "already exists" in message


def test_missing_algorithm_is_refused(local: LocalSageMaker) -> None:
    code, message = refusal(lambda: local.status("absent"))
    assert (code, message.endswith("does not exist.")) == ("ValidationException", True)


def test_running_algorithm_cannot_be_deleted_and_a_deleted_one_frees_its_name(local: LocalSageMaker) -> None:
    name = local.create()

    def delete() -> object:
        return local.client.delete_algorithm(AlgorithmName=name)

    assert refusal(delete)[1] == "Cannot delete Algorithm in Pending status"
    local.clock.forward(SCANNING)
    assert refusal(delete)[1] == "Cannot delete Algorithm in InProgress status"
    local.clock.forward(AFTER)
    delete()
    assert local.status(name) == "Deleting"
    assert refusal(delete)[1] == "Cannot delete Algorithm in Deleting status"
    assert "already exists" in refusal(local.create)[1]
    local.clock.forward(PLAN.deleting)
    assert "does not exist" in refusal(lambda: local.status(name))[1]
    assert local.create() == name


def changed(path: str, value: Any) -> dict[str, Any]:
    """The definition with one value of it changed."""
    request = definition()
    *way, last = path.split(".")
    inner: Any = request
    for name in way:
        inner = inner[int(name)] if name.isdigit() else inner[name]
    inner[last] = value
    return request


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            changed("TrainingSpecification.TrainingImage", None),
            (
                "1 validation error detected: Value null at 'trainingSpecification.trainingImage' failed to"
                " satisfy constraint: Member must not be null"
            ),
        ),
        (
            changed("AlgorithmName", "wine_quality"),
            (
                "1 validation error detected: Value 'wine_quality' at 'algorithmName' failed to satisfy"
                " constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
            ),
        ),
        (
            changed("TrainingSpecification.SupportedTuningJobObjectiveMetrics.0.Type", "Maximum"),
            (
                "1 validation error detected: Value 'Maximum' at"
                " 'trainingSpecification.supportedTuningJobObjectiveMetrics.1.member.type' failed to satisfy"
                " constraint: Member must satisfy enum value set: [Maximize, Minimize]"
            ),
        ),
        (
            changed("TrainingSpecification.TrainingChannels.0.SupportedInputModes", ["File", "FastFile"]),
            (
                "1 validation error detected: Value '[File, FastFile]' at"
                " 'trainingSpecification.trainingChannels.1.member.supportedInputModes' failed to satisfy"
                " constraint: Member must satisfy constraint:"
                " [Member must satisfy enum value set: [Pipe, File]]"
            ),
        ),
        (
            changed("TrainingSpecification.TrainingChannels", []),
            (
                "1 validation error detected: Value '[]' at 'trainingSpecification.trainingChannels' failed to"
                " satisfy constraint: Member must have length greater than or equal to 1"
            ),
        ),
    ],
)
def test_violations_are_refused_in_the_services_words(
    local: LocalSageMaker, request_: dict[str, Any], message: str
) -> None:
    assert refusal(lambda: local.client.create_algorithm(**request_)) == ("ValidationException", message)


def test_all_violations_come_in_one_answer(local: LocalSageMaker) -> None:
    request = changed("AlgorithmDescription", "x" * 1025)
    request["ValidationSpecification"]["ValidationRole"] = "no-role"
    message = refusal(lambda: local.client.create_algorithm(**request))[1]
    assert message.startswith("3 validation errors detected: ")
    assert "Member must have length less than or equal to 1024; Value 'no-role'" in message
    assert "Member must have length greater than or equal to 20; Value 'no-role'" in message


def test_what_the_model_allows_and_the_service_refuses(local: LocalSageMaker) -> None:
    request = definition()
    job = request["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]
    job["StoppingCondition"]["MaxPendingTimeInSeconds"] = 7199
    job["ResourceConfig"]["SelectedInstanceCount"] = 1
    message = refusal(lambda: local.client.create_algorithm(**request))[1]
    assert message.startswith("2 validation errors detected: Value '7199'")
    assert "selectedInstanceCount" in message


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("AlgorithmDescription", 7, "NUMBER_VALUE can not be converted to String"),
        ("CertifyForMarketplace", "true", "STRING_VALUE can not be converted to Boolean"),
        ("TrainingSpecification", [], "START_ARRAY can not be converted to a structure"),
        ("Tags", {}, "START_OBJECT can not be converted to a list"),
        ("InferenceSpecification.SupportedContentTypes", [True], "TRUE_VALUE can not be converted to String"),
        (
            "ValidationSpecification.ValidationProfiles.0.TrainingJobDefinition.ResourceConfig.InstanceCount",
            "1",
            "STRING_VALUE can not be converted to Integer",
        ),
        ("TrainingSpecification.Image", "x", "unknown member 'TrainingSpecification.Image'"),
    ],
)
def test_wrong_types_are_refused(local: LocalSageMaker, path: str, value: Any, message: str) -> None:
    # Over plain HTTP, for boto3 would not send them.
    status, answer = post(local, "/", changed(path, value), target="SageMaker.CreateAlgorithm")
    assert status == 400
    assert answer == {"__type": "SerializationException", "message": message}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(create_algorithm_requests())
def test_whatever_keeps_to_the_model_is_accepted(request_: dict[str, Any]) -> None:
    service = SageMaker(PLAN, Clock())
    drop_what_the_service_refuses(request_)
    arn = service.call("CreateAlgorithm", request_)["AlgorithmArn"]
    answer = service.call("DescribeAlgorithm", {"AlgorithmName": arn})
    assert answer["AlgorithmName"] == request_["AlgorithmName"]


def drop_what_the_service_refuses(request: dict[str, Any]) -> None:
    """Take FastFile and short pending times out of a generated request."""
    for channel in request["TrainingSpecification"]["TrainingChannels"]:
        channel["SupportedInputModes"] = ["File"]
    for given_profile in structures(request, "ValidationSpecification", "ValidationProfiles"):
        given_profile["TrainingJobDefinition"]["StoppingCondition"].pop("MaxPendingTimeInSeconds", None)


# Answers


def test_describe_keeps_some_members_to_itself_and_adds_digests(local: LocalSageMaker) -> None:
    answer: dict[str, Any] = dict(local.client.describe_algorithm(AlgorithmName=local.create()))
    job = answer["ValidationSpecification"]["ValidationProfiles"][0]["TrainingJobDefinition"]
    assert set(job["InputDataConfig"][0]) == {"ChannelName", "ContentType", "DataSource"}
    assert set(job["OutputDataConfig"]) == {"S3OutputPath"}
    assert "KeepAlivePeriodInSeconds" not in job["ResourceConfig"]
    assert set(job["StoppingCondition"]) == {"MaxRuntimeInSeconds"}
    assert answer["TrainingSpecification"]["TrainingImageDigest"].startswith("sha256:")
    assert answer["InferenceSpecification"]["Containers"][0]["ImageDigest"].startswith("sha256:")
    assert "Tags" not in answer


def test_jobs_show_what_the_profile_asked_for_and_never_the_algorithm(local: LocalSageMaker) -> None:
    name = local.create()
    local.clock.forward(AFTER)
    (summary,) = local.client.list_training_jobs()["TrainingJobSummaries"]
    training = local.client.describe_training_job(TrainingJobName=summary["TrainingJobName"])
    assert training["RoleArn"] == ROLE
    assert training["AlgorithmSpecification"].get("TrainingImage") == IMAGE
    assert training["HyperParameters"] == {"max_depth": "6"}
    assert training["OutputDataConfig"]["S3OutputPath"] == "s3://wine-example/output/"
    artifacts = training["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts == f"s3://wine-example/output/{summary['TrainingJobName']}/output/model.tar.gz"

    (transform_summary,) = local.client.list_transform_jobs()["TransformJobSummaries"]
    transform = local.client.describe_transform_job(TransformJobName=transform_summary["TransformJobName"])
    assert transform["TransformOutput"]["S3OutputPath"] == "s3://wine-example/predictions/"
    model = local.client.describe_model(ModelName=transform["ModelName"])
    assert model["ExecutionRoleArn"] == ROLE
    assert model["PrimaryContainer"].get("ModelDataUrl") == artifacts
    shown = json.dumps([training, transform, model], default=str)
    assert name not in shown


def test_final_metrics_come_out_of_the_log_by_the_definitions_regexes(local: LocalSageMaker) -> None:
    batches = collect_log_lines(local)
    local.create()
    local.clock.forward(AFTER)
    (summary,) = local.client.list_training_jobs()["TrainingJobSummaries"]
    job = local.client.describe_training_job(TrainingJobName=summary["TrainingJobName"])
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    batches()
    logged = [line.text for batch in batches() for line in batch.lines]
    assert f"validation-rmse={final['validation:rmse']};" in logged
    assert f"r2: {final['validation:r2']}" in logged
    assert final["validation:rmse"] < 0.1
    assert final["validation:r2"] > 0.9


def collect_log_lines(local: LocalSageMaker) -> Callable[[], list[LogBatch]]:
    """Remember the lines that the server hands on, and those it has not yet."""

    class Sink:
        taken: list[LogBatch]

        def __init__(self) -> None:
            self.taken = []

        def write(self, batch: LogBatch) -> bool:
            self.taken.append(batch)
            return True

    sink = Sink()
    local.server.log_sink = sink

    def taken() -> list[LogBatch]:
        # The server's own thread may have taken some of them.
        for batch in local.service.new_lines():
            sink.write(batch)
        return sink.taken

    return taken


def test_log_streams_are_named_as_on_aws_and_lines_come_once() -> None:
    clock = Clock()
    service = SageMaker(PLAN.failing({"training": "killed"}), clock)
    service.call("CreateAlgorithm", definition())
    clock.forward(TRAINING)
    service.advance()
    first = service.new_lines()
    clock.forward(AFTER)
    service.advance()
    second = service.new_lines()
    assert {batch.group for batch in first + second} == {"/aws/sagemaker/TrainingJobs"}
    assert len({batch.stream for batch in first + second}) == 1
    assert "/algo-1-" in first[0].stream
    assert second[-1].lines[-1].text == "ERROR killed"
    times = [line.time for batch in first + second for line in batch.lines]
    assert times == sorted(times)
    assert service.new_lines() == []


def test_lists_filter_sort_and_page(local: LocalSageMaker) -> None:
    names = [local.create(AlgorithmName=f"wine-{number}", ValidationSpecification=None) for number in (2, 0, 1)]
    local.create(AlgorithmName="beer", ValidationSpecification=None)
    pages = local.client.get_paginator("list_algorithms").paginate(
        NameContains="Wine", SortBy="Name", SortOrder="Descending", PaginationConfig={"PageSize": 2}
    )
    listed = [[item["AlgorithmName"] for item in page["AlgorithmSummaryList"]] for page in pages]
    assert listed == [["wine-2", "wine-1"], ["wine-0"]]
    assert sorted(names) == ["wine-0", "wine-1", "wine-2"]
    assert refusal(lambda: local.client.list_algorithms(NextToken="no token"))[1] == "Invalid NextToken"


def test_jobs_are_found_by_creation_time(local: LocalSageMaker) -> None:
    local.create()
    local.clock.forward(AFTER)
    created = local.client.list_training_jobs()["TrainingJobSummaries"][0]["CreationTime"]
    assert local.client.list_training_jobs(CreationTimeAfter=created)["TrainingJobSummaries"]
    later = local.client.list_training_jobs(CreationTimeAfter=created + timedelta(seconds=1))
    assert later["TrainingJobSummaries"] == []


def test_tags_are_added_replaced_listed_and_deleted(local: LocalSageMaker) -> None:
    arn = local.client.describe_algorithm(AlgorithmName=local.create())["AlgorithmArn"]
    local.client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "beer"}, {"Key": "stage", "Value": "test"}])
    local.client.delete_tags(ResourceArn=arn, TagKeys=["stage", "absent"])
    assert local.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "beer"}]


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([{"Key": "aws:cloudformation:stack-id", "Value": "x"}], "reserved"),
        ([{"Key": "team", "Value": "x"}, {"Key": "team", "Value": "y"}], "Duplicate tag keys"),
    ],
)
def test_bad_tags_are_refused(local: LocalSageMaker, tags: list[dict[str, str]], message: str) -> None:
    assert message in refusal(lambda: local.create(Tags=tags))[1]


def test_tags_of_a_missing_algorithm_are_refused(local: LocalSageMaker) -> None:
    arn = "arn:aws:sagemaker:us-east-1:000000000000:algorithm/absent"
    assert refusal(lambda: local.client.list_tags(ResourceArn=arn))[0] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("SageMaker.CreateEndpoint", b"{}", "UnknownOperationException"),
        ("Logs.PutLogEvents", b"{}", "UnknownOperationException"),
        ("SageMaker.ListAlgorithms", b"{", "SerializationException"),
        ("SageMaker.ListAlgorithms", b"[]", "SerializationException"),
    ],
)
def test_protocol_errors(local: LocalSageMaker, target: str, body: bytes, code: str) -> None:
    status, answer = post(local, "/", body, target=target)
    assert (status, answer["__type"]) == (400, code)


def post(
    local: LocalSageMaker, path: str, body: dict[str, Any] | bytes, *, target: str = ""
) -> tuple[int, dict[str, Any]]:
    """Send a request without any SDK."""
    connection = http.client.HTTPConnection(urlsplit(local.server.url).netloc, timeout=10)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = f"AWS4-HMAC-SHA256 Credential={local.key.access_key_id}/20260101/us-east-1/sagemaker/aws4_request"
        connection.request("POST", path, data, {"X-Amz-Target": target, "Authorization": signed})
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        return response.status, answer
    finally:
        connection.close()
