"""Call the CDK's kernel as rarely as possible.

Every property, method and object of the CDK that Python uses is a message to the kernel, a Node process, and back: a
quarter of a millisecond, as long as two rules take. An app of a hundred algorithms would spend most of its synthesis on
repeated requests. Each value is therefore requested once (`Memo`, the pseudo parameters), and some values are computed
here (`child_path`). No other module of the constructs trades clarity for this. `tests/unit/budgets` counts the
messages.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import IConstruct

K = TypeVar("K")
T = TypeVar("T")


class Memo(Generic[K, T]):
    """A cache for a property of a CDK object; an entry lives as long as the object."""

    def __init__(self, ask: Callable[[K], T]) -> None:
        """Cache the results of `ask`, which must not change or refer to the object."""
        self._ask = ask
        self._answers: WeakKeyDictionary[K, T] = WeakKeyDictionary()

    def __call__(self, about: K) -> T:
        """Return the cached result; call `ask` on first use."""
        answer = self._answers.get(about)
        if answer is None:
            answer = self._answers[about] = self._ask(about)
        return answer


def _path(scope: IConstruct) -> str:
    return scope.node.path


path_of: Memo[IConstruct, str] = Memo(_path)


def child_path(scope: IConstruct, id: str) -> str:
    """Return the path of a child, as the CDK forms it."""
    return f"{path_of(scope)}/{id.replace('/', '--')}".removeprefix("/")


def free_id(scope: IConstruct, wanted: str) -> str:
    """Return an ID that no child of the scope has: `wanted`, or `wanted` with a number."""
    node = scope.node
    if node.try_find_child(wanted) is None:
        return wanted
    return next(f"{wanted}{number}" for number in count(2) if node.try_find_child(f"{wanted}{number}") is None)


def _seconds(duration: cdk.Duration) -> int:
    return int(duration.to_seconds())


seconds_of: Memo[cdk.Duration, int] = Memo(_seconds)


@cache
def partition() -> str:
    """Return the token of ``AWS::Partition``; tokens of pseudo parameters are the same in every app."""
    return cdk.Aws.PARTITION


@cache
def region() -> str:
    """Return the token of ``AWS::Region``."""
    return cdk.Aws.REGION


@cache
def account() -> str:
    """Return the token of ``AWS::AccountId``."""
    return cdk.Aws.ACCOUNT_ID


@cache
def stack_name() -> str:
    """Return the token of ``AWS::StackName``."""
    return cdk.Aws.STACK_NAME


def key_value_tags(resource_type: str, tags: Mapping[str, str] | None = None) -> cdk.TagManager:
    """Return a tag manager whose ``rendered_tags`` have CloudFormation's spelling, ``Key`` and ``Value``.

    The standard kind renders the spelling of L1 properties, which a plain ``CfnResource`` does not translate.

    Args:
        resource_type: The resource type, by which aspects include or exclude the resource.
        tags: Tags from the beginning; those of ``Tags.of`` win. Default: none.
    """
    return cdk.TagManager(cdk.TagType.KEY_VALUE, resource_type, dict(tags) if tags else None)


class ConstructorSignature:
    """The value of ``__signature__`` of a construct: the arguments of its constructor.

    jsii's metaclass hides them: ``inspect.signature`` and a notebook's tooltip would show ``(*args, **kwargs)``.
    """

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        """Return the signature of the owner's constructor, without ``self``."""
        signature = inspect.signature(getattr(owner, "__init__"))  # noqa: B009 - mypy calls the attribute unsound
        return signature.replace(parameters=list(signature.parameters.values())[1:])
