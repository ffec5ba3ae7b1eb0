"""Cut botocore's SageMaker model down to the operations that the handler calls, without documentation.

One file, two readers: synth takes limits from it, and the handler gives it to botocore's loader.
Run with ``make model`` after raising botocore; a test compares the result with the installed botocore.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import botocore

OPERATIONS = (
    "AddTags",
    "CreateAlgorithm",
    "DeleteAlgorithm",
    "DeleteTags",
    "DescribeAlgorithm",
    "DescribeTrainingJob",
    "DescribeTransformJob",
    "ListAlgorithms",
    "ListTags",
    "ListTrainingJobs",
    "ListTransformJobs",
)
# Of these two long responses, the handler reads only the fields about ownership and failure of a job.
OUTPUT_MEMBERS = {
    "DescribeTrainingJobResponse": (
        "TrainingJobName",
        "TrainingJobStatus",
        "SecondaryStatus",
        "FailureReason",
        "AlgorithmSpecification",
        "RoleArn",
        "HyperParameters",
        "InputDataConfig",
        "OutputDataConfig",
        "CreationTime",
        "TrainingEndTime",
    ),
    "DescribeTransformJobResponse": (
        "TransformJobName",
        "TransformJobStatus",
        "FailureReason",
        "ModelName",
        "TransformInput",
        "TransformOutput",
        "CreationTime",
    ),
}
MODEL = Path("sagemaker/2017-07-24/service-2.json")
TRIMMED = Path(__file__).parents[1] / "lambda/cdk_sagemaker_algorithm_provider/models" / MODEL

Json = dict[str, Any]


def installed_model() -> Json:
    """Return the complete model of the installed botocore, which contains it with or without gzip."""
    path = Path(botocore.__file__).parent / "data" / MODEL
    if path.exists():
        return _object(path.read_bytes())
    return _object(gzip.decompress(path.with_name("service-2.json.gz").read_bytes()))


def trim(model: Json) -> Json:
    """Return the model with the operations above and their shapes, without documentation."""
    operations = {name: model["operations"][name] for name in OPERATIONS}
    available = {name: _narrowed(name, shape) for name, shape in model["shapes"].items()}
    reached: set[str] = set()
    for operation in operations.values():
        for shape in (operation.get("input"), operation.get("output"), *operation.get("errors", ())):
            _reach(shape, available, reached)
    shapes = {name: available[name] for name in sorted(reached)}
    trimmed: Json = _undocumented(
        {
            "version": model["version"],
            "metadata": model["metadata"],
            "operations": operations,
            "shapes": shapes,
        }
    )
    return trimmed


def serialized(model: Json) -> str:
    """Return JSON with one shape per line, for readable diffs."""
    parts: list[str] = []
    for section, content in model.items():
        if section in ("operations", "shapes"):
            lines = ",\n".join(f"{json.dumps(name)}:{_compact(value)}" for name, value in content.items())
            parts.append(f"{json.dumps(section)}:{{\n{lines}\n}}")
        else:
            parts.append(f"{json.dumps(section)}:{_compact(content)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _narrowed(name: str, shape: Any) -> Json:
    if name not in OUTPUT_MEMBERS:
        return cast("Json", shape)
    # Responses have no required fields, so remove the list together with the fields.
    return {"type": "structure", "members": {member: shape["members"][member] for member in OUTPUT_MEMBERS[name]}}


def _reach(reference: Json | None, shapes: Json, reached: set[str]) -> None:
    if reference is None or reference["shape"] in reached:
        return
    reached.add(reference["shape"])
    shape = shapes[reference["shape"]]
    for child in (
        *shape.get("members", {}).values(),
        shape.get("member"),
        shape.get("key"),
        shape.get("value"),
    ):
        _reach(child, shapes, reached)


def _undocumented(value: Any) -> Any:
    if isinstance(value, dict):
        # A field can also have the name "documentation"; the documentation itself is always a string.
        return {
            key: _undocumented(child)
            for key, child in cast("Json", value).items()
            if not (key == "documentation" and isinstance(child, str))
        }
    if isinstance(value, list):
        return [_undocumented(child) for child in cast("Sequence[Any]", value)]
    return value


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _object(text: bytes) -> Json:
    value: Json = json.loads(text)
    return value


if __name__ == "__main__":
    TRIMMED.parent.mkdir(parents=True, exist_ok=True)
    TRIMMED.write_text(serialized(trim(installed_model())), encoding="utf-8")
    print(f"{TRIMMED.name}: {TRIMMED.stat().st_size:,} bytes")
