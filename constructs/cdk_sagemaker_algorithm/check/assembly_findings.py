"""Read the findings of synthesis from a cloud assembly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.reporting.finding import Finding, Level
from cdk_sagemaker_algorithm.rules import ID_PREFIX, RULES

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from cdk_sagemaker_algorithm.assembly.stack import Annotation

_LEVELS: Final = {"error": Level.ERROR, "warning": Level.WARNING}
# The CDK ends a warning with `[ack: ID]`, and an error of a validation with `(Annotation::ID)`.
_WITH_ID: Final = re.compile(r"(?P<text>.*\S)\s+(?:\[ack: (?P<ack>[^\]]+)\]|\((?P<rule>[^\s()]+)\))", re.DOTALL)


def synthesis_findings(path: str, ignored: Container[str] = ()) -> list[Finding]:
    """Return this library's errors and warnings in an assembly; `cdk synth` writes them even if it fails.

    Args:
        path: Directory of the assembly.
        ignored: IDs of rules to skip.

    Raises:
        InputError: If the assembly cannot be read.
    """
    found = (finding for stack in load(path) for each in stack.annotations for finding in _findings(each))
    # Stages repeat the annotations of their constructs.
    unique = {(finding.subject, finding.rule, finding.message): finding for finding in found}
    return [each for each in unique.values() if each.rule not in ignored]


def _findings(annotation: Annotation) -> Iterator[Finding]:
    match = _WITH_ID.fullmatch(annotation.text)
    if match is None or annotation.level not in _LEVELS:
        return
    rule = (match["ack"] or match["rule"]).rpartition("::")[2]
    if rule.startswith(ID_PREFIX):
        name = rule.removeprefix(ID_PREFIX)
        yield Finding(
            rule=rule,
            level=_LEVELS[annotation.level],
            message=match["text"],
            subject=annotation.path,
            source=RULES[name].source if name in RULES else "",
        )
