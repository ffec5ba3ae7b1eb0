"""boto3, as the shared options want it; only commands that call AWS import this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.cli.context import Options


def session(options: Options) -> boto3.Session:
    """Open a session with the profile and region the user chose.

    Args:
        options: The shared options.

    Returns:
        A boto3 session; give `endpoint_url=options.endpoint_url` to its clients.
    """
    return boto3.Session(profile_name=options.profile, region_name=options.region)
