"""What preflight judges: one small rule for each thing that can be wrong with a container.

To add a rule: write a function from `ProfileRun` to `Hit`s in the module of its step, add a row to the module's
`RULES`, and add a container to `tests/containers` that it finds. An error needs a documented source.
"""

from __future__ import annotations

from cdk_sagemaker_algorithm.preflight.rules.table import RULES, judge

__all__ = ["RULES", "judge"]
