"""SageMaker algorithm resources for the AWS CDK, validation profiles included.

Names are imported when they are first asked for: what needs no CDK, such as the rules, starts without it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.cdk.algorithm import Algorithm as Algorithm
    from cdk_sagemaker_algorithm.cdk.algorithm_base import AlgorithmBase as AlgorithmBase
    from cdk_sagemaker_algorithm.cdk.container_image import AlgorithmImage as AlgorithmImage
    from cdk_sagemaker_algorithm.cdk.grants import AlgorithmGrants as AlgorithmGrants
    from cdk_sagemaker_algorithm.cdk.provider.provider import AlgorithmProvider as AlgorithmProvider
    from cdk_sagemaker_algorithm.cdk.s3_data import S3Data as S3Data
    from cdk_sagemaker_algorithm.model import *  # noqa: F403 (the model's names are this package's)

_CONSTRUCTS = {
    "Algorithm": "cdk.algorithm",
    "AlgorithmBase": "cdk.algorithm_base",
    "AlgorithmGrants": "cdk.grants",
    "AlgorithmImage": "cdk.container_image",
    "AlgorithmProvider": "cdk.provider.provider",
    "S3Data": "cdk.s3_data",
}


def __getattr__(name: str) -> object:
    value = _found(name)
    if name != "__all__":
        # Asked for once: the next time Python finds it by itself.
        globals()[name] = value
    return value


def _found(name: str) -> object:
    if name in _CONSTRUCTS:
        return getattr(import_module(f".{_CONSTRUCTS[name]}", __name__), name)
    if name.islower() and find_spec(f"{__name__}.{name}") is not None:
        # An import of our own module asks for it like this first, and needs no model for that.
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    model = import_module(".model", __name__)
    if name == "__all__":
        return [*_CONSTRUCTS, *model.__all__]
    if name not in model.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(model, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_CONSTRUCTS, *import_module(".model", __name__).__all__})
