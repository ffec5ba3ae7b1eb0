"""botocore without the user's configuration, which may name a profile that needs a login or is not there."""

from __future__ import annotations

import os

from botocore.session import Session


def isolated_session() -> Session:
    """A session that reads no profile, no configuration file and no credentials file."""
    return Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
