"""A model of SageMaker: immutable algorithms, slow validation, rejections, and eventual consistency.

What it holds, and where that is from:

* An algorithm is Pending, InProgress, Completed or Failed, then Deleting
  (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeAlgorithm.html).
* "Cannot delete Algorithm in InProgress status", "does not exist" as a ValidationException: acceptance tests of
  https://github.com/hashicorp/terraform-provider-aws, internal/service/sagemaker/algorithm.go.
* No error of CreateAlgorithm is documented but ResourceLimitExceeded, so codes and texts vary here. A text may hold
  what it refuses, whole: ValidationException says "Value '…' at '…' failed to satisfy constraint".
* Reads lag behind writes, and each read may see another moment. IAM's condition on the tags of what does not exist is
  not fulfilled, so a call to it may be denied instead of not found. The conditions of the handler's policies hold.
* ARNs may come back in lower case, and the call that takes such an ARN then says "Resource does not exist": seen with
  tuning jobs (https://github.com/boto/boto3/issues/4606); that algorithms do not do it is nowhere said.
* People delete, tag and untag algorithms by hand, in the console.
* At most 50 tags (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from botocore.exceptions import ReadTimeoutError

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, STACK_TAG
from tests.lifecycle.botocore_shapes import check_parameters
from tests.lifecycle.loop import Loop
from tests.lifecycle.weather import Weather, client_error
from tests.support.paged import Paged

ACCOUNT = "123456789012"
REGION = "us-east-1"
_MISSING_TEXTS = (
    ("ValidationException", "Could not find entity algorithm/{name}: Algorithm does not exist"),
    ("ValidationException", "Algorithm {name} does not exist."),
    ("ResourceNotFound", "Requested resource not found."),
)
#: Calls that are allowed by the tags of what they change.
_CONDITIONED = ("AddTags", "DeleteAlgorithm", "DeleteTags")
_TAGS = 50
#: How long a new role may be unknown; the handler has two minutes' patience.
_ROLE_SECONDS = (15, 50, 80)
_REFUSAL_BYTES = 60_000
_TAKEN_TEXTS = (
    ("ValidationException", "Cannot create already existing algorithm {name}"),
    ("ConflictException", "Algorithm {name} already exists"),
    ("ResourceInUse", "Algorithm name in use: {name}"),
)


def algorithm_arn(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:algorithm/{name}"


@dataclass(frozen=True, kw_only=True)
class Validation:
    """How an algorithm's validation goes."""

    seconds: float
    passes: bool
    reason: str = ""


@dataclass(kw_only=True)
class Record:
    """State of an algorithm."""

    name: str
    request: dict[str, Any]
    created: float
    validation: Validation
    foreign: bool = False
    #: The request of CloudFormation that it was made for.
    request_id: str = ""
    deleted: float | None = None
    gone: float = float("inf")
    #: What the tags were from when on.
    tags: list[tuple[float, dict[str, str]]] = field(default_factory=list[tuple[float, dict[str, str]]])

    @property
    def arn(self) -> str:
        return algorithm_arn(self.name)

    def tags_at(self, time: float) -> dict[str, str]:
        none: dict[str, str] = {}
        return next((tags for since, tags in reversed(self.tags) if since <= time), none)

    def status_at(self, time: float) -> str:
        if self.deleted is not None and time >= self.deleted:
            return "Deleting"
        if time < self.created + min(5.0, self.validation.seconds / 2):
            return "Pending"
        if time < self.created + self.validation.seconds:
            return "InProgress"
        return "Completed" if self.validation.passes else "Failed"


@dataclass(frozen=True, kw_only=True)
class Habits:
    """Speed and consistency of SageMaker."""

    #: How long what was made, deleted or tagged may still look as before.
    lag: float = 0.0
    #: How long a deletion takes.
    deletion: float = 0.0
    #: How likely an algorithm comes with a role of its own, which cannot be assumed at first.
    new_roles: float = 0.0
    #: ARNs come back in lower case, and are not found that way.
    lowers_arns: bool = False


Hook = Callable[[Record], None]


def _ignore(_: Record) -> None:
    pass


class SageMaker(Paged):
    """The service, and the client that the handler uses."""

    def __init__(self, loop: Loop, random: Random, weather: Weather, habits: Habits) -> None:
        self._loop = loop
        self._random = random
        self._weather = weather
        self._habits = habits
        self.records: list[Record] = []
        self.calls: dict[str, int] = {}
        self._roles: dict[str, float] = {}
        self.validation_of: Callable[[Mapping[str, Any]], Validation] = lambda _: Validation(seconds=60, passes=True)
        #: For whom the function works just now.
        self.request_id: Callable[[], str] = lambda: ""
        self.on_create: Hook = _ignore
        self.on_delete: Hook = _ignore
        self.on_tag: Hook = _ignore

    # What the tests ask.

    def existing(self) -> dict[str, Record]:
        """Algorithms that exist and are not being deleted."""
        return {each.name: each for each in self.records if each.deleted is None}

    def put_foreign(
        self, name: str, tags: Mapping[str, str], *, passes: bool = True, validates_for: float = 60
    ) -> None:
        """Add an algorithm of another owner, created a day ago."""
        made = self._loop.now - 86_400
        self.records.append(
            Record(
                name=name,
                request={"AlgorithmName": name},
                created=made,
                validation=Validation(seconds=validates_for, passes=passes),
                foreign=True,
                tags=[(made, dict(tags))],
            )
        )

    def delete_by_hand(self, name: str) -> None:
        """A person deletes an algorithm in the console."""
        record = self.existing()[name]
        record.deleted = record.gone = self._loop.now

    def tag_by_hand(self, name: str, tags: Mapping[str, str], *, remove: Collection[str] = ()) -> None:
        """A person, or a clean-up job, changes the tags of an algorithm."""
        record = self.existing()[name]
        kept = {key: value for key, value in record.tags[-1][1].items() if key not in remove}
        record.tags.append((self._loop.now, kept | dict(tags)))

    def shown_tags(self, record: Record) -> dict[str, str]:
        """The oldest tags that an algorithm may still show."""
        return record.tags_at(self._loop.now - self._habits.lag)

    # What the handler calls.

    def describe_algorithm(self, **parameters: Any) -> dict[str, Any]:
        return self._call("DescribeAlgorithm", parameters, self._describe)

    def create_algorithm(self, **parameters: Any) -> dict[str, Any]:
        return self._call("CreateAlgorithm", parameters, self._create)

    def delete_algorithm(self, **parameters: Any) -> dict[str, Any]:
        return self._call("DeleteAlgorithm", parameters, self._delete)

    def list_tags(self, **parameters: Any) -> dict[str, Any]:
        return self._call("ListTags", parameters, self._list_tags)

    def add_tags(self, **parameters: Any) -> dict[str, Any]:
        return self._call("AddTags", parameters, self._add_tags)

    def delete_tags(self, **parameters: Any) -> dict[str, Any]:
        return self._call("DeleteTags", parameters, self._delete_tags)

    def list_algorithms(self, **parameters: Any) -> dict[str, Any]:
        return self._call("ListAlgorithms", parameters, self._list)

    def list_training_jobs(self, **parameters: Any) -> dict[str, Any]:
        return self._call("ListTrainingJobs", parameters, lambda _: {"TrainingJobSummaries": []})

    def list_transform_jobs(self, **parameters: Any) -> dict[str, Any]:
        return self._call("ListTransformJobs", parameters, lambda _: {"TransformJobSummaries": []})

    def _call(
        self, operation: str, parameters: dict[str, Any], effect: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        check_parameters("sagemaker", operation, parameters)
        self.calls[operation] = self.calls.get(operation, 0) + 1
        self._loop.sleep(0.05)
        self._weather.before(operation, self._loop.now)
        result = effect(parameters)
        try:
            self._weather.after(operation)
        except ReadTimeoutError:
            self._loop.sleep(20)
            if self._weather.coin():
                raise
            # botocore tries again by itself, and then gets to hear what its first attempt has done.
            return effect(parameters)
        return result

    def _describe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        name, now = parameters["AlgorithmName"], self._loop.now
        record = self._shown(name)
        if record is None:
            raise self._missing("DescribeAlgorithm", name)
        status = record.status_at(now)
        if status == "Deleting" and record.deleted is not None and self._lags(record.deleted):
            # The state before the deletion still shows.
            status = record.status_at(record.deleted - 0.001)
        reason = {"FailureReason": record.validation.reason} if record.validation.reason else {}
        details = [{"Name": "TrainingJob", "Status": status, **reason}] if status == "Failed" else []
        return {
            **record.request,
            "AlgorithmName": record.name,
            "AlgorithmArn": self._spelled(record.arn),
            "CreationTime": datetime.fromtimestamp(record.created, UTC),
            "AlgorithmStatus": status,
            "AlgorithmStatusDetails": {"ValidationStatuses": details},
        }

    def _create(self, parameters: dict[str, Any]) -> dict[str, Any]:
        name, now = parameters["AlgorithmName"], self._loop.now
        if "Refuse" in parameters.get("AlgorithmDescription", ""):
            raise client_error("CreateAlgorithm", "ValidationException", _refusal(parameters))
        if "ValidationSpecification" in parameters and now < self._role_ready(name):
            text = "Could not assume role arn:aws:iam::123456789012:role/Validation"
            raise client_error("CreateAlgorithm", "ValidationException", text)
        if self._occupies(name):
            code, text = self._random.choice(_TAKEN_TEXTS)
            raise client_error("CreateAlgorithm", code, text.format(name=name))
        content = {member: value for member, value in parameters.items() if member not in ("AlgorithmName", "Tags")}
        tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
        record = Record(
            name=name,
            request=content,
            created=now,
            validation=self.validation_of(parameters),
            tags=[(now, tags)],
        )
        record.request_id = self.request_id()
        self.records.append(record)
        self.on_create(record)
        return {"AlgorithmArn": record.arn}

    def _role_ready(self, name: str) -> float:
        """From when on the role of an algorithm can be assumed."""
        if name not in self._roles:
            is_new = self._random.random() < self._habits.new_roles
            self._roles[name] = self._loop.now + (self._random.choice(_ROLE_SECONDS) if is_new else 0)
        return self._roles[name]

    def _delete(self, parameters: dict[str, Any]) -> dict[str, Any]:
        name, now = parameters["AlgorithmName"], self._loop.now
        record = self._occupies(name)
        if record is None:
            raise self._missing("DeleteAlgorithm", name)
        self._authorize("DeleteAlgorithm", record)
        status = record.status_at(now)
        if status in ("Pending", "InProgress") or (status == "Deleting" and self._weather.coin()):
            text = f"Cannot delete Algorithm in {status} status"
            raise client_error("DeleteAlgorithm", "ValidationException", text)
        if record.deleted is None:
            self.on_delete(record)
            record.deleted = now
            record.gone = now + self._habits.deletion
        return {}

    def _list_tags(self, parameters: dict[str, Any]) -> dict[str, Any]:
        record = self._named("ListTags", parameters["ResourceArn"])
        now = self._loop.now
        stale = self._weather.coin() and self._lags(record.tags[-1][0])
        tags = record.tags_at(now - self._habits.lag) if stale else record.tags_at(now)
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _add_tags(self, parameters: dict[str, Any]) -> dict[str, Any]:
        record = self._named("AddTags", parameters["ResourceArn"])
        added = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        self._authorize("AddTags", record, added)
        tags = record.tags[-1][1] | added
        if len(tags) > _TAGS:
            text = f"Number of tags exceeds the limit of {_TAGS} tags per resource"
            raise client_error("AddTags", "ValidationException", text)
        record.tags.append((self._loop.now, tags))
        self.on_tag(record)
        return {"Tags": []}

    def _delete_tags(self, parameters: dict[str, Any]) -> dict[str, Any]:
        record = self._named("DeleteTags", parameters["ResourceArn"])
        self._authorize("DeleteTags", record, parameters["TagKeys"])
        left = {key: value for key, value in record.tags[-1][1].items() if key not in parameters["TagKeys"]}
        record.tags.append((self._loop.now, left))
        self.on_tag(record)
        return {}

    def _list(self, parameters: dict[str, Any]) -> dict[str, Any]:
        now, text = self._loop.now, parameters.get("NameContains", "")
        found = sorted({each.name for each in self.records if text in each.name and self._occupies(each.name)})
        begin = int(parameters.get("NextToken", 0))
        page = found[begin : begin + 2]
        more = {"NextToken": str(begin + 2)} if len(found) > begin + 2 else {}
        summaries: list[dict[str, Any]] = []
        for name in page:
            record = self._occupies(name)
            assert record is not None
            summaries.append(
                {
                    "AlgorithmName": name,
                    "AlgorithmArn": self._spelled(record.arn),
                    "AlgorithmStatus": record.status_at(now),
                    "CreationTime": datetime.fromtimestamp(record.created, UTC),
                }
            )
        return {"AlgorithmSummaryList": summaries, **more}

    def _occupies(self, name: str) -> Record | None:
        """Return the algorithm that has the name."""
        return next((each for each in self.records if each.name == name and self._loop.now < each.gone), None)

    def _shown(self, name: str) -> Record | None:
        """Return the algorithm that a read returns, which can be outdated."""
        now = self._loop.now
        record = self._occupies(name)
        if record is not None:
            return None if self._lags(record.created) and self._weather.coin() else record
        gone = [each for each in self.records if each.name == name and self._lags(each.gone)]
        return gone[-1] if gone and gone[-1].gone <= now and self._weather.coin() else None

    def _lags(self, since: float) -> bool:
        return since <= self._loop.now < since + self._habits.lag

    def _named(self, operation: str, arn: str) -> Record:
        name = arn.rpartition("/")[2]
        record = self._occupies(name)
        if record is None and any(each.arn.lower() == arn.lower() for each in self.records):
            raise client_error(operation, "ValidationException", "Resource does not exist.")
        if record is None:
            raise self._missing(operation, name)
        return record

    def _authorize(self, operation: str, record: Record, keys: Collection[str] = ()) -> None:
        """Deny what the handler's policies deny: they read the tags that an algorithm has."""
        has = record.tags[-1][1]
        denied = STACK_TAG in keys and ADOPTER_TAG not in has
        adopts = operation == "AddTags" and STACK_TAG in keys and ADOPTER_TAG in has
        if denied or not (STACK_TAG in has or adopts) or (operation == "DeleteAlgorithm" and ADOPTER_TAG in has):
            raise _denied(operation, record.name)

    def _spelled(self, arn: str) -> str:
        return arn.lower() if self._habits.lowers_arns else arn

    def _missing(self, operation: str, name: str) -> Exception:
        if operation in _CONDITIONED and self._weather.coin(0.3):
            # What is not there has no tag that a permission's condition could find.
            return _denied(operation, name)
        code, text = self._random.choice(_MISSING_TEXTS)
        return client_error(operation, code, text.format(name=name))


def _denied(operation: str, name: str) -> Exception:
    text = f"User: Handler is not authorized to perform: sagemaker:{operation} on resource: {algorithm_arn(name)}"
    return client_error(operation, "AccessDeniedException", text)


def _refusal(parameters: Mapping[str, Any]) -> str:
    """Return CreateAlgorithm's rejection; it can be long, because it can repeat the request."""
    short = "The image is in another Region"
    if "Refuse at length" not in parameters["AlgorithmDescription"]:
        return short
    echo = json.dumps({name: value for name, value in parameters.items() if name != "Tags"})
    return f"{short}; Value '{echo * (1 + _REFUSAL_BYTES // len(echo))}' failed to satisfy constraint"
