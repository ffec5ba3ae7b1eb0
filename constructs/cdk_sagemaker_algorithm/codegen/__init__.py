"""Generate Python code from a CreateAlgorithm request or an algorithm."""

from cdk_sagemaker_algorithm.codegen.errors import ImportingError
from cdk_sagemaker_algorithm.codegen.known_request import Imported, from_description, from_request
from cdk_sagemaker_algorithm.codegen.module import definition_source, python_source

__all__ = [
    "Imported",
    "ImportingError",
    "definition_source",
    "from_description",
    "from_request",
    "python_source",
]
