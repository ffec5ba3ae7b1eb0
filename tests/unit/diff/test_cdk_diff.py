"""Typical one-line changes, as plain `cdk diff` shows them and as this project's command does.

`SNAPSHOT_UPDATE=1 pytest tests/unit/diff/test_cdk_diff.py` writes the snapshots anew, in docs/diff.md too.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_sagemaker_algorithm import Algorithm
from cdk_sagemaker_algorithm.cli.app import run
from tests.support.templates import channel, definition, hyperparameter

Json = Any

SNAPSHOTS = Path(__file__).parent / "snapshots"
PAGE = Path(__file__).parents[3] / "docs" / "diff.md"


def _narrow(request: Json) -> None:
    hyperparameter(request, "max_depth")["Range"]["IntegerParameterRangeSpecification"]["MaxValue"] = "16"


def _next_image(request: Json) -> None:
    request["TrainingSpecification"]["TrainingImage"] += ".1"


def _withdraw(request: Json) -> None:
    request["TrainingSpecification"]["SupportedTrainingInstanceTypes"].remove("ml.m5.large")


def _reorder(request: Json) -> None:
    channel(request, "train")["SupportedContentTypes"].reverse()


def _describe(request: Json) -> None:
    request["AlgorithmDescription"] = "Gradient boosted trees, for churn"


def _same(_: Json) -> None:
    """Only a tag, which is beside the definition."""


CHANGES: dict[str, Callable[[Json], None]] = {
    "Narrowed": _narrow,
    "NextImage": _next_image,
    "Withdrawn": _withdraw,
    "Reordered": _reorder,
    "Described": _describe,
    "Tagged": _same,
}


def _synthesize(directory: Path, *, changed: bool) -> Path:
    app = cdk.App(outdir=str(directory), context={"aws:cdk:enable-path-metadata": True})
    stack = cdk.Stack(app, "Prod")
    for name, edit in CHANGES.items():
        request = definition()
        if changed:
            edit(request)
        algorithm = Algorithm.from_request(stack, name, request, validation_timeout=cdk.Duration.minutes(50))
        cdk.Tags.of(algorithm).add("team", "growth" if changed and edit is _same else "core")
    app.synth()
    return directory


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    work = tmp_path_factory.mktemp("assemblies")
    return _synthesize(work / "base", changed=False), _synthesize(work / "head", changed=True)


def _clean(text: str) -> str:
    """Without the spaces at the ends of lines, and without notices, which come and go."""
    lines = [line.rstrip() for line in re.split(r"\nNOTICES", text)[0].splitlines()]
    return "\n".join(lines).strip() + "\n"


def _check(name: str, found: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("SNAPSHOT_UPDATE"):
        page, old = PAGE.read_text(encoding="utf-8"), path.read_text(encoding="utf-8")
        PAGE.write_text(page.replace(f"```text\n{old}```", f"```text\n{found}```"), encoding="utf-8")
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_plain_cdk_diff_stays_readable(assemblies: tuple[Path, Path]) -> None:
    base, head = assemblies
    done = subprocess.run(
        ["cdk", "diff", "Prod", "--app", head, "--template", base / "Prod.template.json", "--no-color", "--no-notices"],
        env={**os.environ, "CDK_DISABLE_VERSION_CHECK": "1", "CI": "true"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = _clean(done.stdout if "Custom::SageMakerAlgorithm" in done.stdout else done.stderr)
    _check("cdk_diff.txt", found)
    # One line of the definition is a few lines here, and never the whole property.
    assert len(found.splitlines()) < 25 * len(CHANGES)


def test_this_project_s_diff_of_the_same(assemblies: tuple[Path, Path], capfd: pytest.CaptureFixture[str]) -> None:
    base, head = map(str, assemblies)
    assert run(["diff", base, head]) == 0
    _check("diff.txt", _clean(capfd.readouterr().out))


@pytest.mark.parametrize("name", ["cdk_diff.txt", "diff.txt"])
def test_the_page_shows_both(name: str) -> None:
    assert f"```text\n{(SNAPSHOTS / name).read_text(encoding='utf-8')}```" in PAGE.read_text(encoding="utf-8")
