"""Mark the prompt of a shell on local AWS, to distinguish it from shells of real accounts."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Environment variable with the emulator's URL, set for every command on local AWS.
VARIABLE = "CDK_SAGEMAKER_ALGORITHM_LOCAL"
MARK = "(local AWS) "

_BASH = '[ -f ~/.bashrc ] && . ~/.bashrc\nPS1="{mark}$PS1"\n'
_ZSH = "ZDOTDIR={zdotdir}\n[ -f ${{ZDOTDIR:-~}}/.zshrc ] && . ${{ZDOTDIR:-~}}/.zshrc\nPS1={mark}$PS1\n"


def marked(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Mark the prompt of an interactive shell; return other commands unchanged.

    Args:
        command: Command and arguments.
        environment: Environment of the command.
        folder: Directory for the shell's settings.

    Returns:
        The command and its environment.
    """
    variables = dict(environment)
    shell = Path(command[0]).name
    if len(command) > 1 or shell not in ("bash", "zsh", "sh", "dash", "ksh"):
        return list(command), variables
    if shell == "bash":
        settings = folder / "bashrc"
        settings.write_text(_BASH.format(mark=MARK), encoding="utf-8")
        return [command[0], "--rcfile", str(settings)], variables
    if shell == "zsh":
        text = _ZSH.format(zdotdir=shlex.quote(variables.get("ZDOTDIR", "")), mark=shlex.quote(MARK))
        (folder / ".zshrc").write_text(text, encoding="utf-8")
        return list(command), {**variables, "ZDOTDIR": str(folder)}
    return list(command), {**variables, "PS1": f"{MARK}$ "}
