"""Check arguments that are not part of the API, and report all invalid ones at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from os import PathLike
from textwrap import shorten
from typing import Any

from cdk_sagemaker_algorithm.cdk.kernel import seconds_of
from cdk_sagemaker_algorithm.model.member_names import snake_case

_DURATION = "seconds, a Duration such as Duration.hours(6), or a timedelta"
_BUCKET = 'S3Data.from_bucket(bucket, "prefix/")'
_BY_MEMBER = {
    "KmsKeyId": "a key's ID or ARN, or a key such as kms.Key.from_lookup(…)",
    "VolumeKmsKeyId": "a key's ID or ARN, or a key such as kms.Key.from_lookup(…)",
    "ValidationRole": "the ARN of a role, or a role such as iam.Role.from_role_name(…)",
    "validation_role": "the ARN of a role, or a role such as iam.Role.from_role_name(…)",
}
_LONGEST_SHOWN = 60
_TARGETS = {
    "topic_arn": "SnsTopic",
    "queue_arn": "SqsQueue",
    "function_arn": "LambdaFunction",
    "state_machine_arn": "SfnStateMachine",
    "event_bus_arn": "EventBus",
    "log_group_arn": "CloudWatchLogGroup",
}


class Arguments:
    """The arguments of one construct, checked when they are read."""

    def __init__(self, path: str) -> None:
        """Create a check.

        Args:
            path: Construct path, for messages.
        """
        self._path = path
        self._problems: list[str] = []

    def reject(self, name: str, problem: str, remedy: str) -> None:
        """Record an invalid argument.

        Args:
            name: Name of the argument.
            problem: Continues the sentence that starts with the name.
            remedy: Value to set; continues the sentence that starts with "give".
        """
        self._problems.append(f"{name} {problem}; give {remedy}")

    def raise_if_wrong(self) -> None:
        """Raise an error for the recorded arguments.

        Raises:
            ValueError: If an argument is invalid; the message has one line per argument.
        """
        if len(self._problems) == 1:
            raise ValueError(f"{self._path}: {self._problems[0]}") from None
        if self._problems:
            lines = "".join(f"\n  {problem}" for problem in self._problems)
            raise ValueError(f"{self._path}: {len(self._problems)} arguments are wrong:{lines}") from None

    def seconds(self, name: str, value: object) -> int | None:
        """Return the seconds of a number, a Duration or a timedelta; None if the value is invalid."""
        seconds = whole_seconds(value)
        if seconds is None:
            self.reject(name, f"is {described(value)}", _DURATION)
        elif isinstance(seconds, str):
            self.reject(name, seconds, _DURATION)
        else:
            return seconds
        return None

    def flag(self, name: str, value: object) -> bool:
        """Return a boolean; other types are rejected."""
        if not isinstance(value, bool):
            self.reject(name, f"is {described(value)}", "True or False")
        return value is True

    def text(self, name: str, value: object) -> None:
        """Reject values that are neither a string nor None."""
        if value is not None and not isinstance(value, str):
            self.reject(name, f"is {described(value)}", "a string")

    def reasons(self, name: str, value: Any) -> Mapping[str, str] | None:
        """Return rules and the reasons to acknowledge them."""
        if value is None:
            return None
        if isinstance(value, Mapping):
            reasons: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
            if all(isinstance(rule, str) and isinstance(reason, str) for rule, reason in reasons.items()):
                return reasons
        example = '{"rule-id": "why it does not hold here"}'
        if isinstance(value, str):
            example = f'{{{value!r}: "why it does not hold here"}}'
        elif isinstance(value, list | tuple | set) and value:
            example = f'{{{next(iter(value))!r}: "why it does not hold here"}}'  # pyright: ignore[reportUnknownArgumentType]
        self.reject(name, f"is {described(value)}", f"a dict of rules and reasons, such as {example}")  # pyright: ignore[reportUnknownArgumentType]
        return None

    def instance(self, name: str, value: object, expected: type, remedy: str) -> bool:
        """Return whether an argument is None or an instance of a class.

        Args:
            name: Name of the argument.
            value: Value of the argument.
            expected: Expected class.
            remedy: Value to set instead.
        """
        if value is None or isinstance(value, expected):
            return True
        self.reject(name, f"is {described(value)}", remedy)
        return False

    def unsupported(self, path: str, value: object) -> None:
        """Record a value that a definition cannot contain.

        Args:
            path: Path in the API's names.
            value: The unsupported value.
        """
        self.reject(python_spelling(path), f"is {described(value)}", substitute(path, value))


def whole_seconds(value: object) -> int | str | None:
    """Return the seconds of a number, a Duration or a timedelta.

    Returns:
        The seconds; a text that describes the problem if they are not an integer; None for other types.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else f"is {seconds} seconds, not an integer"
    if hasattr(value, "to_seconds"):
        duration: Any = value
        try:
            return seconds_of(duration)
        except RuntimeError:
            return f"is {duration.to_milliseconds()} milliseconds, and not whole seconds"
    return None


def described(value: object) -> str:
    """Return a value as messages name it."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the string {shorten(repr(value), _LONGEST_SHOWN, placeholder='…')}"
    if isinstance(value, bool | int | float):
        return str(value)
    # The CDK hands out objects of private classes; what they are is said by the first public one.
    public = next(each.__name__ for each in type(value).__mro__ if not each.__name__.startswith("_"))
    name = public.removesuffix("Base") or public
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def python_spelling(path: str) -> str:
    """Return a path in Python's names: ``training_specification.training_image``.

    Args:
        path: Path in the API's names.
    """
    return ".".join(snake_case(name) for name in path.split("."))


def substitute(path: str, value: object) -> str:
    """Return the value to use instead of an unsupported one.

    Args:
        path: Path in the API's names.
        value: The unsupported value.
    """
    member = path.rpartition(".")[2]
    if member in {"S3Uri", "S3OutputPath", "ModelDataUrl"}:
        return _s3_substitute(value, output=member == "S3OutputPath")
    if member in {"TrainingImage", "Image"}:
        return _image_substitute(value)
    if "InstanceType" in path:
        to_string: Any = getattr(value, "to_string", None)
        return f'"ml.{to_string()}"' if to_string is not None else 'a string such as "ml.m5.large"'
    if hasattr(value, "__next__"):
        return "a list, such as list(…)"
    return _BY_MEMBER.get(member, "a string, a number, a boolean, a list, a dict, or a structure of this library")


def _s3_substitute(value: Any, *, output: bool) -> str:
    if isinstance(value, PathLike) and not output:
        return f'S3Data.from_asset("{value}")'
    return _BUCKET if hasattr(value, "bucket_name") else f'an address such as "s3://bucket/prefix/", or {_BUCKET}'  # pyright: ignore[reportUnknownArgumentType]


def _image_substitute(value: object) -> str:
    if isinstance(value, PathLike):
        return f'AlgorithmImage.from_asset("{value}")'
    if hasattr(value, "image_uri"):
        return "its image_uri, or AlgorithmImage.from_asset(directory)"
    image = 'AlgorithmImage.from_ecr_repository(repository, "tag")'
    return image if hasattr(value, "repository_uri") else f"a registry path, or {image}"


def rule_target(path: str, name: str, target: object) -> None:
    """Reject a value that is not a target of an EventBridge rule.

    Args:
        path: Construct path, for messages.
        name: Method that accepts the target.
        target: A target, or None.

    Raises:
        ValueError: If the value is something else, such as a topic.
    """
    if target is None or hasattr(target, "bind"):
        return
    kind = next((kind for attribute, kind in _TARGETS.items() if hasattr(target, attribute)), None)
    remedy = f"targets.{kind}(…)" if kind else "a target such as targets.SnsTopic(topic)"
    raise ValueError(f"{path}: {name}: target is {described(target)}; give {remedy}, from aws_events_targets")


def must_be(place: str, name: str, value: object, attribute: str, remedy: str) -> None:
    """Reject an argument of a factory that does not have an attribute.

    Args:
        place: Name of the factory.
        name: Name of the argument.
        value: Value of the argument.
        attribute: Attribute that valid values have.
        remedy: Value to set; continues the sentence that starts with "give".

    Raises:
        ValueError: If the value does not have the attribute.
    """
    if not hasattr(value, attribute):
        raise ValueError(f"{place}: {name} is {described(value)}; give {remedy}")


def must_be_text(place: str, name: str, value: Any) -> None:
    """Reject an argument of a factory that is not a string.

    Args:
        place: Name of the factory.
        name: Name of the argument.
        value: Value of the argument.

    Raises:
        ValueError: If the value is not a string.
    """
    if not isinstance(value, str):
        quoted = f', such as "{value}"' if isinstance(value, int | float | PathLike) else ""
        raise ValueError(f"{place}: {name} is {described(value)}; give a string{quoted}")  # pyright: ignore[reportUnknownArgumentType]
