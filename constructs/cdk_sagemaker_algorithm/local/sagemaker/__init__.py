"""SageMaker's algorithm operations on this machine."""
