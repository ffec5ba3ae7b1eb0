"""Rules for JSON source files."""

from __future__ import annotations

from cdk_sagemaker_algorithm.rules.rule import Rule
from cdk_sagemaker_algorithm.rules.rule_finding import RuleLevel

JSON_SYNTAX = Rule(
    name="json-syntax",
    level=RuleLevel.ERROR,
    sentence="the file must be valid JSON",
    certain=True,
    fails='{"AlgorithmName": "trees",}',
    passes='{"AlgorithmName": "trees"}',
)
JSON_DUPLICATE_KEY = Rule(
    name="json-duplicate-key",
    level=RuleLevel.ERROR,
    sentence="keys of a JSON object must be unique",
    why="most parsers silently keep the last value",
    fails='{"AlgorithmName": "trees", "AlgorithmName": "shrubs"}',
    passes='{"AlgorithmName": "trees"}',
)
