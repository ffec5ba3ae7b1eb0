"""Create boto3 sessions and clients from the shared options. Only commands that call AWS import this module."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import InvalidRegionError
from botocore.utils import is_valid_endpoint_url, validate_region_name

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.cli.shared_options import Options

_RETRIES = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 6})


def session(options: Options) -> boto3.Session:
    """Create a session with the user's profile and region.

    Args:
        options: The shared options.

    Returns:
        A boto3 session; give `endpoint_url=options.endpoint_url` to its clients.
    """
    # The CDK and the AWS CLI know AWS_REGION, boto3 does not.
    region = options.region or os.environ.get("AWS_REGION") or None
    _check(options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL"), region)
    opened = boto3.Session(profile_name=options.profile, region_name=region)
    if options.verbose:
        # As Any: the stubs do not know the events of a session.
        events: Any = opened.events
        events.register("after-call", _show_call)
    return opened


def _check(endpoint_url: str | None, region: str | None) -> None:
    """Reject settings that botocore would reject when the first client is created."""
    if endpoint_url and not is_valid_endpoint_url(endpoint_url):
        raise CliError(
            f"{endpoint_url!r} cannot be an endpoint; give --endpoint-url or AWS_ENDPOINT_URL as http://HOST:PORT or"
            " https://HOST",
            exit_status=USAGE,
        )
    if region is None:
        return
    try:
        validate_region_name(region)
    except InvalidRegionError as error:
        raise CliError(
            f"{region!r} cannot be a region; give one such as eu-west-1 with --region or AWS_REGION", exit_status=USAGE
        ) from error


def _show_call(http_response: Any, model: Any, **_: Any) -> None:
    """Show an AWS call, without parameters and response, which can contain secrets."""
    service: str = model.service_model.service_name
    typer.echo(f"aws: {service} {model.name} {http_response.status_code}", err=True)


class Clients:
    """Clients of one session, created on first use."""

    def __init__(self, options: Options) -> None:
        """Create a session.

        Args:
            options: The shared options.
        """
        # As Any: boto3's stubs type `client` by some four hundred overloads, most of them unknown here.
        self._session: Any = session(options)
        self._endpoint_url = options.endpoint_url
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """Return the client of a service.

        Args:
            service: Its name, such as `sagemaker`.
        """
        if service not in self._made:
            made = self._session.client(service, endpoint_url=self._endpoint_url, config=_RETRIES)
            self._made[service] = made
        return self._made[service]
