"""Run ``train`` or ``serve``, the commands that SageMaker passes to the image."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from decision_trees.serving import serve
from decision_trees.training import FAILURE_REASON, train

ROOT = Path("/opt/ml")


def main(arguments: list[str]) -> int:
    """Run the command in the first argument."""
    match arguments:
        case ["train"]:
            return _train()
        case ["serve"]:
            serve(ROOT)
            return 0
        case _:
            sys.stderr.write(f"usage: train | serve, not {' '.join(arguments)}\n")
            return 2


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interface of signal
    """Exit on SIGTERM; SystemExit runs the cleanup of `with` and `finally`."""
    raise SystemExit(0)


def _train() -> int:
    try:
        train(ROOT)
    except Exception as error:  # noqa: BLE001 - report every error in SageMaker's FailureReason
        reason = f"{type(error).__name__}: {error}"
        sys.stderr.write(f"{reason}\n")
        # A file that cannot be written must not hide the reason.
        with suppress(OSError):
            (ROOT / FAILURE_REASON).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / FAILURE_REASON).write_text(reason, encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    # The process with ID 1 ignores SIGTERM without a handler, and SageMaker would have to kill it.
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
