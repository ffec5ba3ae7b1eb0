"""``train`` or ``serve``, as SageMaker calls the image."""

from __future__ import annotations

import sys
from pathlib import Path

from decision_trees.serving import serve
from decision_trees.training import FAILURE_REASON, train

ROOT = Path("/opt/ml")


def main(arguments: list[str]) -> int:
    """Do what the first argument says."""
    match arguments:
        case ["train"]:
            return _train()
        case ["serve"]:
            serve(ROOT)
            return 0
        case _:
            sys.stderr.write(f"usage: train | serve, not {' '.join(arguments)}\n")
            return 2


def _train() -> int:
    try:
        train(ROOT)
    except Exception as error:  # noqa: BLE001 (whatever it was, SageMaker's FailureReason shall tell it)
        reason = f"{type(error).__name__}: {error}"
        (ROOT / FAILURE_REASON).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / FAILURE_REASON).write_text(reason, encoding="utf-8")
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
