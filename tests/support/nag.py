"""cdk-nag, run on an app."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag


@cache
def nag(app: cdk.App, *packs: str) -> list[tuple[str, str]]:
    """The findings of packs, AwsSolutions by default: rules and constructs."""
    names = packs or ("AwsSolutionsChecks",)
    cdk.Validations.of(app).add_plugins(*(getattr(cdk_nag, name)() for name in names))
    try:
        app.synth(force=True)
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    report: Any = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return [
        (violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin.get("violations", ())
        for construct in violation["violatingConstructs"]
    ]
