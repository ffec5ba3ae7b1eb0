"""Decision trees as a SageMaker algorithm."""
