"""Simulate SageMaker's API for algorithms."""
