"""Write the manual page from the help texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_BOLD = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")
_ENVIRONMENT = {
    "AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and others": "Credentials, region and endpoint, as for the AWS CLI.",
    "FORCE_COLOR": "If set, output to pipes and files has colors, too.",
    "NO_COLOR": "If set, output has no colors.",
    "COLUMNS": "Width of the output.",
}


def man_page(group: Any, program: str, version: str) -> str:
    """Return the manual page of all commands in roff, for `man`.

    Args:
        group: The group of commands.
        program: The program's name.
        version: The program's version.
    """
    return "\n".join(line for line in _lines(group, program, version) if line) + "\n"


def _lines(group: Any, program: str, version: str) -> Iterator[str]:
    context = group.make_context(program, [], resilient_parsing=True)
    yield f'.TH {program.upper()} 1 "" "{program} {version}"'
    yield ".SH NAME"
    yield f"{_text(program)} \\- {_text(group.help or '').rstrip('.')}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(program)}"
    yield "[OPTIONS] COMMAND [ARGS]..."
    yield ".SH OPTIONS"
    yield from _options(group, context)
    yield ".SH COMMANDS"
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        below = command.make_context(name, [], parent=context, resilient_parsing=True)
        yield f".SS {_text(' '.join([name, *command.collect_usage_pieces(below)]))}"
        yield from _prose(command.help or "")
        yield from _options(command, below, shared={param.name for param in group.params})
        yield from _prose(command.epilog or "")
    yield ".SH ENVIRONMENT"
    for name, meaning in _ENVIRONMENT.items():
        yield from (".TP", f".B {_text(name)}", _text(meaning))
    yield ".SH EXIT STATUS"
    yield from _prose((group.epilog or "").removeprefix("Exit status: "))


def _options(command: Any, context: Any, shared: set[str] | None = None) -> Iterator[str]:
    """Return the options of a command, without those that every command has."""
    for param in command.get_params(context):
        record: tuple[str, str] | None = param.get_help_record(context)
        if record is not None and param.name != "help" and param.name not in (shared or set()):
            yield from (".TP", f".B {_text(record[0])}", _text(record[1]))


def _prose(text: str) -> Iterator[str]:
    """Return paragraphs; indented text is an example."""
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        if paragraph.startswith("    "):
            yield from (".IP", ".EX", *(_text(line.strip()) for line in paragraph.splitlines()), ".EE")
        else:
            yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    """Escape characters that start a roff request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    escaped = _BOLD.sub(lambda found: f"\\fB{found[1] or found[2]}\\fP", escaped)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
