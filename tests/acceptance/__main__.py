"""Run the acceptance scenarios: `python -m tests.acceptance`."""

from __future__ import annotations

import sys

from tests.acceptance.command import INTERRUPTED, main

try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.stdout.write("interrupted; the next run finds what is left by its tag, and deletes it\n")
    sys.exit(INTERRUPTED)
