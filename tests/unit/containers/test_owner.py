"""Labels of processes that exist, and of those that do not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from cdk_sagemaker_algorithm.containers.owner import RunLabels, owner_is_alive


def test_this_process_is_alive_and_its_namesake_is_not() -> None:
    owner = RunLabels.new().owner
    assert owner_is_alive(owner)
    # The same process ID with another start time is another process.
    assert not owner_is_alive(f"{owner.rpartition(':')[0]}:1")


def test_an_ended_process_is_not_alive() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert not owner_is_alive(f"{socket.gethostname()}:{done.pid}:1")


def test_processes_of_other_machines_are_left_alone() -> None:
    assert owner_is_alive(f"elsewhere:{os.getpid()}:1")
    assert owner_is_alive("nonsense")
