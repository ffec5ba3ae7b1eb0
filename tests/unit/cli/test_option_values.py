from __future__ import annotations

import pytest

from cdk_sagemaker_algorithm.cli import app as top
from cdk_sagemaker_algorithm.cli.option_values import positive


@pytest.mark.parametrize(
    "arguments",
    [
        ["local", "--duration", "0", "--", "true"],
        ["local", "--time-scale", "inf", "--", "true"],
        ["preflight", "--max-runtime", "-1", "cdk.out"],
        ["preflight", "--startup-timeout", "0", "cdk.out"],
        ["preflight", "--account", "--time-limit", "nan", "cdk.out"],
    ],
)
def test_times_are_above_0_in_the_same_words(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert top.run(arguments) == 2
    option, value = next(
        (name, arguments[at + 1]) for at, name in enumerate(arguments) if name.startswith("--") and name != "--account"
    )
    assert f"{option} {float(value):g}: expected a number above 0" in capsys.readouterr().err


def test_a_number_above_0_is_returned() -> None:
    assert positive("--duration", 0.5) == 0.5
