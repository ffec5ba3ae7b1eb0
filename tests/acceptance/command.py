"""Deploy the acceptance scenarios to an AWS account: ``python -m tests.acceptance``.

Creates real resources, which cost money, and deletes them. Asks before it does.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_algorithm.local import LocalAws, ValidationPlan
from tests.acceptance.account import Account, LocalAccount, RealAccount
from tests.acceptance.leftovers import clean_up
from tests.acceptance.run import play, report
from tests.acceptance.scenarios import SCENARIOS
from tests.acceptance.stage import Stage

COST = (
    "up to ten validations on ml.m5.large, some 2 US dollars, a NAT gateway for an hour and a KMS key for a week; "
    "it takes two to five hours"
)
USAGE = 2
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run it.

    Returns:
        0 if all scenarios succeeded, 1 if not, 2 without credentials or consent.
    """
    given = _parser().parse_args(arguments)
    if given.local:
        with LocalAws(plan=ValidationPlan().lasting(2), report=_say) as aws:
            return _run(LocalAccount(aws), given)
    try:
        account = RealAccount(given.profile, given.region)
        number, region = account.identity()
    except (BotoCoreError, ClientError) as error:
        _say(f"no AWS account: {error}; log in, or choose one with --profile and --region")
        return USAGE
    _say(f"This creates and deletes resources in account {number}, region {region}.\nCost: {COST}.")
    older = sorted({owner for _, owner in account.stacks()} | {owner for *_, owner in account.algorithms()})
    if older:
        _say(f"Left over from runs that did not end, and deleted first: {', '.join(older)}.")
    if not given.yes and not _agreed(number):
        _say("nothing was created")
        return USAGE
    if older and (left := clean_up(account, _say)):
        _say("could not be deleted:\n" + "\n".join(left))
        return 1
    return _run(account, given)


def _run(account: Account, given: argparse.Namespace) -> int:
    """Play, and write the report."""
    run = f"acceptance-{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory() as work:
        stage = Stage(account, run, Path(work))
        failures = play(stage, _say, tuple(given.only))
        number, region = account.identity()
        where = f"account {number}, {region}" if account.real else "local AWS, which answers none of the points"
        given.report.write_text(report(run, where, stage.observations, failures, tuple(given.only)), encoding="utf-8")
    _say(f"{len(failures)} failed: {', '.join(failures) or 'none'}; the report is in {given.report}")
    return 1 if failures else 0


def _agreed(number: str) -> bool:
    """Ask; only the account's number is a yes."""
    try:
        return input(f"Type the account's number, {number}, to go ahead: ").strip() == number
    except EOFError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance", description=__doc__)
    parser.add_argument("--local", action="store_true", help="run on local AWS: free, and proves less")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--profile", help="AWS profile")
    parser.add_argument("--region", help="AWS region")
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=names,
        help="play this and what it needs; may be repeated",
    )
    parser.add_argument("--report", type=Path, default=Path("acceptance-report.md"), help="where the report goes")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
