"""Define the limits that the constructs, the handler and the services share. Times are in seconds."""

from __future__ import annotations

import re
from typing import Final

#: CloudFormation's maximum wait for a custom resource response.
SERVICE_TIMEOUT: Final = 3600
#: Part of that time reserved for late delivery, retries and the response.
ANSWER_MARGIN: Final = 720
#: Maximum time of one validation wait.
WAIT_SECONDS: Final = SERVICE_TIMEOUT - ANSWER_MARGIN
#: Maximum age of an undelivered event in Lambda; the handler could not act on an older one.
EVENT_AGE: Final = WAIT_SECONDS
#: Timeout of the handler function.
FUNCTION_TIMEOUT: Final = 120

#: Pattern of an algorithm name and of its prefix (EntityName of the API, without its length).
NAME_PATTERN: Final = "[a-zA-Z0-9](-*[a-zA-Z0-9])*"
NAME_LENGTH: Final = 63
FINGERPRINT_LENGTH: Final = 12
#: Maximum length of a generated name's prefix, before the hyphen and the fingerprint.
PREFIX_LENGTH: Final = NAME_LENGTH - FINGERPRINT_LENGTH - 1

#: SageMaker's limit of tags on a resource, and the number that this library reserves.
MAX_TAGS: Final = 50
OWN_TAGS: Final = 5
MAX_USER_TAGS: Final = MAX_TAGS - OWN_TAGS

#: SageMaker's default of ``StoppingCondition.MaxRuntimeInSeconds``.
DEFAULT_MAX_RUNTIME: Final = 86_400
#: Maximum size of a custom resource response; CloudFormation drops a larger one.
RESPONSE_BYTES: Final = 4096
#: Errors and failure reasons from AWS are cut to this number of characters when they are received.
TEXT_LENGTH: Final = 1000


def is_algorithm_name(text: str, length: int = NAME_LENGTH) -> bool:
    """Return whether a text can be an algorithm name, or with a shorter length the prefix of a generated one."""
    return len(text) <= length and re.fullmatch(NAME_PATTERN, text) is not None


def service_limit(service_timeout: int) -> int:
    """Return how long the handler may work on a request."""
    return service_timeout - min(ANSWER_MARGIN, service_timeout // 5)
