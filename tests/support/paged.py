"""Fake clients whose lists can be paged through."""

from __future__ import annotations

from typing import Any

from botocore.paginate import Paginator
from botocore.session import get_session


class Paged:
    """A fake client whose operations can be paged through as a real client's, by botocore's own paginators."""

    _service_name: str = "sagemaker"

    def get_paginator(self, operation: str) -> Any:
        service = "stepfunctions" if operation == "list_executions" else self._service_name
        config = _session.get_paginator_model(service).get_paginator(_operation_name(operation))
        model = _session.get_service_model(service).operation_model(_operation_name(operation))
        paginator: Any = Paginator
        return paginator(getattr(self, operation), config, model)


_session = get_session()


def _operation_name(method: str) -> str:
    return "".join(word.capitalize() for word in method.split("_"))
