"""Local AWS rejects requests of web pages, other programs and other users."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_sagemaker_algorithm.local import LocalAws
from tests.support.foreign_requests import FOREIGN, ForeignRequest, send

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("closed")]

ROLE = "arn:aws:iam::000000000000:role/any"
#: What a user can find out about the processes of another one.
SPY = """
import json, os, pathlib
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
found = []
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    for name in ("environ", "cmdline"):
        try:
            found.append((folder / name).read_bytes().decode("latin-1"))
        except OSError:
            pass
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


def key_of(aws: LocalAws) -> str:
    return aws.environment["AWS_ACCESS_KEY_ID"]


@pytest.mark.parametrize("request_", FOREIGN, ids=lambda request: request.name)
def test_the_emulator_rejects_what_is_not_of_this_run(aws: LocalAws, request_: ForeignRequest) -> None:
    status, headers, body = send(aws.url, request_, key_of(aws))
    assert status == 403
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert key_of(aws).encode() not in body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/2015-03-31/functions"),
        ("POST", "/2015-03-31/functions/f/invocations"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/health"),
        ("PUT", "/_ministack/cfn-response/token"),
        ("PUT", "/bucket"),
        ("GET", "/v2/_catalog"),
        ("POST", "/_ministack/rds/iam-auth"),
        ("GET", "/_aws/ses"),
    ],
)
def test_no_door_at_the_side_is_open(aws: LocalAws, method: str, path: str) -> None:
    assert send(aws.url, ForeignRequest("", method=method, path=path), "")[0] == 403


def test_another_user_finds_no_key(aws: LocalAws) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may run a program as another user")
    found = subprocess.run([sys.executable, "-c", SPY], capture_output=True, check=True)
    texts: list[str] = json.loads(found.stdout)
    assert any("emulator_process.py" in text for text in texts)
    assert not any(key_of(aws) in text for text in texts)
    home = Path(aws.environment["CDK_HOME"]).parent
    assert home.stat().st_mode & 0o077 == 0


def test_no_other_port_is_open(aws: LocalAws) -> None:
    ours = {int(url.rpartition(":")[2]) for url in (aws.url, aws.sagemaker_url)}
    sockets = {path.resolve(strict=False).name for path in _sockets_of(_emulator_processes(aws))}
    listening = {port for inode, port in _listening() if f"socket:[{inode}]" in sockets}
    assert listening
    assert listening <= ours


def test_functions_and_assumed_roles_have_credentials_of_this_run(aws: LocalAws) -> None:
    code = (
        "import os, boto3\n"
        "def handler(event, context):\n"
        "    account = boto3.client('sts').get_caller_identity()['Account']\n"
        "    return [account, boto3.client('sagemaker').list_algorithms()['AlgorithmSummaryList']]\n"
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", code)
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName="who",
        Runtime="python3.13",
        Handler="index.handler",
        Role=ROLE,
        Timeout=60,
        Code={"ZipFile": archive.getvalue()},
    )
    answer = functions.invoke(FunctionName="who")
    assert json.loads(answer["Payload"].read()) == [aws.account, []]
    session: dict[str, Any] = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="who")["Credentials"]
    assert session["AccessKeyId"][4:20] == key_of(aws)[4:20]


def test_a_presigned_address_is_answered(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="a", Body=b"text")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": "a"})
    with urllib.request.urlopen(url, timeout=30) as response:
        assert response.read() == b"text"


def _emulator_processes(aws: LocalAws) -> list[Path]:
    wanted = f"AWS_ACCESS_KEY_ID={key_of(aws)}".encode()
    found: list[Path] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes():
                found.append(folder)
        except OSError:
            continue
    return found


def _sockets_of(processes: list[Path]) -> Iterator[Path]:
    for folder in processes:
        for link in (folder / "fd").iterdir():
            target = link.readlink()
            if target.name.startswith("socket:"):
                yield target


def _listening() -> Iterator[tuple[str, int]]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                yield fields[9], int(fields[1].rpartition(":")[2], 16)
