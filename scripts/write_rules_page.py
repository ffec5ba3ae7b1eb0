"""Write docs/rules.md from the rules themselves; with --check, only tell whether it is up to date."""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.rules import ID_PREFIX, RULES, check
from cdk_sagemaker_algorithm.rules.examples import completed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_sagemaker_algorithm.rules import Rule
    from cdk_sagemaker_algorithm.rules.deployment import Deployment
    from cdk_sagemaker_algorithm.rules.examples import Fragment

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"

_CONTEXT = 3
_MOST_SHOWN = 4
_LONGEST_SHOWN = 70

_INTRODUCTION = f"""<!-- Written by scripts/write_rules_page.py from the rules; do not edit. -->

# Rules

Rules check an algorithm definition during `cdk synth` and in `cdk-sagemaker-algorithm check`, and report all findings
at once. Errors fail synthesis; warnings do not. Rules skip deploy-time values (tokens).

A rule ID is `{ID_PREFIX}<name>`. You can acknowledge a rule with a reason, unless the rule is *mandatory*: SageMaker
always rejects a violation of a mandatory rule.

In the examples, lines with `-` violate the rule and lines with `+` pass. Rules that AWS documents link to AWS's page.

## What `cdk synth` shows

`cdk synth` lists the findings of all constructs, each with the line of your app that creates the construct. Wrong
arguments, such as `validation_timeout="6h"`, are errors in the same list. Without the CDK's CLI the same errors are
exceptions:

- A wrong argument raises a `ValueError` in the constructor. Its message has one line for each wrong argument.
- Findings raise a `RuntimeError` from `app.synth()`. Its last lines are the errors, and the warnings after them.
- `S3Data.from_…` and `AlgorithmImage.from_…` belong to no construct, so they always raise a `ValueError`. The traceback
  has a few lines, and the last one is the finding.

## Use a field that AWS has just released

The library contains a copy of the API model: types, limits and lists of values. If an installed botocore is newer, its
fields, values and larger limits pass as well.

1. Write the structure as a dict.
2. Install the botocore that has the field: `pip install --upgrade botocore`. Or acknowledge `unknown-member`:

```python
Algorithm(
    self,
    "Trees",
    training_specification={{**training_specification, "NewMember": "value"}},
    acknowledge_rules={{"unknown-member": "released on 2027-01-12"}},
)
```

The handler sends the request with the library's model, or with the Lambda runtime's model if that one accepts more.

## What rules do not check

- Images: whether the image, tag or digest exists, its size, and whether its container works. [Preflight](preflight.md)
  runs it.
- S3: whether buckets and objects exist, their region, their content, and the files of a manifest.
- The account: quotas, the capacity and types of instances in a region, an existing validation role and its permissions,
  and the registration as a seller. [Preflight of the account](preflight-account.md) asks for most of these.
- The jobs: their runtime, and whether `MaxRuntimeInSeconds` is enough.
- Hyperparameters: whether the container reads a value as the definition declares it.
- Tags from `cdk deploy --tags`.
- Tokens: parameters, attributes of other resources, account and region of a stack without `env`.

## Acknowledge or downgrade a rule

For one algorithm, acknowledge a rule to suppress its findings, or downgrade its errors to warnings. Both need a reason:

```python
Algorithm(
    self,
    "Trees",
    training_specification=...,
    acknowledge_rules={{"channel-fast-file": "AWS Support turned it on for this account"}},
    downgrade_rules={{"profile-compression": "asked AWS Support; no response yet"}},
)
```

For all algorithms of a stack or an app, use the CDK's `Validations` with the complete ID:

```python
Validations.of(app).acknowledge(
    Acknowledgment(id="{ID_PREFIX}certify-data-visible", reason="the data is public")
)
```

## Check files

Check `CreateAlgorithm` requests as JSON files, in the form of `aws sagemaker create-algorithm --cli-input-json`:

    cdk-sagemaker-algorithm check algorithm.json

[`check`](cli.md#check) has the options and exit statuses.

As a [pre-commit](https://pre-commit.com) hook, with this repository's address as `repo` and a release as `rev`:

```yaml
repos:
  - repo: <address of this repository>
    rev: <release>
    hooks:
      - id: cdk-sagemaker-algorithm-check
        files: ^algorithms/.*\\.json$
```

In a GitHub workflow, to show the findings in a pull request:

```yaml
jobs:
  algorithms:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      security-events: write
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
      - run: pip install 'cdk-sagemaker-algorithm[cli]'
      - run: cdk-sagemaker-algorithm check --format sarif -o rules.sarif algorithms/
      - uses: github/codeql-action/upload-sarif@v4
        if: ${{{{ !cancelled() }}}}
        with:
          sarif_file: rules.sarif
          category: sagemaker-algorithms
```

## All rules
"""


def page() -> str:
    """Return the page."""
    lines = [_INTRODUCTION, "| rule | level | requirement |", "|---|---|---|"]
    lines += [f"| [{name}](#{name}) | {_level(rule)} | {rule.sentence} |" for name, rule in RULES.items()]
    for rule in RULES.values():
        lines += ["", *_section(rule)]
    return "\n".join(lines) + "\n"


def _level(rule: Rule) -> str:
    return f"{rule.level}, mandatory" if rule.certain else str(rule.level)


def _section(rule: Rule) -> Iterator[str]:
    yield f"## {rule.name}"
    yield ""
    why = f" Why: {rule.why}." if rule.why else ""
    source = f" [Source]({rule.source})." if rule.source else ""
    yield f"{rule.sentence[0].upper()}{rule.sentence[1:]} ({_level(rule)}).{why}{source}"
    yield ""
    if isinstance(rule.fails, dict):
        yield f"> {_finding(rule, rule.fails)}"
        yield ""
    yield from _deployments(rule)
    if rule.fails != rule.passes:
        yield "```diff"
        yield from _difference(rule)
        yield "```"


def _deployments(rule: Rule) -> Iterator[str]:
    """Return the deployments in which the examples fail and pass, if only these differ."""
    if rule.fails_in != rule.passes_in:
        yield f"Fails {_in_words(rule.fails_in)}; passes {_in_words(rule.passes_in)}."
        yield ""


def _in_words(deployment: Deployment) -> str:
    if deployment.deletes is not None:
        return f"where CloudFormation {'deletes' if deployment.deletes else 'keeps'} replaced algorithms"
    where = {"account": deployment.account, "region": deployment.region}
    return "in a stack of " + ", ".join(f"{name} {value}" for name, value in where.items() if value is not None)


def _finding(rule: Rule, part: Fragment) -> str:
    found = check(completed(part), name_required=not rule.constructs_only, deployment=rule.fails_in)
    first = next(each for each in found if each.rule == rule.id)
    return f"`{first.api_path}`: {first.message}"


def _difference(rule: Rule) -> Iterator[str]:
    """Return the example that fails and the corrected one: what differs, and a little around it."""
    before, after = (_lines(part) for part in (rule.fails, rule.passes))
    for line in difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""):
        if line.startswith("@@"):
            if not line.startswith(("@@ -1,", "@@ -1 ")):
                yield " …"
        elif not line.startswith(("---", "+++")):
            yield line


def _lines(part: Fragment | str) -> list[str]:
    if isinstance(part, str):
        return [part]
    return json.dumps(_shortened(part), indent=2, ensure_ascii=False).splitlines()


def _shortened(value: Any) -> Any:
    """Return an example without most elements of long lists."""
    if isinstance(value, dict):
        return {name: _shortened(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        shown = [_shortened(item) for item in value[:_MOST_SHOWN]]  # pyright: ignore[reportUnknownVariableType]
        return shown if len(value) <= _MOST_SHOWN else [*shown, f"… {len(value) - _MOST_SHOWN} more"]  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        return f"{value[:20]}… {len(value)} characters"
    return value


def main() -> int:
    """Write the page, or check it."""
    written = page()
    if "--check" in sys.argv[1:]:
        current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        if current != written:
            print(f"{PAGE.name} is not up to date; run scripts/write_rules_page.py", file=sys.stderr)
            return 1
        return 0
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
