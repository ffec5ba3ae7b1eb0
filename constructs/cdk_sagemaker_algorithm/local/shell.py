"""A shell opened on local AWS, marked so that its prompt cannot be taken for that of another account."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Set for every command that runs on local AWS: the address of the emulator.
VARIABLE = "CDK_SAGEMAKER_ALGORITHM_LOCAL"
MARK = "(local AWS) "

_BASH = '[ -f ~/.bashrc ] && . ~/.bashrc\nPS1="{mark}$PS1"\n'
_ZSH = "ZDOTDIR={zdotdir}\n[ -f ${{ZDOTDIR:-~}}/.zshrc ] && . ${{ZDOTDIR:-~}}/.zshrc\nPS1={mark}$PS1\n"


def marked(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Mark the prompt of an interactive shell; any other command stays as it is.

    Args:
        command: The command and its arguments.
        environment: Its environment.
        folder: Where the shell's settings go.

    Returns:
        The command and the environment to run.
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
