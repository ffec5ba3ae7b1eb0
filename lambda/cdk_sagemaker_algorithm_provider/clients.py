"""AWS clients, made when first needed: importing this module costs nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

#: Cut down from botocore's model: half the start-up time, and every field that the library knows.
MODELS = Path(__file__).parent / "models"


@cache
def _session() -> Any:
    import botocore.session  # noqa: PLC0415 (start-up time)

    session = botocore.session.get_session()
    session.get_component("data_loader").search_paths.insert(0, str(MODELS))
    return session


@cache
def _client(service: str, attempts: int = 4) -> Any:
    from botocore.config import Config  # noqa: PLC0415 (start-up time)

    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra="cdk-sagemaker-algorithm",
    )
    return _session().create_client(service, config=config)


def sagemaker() -> Any:
    """The SageMaker client, with the trimmed model."""
    return _client("sagemaker")


def stepfunctions() -> Any:
    """The Step Functions client."""
    return _client("stepfunctions")


def events() -> Any:
    """The EventBridge client; it gives up soon, because nothing depends on it."""
    return _client("events", attempts=2)


@cache
def create_algorithm_shape() -> Any:
    """The input shape of CreateAlgorithm."""
    model = _session().get_service_model("sagemaker")
    return model.operation_model("CreateAlgorithm").input_shape
