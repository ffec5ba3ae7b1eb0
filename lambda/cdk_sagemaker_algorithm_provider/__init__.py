"""The custom resource's handler: what AWS Lambda runs for ``cdk-sagemaker-algorithm``.

Needs Python's standard library and the boto3 of Lambda's runtime, nothing else.
"""
