"""The example app, which `make local` deploys on local AWS."""

from __future__ import annotations

import aws_cdk as cdk

from stacks.decision_trees.stack import DecisionTreesStack

app = cdk.App()
DecisionTreesStack(app, "DecisionTrees", suppress_template_indentation=True)
cdk.Tags.of(app).add("project", "decision-trees")
app.synth()
