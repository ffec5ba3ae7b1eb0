"""Check arguments that are not part of the API, and report all invalid ones at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from os import PathLike
from textwrap import shorten
from typing import Any, Final, TypeVar

import aws_cdk as cdk

from cdk_sagemaker_algorithm.cdk.kernel import seconds_of

T = TypeVar("T")

USE_ROLE_OBJECT: Final = "use an object such as iam.Role.from_role_name(…)"
USE_ROLE: Final = "use the ARN of a role, or an object such as iam.Role.from_role_name(…)"
USE_KEY: Final = "use a key's ID or ARN, or an object such as kms.Key.from_lookup(…)"
_USE_DURATION: Final = "use seconds as an integer, Duration.hours(6), or a timedelta"
_FLAGS: Final = {"true": "write True", "false": "write False", "1": "write True", "0": "write False"}
_LONGEST_SHOWN: Final = 60
_AN: Final = re.compile(r"[aeiouAEIO]|[FHLMNRSX][A-Z0-9]")
_TARGETS: Final = {
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
        self.problems: list[str] = []
        """Sentences about the invalid arguments, without the construct path."""

    def fail(self, problem: str) -> None:
        """Record a problem.

        Args:
            problem: Sentence that names the arguments.
        """
        self.problems.append(problem)

    def reject(self, name: str, expected: str, value: object, remedy: str = "") -> None:
        """Record an invalid argument.

        Args:
            name: Name of the argument.
            expected: Noun phrase for what is allowed.
            value: The invalid value, or a `Phrase` about it.
            remedy: Imperative that says what to write. Default: "use", and what is expected.
        """
        self.problems.append(mismatch(name, expected, value, remedy))

    def raise_if_wrong(self) -> None:
        """Raise an error for the recorded problems.

        Raises:
            ValueError: If there are any; the message has one line per problem.
        """
        if len(self.problems) == 1:
            raise ValueError(f"{self._path}: {self.problems[0]}") from None
        if self.problems:
            lines = "".join(f"\n  {problem}" for problem in self.problems)
            raise ValueError(f"{self._path}: {len(self.problems)} arguments are wrong:{lines}") from None

    def seconds(self, name: str, value: object, *, least: int) -> int | None:
        """Return the seconds of a number, a Duration or a timedelta; None if the value is invalid.

        Args:
            name: Name of the argument.
            value: Value of the argument.
            least: Fewest seconds that are allowed.
        """
        seconds = whole_seconds(value)
        if isinstance(seconds, int) and seconds >= least:
            return seconds
        expected = "a duration" if seconds is None else f"at least {least} seconds"
        given = f"{seconds} seconds" if isinstance(seconds, int) else seconds
        if isinstance(seconds, str):
            expected = "whole seconds"
        self.reject(name, expected, value if given is None else Phrase(given), _USE_DURATION)
        return None

    def flag(self, name: str, value: object) -> bool:
        """Return a boolean; other types are rejected."""
        if not isinstance(value, bool):
            self.reject(name, "True or False", value, _FLAGS.get(str(value).lower(), ""))
        return value is True

    def text(self, name: str, value: Any) -> str | None:
        """Return a string or None; other types are rejected."""
        if value is None or isinstance(value, str):
            return value
        self.reject(name, "a string", value, f'write "{value}"' if isinstance(value, int | float | PathLike) else "")  # pyright: ignore[reportUnknownArgumentType]
        return None

    def choice(self, name: str, value: object, allowed: Iterable[object]) -> bool:
        """Return whether a value is one of those allowed."""
        choices = tuple(allowed)
        # True equals 1, and a list has no hash.
        if any(value == choice and type(value) is type(choice) for choice in choices):
            return True
        self.reject(name, "an allowed value", value, f"use one of {', '.join(map(str, choices))}")
        return False

    def reasons(self, name: str, value: Any, check: Callable[[str, str], object]) -> Mapping[str, str] | None:
        """Return rules and the reasons to acknowledge them.

        Args:
            name: Name of the argument.
            value: Value of the argument.
            check: Raises a ValueError for a rule that cannot be acknowledged for a reason.
        """
        if value is None:
            return None
        if not isinstance(value, Mapping):
            rule = "rule-id"
            if isinstance(value, str):
                rule = value
            elif isinstance(value, list | tuple | set) and value:
                rule = next(iter(value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            example = f'{{"{rule}": "why it does not apply here"}}'
            self.reject(name, "a dict of rules and reasons", value, f"write {example}")  # pyright: ignore[reportUnknownArgumentType]
            return None
        reasons: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        valid: dict[str, str] = {}
        for rule, reason in reasons.items():
            if not isinstance(rule, str) or not isinstance(reason, str):
                wrong = rule if not isinstance(rule, str) else reason
                self.reject(f"{name}[{rule!r}]", "a rule and a reason, both strings", wrong)
                continue
            try:
                check(rule, reason)
            except ValueError as error:
                self.fail(f"{name}: {error}")
            else:
                valid[rule] = reason
        return valid

    def instance(self, name: str, value: T, expected: type, noun: str, remedy: str) -> T | None:
        """Return an argument that is None or an instance of a class; others are rejected.

        Args:
            name: Name of the argument.
            value: Value of the argument.
            expected: Expected class.
            noun: Noun phrase for it.
            remedy: Imperative that says what to write.
        """
        if value is None or isinstance(value, expected):
            return value
        self.reject(name, noun, value, remedy)
        return None

    def having(self, name: str, value: T, attribute: str, noun: str, remedy: str) -> T | None:
        """Return an argument that is None or has an attribute; others are rejected.

        Only their attributes distinguish the objects of the CDK's interfaces.

        Args:
            name: Name of the argument.
            value: Value of the argument.
            attribute: Attribute that valid values have.
            noun: Noun phrase for them.
            remedy: Imperative that says what to write.
        """
        if value is None or hasattr(value, attribute):
            return value
        self.reject(name, noun, value, remedy)
        return None

    def unsupported(self, path: str, value: object) -> None:
        """Record a value that a definition cannot contain.

        Args:
            path: Path in the API's names.
            value: The unsupported value.
        """
        self.reject(python_spelling(path), *_substitute(path, value))


class Phrase(str):
    """Text about a value, instead of the value itself."""

    __slots__ = ()


def mismatch(name: str, expected: str, value: object, remedy: str = "") -> str:
    """Return the sentence about a value that is not what is expected.

    Args:
        name: Name of the value.
        expected: Noun phrase for what is allowed.
        value: The value, or a `Phrase` about it.
        remedy: Imperative that says what to write. Default: none.
    """
    given = str(value) if isinstance(value, Phrase) else described(value)
    return f"{name}: expected {expected}, got {given}" + (f"; {remedy}" if remedy else "")


def whole_seconds(value: object) -> int | Phrase | None:
    """Return the seconds of a number, a Duration or a timedelta.

    Returns:
        The seconds; a phrase if they are not an integer; None for other types.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else Phrase(f"{seconds} seconds")
    if hasattr(value, "to_seconds"):
        duration: Any = value
        try:
            return seconds_of(duration)
        except RuntimeError:
            return Phrase(f"{duration.to_milliseconds():g} milliseconds")
    return None


def duration(name: str, value: object) -> object:
    """Return a Duration for seconds or a timedelta; a Duration and None are returned unchanged.

    Args:
        name: Names of the function and the argument.
        value: Value of the argument.

    Raises:
        ValueError: If the value is something else.
    """
    if value is None or hasattr(value, "to_seconds"):
        return value
    seconds = whole_seconds(value)
    if not isinstance(seconds, int):
        raise ValueError(mismatch(name, "a duration", value if seconds is None else seconds, _USE_DURATION))
    return cdk.Duration.seconds(seconds)


def whole_gibibytes(size: Any) -> int | Phrase:
    """Return the GiB of a Size; a phrase if they are not an integer.

    Args:
        size: A ``Size`` of the CDK.
    """
    try:
        return int(size.to_gibibytes())
    except RuntimeError:
        return Phrase(f"{size.to_mebibytes():g} MiB")


def described(value: object) -> str:
    """Return a value as messages name it."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the string {shorten(repr(value), _LONGEST_SHOWN, placeholder='…')}"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, type):
        return f"the class {value.__name__}"
    # The CDK hands out objects of private classes; what they are is said by the first public one.
    public = next(each.__name__ for each in type(value).__mro__ if not each.__name__.startswith("_"))
    name = public.removesuffix("Base") or public
    return f"{'an' if _AN.match(name) else 'a'} {name}"


def python_spelling(path: str) -> str:
    """Return a path in Python's names: ``training_specification.training_image``.

    Args:
        path: Path in the API's names.
    """
    from cdk_sagemaker_algorithm.model.member_names import snake_case  # noqa: PLC0415 - the provider has no definition

    return ".".join(snake_case(name) for name in path.split("."))


def _substitute(path: str, value: Any) -> tuple[str, object, str]:
    """Return what a field expects, the unsupported value, and what to write instead."""
    member = path.rpartition(".")[2]
    is_set = isinstance(value, AbstractSet)
    if is_set or hasattr(value, "__next__"):
        return "a list", value, f"use {'sorted' if is_set else 'list'}(…)"  # pyright: ignore[reportUnknownVariableType]
    for members, noun, remedy in _FIELDS:
        if member.partition("[")[0] in members:
            return noun, value, remedy(value)
    if ".HyperParameters." in path:
        return _PARAMETER_NOUN, value, _PARAMETER_REMEDY
    return "a string, a number, a boolean, a list, a dict or a dataclass of this library", value, ""


def _s3_output_remedy(value: Any) -> str:
    use_bucket = 'S3Data.from_bucket(bucket, "prefix/")'
    return f"use {use_bucket}" if hasattr(value, "bucket_name") else f'write "s3://bucket/prefix/", or use {use_bucket}'


def _s3_remedy(value: Any) -> str:
    return f'use S3Data.from_asset("{value}")' if isinstance(value, PathLike) else _s3_output_remedy(value)


def _image_remedy(value: object) -> str:
    if isinstance(value, PathLike):
        return f'use AlgorithmImage.from_asset("{value}")'
    if hasattr(value, "image_uri"):
        return "use its image_uri, or AlgorithmImage.from_asset(directory)"
    use_repository = 'use AlgorithmImage.from_ecr_repository(repository, "tag")'
    return use_repository if hasattr(value, "repository_uri") else f"write the registry path, or {use_repository}"


def _instance_type_remedy(value: Any) -> str:
    to_string = getattr(value, "to_string", None)
    return f'write "ml.{"m5.large" if to_string is None else to_string()}"'


_PARAMETER_NOUN: Final = "a string or a finite number"
_PARAMETER_REMEDY: Final = 'write what the container reads, such as "true"'
_INSTANCE_TYPES: Final = tuple(
    f"Supported{kind}InstanceTypes" for kind in ("Training", "Transform", "RealtimeInference")
)
#: Fields, what they expect, and a function that returns what to write instead of a value.
_FIELDS: Final[tuple[tuple[tuple[str, ...], str, Callable[[object], str]], ...]] = (
    (("S3Uri", "ModelDataUrl"), "an S3 location", _s3_remedy),
    (("S3OutputPath",), "an S3 location", _s3_output_remedy),
    (("TrainingImage", "Image"), "an image", _image_remedy),
    (("InstanceType", *_INSTANCE_TYPES), "an instance type", _instance_type_remedy),
    (("KmsKeyId", "VolumeKmsKeyId"), "a KMS key", lambda _: USE_KEY),
    (("ValidationRole",), "an IAM role", lambda _: USE_ROLE),
    (("DefaultValue", "MinValue", "MaxValue"), _PARAMETER_NOUN, lambda _: _PARAMETER_REMEDY),
)


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
    remedy = f"use aws_events_targets.{kind}(…)" if kind else "use a target such as aws_events_targets.SnsTopic(topic)"
    raise ValueError(f"{path}: {mismatch(f'target of {name}', 'a target of a rule', target, remedy)}")


def must_be(name: str, noun: str, value: object, attribute: str, remedy: str) -> None:
    """Reject an argument of a function that does not have an attribute.

    Args:
        name: Names of the function and the argument.
        noun: Noun phrase for valid values.
        value: Value of the argument.
        attribute: Attribute that valid values have.
        remedy: Imperative that says what to write.

    Raises:
        ValueError: If the value does not have the attribute.
    """
    if not hasattr(value, attribute):
        raise ValueError(mismatch(name, noun, value, remedy))


def must_be_text(name: str, value: Any) -> None:
    """Reject an argument of a function that is not a string.

    Args:
        name: Names of the function and the argument.
        value: Value of the argument.

    Raises:
        ValueError: If the value is not a string.
    """
    if not isinstance(value, str):
        is_text = isinstance(value, int | float | PathLike) and not isinstance(value, bool)
        raise ValueError(mismatch(name, "a string", value, f'write "{value}"' if is_text else ""))  # pyright: ignore[reportUnknownArgumentType]


def must_be_path(name: str, value: object, remedy: str = "") -> None:
    """Reject an argument of a function that is not a path of the file system.

    Args:
        name: Names of the function and the argument.
        value: Value of the argument.
        remedy: Imperative that says what to write. Default: none.

    Raises:
        ValueError: If the value is neither a string nor a path.
    """
    if not isinstance(value, str | PathLike):
        raise ValueError(mismatch(name, "a path", value, remedy))
