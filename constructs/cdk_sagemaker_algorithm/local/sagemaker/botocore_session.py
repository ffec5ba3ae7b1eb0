"""botocore without the user's configuration, which may name a profile that needs a login or is not there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from botocore.session import Session

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.local.run_key import RunKey


def isolated_session() -> Session:
    """A session that reads no profile, no configuration file and no credentials file."""
    return Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )


def client(service: str, endpoint_url: str, region: str, key: RunKey, **options: Any) -> Any:
    """Make a client of a server of local AWS.

    Args:
        service: The service's name in botocore.
        endpoint_url: The server's address.
        region: The region that everything is in.
        key: The key of this run.
        options: More arguments of botocore's `create_client`.
    """
    # There are no types for most services among the development tools.
    return cast("Any", isolated_session()).create_client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        **options,
    )
