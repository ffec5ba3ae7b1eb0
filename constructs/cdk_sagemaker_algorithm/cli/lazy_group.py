"""Define a typer group that imports a command only when the command runs."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from cdk_sagemaker_algorithm.cli.shared_options import Options, options_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARED = frozenset(field.name for field in fields(Options))
_COMPLETION = frozenset({"install_completion", "show_completion"})


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table of commands.

    Attributes:
        name: Name on the command line.
        module: Module that defines `app`, a `typer.Typer` with the command.
        summary: The line `--help` shows; here, so that help needs no import.
    """

    name: str
    module: str
    summary: str


class LazyGroup(TyperGroup):
    """Commands from a table; the module of a command is imported when the command is resolved."""

    table: tuple[Command, ...] = ()

    def __init__(self, **attributes: Any) -> None:
        """Create a placeholder with name and summary for each command, enough for help and completion."""
        super().__init__(**attributes)
        for row in self.table:
            self.add_command(TyperCommand(name=row.name, help=row.summary))

    def resolve_command(self, ctx: object, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command and import it."""
        name, stand_in, rest = super().resolve_command(cast("Any", ctx), args)
        row = next((row for row in self.table if row.name == name), None)
        return name, (self._load(row) if row else stand_in), rest

    def invoke(self, ctx: object) -> object:
        """Run the command; errors of its options are in the words of a person, without those of typer's validator."""
        try:
            return super().invoke(cast("Any", ctx))
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise

    def _load(self, row: Command) -> object:
        """Import a command and give it the shared options, except those that it has itself."""
        app: typer.Typer = import_module(row.module).app
        command: Any = typer.main.get_command(app)
        command.name = row.name
        own = [param for param in command.params if param.name not in _COMPLETION]
        taken = {opt for param in own for opt in param.opts}
        shared = [option for option in self._shared_options() if taken.isdisjoint(option.opts)]
        command.params = [*own, *shared]
        command.format_help = partial(_format_help, command, shared, self.name or "")
        return command

    def _shared_options(self) -> Iterator[TyperOption]:
        """Copy the group's shared options for use after a command's name."""
        for param in self.params:
            if isinstance(param, TyperOption) and param.name in _SHARED:
                option = copy.copy(param)
                # The command's function does not take it: the value goes to the shared options instead.
                option.expose_value = False
                option.callback = _remember
                yield option


def _format_help(command: Any, shared: list[TyperOption], program: str, ctx: object, formatter: object) -> None:
    """Write the help of a command, so that most of it fits on a screen."""
    for option in shared:
        option.hidden = True
    for option in command.get_params(ctx):
        if isinstance(option, TyperOption) and option.is_flag and option.metavar is None:
            # Without this, the column of types has `<bool>`.
            option.metavar = ""
    names = ", ".join(f"`{option.opts[0]}`" for option in shared)
    command.epilog = f"{_compact(command.epilog or '')}\n\n{names}: see `{program} --help`."
    TyperCommand.format_help(command, cast("Any", ctx), cast("Any", formatter))


def _compact(examples: str) -> str:
    """Return examples in Markdown with each command directly below its explanation."""
    found: list[str] = []
    for paragraph in examples.strip("\n").split("\n\n"):
        if paragraph.startswith("    "):
            lines = [
                f"`{'  ' if number else '$ '}{line.strip()}`" for number, line in enumerate(paragraph.splitlines())
            ]
            found[-1] = "  \n".join([found[-1], *lines])
        else:
            found.append(paragraph)
    return "\n\n".join(found)


def _remember(ctx: object, param: object, value: object) -> object:
    """Store the value of a shared option that follows the command's name."""
    options_of(cast("typer.Context", ctx)).remember(cast("TyperOption", param).name or "", value)
    return value
