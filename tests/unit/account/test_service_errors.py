"""The table of AWS's error texts."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from cdk_sagemaker_algorithm.account import service_errors
from cdk_sagemaker_algorithm.account.service_errors import SERVICE_TEXTS


@pytest.mark.parametrize("name", SERVICE_TEXTS)
def test_each_text_shows_every_value_and_no_brace(name: str) -> None:
    text = SERVICE_TEXTS[name]
    fields = {field for _, field, _, _ in Formatter().parse(text.template) if field}
    filled = text.text(**{field: f"<{field}>" for field in fields})

    assert all(f"<{field}>" in filled for field in fields)
    assert not re.search(r"[{}]", filled)
    assert text.moments
    assert text.source.startswith("https://")


def test_a_missing_value_is_an_error_and_never_an_empty_text() -> None:
    with pytest.raises(KeyError, match="role"):
        service_errors.ROLE_NOT_ASSUMED.text()


def test_a_failure_reason_starts_with_the_code() -> None:
    reason = service_errors.IMAGE_NOT_PULLED.error()

    assert str(reason).startswith("ClientError: Cannot pull algorithm container.")
