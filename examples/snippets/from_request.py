"""A request as the console and the CLI accept it, with a generated name."""

import aws_cdk as cdk

from cdk_sagemaker_algorithm import Algorithm

request = {
    "AlgorithmName": "forest",
    "TrainingSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/forest:1.0",
        "SupportedTrainingInstanceTypes": ["ml.m5.large"],
        "TrainingChannels": [
            {
                "Name": "train",
                "SupportedContentTypes": ["text/csv"],
                "SupportedInputModes": ["File"],
            },
        ],
    },
    "Tags": [{"Key": "team", "Value": "tables"}],
}

app = cdk.App()
stack = cdk.Stack(app, "Forest")
Algorithm.from_request(
    stack, "Forest", request, algorithm_name_prefix="forest", revision="2"
)

app.synth()
