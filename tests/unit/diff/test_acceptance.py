"""The classes of changes, proven with generated requests against an independent model of acceptance."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, event, given, settings

from cdk_sagemaker_algorithm.diff import Change, Impact
from cdk_sagemaker_algorithm.diff.classify.definition import compare_definitions
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical, content
from tests.support.acceptance import Request, Training, accepts, probes
from tests.support.definitions import pairs
from tests.support.requests import create_algorithm_requests

Json = Any

# Random pairs are large, and many are alike.
_CHECKS = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
_SLOW = settings(max_examples=500, deadline=None, suppress_health_check=_CHECKS)


def changes(before: dict[str, Json], after: dict[str, Json]) -> list[Change]:
    return compare_definitions(canonical(content(before)), canonical(content(after)))


def refused_now(before: dict[str, Json], after: dict[str, Json]) -> list[Request]:
    return [probe for probe in probes(before, after) if accepts(before, probe) and not accepts(after, probe)]


@_SLOW
@given(pairs())
def test_a_change_is_breaking_exactly_when_a_request_that_was_accepted_is_refused(
    pair: tuple[dict[str, Json], dict[str, Json]],
) -> None:
    before, after = pair
    found = changes(before, after)
    lost = refused_now(before, after)
    breaking = [change for change in found if change.impact is Impact.BREAKING]
    event("breaking" if breaking else "compatible" if found else "equal")
    assert bool(breaking) == bool(lost), (found, lost[:1])
    assert Impact.UNKNOWN not in {change.impact for change in found}


@_SLOW
@given(pairs())
def test_a_change_that_breaks_names_a_value_that_was_accepted(pair: tuple[dict[str, Json], dict[str, Json]]) -> None:
    before, after = pair
    for change in changes(before, after):
        name = change.subject.removeprefix("hyperparameter ")
        given_value = re.fullmatch(rf"{re.escape(name)}=(.*)", change.counterexample)
        if change.impact is not Impact.BREAKING or name == change.subject or given_value is None:
            continue
        event("with a value")
        plain = next(probe for probe in probes(before, after) if isinstance(probe, Training))
        values = {**plain.hyperparameters, name: given_value.group(1)}
        request = Training(values, plain.channels, plain.instance_type)
        assert accepts(before, request), change
        assert not accepts(after, request), change


@settings(max_examples=100, deadline=None, suppress_health_check=_CHECKS)
@given(create_algorithm_requests(), create_algorithm_requests())
def test_whatever_differs_in_canonical_form_is_shown_and_nothing_else(
    before: dict[str, Json], after: dict[str, Json]
) -> None:
    assert changes(before, before) == []
    mixed = {**before, "TrainingSpecification": after["TrainingSpecification"]}
    for one, other in ((before, after), (before, mixed)):
        same = canonical(content(one)) == canonical(content(other))
        assert bool(changes(one, other)) is not same
