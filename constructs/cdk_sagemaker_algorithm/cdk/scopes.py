"""What is asked for each of many algorithms, asked once: every question is a call into the CDK's kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import IConstruct

K = TypeVar("K")
T = TypeVar("T")


class AskedOnce(Generic[K, T]):
    """Remembers what a question about a scope, or another object of the CDK, was answered, as long as that lives."""

    def __init__(self, ask: Callable[[K], T]) -> None:
        """Remember the answers of `ask`, which must not change, nor hold what they are about."""
        self._ask = ask
        self._answers: WeakKeyDictionary[K, T] = WeakKeyDictionary()

    def __call__(self, about: K) -> T:
        """The answer, asked for when it is not known."""
        answer = self._answers.get(about)
        if answer is None:
            answer = self._answers[about] = self._ask(about)
        return answer


def _path(scope: IConstruct) -> str:
    return scope.node.path


path_of: AskedOnce[IConstruct, str] = AskedOnce(_path)


def child_path(scope: IConstruct, id: str) -> str:  # noqa: A002 (CDK's name)
    """The path of a child, as CDK forms it."""
    return f"{path_of(scope)}/{id.replace('/', '--')}".removeprefix("/")


def _seconds(duration: cdk.Duration) -> int:
    return int(duration.to_seconds())


seconds_of: AskedOnce[cdk.Duration, int] = AskedOnce(_seconds)
