"""What the provider adds to a stack, against the CDK's own ways to run a Lambda function for a custom resource.

Whole processes are measured, because a good part of what others add is the import of their modules.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk

from cdk_sagemaker_algorithm import AlgorithmProvider
from tests.benchmarks.timing import environment, medians, python_seconds

OURS: Final = "AlgorithmProvider"
RAW: Final = "raw CfnResource + file asset"
FUNCTION: Final = "lambda_.Function"
FRAMEWORK: Final = "Provider framework"
WITHOUT: Final = "stack without"

_STACK = """
import aws_cdk as cdk
{imports}
app = cdk.App()
stack = cdk.Stack(app, "Stack")
cdk.CfnResource(stack, "Queue", type="AWS::SQS::Queue")
{more}
app.synth()
"""

_HANDLER = """
from aws_cdk import aws_lambda as lambda_
def function(id):
    return lambda_.Function(
        stack, id, runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler", code=lambda_.Code.from_asset({path!r})
    )
"""

_MORE: dict[str, str] = {
    WITHOUT: "",
    OURS: """
from cdk_sagemaker_algorithm import AlgorithmProvider
AlgorithmProvider.of_stack(stack)
""",
    # Eight resources with next to nothing in them, and the asset.
    RAW: """
staging = cdk.AssetStaging(stack, "Code", source_path={path!r})
location = stack.synthesizer.add_file_asset(
    source_hash=staging.asset_hash,
    file_name=staging.relative_staged_path(stack),
    packaging=cdk.FileAssetPackaging.ZIP_DIRECTORY,
)
for number in range(8):
    properties = {{"Code": {{"S3Bucket": location.bucket_name, "S3Key": location.object_key}}}}
    cdk.CfnResource(stack, f"Resource{{number}}", type="AWS::Lambda::Function", properties=properties)
""",
    FUNCTION: _HANDLER + 'function("Handler")',
    FRAMEWORK: _HANDLER
    + """
from aws_cdk import custom_resources
custom_resources.Provider(
    stack, "Provider", on_event_handler=function("OnEvent"), is_complete_handler=function("IsComplete")
)
""",
}


#: What an app with a function and a state machine of its own imports anyway.
_IMPORTS: Final = "from aws_cdk import aws_lambda, aws_logs, aws_stepfunctions"
_COUNTED: Final = """
import jsii
process = jsii.kernel.provider._process
send, count = process.send, 0
def counting(*arguments):
    global count
    count += 1
    return send(*arguments)
process.send = counting
"""


def programs(handler: Path, *, imported: bool = False) -> dict[str, str]:
    """Programs that synthesize a stack with each kind of provider; the others' handler is a folder with a file."""
    imports = _IMPORTS if imported else ""
    return {name: _STACK.format(more=more.format(path=str(handler)), imports=imports) for name, more in _MORE.items()}


def round_trips_of(name: str) -> int:
    """Calls to the kernel of a stack with this kind of provider, less those of a stack without."""
    with tempfile.TemporaryDirectory() as folder:
        found = programs(Path(folder))
        handler = Path(folder, "index.py")
        handler.write_text("def handler(event, context):\n    return {}\n", encoding="utf-8")
        return _count(found[name]) - _count(found[WITHOUT])


def _count(program: str) -> int:
    code = program.replace("app = cdk.App()", f"{_COUNTED}app = cdk.App()") + "print(count)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    return int(done.stdout.split()[-1])


def wall(rounds: int, *, imported: bool = False) -> dict[str, float]:
    """Seconds of a whole process with each kind of provider, and without any.

    Args:
        rounds: How often each is measured.
        imported: Whether the app imports the modules that the provider needs anyway.
    """
    with tempfile.TemporaryDirectory() as folder:
        handler = Path(folder, "handler")
        handler.mkdir()
        Path(handler, "index.py").write_text("def handler(event, context):\n    return {}\n", encoding="utf-8")
        work = Path(folder, "work")
        work.mkdir()
        runs = {name: _run(code, work) for name, code in programs(handler, imported=imported).items()}
        for run in runs.values():
            run()
        return medians(runs, rounds=rounds)


def _run(code: str, work: Path) -> Any:
    return lambda: python_seconds(code, cwd=work)


def resources() -> int:
    """How many resources the provider is in a template, without the algorithms."""
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stack = cdk.Stack(app, "Stack")
        AlgorithmProvider.of_stack(stack)
        return len(app.synth().get_stack_by_name("Stack").template["Resources"])


def resources_of_framework() -> int:
    """How many resources the Provider framework is with two handlers, the handlers included."""
    from aws_cdk import aws_lambda, custom_resources  # noqa: PLC0415 - large

    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stack = cdk.Stack(app, "Stack")
        # CDK's own classes do not fit its own protocols, as pyright reads them.
        handlers: list[Any] = [
            aws_lambda.Function(
                stack,
                name,
                runtime=aws_lambda.Runtime.PYTHON_3_13,
                handler="index.handler",
                code=aws_lambda.Code.from_inline("def handler(event, context): pass"),
            )
            for name in ("OnEvent", "IsComplete")
        ]
        custom_resources.Provider(stack, "Provider", on_event_handler=handlers[0], is_complete_handler=handlers[1])
        return len(app.synth().get_stack_by_name("Stack").template["Resources"])
