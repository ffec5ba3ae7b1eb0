"""A user's project is clean for a type checker in its basic mode, as editors run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.pages import ROOT

#: What README does not show: targets of rules, which CDK's own protocol rejects.
RULES = """
import aws_cdk as cdk
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from cdk_sagemaker_algorithm import Algorithm, AlgorithmImage, ChannelSpecification, TrainingSpecification

stack = cdk.Stack(cdk.App(), "Forest")
algorithm = Algorithm(
    stack,
    "Algorithm",
    training_specification=TrainingSpecification(
        training_image=AlgorithmImage.from_asset("container"),
        supported_training_instance_types=["ml.m5.large"],
        training_channels=[ChannelSpecification.file("training", content_types=["text/csv"])],
    ),
    validation_timeout=cdk.Duration.hours(2),
)
topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:123456789012:failed")
algorithm.on_validation_failed("Failed", target=targets.SnsTopic(topic))
algorithm.on_state_change("Changed", target=targets.SnsTopic(topic))
cdk.CfnOutput(stack, "Arn", value=algorithm.algorithm_arn)
"""


def test_a_users_project_has_no_type_errors(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "app.py").write_text(readme.partition("```python\n")[2].partition("```")[0], encoding="utf-8")
    (tmp_path / "rules.py").write_text(RULES, encoding="utf-8")
    asset = tmp_path / "cdk.out/asset.1"
    asset.mkdir(parents=True)
    (asset / "index.py").write_text("import absent\n", encoding="utf-8")
    # docs/getting-started.md tells to exclude cdk.out.
    settings = {"typeCheckingMode": "basic", "exclude": ["cdk.out"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")

    done = subprocess.run(
        [Path(sys.executable).with_name("pyright"), "--project", tmp_path, "--pythonpath", sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "0 errors, 0 warnings" in done.stdout, done.stdout
