"""Python source with this library's constructs, from a CreateAlgorithm request or a live algorithm."""

from cdk_sagemaker_algorithm.importing.description import Imported, from_description, from_request
from cdk_sagemaker_algorithm.importing.errors import ImportingError
from cdk_sagemaker_algorithm.importing.request_files import read_request
from cdk_sagemaker_algorithm.importing.source import definition_source, python_source

__all__ = [
    "Imported",
    "ImportingError",
    "definition_source",
    "from_description",
    "from_request",
    "python_source",
    "read_request",
]
