"""Rules of the JSON source itself, which only a file can break."""

from __future__ import annotations

from cdk_sagemaker_algorithm.rules.finding import Level
from cdk_sagemaker_algorithm.rules.rule import Rule

JSON_SYNTAX = Rule(
    name="json-syntax",
    level=Level.ERROR,
    sentence="a file is JSON",
    certain=True,
    fails='{"AlgorithmName": "trees",}',
    passes='{"AlgorithmName": "trees"}',
)
JSON_DUPLICATE_KEY = Rule(
    name="json-duplicate-key",
    level=Level.ERROR,
    sentence="no object of a file has one key twice",
    why="of two values, most readers silently take the last",
    fails='{"AlgorithmName": "trees", "AlgorithmName": "shrubs"}',
    passes='{"AlgorithmName": "trees"}',
)
