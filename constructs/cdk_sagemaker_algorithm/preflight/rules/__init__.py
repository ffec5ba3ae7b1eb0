"""Rules of preflight: one small rule for each possible fault of a container.

To add a rule: write a function from `ProfileRun` to `Hit`s in the module of its step, add a row to the module's
`RULES`, and add a container to `tests/containers` that it finds. An error needs a documented source.
"""

from __future__ import annotations

from cdk_sagemaker_algorithm.preflight.rules.table import RULES, judge

__all__ = ["RULES", "judge"]
