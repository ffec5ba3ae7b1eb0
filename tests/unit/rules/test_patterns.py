"""The service's patterns, which are Java's, matched as Java does; and never guessed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_sagemaker_algorithm.model.java_patterns import admits_anything_printable, matcher
from cdk_sagemaker_algorithm.model.shapes import input_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.model.shapes import Shape

TEXT = r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*"
TAG = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"


def patterns(shape: Shape) -> Iterator[str]:
    if shape.pattern is not None:
        yield shape.pattern
    for inner in (*shape.members.values(), shape.member, shape.key, shape.value):
        if inner is not None:
            yield from patterns(inner)


def matches(pattern: str, text: str) -> bool:
    match = matcher(pattern)
    assert match is not None
    return bool(match(text))


@pytest.mark.parametrize("pattern", sorted(set(patterns(input_shape()))))
def test_every_pattern_of_the_model_can_be_read(pattern: str) -> None:
    assert matcher(pattern) is not None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (TEXT, "", True),
        (TEXT, "naïve 学習 🙂 e\u0301 a\u00a0b\u2028c", True),
        (TEXT, "tab\t", False),
        (TEXT, "line\n", False),
        (TEXT, "zero\u200bwidth", False),
        (TEXT, "\ue000", False),
        (TAG, "team=ml+ops@x-y_z:/.", True),
        (TAG, "a,b", False),
        (TAG, "a\\b", False),
        (TAG, "a\tb", False),
        (TAG, "e\u0301", False),
        (".*", "", True),
        (".*", "a\u2029b", False),
        (".+", "", False),
        (r"[\S]+", "a\u00a0b", True),
        (r"[\S]+", "a b", False),
        (r"[\S\s]*", "a\nb\r\u2028", True),
        (r"[-\w]+\/.+", "text/csv", True),
        (r"[-\w]+\/.+", "téxt/csv", False),
        (r"\d{1,4}.\d{1,4}.\d{1,4}", "1.0.0", True),
        (r"\d{1,4}.\d{1,4}.\d{1,4}", "\u0661.0.0", False),
        (r"[A-Za-z0-9\.\-_]+", "a.b-c_d", True),
        (r"[A-Za-z0-9\.\-_]+", "a b", False),
        ("a", "ab", False),
        ("b", "ab", False),
        ("a.c", "a\nc", False),
        ("[.]", "x", False),
    ],
)
def test_a_whole_string_matches_as_in_java(pattern: str, text: str, *, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    "pattern",
    [r"\Qa\E", r"[a-z&&[^b]]", r"\h+", r"\p{L}+x", r"[\p{L}a-z]*", r"[^\p{L}]*", r"[\p{IsLatin}]*", r"(", r"[a[b]]"],
)
def test_what_python_cannot_read_is_not_matched_at_all(pattern: str) -> None:
    assert matcher(pattern) is None


def test_category_classes_may_ask_for_one_character() -> None:
    assert not matches(r"[\p{L}]+", "")
    assert matches(r"[\p{L}]+", "ß")


@pytest.mark.parametrize(
    "pattern", [pattern for pattern in sorted(set(patterns(input_shape()))) if admits_anything_printable(pattern)]
)
def test_printable_strings_need_no_closer_look(pattern: str) -> None:
    printable = "".join(character for character in map(chr, range(0x3000)) if character.isprintable())
    assert matches(pattern, printable)
