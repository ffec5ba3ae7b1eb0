"""Create AWS clients on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm_provider.parameter_types import typed

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
    """Return the EventBridge client, with short timeouts because nothing depends on it."""
    return _client("events", attempts=2)


def cloudformation() -> Any:
    """Return the CloudFormation client, with short timeouts because a VPC can have no route to it."""
    return _client("cloudformation", attempts=2)


@cache
def create_algorithm_shape(*, trimmed: bool = True) -> Any:
    """Return the input shape of CreateAlgorithm in the trimmed model or the runtime's model."""
    model = _session(trimmed=trimmed).get_service_model("sagemaker")
    return model.operation_model("CreateAlgorithm").input_shape


def for_request(client: Any, request: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
    """Return the client that accepts a request, and the request with the types of its model.

    The runtime's model can be newer than the trimmed one. If neither accepts a request, the trimmed one says why.
    """
    from botocore.validate import ParamValidator  # noqa: PLC0415 - start-up time

    given = typed(request, create_algorithm_shape())
    if ParamValidator().validate(given, create_algorithm_shape()).has_errors():
        newer = create_algorithm_shape(trimmed=False)
        for_newer = typed(request, newer)
        if not ParamValidator().validate(for_newer, newer).has_errors():
            return _client("sagemaker", trimmed=False), for_newer
    return client, given
