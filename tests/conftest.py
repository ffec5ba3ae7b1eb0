"""What all tests share."""

from __future__ import annotations

import os

# CDK's own validator takes seconds to start; the tests that are about it turn it on.
os.environ.setdefault("CDK_VALIDATION", "false")
