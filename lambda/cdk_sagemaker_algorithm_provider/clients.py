"""AWS clients, made when first needed: importing this module costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

#: Cut down from botocore's model: half the start-up time, and every field that the library knows.
MODELS = Path(__file__).parent / "models"


@cache
def _session(*, trimmed: bool = True) -> Any:
    import botocore.session  # noqa: PLC0415 - start-up time

    session = botocore.session.get_session()
    if trimmed:
        session.get_component("data_loader").search_paths.insert(0, str(MODELS))
    return session


@cache
def _client(service: str, attempts: int = 4, *, trimmed: bool = True) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - start-up time

    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra="cdk-sagemaker-algorithm",
    )
    return _session(trimmed=trimmed).create_client(service, config=config)


def sagemaker() -> Any:
    """Return the SageMaker client, with the trimmed model."""
    return _client("sagemaker")


def stepfunctions() -> Any:
    """Return the Step Functions client."""
    return _client("stepfunctions")


def events() -> Any:
    """Return the EventBridge client; it gives up soon, because nothing depends on it."""
    return _client("events", attempts=2)


def cloudformation() -> Any:
    """Return the CloudFormation client; it gives up soon, because a VPC may have no way to it."""
    return _client("cloudformation", attempts=2)


@cache
def create_algorithm_shape(*, trimmed: bool = True) -> Any:
    """Return the input shape of CreateAlgorithm, in the trimmed model or in that of the runtime."""
    model = _session(trimmed=trimmed).get_service_model("sagemaker")
    return model.operation_model("CreateAlgorithm").input_shape


def for_request(client: Any, request: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the client, and the shape of CreateAlgorithm, that know all members of a request.

    The runtime's model can be newer than the trimmed one. Where neither knows all members, the trimmed one says so.
    """
    shape = create_algorithm_shape()
    if not knows(shape, request):
        newer = create_algorithm_shape(trimmed=False)
        if knows(newer, request):
            return _client("sagemaker", trimmed=False), newer
    return client, shape


def knows(shape: Any, value: Any) -> bool:
    """Whether a shape of botocore has all members of a value."""
    if shape.type_name == "structure" and is_object(value):
        members = shape.members
        return all(name in members and knows(members[name], child) for name, child in value.items())
    if shape.type_name == "map" and is_object(value):
        return all(knows(shape.value, child) for child in value.values())
    if shape.type_name == "list" and is_array(value):
        return all(knows(shape.member, child) for child in value)
    return True
