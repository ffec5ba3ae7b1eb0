"""Fixtures and settings for all tests."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# The environment's own node and CDK CLI, also where pytest is started without the Makefile.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), str(ROOT / "node_modules/.bin"), os.environ.get("PATH", "")]
)
# CDK's own validator takes seconds to start; the tests that are about it turn it on.
os.environ.setdefault("CDK_VALIDATION", "false")
# xdist gives its workers the width of its own terminal; commands without a terminal have their own width.
os.environ.pop("COLUMNS", None)
# A shell's background job ignores SIGINT, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
