"""The handler of the custom resource, which AWS Lambda runs for ``cdk-sagemaker-algorithm``.

Requires only Python's standard library and the boto3 of the Lambda runtime.
"""
