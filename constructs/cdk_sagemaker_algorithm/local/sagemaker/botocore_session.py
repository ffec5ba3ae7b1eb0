"""Create botocore sessions that ignore the user's AWS configuration, such as profiles that require a login."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from botocore.session import Session

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.local.run_key import RunKey


def isolated_session() -> Session:
    """Session that reads no profile, no configuration file and no credentials file."""
    return Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )


def client(service: str, endpoint_url: str, region: str, key: RunKey, **options: Any) -> Any:
    """Create a client for local AWS.

    Args:
        service: Service name in botocore.
        endpoint_url: URL of the server.
        region: Region of all resources.
        key: Credentials of this run.
        options: Further arguments of botocore's `create_client`.
    """
    # Type stubs for most services are not installed.
    return cast("Any", isolated_session()).create_client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        **options,
    )
