"""Compare two algorithm definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_sagemaker_algorithm.diff.classify.change import Change, Effect, Impact, make
from cdk_sagemaker_algorithm.diff.classify.flags import Flag
from cdk_sagemaker_algorithm.diff.classify.inference import compare_inference
from cdk_sagemaker_algorithm.diff.classify.named_lists import NamedList, always, is_opaque, opaque
from cdk_sagemaker_algorithm.diff.classify.scalars import leaf_changes
from cdk_sagemaker_algorithm.diff.classify.training import compare_training
from cdk_sagemaker_algorithm.model.json_access import Tree, child, elements, text_of

_VALIDATION = "ValidationSpecification"
_CERTIFIED = Flag(
    member="CertifyForMarketplace",
    noun="certification",
    on=Effect(Impact.COMPATIBLE, "certified now", "it does not affect requests"),
    off=Effect(Impact.BEHAVIOR, "no longer certified", "AWS Marketplace cannot list the new algorithm"),
)
_JOBS = {"TrainingJobDefinition": "training job", "TransformJobDefinition": "transform job"}


def compare_definitions(before: Mapping[str, Tree], after: Mapping[str, Tree]) -> list[Change]:
    """Compare two definitions.

    Args:
        before: Fields of CreateAlgorithm in BASE, in canonical form.
        after: Fields of CreateAlgorithm in HEAD, in canonical form.

    Returns:
        All changes, most severe consumer impact first.
    """
    order = list(Impact)
    changes = list(_changes(before, after))
    if not changes:
        # A field that this version does not support, or a value that the API rejects.
        changes = list(leaf_changes("algorithm", "", dict(before), dict(after), Impact.BEHAVIOR))
    return sorted(changes, key=lambda change: order.index(change.impact))


def _changes(before: Mapping[str, Tree], after: Mapping[str, Tree]) -> Iterator[Change]:
    old, new = dict(before), dict(after)
    yield from compare_training(old.get("TrainingSpecification"), new.get("TrainingSpecification"))
    yield from compare_inference(old.get("InferenceSpecification"), new.get("InferenceSpecification"))
    yield from leaf_changes("algorithm", "", old, new, Impact.DOCUMENTATION, only=frozenset({"AlgorithmDescription"}))
    yield from _CERTIFIED.compare("AWS Marketplace", _CERTIFIED.member, old, new)
    yield from compare_validation(old.get(_VALIDATION), new.get(_VALIDATION))


def compare_validation(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    """Yield the changes between two validation specifications; they never affect consumers."""
    if is_opaque(before, after):
        yield from opaque("validation", _VALIDATION, before, after)
    elif before is None or after is None:
        if before is not after:
            what = "profiles added" if before is None else "profiles removed"
            yield make(Impact.VALIDATION, "validation", what, _VALIDATION, (before, after))
    else:
        yield from leaf_changes(
            "validation", _VALIDATION, before, after, Impact.VALIDATION, without=frozenset({"ValidationProfiles"})
        )
        yield from _profiles(child(before, "ValidationProfiles"), child(after, "ValidationProfiles"))


def _profiles(before: Tree | None, after: Tree | None) -> Iterator[Change]:
    old, new = elements(before), elements(after)
    if len(old) == len(new) == 1:
        # The API allows one profile only, so another name is a renaming.
        yield from _profile(_profile_name(old[0]), old[0], new[0])
        return
    yield from _PROFILES.compare(before, after)


def _profile(name: str, old: Tree, new: Tree) -> Iterator[Change]:
    subject, path = f"validation profile {name}", f"{_VALIDATION}.ValidationProfiles[{name}]"
    if is_opaque(old, new):
        yield from opaque(subject, path, old, new)
        return
    yield from leaf_changes(subject, path, old, new, Impact.VALIDATION, without=frozenset(_JOBS))
    for member, noun in _JOBS.items():
        one, other = child(old, member), child(new, member)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from leaf_changes(f"{subject}, {noun}", f"{path}.{member}", one, other, Impact.VALIDATION)
        else:
            yield from leaf_changes(subject, path, old, new, Impact.VALIDATION, only=frozenset({member}))


def _profile_name(profile: Tree) -> str:
    return text_of(child(profile, "ProfileName"), "without name")


_PROFILES = NamedList(
    noun="validation profile",
    path=f"{_VALIDATION}.ValidationProfiles",
    name_of=_profile_name,
    removed=always(Effect(Impact.VALIDATION, "removed")),
    added=always(Effect(Impact.VALIDATION, "added")),
    compare_pair=lambda element, old, new: _profile(element.name, old, new),
)
