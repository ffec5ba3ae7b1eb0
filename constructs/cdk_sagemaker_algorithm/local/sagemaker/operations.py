"""Implement SageMaker operations for algorithms and their validation jobs."""

from __future__ import annotations

import threading
from collections import deque
from functools import cache
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.local.sagemaker.botocore_session import isolated_session
from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError, validation_error
from cdk_sagemaker_algorithm.local.sagemaker.job_store import JobStore
from cdk_sagemaker_algorithm.local.sagemaker.list_pages import page, select
from cdk_sagemaker_algorithm.local.sagemaker.request_validation import check_request
from cdk_sagemaker_algorithm.local.sagemaker.simulated_algorithm import SimulatedAlgorithm
from cdk_sagemaker_algorithm.local.sagemaker.simulated_runner import SimulatedJobRunner
from cdk_sagemaker_algorithm.local.sagemaker.undocumented_constraints import check_algorithm, check_tags
from cdk_sagemaker_algorithm_provider.contract.limits import MAX_TAGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import ServiceModel

    from cdk_sagemaker_algorithm.local.sagemaker.account_resources import AccountResources
    from cdk_sagemaker_algorithm.local.sagemaker.job_runner import JobKind, JobRunner
    from cdk_sagemaker_algorithm.local.sagemaker.jobs import SimulatedJob
    from cdk_sagemaker_algorithm.local.sagemaker.log_delivery import LogBatch
    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step, ValidationPlan
    from cdk_sagemaker_algorithm.model.json_access import JsonObject

_DELETABLE = ("Completed", "Failed")


class SageMaker:
    """Simulated SageMaker of one account and region. All methods are thread-safe."""

    def __init__(
        self,
        plan: ValidationPlan,
        now: Callable[[], float],
        *,
        runner: JobRunner | None = None,
        region: str = "us-east-1",
        account: str = "000000000000",
    ) -> None:
        """Create an account without algorithms.

        Args:
            plan: Durations and failures of validation steps.
            now: Function that returns the time in seconds since 1970.
            runner: Runs the jobs. Default: simulated jobs.
            region: The region in ARNs.
            account: The account in ARNs.
        """
        self._plan = plan
        self._now = now
        self._lock = threading.RLock()
        self._algorithms: dict[str, SimulatedAlgorithm] = {}
        prefix = f"arn:aws:sagemaker:{region}:{account}"
        self._job_store = JobStore(runner or SimulatedJobRunner(plan), prefix)
        self._reached: set[Step] = set()
        self._failing_next: dict[Step, str] = {}
        self._failing_calls: dict[str, deque[ServiceError]] = {}
        self._operations: dict[str, Callable[[JsonObject], JsonObject]] = {
            "AddTags": self._add_tags,
            "CreateAlgorithm": self._create_algorithm,
            "DeleteAlgorithm": self._delete_algorithm,
            "DeleteTags": self._delete_tags,
            "DescribeAlgorithm": self._describe_algorithm,
            "DescribeModel": self._describe_model,
            "DescribeTrainingJob": lambda request: self._job("training", request).describe(),
            "DescribeTransformJob": lambda request: self._job("transform", request).describe(),
            "ListAlgorithms": self._list_algorithms,
            "ListModels": self._list_models,
            "ListTags": self._list_tags,
            "ListTrainingJobs": lambda request: self._list_jobs("training", request),
            "ListTransformJobs": lambda request: self._list_jobs("transform", request),
            "StopTrainingJob": lambda request: self._stop("training", request),
            "StopTransformJob": lambda request: self._stop("transform", request),
        }

    def place(self, resources: AccountResources) -> None:
        """Set the other resources of the account; until then, all required resources exist.

        Args:
            resources: Other resources of the account.
        """
        with self._lock:
            self._job_store.resources = resources

    def call(self, operation: str, request: JsonObject) -> JsonObject:
        """Return the response to a request.

        Args:
            operation: The operation's name.
            request: Parsed JSON input.

        Returns:
            The output, with JSON values only.

        Raises:
            ServiceError: If SageMaker would reject the request.
        """
        perform = self._operations.get(operation)
        if perform is None:
            raise ServiceError(
                "UnknownOperationException", f"{operation} is not among the operations of local SageMaker"
            )
        with self._lock:
            if failures := self._failing_calls.get(operation):
                raise failures.popleft()
            shape = _model().operation_model(operation).input_shape
            if shape is not None:
                check_request(shape, request)
            self.advance()
            return perform({name: value for name, value in request.items() if value is not None})

    def advance(self) -> None:
        """Advance all validations and deletions to the current time."""
        with self._lock:
            now = self._now()
            self._job_store.advance(now)
            for algorithm in list(self._algorithms.values()):
                algorithm.advance(now)
                self._reached |= algorithm.reached
                if algorithm.gone(now):
                    del self._algorithms[algorithm.name]

    def new_lines(self) -> list[LogBatch]:
        """Return the log lines since the last call."""
        with self._lock:
            return list(self._job_store.new_lines())

    def failures_missed(self) -> dict[Step, str]:
        """Return the planned failures that no validation has reached, with their reasons."""
        with self._lock:
            return {step: reason for step, reason in self._plan.failures.items() if step not in self._reached}

    def fail_next(self, step: Step, reason: str) -> None:
        """Make a validation step of the next algorithm fail.

        Args:
            reason: FailureReason of the step.
        """
        with self._lock:
            self._failing_next[step] = reason

    def fail_call(self, operation: str, code: str, message: str, *, times: int = 1, status: int = 400) -> None:
        """Make the next calls of an operation fail.

        Args:
            operation: The operation's name.
            code: The error's name, such as ThrottlingException.
            message: What the error says.
            times: Number of calls that fail.
            status: The HTTP status.
        """
        with self._lock:
            errors = (ServiceError(code, message, status=status) for _ in range(times))
            self._failing_calls.setdefault(operation, deque()).extend(errors)

    def _create_algorithm(self, request: JsonObject) -> JsonObject:
        check_algorithm(request)
        self._job_store.resources.check_creation(request)
        name = request["AlgorithmName"]
        if name in self._algorithms:
            raise validation_error(f"Algorithm already exists: {self._algorithms[name].arn}")
        plan = self._plan.failing(self._failing_next)
        self._failing_next = {}
        created = SimulatedAlgorithm(request, created=self._now(), plan=plan, job_store=self._job_store)
        self._algorithms[name] = created
        return {"AlgorithmArn": created.arn}

    def _describe_algorithm(self, request: JsonObject) -> JsonObject:
        return self._algorithm(request["AlgorithmName"]).describe()

    def _delete_algorithm(self, request: JsonObject) -> JsonObject:
        algorithm = self._algorithm(request["AlgorithmName"])
        if algorithm.status not in _DELETABLE:
            raise validation_error(f"Cannot delete Algorithm in {algorithm.status} status")
        algorithm.delete(self._now())
        return {}

    def _list_algorithms(self, request: JsonObject) -> JsonObject:
        summaries = (algorithm.summary() for algorithm in self._algorithms.values())
        return page(select(summaries, request, prefix="Algorithm"), request, member="AlgorithmSummaryList")

    def _algorithm(self, name_or_arn: str) -> SimulatedAlgorithm:
        """Find an algorithm by its name or ARN."""
        prefix = f"{self._job_store.arn_prefix}:algorithm/"
        name = name_or_arn.removeprefix(prefix)
        if name not in self._algorithms:
            raise validation_error(f"Algorithm {prefix}{name} does not exist.")
        return self._algorithms[name]

    def _list_jobs(self, kind: JobKind, request: JsonObject) -> JsonObject:
        word = kind.capitalize()
        summaries = (job.summary() for (of, _), job in self._job_store.jobs.items() if of == kind)
        chosen = select(summaries, request, prefix=f"{word}Job")
        return page(chosen, request, member=f"{word}JobSummaries")

    def _job(self, kind: JobKind, request: JsonObject) -> SimulatedJob:
        """Find a job by its name."""
        name = request[f"{kind.capitalize()}JobName"]
        job = self._job_store.jobs.get((kind, name))
        if job is None:
            raise validation_error("Requested resource not found.")
        return job

    def _stop(self, kind: JobKind, request: JsonObject) -> JsonObject:
        job = self._job(kind, request)
        if job.progress.ended is not None:
            raise validation_error(f"The request was rejected because the job is in status {job.status}.")
        job.run.stop(self._now())
        self.advance()
        return {}

    def _list_models(self, request: JsonObject) -> JsonObject:
        summaries = (model.summary() for model in self._job_store.models.values())
        return page(select(summaries, request, prefix="Model"), request, member="Models")

    def _describe_model(self, request: JsonObject) -> JsonObject:
        model = self._job_store.models.get(request["ModelName"])
        if model is None:
            arn = f"{self._job_store.arn_prefix}:model/{request['ModelName']}"
            raise validation_error(f'Could not find model "{arn}".')
        return model.describe()

    def _tagged(self, request: JsonObject) -> SimulatedAlgorithm:
        """Find the algorithm of a tag request."""
        arn = request["ResourceArn"]
        for algorithm in self._algorithms.values():
            if algorithm.arn == arn:
                return algorithm
        raise ServiceError("ResourceNotFound", f"Resource {arn} does not exist")

    def _add_tags(self, request: JsonObject) -> JsonObject:
        algorithm = self._tagged(request)
        check_tags(request["Tags"])
        tags = algorithm.tags | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if len(tags) > MAX_TAGS:
            raise validation_error(f"A resource may have at most {MAX_TAGS} tags")
        algorithm.tags = tags
        return {"Tags": _tag_list(tags)}

    def _delete_tags(self, request: JsonObject) -> JsonObject:
        algorithm = self._tagged(request)
        algorithm.tags = {key: value for key, value in algorithm.tags.items() if key not in request["TagKeys"]}
        return {}

    def _list_tags(self, request: JsonObject) -> JsonObject:
        return page(_tag_list(self._tagged(request).tags), {"MaxResults": MAX_TAGS, **request}, member="Tags")


@cache
def _model() -> ServiceModel:
    """Return the API model from botocore."""
    return isolated_session().get_service_model("sagemaker")


def _tag_list(tags: dict[str, str]) -> list[JsonObject]:
    """Return tags in the API's form."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
