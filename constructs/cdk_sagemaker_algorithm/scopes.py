"""What is asked of a scope for each algorithm in it, asked once: every question is a call into the CDK's kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from constructs import IConstruct

T = TypeVar("T")


class OncePerScope(Generic[T]):
    """Remembers what a question about a scope was answered, as long as the scope lives."""

    def __init__(self, ask: Callable[[IConstruct], T]) -> None:
        """Remember the answers of `ask`, which must not change, nor hold the scope."""
        self._ask = ask
        self._answers: WeakKeyDictionary[IConstruct, T] = WeakKeyDictionary()

    def __call__(self, scope: IConstruct) -> T:
        """The answer, asked for when it is not known."""
        answer = self._answers.get(scope)
        if answer is None:
            answer = self._answers[scope] = self._ask(scope)
        return answer


def _path(scope: IConstruct) -> str:
    return scope.node.path


path_of: OncePerScope[str] = OncePerScope(_path)


def child_path(scope: IConstruct, id: str) -> str:  # noqa: A002 (CDK's name)
    """The path of a child, as CDK forms it."""
    return f"{path_of(scope)}/{id.replace('/', '--')}".removeprefix("/")
