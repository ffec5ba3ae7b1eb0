"""Run a module for as long as whoever started it lives; the emulator's own Python runs this file.

Its standard input is a pipe that nobody writes to. When the other end closes, and it does however that
process ends, this process group ends too.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def end_with_parent() -> None:
    """Wait for the pipe to close, and end everything that was started here."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    module = sys.argv.pop(1)
    # Without this folder, whose modules are not the emulator's business.
    del sys.path[0]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
