"""Deliberate bugs of the handler, each of which a named story or the schedules that CI runs must find.

``python -m tests.lifecycle.mutants`` runs them all and says how many schedules each one survived.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest import mock

os.environ.setdefault("CDK_VALIDATION", "false")

from cdk_sagemaker_algorithm_provider import (
    create_or_update,
    delete,
    execution_state,
    fence,
    index,
    step,
    tasks,
    wait,
)
from cdk_sagemaker_algorithm_provider.algorithm_store import AlgorithmRecord, Algorithms
from cdk_sagemaker_algorithm_provider.cfn_response import (
    CfnResponse,
    Recipient,
    UndeliveredAnswerError,
    deliver,
    success,
)
from cdk_sagemaker_algorithm_provider.contract import aws_errors, canonical, resource_schema
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import FINGERPRINT_TAG, STACK_TAG, Owner
from cdk_sagemaker_algorithm_provider.execution_state import ExecutionState
from cdk_sagemaker_algorithm_provider.fence import Fence, OtherRequests
from cdk_sagemaker_algorithm_provider.step import Later, Run
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate, Delete, WaitForValidation
from tests.lifecycle import test_regressions, test_stories
from tests.lifecycle.cloudformation import Rollback
from tests.lifecycle.schedules import run_schedule

#: How many schedules a bug may survive at most; CI runs 1,200.
PATIENCE = 1200

Patch = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Mutant:
    """A bug, and how to put it into the handler."""

    name: str
    patches: tuple[Patch, ...]
    #: The story that finds it, where chance may take long.
    story: Callable[[], None] | None = None


def _put(target: Any, attribute: str, value: Any) -> Patch:
    return lambda: mock.patch.object(target, attribute, value)


def _always(*, value: object = None) -> Callable[..., object]:
    def given(*_: object, **__: object) -> object:
        return value

    return given


def _forgetful_name(what: str, _: Recipient) -> str:
    return f"{what}-{uuid.uuid4()}"


def _swallowing_delete(algorithms: Algorithms, name: str) -> None:
    try:
        algorithms._client.delete_algorithm(AlgorithmName=name)  # pyright: ignore[reportPrivateUsage]
    except Exception as error:
        if not aws_errors.is_aws(error):
            raise


def _name_of_old(properties: Mapping[str, Any], owner: Owner) -> str:
    return canonical.algorithm_name(
        {"AlgorithmName": properties.get("AlgorithmName"), "AlgorithmNamePrefix": "Same"},
        stack_id=owner.stack_id,
        logical_id=owner.logical_id,
    )


def _new_name(_: Mapping[str, Any], __: Owner) -> str:
    return f"forest-{uuid.uuid4().hex[:12]}"


def _remembering(event: Any) -> Any:
    _REMEMBERED.append(event.physical_id)
    return _CREATION(event)


def _current_name(properties: Mapping[str, Any], owner: Owner) -> str:
    name = canonical.algorithm_name(properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    current = _REMEMBERED[-1]
    return current if current.rpartition("-")[2] == name.rpartition("-")[2] else name


def _sparing_the_current(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> bool:
    return task.name != task.current and bool(_IS_LEFTOVER(run, task, algorithm, tags))


def _is_success(state: ExecutionState, _: Recipient) -> bool:
    return state.answer is not None and state.answer.status == "SUCCESS"


def _with_tags(properties: Mapping[str, Any]) -> dict[str, Any]:
    members = (*resource_schema.DEFINITION_MEMBERS, "Tags")
    return {member: properties[member] for member in members if properties.get(member) is not None}


def _remove_unasked(run: Run, task: Delete) -> Any:
    if run.algorithms.find(task.name) is None:
        return success(task.physical_id)
    _swallowing_delete(run.algorithms, task.name)
    return Later(seconds=10, because="it is being deleted")


def _impatient_delete(run: Run, algorithm: AlgorithmRecord, _: Mapping[str, str]) -> Later | None:
    try:
        run.algorithms.delete(algorithm.name)
    except Exception as error:
        if not aws_errors.is_aws(error) or aws_errors.is_transient(error):
            raise
    return None


def _content_with_it(_: Run, task: Delete, __: str) -> Any:
    return success(task.physical_id)


def _immortal(service_timeout: int) -> int:
    return service_timeout + 100


def _without_a_look(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord) -> Any:
    fingerprint = run.algorithms.tags(algorithm).get(FINGERPRINT_TAG, task.fingerprint)
    return _SETTLE(run, replace(task, fingerprint=fingerprint), algorithm)


def _adopting_twice(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord, tags: Mapping[str, str]) -> Any:
    return _ADOPT(run, task, algorithm, {key: value for key, value in tags.items() if key != STACK_TAG})


def _strict_task(value: Mapping[str, Any]) -> Any:
    if "AddedByAnotherRelease" in value:
        raise TypeError("unexpected member")
    return _TASK_FROM_JSON(value)


def _no_fence(*_: object) -> OtherRequests:
    return OtherRequests()


def _uncut_body(answer: CfnResponse, recipient: Recipient) -> bytes:
    whole = replace(answer, reason=answer.reason * 3)
    return whole._encoded(recipient, whole.reason)  # pyright: ignore[reportPrivateUsage]


def _logs_address(what: str, recipient: Recipient, **details: Any) -> None:
    index.log.info(f"{what} {recipient.response_url} {details}")


def _without_owner(algorithms: Algorithms, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    del tags
    return _CREATE(algorithms, name, content, {})


def _pleased(run: Run, task: WaitForValidation) -> Any:
    algorithm = run.algorithms.find(task.name)
    if algorithm is not None and algorithm.status == "Failed":
        return success(task.physical_id, **algorithm.attributes)
    return _WAIT(run, task)


def _without_arn(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord) -> Any:
    outcome = _SETTLED(run, task, algorithm)
    return outcome if isinstance(outcome, Later) else success(task.name, AlgorithmName=task.name)


def _without_incarnation(run: Run, task: CreateOrUpdate, algorithm: AlgorithmRecord) -> Any:
    outcome = _SETTLED(run, task, algorithm)
    if isinstance(outcome, Later) or outcome.status == "FAILED":
        return outcome
    return success(task.name, **{**outcome.data, resource_schema.CREATION_TIME: "always"})


def _never_removes_tags(algorithms: Algorithms, algorithm: AlgorithmRecord, add: Mapping[str, str], *_: object) -> None:
    _RETAG(algorithms, algorithm, add)


def _carelessly(answer: CfnResponse, recipient: Recipient) -> None:
    with suppress(UndeliveredAnswerError):
        deliver(answer, recipient)


_CREATE = Algorithms.create
_RETAG = Algorithms.retag
_WAIT: Any = wait.step
_SETTLE: Any = create_or_update._settle  # pyright: ignore[reportPrivateUsage]
_ADOPT: Any = create_or_update._adopt  # pyright: ignore[reportPrivateUsage]
_TASK_FROM_JSON: Any = tasks.task_from_json
_CREATION: Any = tasks._creation  # pyright: ignore[reportPrivateUsage]
_IS_LEFTOVER: Any = create_or_update._is_leftover  # pyright: ignore[reportPrivateUsage]
_REMEMBERED: list[str] = []
_SETTLED: Any = create_or_update._settled  # pyright: ignore[reportPrivateUsage]

MUTANTS = (
    Mutant("forgets that a request was begun", (_put(index, "execution_name", _forgetful_name),)),
    Mutant("gives every definition the same name", (_put(tasks, "_name", _name_of_old),)),
    Mutant("lets tags change the name", (_put(canonical, "content", _with_tags),)),
    Mutant("takes a throttle for a refusal", (_put(aws_errors, "is_transient", _always(value=False)),)),
    Mutant(
        "swallows a throttled deletion",
        (_put(Algorithms, "delete", _swallowing_delete),),
        partial(test_stories.test_what_a_cleanup_gave_up_is_deleted_when_its_validation_is_over, reachable=True),
    ),
    Mutant("takes every algorithm for its own", (_put(Owner, "owns", _always(value=True)),)),
    Mutant("deletes without asking whose it is", (_put(delete, "step", _remove_unasked),)),
    Mutant(
        "adopts an algorithm that has failed",
        (_put(create_or_update, "_is_leftover", _always(value=False)),),
        test_regressions.test_a_failed_algorithm_that_was_kept_does_not_block_its_exact_name_for_the_next_stack,
    ),
    Mutant("makes an algorithm anew in a rollback", (_put(tasks, "_name", _new_name),)),
    Mutant(
        "names an algorithm by an earlier prefix",
        (_put(tasks, "_name", _current_name), _put(tasks, "_creation", _remembering)),
        partial(
            test_regressions.test_a_rollback_after_a_change_of_prefix_and_a_deletion_by_hand_makes_the_name_that_consumers_have,
            Rollback.UPDATE_OF_NEW_ID,
        ),
    ),
    Mutant(
        "takes up what failed before, if it is the resource's",
        (_put(create_or_update, "_is_leftover", _sparing_the_current),),
        partial(
            test_regressions.test_an_update_makes_an_algorithm_again_that_failed_in_an_earlier_operation, skipped=True
        ),
    ),
    Mutant(
        "keeps no record of a wait whose time is over",
        (_put(index, "_is_final", _is_success),),
        test_regressions.test_a_wait_that_has_timed_out_says_so_again_although_the_validation_has_ended_since,
    ),
    Mutant(
        "leaves what a failed update made",
        (_put(tasks, "_orphan", _always(value="")),),
        test_stories.test_deleted_by_hand_and_made_again_in_a_rollback_leaves_no_orphan,
    ),
    Mutant(
        "takes a version that was replaced and retained for what a failed update made",
        (_put(create_or_update, "_let_go_of_current", _always()),),
        partial(
            test_regressions.test_a_rollback_keeps_a_retained_version_that_is_younger_than_what_it_goes_back_to,
            Rollback.UPDATE_OF_OLD_ID,
        ),
    ),
    Mutant("answers when the hour is over", (_put(tasks, "service_limit", _immortal),)),
    Mutant("takes a refused deletion for done", (_put(Run, "dispose", _impatient_delete),)),
    Mutant("believes the first look", (_put(step, "VISIBLE_SECONDS", -3600),)),
    Mutant("sends answers that are too long", (_put(CfnResponse, "body", _uncut_body),)),
    Mutant("says another ID when a Create fails", (_put(CreateOrUpdate, "physical_id_on_failure", "unknown"),)),
    Mutant(
        "takes an ID that CloudFormation generated for a name",
        (_put(delete, "_next", _content_with_it),),
        partial(
            test_stories.test_what_a_create_without_an_answer_made_is_deleted_whatever_cloudformation_calls_it,
            name="Small",
            odd=False,
            variant=test_stories.QUICK,
        ),
    ),
    Mutant(
        "takes its own for right, whatever it was made from",
        (_put(create_or_update, "_settle", _without_a_look),),
        test_stories.test_a_changed_definition_under_an_exact_name_is_refused_and_the_old_one_stays,
    ),
    Mutant(
        "adopts what another stack has adopted",
        (_put(create_or_update, "_adopt", _adopting_twice),),
        test_stories.test_two_marks_end_in_one_owner,
    ),
    Mutant(
        "deletes in the background what was retained",
        (_put(delete, "_in_stack", _always(value="")),),
        test_stories.test_retained_by_the_user,
    ),
    Mutant(
        "deletes what it has adopted",
        (_put(step, "ADOPTER_TAG", "no tag"),),
        test_stories.test_a_marked_algorithm_is_adopted_without_validation_and_given_back_in_the_end,
    ),
    Mutant(
        "does not know the state of another release",
        (_put(execution_state, "task_from_json", _strict_task),),
        test_stories.test_executions_survive_an_update_of_the_functions_code,
    ),
    Mutant(
        "has no fence",
        (_put(Fence, "check", _no_fence),),
        partial(test_stories.test_overtaken_create, 150, "ThrottlingException", "Rate exceeded"),
    ),
    Mutant(
        "does not look whether a newer request made what it deletes",
        (_put(Run, "unnoticed", _always()),),
        partial(test_stories.test_a_second_delete_that_finds_nothing_does_not_take_what_a_newer_update_makes, 5),
    ),
    Mutant("does not wait for the last invocation of what it stops", (_put(fence, "_INVOCATION_SECONDS", 0),)),
    Mutant(
        "gives every algorithm the same creation time",
        (_put(create_or_update, "_settled", _without_incarnation),),
        partial(
            test_stories.test_deleted_by_hand_and_made_again_is_validated_again,
            variant=test_stories.FOREST,
            passes=False,
        ),
    ),
    Mutant("logs the address of the answer", (_put(index, "_log", _logs_address),)),
    Mutant("changes what cannot be changed", (_put(canonical, "fingerprint", _always(value="0" * 12)),)),
    Mutant("has no patience with a new role", (_put(aws_errors, "passing_cause", _always(value="")),)),
    Mutant("makes algorithms that nobody owns", (_put(Algorithms, "create", _without_owner),)),
    Mutant("is pleased with a failed validation", (_put(wait, "step", _pleased),)),
    Mutant("keeps the ARN to itself", (_put(create_or_update, "_settled", _without_arn),)),
    Mutant("never takes a tag away", (_put(Algorithms, "retag", _never_removes_tags),)),
    Mutant("takes an answer that did not arrive for delivered", (_put(index, "deliver", _carelessly),)),
)


def put_in(mutant: Mutant) -> ExitStack:
    """Insert the bug into the handler until the exit stack closes."""
    stack = ExitStack()
    for patch in mutant.patches:
        stack.enter_context(patch())
    return stack


def gives_away(mutant: Mutant, story: Callable[[], None]) -> str:
    """Return how a story fails with the bug; None if it passes."""
    with put_in(mutant):
        try:
            story()
        except Exception as error:  # noqa: BLE001 - however it ends, it is found
            return f"{type(error).__name__}: {error}"
    return ""


def survived(mutant: Mutant, patience: int = PATIENCE) -> tuple[int, str]:
    """Return the number of schedules that a bug survived, and the violation that revealed it, if any."""
    with put_in(mutant):
        for seed in range(patience):
            try:
                violations = run_schedule(f"mutant {seed}").violations
            except Exception as error:  # noqa: BLE001 - a model that cannot go on has found the bug too
                violations = [f"{type(error).__name__}: {error}"]
            if violations:
                return seed, violations[0]
    return patience, ""


def main() -> int:
    """Run all bugs."""
    alive = 0
    for mutant in MUTANTS:
        if mutant.story is not None:
            where, violation = "its story", gives_away(mutant, mutant.story)
        else:
            schedules, violation = survived(mutant)
            where = f"schedule {schedules + 1}"
        alive += not violation
        sys.stdout.write(f"{mutant.name}: {violation[:150] or 'NOT FOUND'} ({where})\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(MUTANTS) - alive} of {len(MUTANTS)} found\n")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
