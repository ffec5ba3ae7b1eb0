"""Find exports that other stacks import: CloudFormation rejects a deployment that changes or deletes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm
from cdk_sagemaker_algorithm.assembly.exports import exports, imports
from cdk_sagemaker_algorithm.assembly.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportInUse:
    """A value of an algorithm that another stack imports.

    Attributes:
        name: Name of the export.
        importer: Display name of the stack that imports the value in BASE.
        still_depends: True if the importer also imports from the algorithm's stack in HEAD. It is then deployed after
            the algorithm's stack; otherwise it can be deployed first.
        in_head: True if HEAD contains the importer.
        outside: True if the importer is not part of the app, so CloudFormation alone knows it.
    """

    name: str
    importer: str
    still_depends: bool
    in_head: bool
    outside: bool = False


class Exports:
    """The exports of the stacks of BASE, and the stacks that import them."""

    def __init__(self, base: Sequence[Stack], head: Sequence[Stack]) -> None:
        """Read the exports and imports of both sides.

        Args:
            base: Deployed stacks.
            head: Stacks to deploy.
        """
        self._base = [(stack, exports(stack), imports(stack)) for stack in base]
        self._head = [(stack, set(exports(stack)), imports(stack)) for stack in head]

    def in_use(self, algorithm: DeclaredAlgorithm) -> list[ExportInUse]:
        """Return the exports of an algorithm that other stacks import, one entry per export and importer.

        Args:
            algorithm: An algorithm of BASE.
        """
        return [use for producer, names in self._of(algorithm) for name in names for use in self._uses(name, producer)]

    def not_checked(self, algorithm: DeclaredAlgorithm) -> list[str]:
        """Return why importers outside of the app are not known, in sentences without a period.

        Args:
            algorithm: An algorithm of BASE.
        """
        return [
            f"not checked: stacks outside of the app that import {name}, for which CloudFormation would reject the "
            f"deployment; {producer.unchecked_exports.get(name, 'diff --deployed asks CloudFormation')}"
            for producer, names in self._of(algorithm)
            for name in names
            if name not in producer.importers and not self._uses(name, producer)
        ]

    def _of(self, algorithm: DeclaredAlgorithm) -> Iterator[tuple[Stack, list[str]]]:
        """Yield the stack of an algorithm in BASE, with the names of the algorithm's exports."""
        places = {(*algorithm.nested_path, name) for name in (algorithm.logical_id, *algorithm.wait_ids)}
        for producer, sources_by_name, _ in self._base:
            if _same_stack(producer, algorithm.stack):
                yield producer, [name for name, sources in sources_by_name.items() if places & sources]

    def _uses(self, name: str, producer: Stack) -> list[ExportInUse]:
        importers = [
            stack
            for stack, _, imported in self._base
            if stack is not producer
            and _same_place(stack, producer)
            and (name in imported or stack.name in producer.importers.get(name, ()))
        ]
        uses = [self._use(name, producer, importer) for importer in importers]
        known = {stack.name for stack in importers}
        return uses + [
            ExportInUse(name=name, importer=importer, still_depends=True, in_head=False, outside=True)
            for importer in producer.importers.get(name, ())
            if importer not in known
        ]

    def _use(self, name: str, producer: Stack, importer: Stack) -> ExportInUse:
        exported = {name for stack, names, _ in self._head if _same_stack(stack, producer) for name in names}
        later = [imported for stack, _, imported in self._head if _same_stack(stack, importer)]
        return ExportInUse(
            name=name,
            importer=importer.name or importer.label,
            still_depends=any(imported & (exported | {name}) for imported in later),
            in_head=bool(later),
        )


def _same_stack(one: Stack, other: Stack) -> bool:
    return one.name == other.name if one.name and other.name else one.label == other.label or not one.name


def _same_place(one: Stack, other: Stack) -> bool:
    pairs = ((one.account, other.account), (one.region, other.region))
    return all(None in values or values[0] == values[1] for values in pairs)


def in_use_reasons(uses: Sequence[ExportInUse], *, waits: str) -> tuple[str, ...]:
    """Explain why CloudFormation rejects the deployment, and what to do.

    Args:
        uses: Exports in use, at least one.
        waits: Time that the deployment waits for validation before the rejection, such as `1 h`; empty if it does not
            wait.
    """
    importers = dict.fromkeys(use.importer for use in uses)
    what = " and ".join(
        f"stack {importer} imports {', '.join(use.name for use in uses if use.importer == importer)}"
        for importer in importers
    )
    late = f", here after up to {waits} of waiting for validation" if waits else ""
    own = dict.fromkeys(use.importer for use in uses if not use.outside)
    outside = dict.fromkeys(use.importer for use in uses if use.outside)
    fixes: list[str] = []
    if own:
        fixes.append(
            f"to change the algorithm, weaken the reference in stack {', '.join(own)} first: use "
            "cdk.Stack.consume_reference(algorithm.algorithm_arn, cdk.ReferenceStrength.BOTH) and deploy all stacks, "
            "then cdk.ReferenceStrength.WEAK and deploy again, then deploy this change"
        )
    if outside:
        fixes.append(
            f"stack {', '.join(outside)} is not part of this app: let it read the value from an SSM parameter or with "
            "Fn::GetStackOutput instead of Fn::ImportValue and deploy it, then deploy this change"
        )
    return (f"{what}: CloudFormation rejects a change of an export in use{late}", *fixes)
