"""Numbers that the constructs, the handler and the services agree on. Times are in seconds."""

from __future__ import annotations

from typing import Final

#: The longest time that CloudFormation waits for a custom resource's response.
SERVICE_TIMEOUT: Final = 3600
#: What of that is kept for late deliveries, retries and the response itself.
ANSWER_MARGIN: Final = 720
#: How long one validation wait waits.
WAIT_SECONDS: Final = SERVICE_TIMEOUT - ANSWER_MARGIN
#: How long Lambda keeps an event that it cannot deliver: as long as the handler can still act on it.
EVENT_AGE: Final = WAIT_SECONDS
#: How long one invocation of the handler function may take.
FUNCTION_TIMEOUT: Final = 120

#: An algorithm's name: letters, digits and hyphens, the first and the last no hyphen.
NAME_LENGTH: Final = 63
FINGERPRINT_LENGTH: Final = 12
#: What of a generated name is left in front of the hyphen and the fingerprint.
PREFIX_LENGTH: Final = NAME_LENGTH - FINGERPRINT_LENGTH - 1

#: SageMaker's limit of tags on a resource, and those that this library needs of them.
MAX_TAGS: Final = 50
OWN_TAGS: Final = 5
MAX_USER_TAGS: Final = MAX_TAGS - OWN_TAGS

#: SageMaker's default of ``StoppingCondition.MaxRuntimeInSeconds``.
DEFAULT_MAX_RUNTIME: Final = 86_400
#: CloudFormation drops a longer custom resource response.
RESPONSE_BYTES: Final = 4096
#: Text of errors and reasons from outside is cut to this many characters where it comes in.
TEXT_LENGTH: Final = 1000


def service_limit(service_timeout: int) -> int:
    """How long a request may be worked on, given how long CloudFormation waits for it."""
    return service_timeout - min(ANSWER_MARGIN, service_timeout // 5)
