"""Random CreateAlgorithm requests, generated from the service's model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from cdk_sagemaker_algorithm.model.shapes import Shape, input_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

Json = Any

LONGEST_LIST = 3
LONGEST_TEXT = 40

_ASCII = st.characters(min_codepoint=32, max_codepoint=126)
# Letters, marks, spaces, symbols, numbers and punctuation, inside and outside of ASCII.
_PRINTABLE = "aZ 7-_.,:;!?'\"\\/{}[]()<>=+*%$#@&|~^`éßΩ漢字🙂\u0301\u00a0"
_TAG = "aZ9 _.:/=+-@éΩ漢"
_NAME = r"[a-zA-Z0-9](-{0,2}[a-zA-Z0-9]){0,12}"
# Patterns of Java's that Python cannot read, and patterns whose matches seldom keep the limits of length.
_TEXTS: dict[str, SearchStrategy[str]] = {
    r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*": st.text(_PRINTABLE, max_size=LONGEST_TEXT),
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": st.text(_TAG, max_size=LONGEST_TEXT),
    r"[\S]+": st.from_regex(
        r"[0-9]{12}\.dkr\.ecr\.us-east-1\.amazonaws\.com/[a-z]{1,9}(:[a-z0-9]{1,9})?", fullmatch=True
    ),
    r".*": st.text(_PRINTABLE, max_size=LONGEST_TEXT),
    r".+": st.text(_PRINTABLE, min_size=1, max_size=LONGEST_TEXT),
    r"[\S\s]*": st.text(_PRINTABLE + "\n\t", max_size=LONGEST_TEXT),
    r"[\S\s]+": st.text(_PRINTABLE + "\n\t", min_size=1, max_size=LONGEST_TEXT),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}": st.from_regex(_NAME, fullmatch=True),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9])*": st.from_regex(_NAME, fullmatch=True),
    r"(https|s3)://([^/]+)/?(.*)": st.from_regex(r"s3://[a-z]{3,9}(/[a-zA-Z0-9 ._-]{0,9}){0,3}", fullmatch=True),
    r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+": st.from_regex(
        r"arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/(service-role/)?[A-Za-z0-9+=,.@_-]{1,20}", fullmatch=True
    ),
    r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:training-plan/.*": st.from_regex(
        r"arn:aws(-cn)?:sagemaker:us-east-1:[0-9]{12}:training-plan/[a-z]{4,20}", fullmatch=True
    ),
    r"(fs-[0-9a-f]{8,})": st.from_regex(r"fs-[0-9a-f]{8,18}", fullmatch=True),
    r"[0-9]\.[A-Za-z0-9.-]+": st.from_regex(r"[0-9]\.[A-Za-z0-9.-]{1,8}", fullmatch=True),
    r"[a-zA-Z0-9:/_-]*": st.from_regex(r"|alias/[a-z]{1,9}|[0-9a-f]{8}(-[0-9a-f]{4}){3}", fullmatch=True),
    r"[-\w]+\/.+": st.sampled_from(["text/csv", "application/json", "image/*", "application/vnd.x+json; q=1"]),
}


def create_algorithm_requests() -> SearchStrategy[dict[str, Json]]:
    """Requests that are *structurally* valid: what the service's model says of each member by itself holds.

    Promised: required members are there; types, lengths, counts, patterns and enums are the model's.
    Optional members are there or not, at random. Strings, lists and maps are short, and empty where the
    model allows it. Tag keys are unique and do not begin with ``aws:``. Members that only answers have never
    appear. All values are plain JSON, and no string looks like a CDK token.

    Not promised: that a definition makes sense. A range may not suit its hyperparameter's type, or have no
    kind or several; names may repeat; a profile may use what the specification does not declare.
    """
    return _structure(input_shape())


def values_of(shape: Shape) -> SearchStrategy[Json]:
    """Values that the service's model allows for a shape; the same promises hold."""
    return _VALUES[shape.type](shape)


@cache
def _structure(shape: Shape) -> SearchStrategy[dict[str, Json]]:
    required = {name: values_of(member) for name, member in shape.members.items() if name in shape.required}
    optional = {name: values_of(member) for name, member in shape.members.items() if name not in shape.required}
    return st.fixed_dictionaries(required, optional=optional)


@cache
def _list(shape: Shape) -> SearchStrategy[list[Json]]:
    assert shape.member is not None
    if shape.name == "TagList":
        return st.lists(
            values_of(shape.member).filter(_is_own_tag),
            max_size=LONGEST_LIST,
            unique_by=lambda tag: tag["Key"],
        )
    least = shape.min or 0
    most = min(shape.max or LONGEST_LIST, max(LONGEST_LIST, least))
    return st.lists(values_of(shape.member), min_size=least, max_size=most)


@cache
def _map(shape: Shape) -> SearchStrategy[dict[str, Json]]:
    assert shape.key is not None
    assert shape.value is not None
    return st.dictionaries(values_of(shape.key), values_of(shape.value), max_size=LONGEST_LIST)


@cache
def _string(shape: Shape) -> SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.pattern is None:
        texts = st.text(_PRINTABLE, max_size=LONGEST_TEXT)
    else:
        known = _TEXTS.get(shape.pattern)
        texts = st.from_regex(shape.pattern, fullmatch=True, alphabet=_ASCII) if known is None else known
    least, most = shape.min or 0, shape.max
    return texts.filter(lambda text: least <= len(text) and (most is None or len(text) <= most))


@cache
def _integer(shape: Shape) -> SearchStrategy[int]:
    least = -(2**63) if shape.type == "long" else 0
    most = 2**63 - 1 if shape.type == "long" else 2**31 - 1
    return st.integers(least if shape.min is None else shape.min, most if shape.max is None else shape.max)


def _boolean(_: Shape) -> SearchStrategy[bool]:
    return st.booleans()


def _is_own_tag(tag: dict[str, str]) -> bool:
    return not tag["Key"].startswith("aws:")


_VALUES: dict[str, Callable[[Shape], SearchStrategy[Json]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "boolean": _boolean,
}
