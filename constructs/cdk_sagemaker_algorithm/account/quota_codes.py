"""Read the codes of SageMaker quotas.

A code is an opaque word, the same in every region. ``scripts/write_quota_codes.py`` writes the table from the output
of ``aws service-quotas list-service-quotas``. A quota that the table lacks is found by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from cdk_sagemaker_algorithm.model.json_access import json_list, json_object

FILE: Final = "quota_codes.json"
TRAINING: Final = "training job usage"
WARM_POOL: Final = "training warm pool usage"
TRANSFORM: Final = "transform job usage"
ALL_TRAINING: Final = "Number of instances across all training jobs"
ALL_TRANSFORM: Final = "Number of instances across all transform jobs"

_NAME: Final = re.compile(rf"ml\.[a-z0-9.-]+ for (?:{TRAINING}|{WARM_POOL}|{TRANSFORM})")
_CODE: Final = re.compile(r"L-[0-9A-F]{8}")


def name_of(instance_type: str, usage: str) -> str:
    """Return the name of the quota of an instance type.

    Args:
        instance_type: Such as ``ml.m5.large``.
        usage: One of this module's usages.
    """
    return f"{instance_type} for {usage}"


@cache
def codes() -> Mapping[str, str]:
    """Return the codes by the quotas' names."""
    text = files("cdk_sagemaker_algorithm.account").joinpath(FILE).read_text(encoding="utf-8")
    return {str(name): str(code) for name, code in json_object(json.loads(text)).items()}


def table(dump: object) -> dict[str, str]:
    """Return the codes that checks use, from a dump of all quotas.

    Args:
        dump: The output of ``aws service-quotas list-service-quotas --service-code sagemaker``.

    Returns:
        The codes by the quotas' names, sorted.

    Raises:
        ValueError: The dump is not such an output, or a code has an unknown form.
    """
    quotas = [json_object(each) for each in json_list(json_object(dump).get("Quotas"))]
    if not quotas:
        raise ValueError("the dump has no Quotas; write it with aws service-quotas list-service-quotas")
    found: dict[str, str] = {}
    for quota in quotas:
        name, code = str(quota.get("QuotaName")), str(quota.get("QuotaCode"))
        if not (_NAME.fullmatch(name) or name in (ALL_TRAINING, ALL_TRANSFORM)):
            continue
        if not _CODE.fullmatch(code):
            raise ValueError(f"{name}: the code {code!r} does not have the form L-XXXXXXXX")
        found[name] = code
    return dict(sorted(found.items()))
