"""`diff --deployed` against the templates of a real deployment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.support.cdk_cli import CdkCli
from tests.support.existing import FOREST_NEEDS

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("diff")]

APP = Path(__file__).with_name("app.py")


def test_what_is_deployed_is_base(tmp_path: Path) -> None:
    with LocalAws(plan=ValidationPlan().lasting(1), existing=FOREST_NEEDS) as aws:
        cdk = CdkCli(aws, APP, tmp_path)

        def compare(**settings: str) -> tuple[int, str]:
            synthesized = cdk.run("synth", "--quiet", settings=settings)
            assert synthesized.status == 0, synthesized.output
            command = [
                sys.executable,
                "-m",
                "cdk_sagemaker_algorithm.cli",
                "diff",
                "--deployed",
                str(tmp_path / "cdk.out"),
            ]
            options = ["--fail-on", "replacement"]
            done = subprocess.run(
                [*command, *options], env=aws.environment, capture_output=True, text=True, check=False, timeout=60
            )
            return done.returncode, done.stdout

        cdk.bootstrap()
        deployed = cdk.deploy("Forest")
        assert deployed.status == 0, deployed.output
        assert compare(stack="Forest") == (
            0,
            "1 without change\n\n1 algorithm without change: Forest/Algorithm\n",
        )
        status, output = compare(stack="Forest", revision="2")
        assert (status, output.partition(";")[0]) == (3, "1 to replace and revalidate")
        assert "revision: not set -> 2" in output
        status, output = compare(stack="Grove")
        assert (status, output.partition(";")[0]) == (0, "1 to create")
