"""Run the command line with `python -m cdk_sagemaker_algorithm`."""

from __future__ import annotations

from cdk_sagemaker_algorithm.cli import main

main()
