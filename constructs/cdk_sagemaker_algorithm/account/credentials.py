"""Explain why credentials cannot be used, and what to do."""

from __future__ import annotations

from typing import Final

from cdk_sagemaker_algorithm.model.regions import DEFAULT_REGIONS, partition_of

_LOG_IN: Final = "log in again, for example with `aws sso login`"
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_SSO: Final = frozenset({"SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError", "SSOError"})
_UNKNOWN: Final = frozenset({"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"})
_OTHERS: Final = {
    "NoCredentialsError": f"no AWS credentials were found; {_LOG_IN}, or choose a profile with --profile",
    "PartialCredentialsError": "the AWS credentials are incomplete; set both the access key and the secret key, or "
    "choose a profile with --profile",
    "CredentialRetrievalError": f"the AWS credentials cannot be retrieved; {_LOG_IN}, or choose another profile with "
    "--profile",
    "SignatureDoesNotMatch": "AWS rejects the signature of the calls; check the secret key, and the clock of this "
    "computer",
}
#: Error codes, and names of boto3's errors, that a new login repairs.
LOGIN_CODES: Final = _EXPIRED | _SSO | _UNKNOWN | {"CredentialRetrievalError"}
_PARTITIONS: Final = {"aws-cn": "the China Regions", "aws-us-gov": "AWS GovCloud (US)"}


def is_opt_in(region: str) -> bool:
    """Return whether an account must enable a region before use."""
    return partition_of(region) == "aws" and region not in DEFAULT_REGIONS


def sentence(code: str, region: str) -> str:
    """Return why the credentials cannot be used, and what to do; empty for an error that is about something else.

    Args:
        code: The error code, or the name of boto3's error.
        region: The region that was asked; empty if it is unknown.
    """
    if code in _EXPIRED:
        return f"the AWS credentials have expired; {_LOG_IN}"
    if code in _SSO:
        return "the session of AWS IAM Identity Center (SSO) has expired; log in again with `aws sso login`"
    if code in _UNKNOWN:
        return _unknown(region)
    return _OTHERS.get(code, "")


def _unknown(region: str) -> str:
    """Return what to do if AWS does not know the credentials."""
    if not region:
        return f"AWS does not know these credentials; {_LOG_IN}, or choose another profile with --profile"
    if place := _PARTITIONS.get(partition_of(region)):
        return (
            f"AWS does not know these credentials in {region}: {place} have accounts and credentials of their own; "
            "choose a profile of that partition with --profile"
        )
    if is_opt_in(region):
        return (
            f"AWS does not know these credentials in {region}, an opt-in Region; enable it for the account "
            f"(aws account enable-region --region-name {region}), or choose another profile with --profile"
        )
    return f"AWS does not know these credentials in {region}; {_LOG_IN}, or choose another profile with --profile"
