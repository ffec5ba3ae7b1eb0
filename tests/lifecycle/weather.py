"""Inject faults: every call of the handler asks here first."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from tests.lifecycle.loop import EPOCH

Moment = Literal["before", "after"]

_THROTTLES = ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded")
_SERVER_ERRORS = (("InternalFailure", 500), ("ServiceUnavailable", 503), ("InternalServerException", 502))


class KilledError(BaseException):
    """The Lambda function's process ends; the handler cannot catch this."""


@dataclass(frozen=True, kw_only=True)
class Climate:
    """Rates of faults, per call."""

    throttle: float = 0.0
    server_error: float = 0.0
    timeout_before: float = 0.0
    timeout_after: float = 0.0
    kill: float = 0.0
    #: How many faults there are at most, so that what must go well can.
    budget: int = 0
    kills: int = 0
    #: Until when the function's new permissions are not known everywhere.
    denied_until: float = 0.0
    #: A window in which every call of SageMaker is throttled.
    storm_begins: float = 0.0
    storm_lasts: float = 0.0


CALM = Climate()


def random_climate(random: Random) -> Climate:
    """Return random rates: usually a few faults, sometimes none or many."""
    mood = random.random()
    if mood < 0.15:
        return CALM
    rate = 0.03 if mood < 0.7 else 0.15
    return Climate(
        throttle=rate * random.random(),
        server_error=rate * random.random(),
        timeout_before=rate * random.random(),
        timeout_after=2 * rate * random.random(),
        kill=rate * random.random(),
        budget=random.choice((2, 5, 15)),
        kills=random.choice((0, 1, 2)),
        denied_until=EPOCH + random.choice((0.0, 0.0, 0.0, 20.0)),
        storm_begins=EPOCH + random.uniform(0, 3000),
        storm_lasts=random.choice((0.0, 0.0, 0.0, 60.0, 250.0, 1500.0)),
    )


def client_error(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """An error as botocore raises it."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "00000000-aaaa-bbbb-cccc-000000000000"},
    }
    return ClientError(response, operation)


class Weather:
    """Draws the faults of one run."""

    def __init__(self, random: Random, climate: Climate) -> None:
        self._random = random
        self.climate = climate
        self._budget = climate.budget
        self._kills = climate.kills
        #: How often each thing went wrong, for whoever wants to know that it did.
        self.faults: dict[str, int] = {}

    def before(self, operation: str, now: float, *, storms: bool = True) -> None:
        """Raise an error before a call reaches its service."""
        climate = self.climate
        storm = storms and climate.storm_begins <= now < climate.storm_begins + climate.storm_lasts
        if storm or self._strikes(climate.throttle):
            self._count("throttle")
            code = self._random.choice(_THROTTLES)
            raise client_error(operation, code, "Rate exceeded", self._random.choice((400, 429)))
        if now < climate.denied_until and self._random.random() < 0.5:
            self._count("denied")
            text = f"User: arn:aws:sts::123456789012:assumed-role/Handler/x is not authorized to perform: {operation}"
            raise client_error(operation, "AccessDeniedException", text)
        if self._strikes(climate.server_error):
            self._count("server error")
            code, status = self._random.choice(_SERVER_ERRORS)
            raise client_error(operation, code, "We encountered an internal error", status)
        if self._strikes(climate.timeout_before):
            self._count("unreachable")
            kind = self._random.choice((ConnectTimeoutError, EndpointConnectionError))
            raise kind(endpoint_url="https://api.sagemaker.us-east-1.amazonaws.com/")
        self.kill_point("killed before")

    def after(self, operation: str) -> None:
        """Raise an error instead of the result of a call."""
        del operation
        if self._strikes(self.climate.timeout_after):
            self._count("answer lost")
            raise ReadTimeoutError(endpoint_url="https://api.sagemaker.us-east-1.amazonaws.com/")
        self.kill_point("killed after")

    def coin(self, probability: float = 0.5) -> bool:
        return self._random.random() < probability

    def kill_point(self, what: str) -> None:
        """Mark a point at which the function's process can be killed."""
        if self._kills and self._strikes(self.climate.kill):
            self._kills -= 1
            self._count("killed")
            self._count(what)
            raise KilledError(what)

    def _strikes(self, rate: float) -> bool:
        if not rate or not self._budget or self._random.random() >= rate:
            return False
        self._budget -= 1
        return True

    def _count(self, what: str) -> None:
        self.faults[what] = self.faults.get(what, 0) + 1
