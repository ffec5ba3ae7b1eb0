"""`python -m cdk_sagemaker_algorithm.cli` is the command line too."""

from cdk_sagemaker_algorithm.cli import main

main()
