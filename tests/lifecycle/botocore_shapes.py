"""Reject parameters that botocore would reject before sending a request.

SageMaker's model is the trimmed one that is deployed with the handler, so that a member missing from it shows here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from cdk_sagemaker_algorithm_provider import clients

#: Calls whose parameters botocore has accepted; but for CreateAlgorithm, all of them are names, numbers and tags.
_CHECKED: set[tuple[str, ...]] = set()


def check_parameters(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuse what botocore would refuse."""
    key = service, operation, *parameters
    if key in _CHECKED and operation != "CreateAlgorithm":
        return
    report: Any = ParamValidator().validate(parameters, _input_shape(service, operation))
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    _CHECKED.add(key)


@cache
def _input_shape(service: str, operation: str) -> Any:
    session = botocore.session.get_session()
    session.get_component("data_loader").search_paths.insert(0, str(clients.MODELS))
    return session.get_service_model(service).operation_model(operation).input_shape
