"""Run the command line as `python -m cdk_sagemaker_algorithm.cli`."""

from cdk_sagemaker_algorithm.cli import main

main()
