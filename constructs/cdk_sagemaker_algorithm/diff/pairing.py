"""Pair the algorithms of BASE and HEAD by stack and logical ID, as CloudFormation does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm, algorithms
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.model.json_access import Tree

# Two definitions that share more than this part of their fields count as moved.
_ALIKE: Final = 0.6
# Exact name, logical ID and construct ID.
_ALL_NAMES: Final = 3
# 500 removed and 500 added algorithms; more are not searched for moves.
_MAX_PAIRS: Final = 250_000
_Leaves = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Algorithms of BASE and HEAD, paired.

    Attributes:
        both: Algorithms of BASE and HEAD that CloudFormation treats as the same resource.
        removed: Algorithms of BASE without a counterpart in HEAD.
        added: Algorithms of HEAD without a counterpart in BASE.
        moves: Pairs of a removed and an added algorithm that were probably moved to another stack, path or logical ID.
        lost_stacks: Stacks of BASE that are not in HEAD.
    """

    both: tuple[tuple[DeclaredAlgorithm, DeclaredAlgorithm], ...]
    removed: tuple[DeclaredAlgorithm, ...]
    added: tuple[DeclaredAlgorithm, ...]
    moves: tuple[tuple[DeclaredAlgorithm, DeclaredAlgorithm], ...]
    lost_stacks: frozenset[tuple[str | None, ...]]


def pair(base: Sequence[Stack], head: Sequence[Stack]) -> Pairing:
    """Pair the algorithms of BASE and HEAD.

    Args:
        base: Deployed stacks.
        head: Stacks to deploy.

    Raises:
        InputError: If a template file could belong to more than one stack of the other side.
    """
    both: list[tuple[DeclaredAlgorithm, DeclaredAlgorithm]] = []
    removed: list[DeclaredAlgorithm] = []
    added: list[DeclaredAlgorithm] = []
    lost: set[tuple[str | None, ...]] = set()
    for before, after in _pair_stacks(base, head):
        # The sides can name one stack differently; compare both as the stack of HEAD.
        old = {
            algorithm.key: replace(algorithm, stack=after or algorithm.stack)
            for algorithm in (algorithms(before) if before else ())
        }
        new = {algorithm.key: algorithm for algorithm in (algorithms(after) if after else ())}
        both += [(old[key], new[key]) for key in new if key in old]
        removed += [old[key] for key in old if key not in new]
        added += [new[key] for key in new if key not in old]
        if before and not after:
            lost.add(before.identity)
    return Pairing(
        both=tuple(both),
        removed=tuple(removed),
        added=tuple(added),
        moves=tuple(_moves(removed, added)),
        lost_stacks=frozenset(lost),
    )


def _pair_stacks(base: Sequence[Stack], head: Sequence[Stack]) -> Iterator[tuple[Stack | None, Stack | None]]:
    left = list(base)
    for stack in head:
        candidates = [other for other in left if _same_stack(other, stack)]
        exact = [other for other in candidates if (other.account, other.region) == (stack.account, stack.region)]
        partner = next(iter(exact or candidates), None) or _bare_partner(left, stack, base, head)
        if partner is not None:
            left.remove(partner)
        yield partner, stack
    for stack in left:
        yield stack, None


def _same_stack(one: Stack, other: Stack) -> bool:
    if one.name is None or one.name != other.name:
        return False
    pairs = ((one.account, other.account), (one.region, other.region))
    return all(None in values or values[0] == values[1] for values in pairs)


def _bare_partner(left: Sequence[Stack], stack: Stack, base: Sequence[Stack], head: Sequence[Stack]) -> Stack | None:
    """Return the counterpart if one side is a template file, which does not contain the name of its stack."""
    for other in left:
        if stack.name is None and other.name is None:
            # Template files contain no stack name, so only construct paths identify the stack.
            roots = _roots(other), _roots(stack)
            return other if not roots[0] or not roots[1] or roots[0] & roots[1] else None
        if (stack.name is None) != (other.name is None):
            bare, named = (stack, other) if stack.name is None else (other, stack)
            if _belongs(bare, named, base if named is other else head):
                return other
    return None


def _belongs(bare: Stack, named: Stack, siblings: Sequence[Stack]) -> bool:
    paths = [algorithm.path for algorithm in algorithms(bare)]
    if any("/" in path for path in paths):
        return any(path.startswith(f"{named.label}/") for path in paths)
    owners = [stack for stack in siblings if algorithms(stack)]
    if paths and len(owners) > 1:
        raise InputError(
            f"{bare.label}: has no construct paths, so it may belong to any of the stacks "
            f"{', '.join(stack.label for stack in owners)}; compare two assemblies or two template files"
        )
    return named in owners or (not owners and named is siblings[0])


def _roots(stack: Stack) -> set[str]:
    return {algorithm.root for algorithm in algorithms(stack) if algorithm.root}


def _moves(
    removed: Sequence[DeclaredAlgorithm], added: Sequence[DeclaredAlgorithm]
) -> Iterator[tuple[DeclaredAlgorithm, DeclaredAlgorithm]]:
    """Yield the pairs that were probably moved, most similar first; an algorithm is in one pair at most."""
    if len(removed) * len(added) > _MAX_PAIRS:
        return
    leaves = {id(algorithm): frozenset(_leaves(dict(algorithm.content))) for algorithm in (*removed, *added)}
    pairs = [(_likeness(old, new, leaves[id(old)], leaves[id(new)]), old, new) for new in added for old in removed]
    taken: set[int] = set()
    for likeness, old, new in sorted(pairs, key=lambda pair: pair[0], reverse=True):
        if likeness.is_enough and id(old) not in taken and id(new) not in taken:
            taken |= {id(old), id(new)}
            yield old, new


class _Likeness(NamedTuple):
    """Likeness of two algorithms, most important aspect first."""

    same_definition: bool
    similar_definition: bool
    same_stack: bool
    same_place: bool
    same_names: int
    shared: float

    @property
    def is_enough(self) -> bool:
        """True if the algorithm was probably moved; an equal exact name or logical ID alone is not enough."""
        return self.similar_definition or self.same_place or self.same_names == _ALL_NAMES


def _likeness(old: DeclaredAlgorithm, new: DeclaredAlgorithm, before: _Leaves, after: _Leaves) -> _Likeness:
    shared = _shared(before, after)
    names = (
        bool(old.explicit_name) and old.explicit_name == new.explicit_name,
        old.logical_id == new.logical_id,
        old.path.rpartition("/")[2] == new.path.rpartition("/")[2],
    )
    return _Likeness(
        same_definition=before == after,
        similar_definition=shared > _ALIKE,
        same_stack=old.stack.identity == new.stack.identity,
        same_place=old.path == new.path or old.relative_path == new.relative_path,
        same_names=sum(names),
        shared=shared,
    )


def _shared(one: _Leaves, other: _Leaves) -> float:
    """Return the shared part of two definitions, from 0 to 1."""
    return len(one & other) / max(1, len(one | other))


def _leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, str):
        yield path, unresolved.identity_of(tree)
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield from _leaves(value, f"{path}.{name}")
    else:
        for value in tree:
            yield from _leaves(value, path)
