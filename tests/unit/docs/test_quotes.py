from __future__ import annotations

import re

from tests.support.pages import fences
from tests.support.quotes import not_printed

OUTPUT = """
 ✅  Forest
Forest.AlgorithmArn = arn:aws:sagemaker:us-east-1:000000000000:algorithm/forest-0a1b2c3d4e5f
done in 12 s
"""
#: What marks a block whose content a test compares with what a command prints.
GENERATED = re.compile(r"output|sample: [\w-]+|example")


def test_names_and_times_differ_between_runs() -> None:
    quoted = "$ cdk deploy\n ✅  Forest\n…\nForest.AlgorithmArn = …:algorithm/forest-ffffffffffff\ndone in 3 min 4 s\n"
    assert not_printed(quoted, OUTPUT) == []


def test_lines_that_are_not_printed_are_found() -> None:
    assert not_printed("done in 12 s\n ✅  Forest\n", OUTPUT) == [" ✅  Forest"]
    assert not_printed("all is well\n", OUTPUT) == ["all is well"]


def test_every_quoted_terminal_is_generated() -> None:
    assert [fence.id for fence in fences("console") if not GENERATED.fullmatch(fence.note)] == []
