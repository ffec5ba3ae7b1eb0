"""A model of Lambda: invocations, delayed events, and invocations that do not end.

What it holds, and where that is from:

* An asynchronous event may wait, arrive twice, and overtake another. A throttled one goes back to the queue and is
  tried again after one second, then twice as long each time, at most five minutes, until its age is over; then it is
  dropped.
  (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: "The retry interval increases
  exponentially from 1 second after the first attempt to a maximum of 5 minutes"; "Even if your function doesn't return
  an error, it's possible for it to receive the same event multiple times".)
* A function that fails is invoked again after one minute, and after two more; the template says how often.
* A synchronous invocation by Step Functions that is throttled is an error of the task,
  `Lambda.TooManyRequestsException`.
* At most so many invocations run at once: 10 in a new account
  (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
* An invocation runs until it ends or its timeout kills it; who invoked it may be long gone. Stopping an execution of
  Step Functions does not end what it has invoked
  (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html says nothing of tasks; the
  function has no way of being stopped).
* Its process may be killed at any call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tests.lifecycle.loop import Action, Loop, Strand
from tests.lifecycle.weather import KilledError, Weather

_RETRY_DELAYS = (60, 120)
_LONGEST_BACKOFF = 300
#: How long a call may hang: botocore's time-outs of 20 s, four times.
_STALLS = (0.5, 3, 20, 60, 90)
#: How often chance throttles an event at most: the last time, more than four minutes after the first.
_THROTTLES = 8
_THROTTLED = "Lambda.TooManyRequestsException"

Event = Mapping[str, Any]
#: What came of an invocation: its result, or the kind of its error and the error's text.
Done = Callable[[Any], None]
Failed = Callable[[str, str], None]


class Lambda:
    """The service with one function."""

    def __init__(
        self,
        loop: Loop,
        random: Random,
        weather: Weather,
        settings: Mapping[str, int],
        function: Callable[[Event], Any],
    ) -> None:
        """Invoke `function`; `settings` are timeout, event_age and retries of the template."""
        self._loop = loop
        self._random = random
        self._weather = weather
        self._settings = settings
        self._function = function
        self._running = 0
        self.invocations = 0
        self.throttles = 0
        self.most_running = 0
        #: How many invocations may run at once; None where that is no limit.
        self.concurrency: int | None = None
        #: How long an invocation takes beside its calls.
        self.overhead = 0.01
        #: How likely an asynchronous event is throttled when it is tried; each time turns the order of events round.
        self.throttle = 0.0
        #: How likely an invocation takes long enough for others to act meanwhile.
        self.slow = 0.0
        #: What went wrong with the function, as its log has it.
        self.on_error: Callable[[BaseException], None] = lambda _: None

    def send(self, event: str, *, sent: float, lost: Callable[[str], None], again: bool = False) -> None:
        """Accept an asynchronous event; `lost` receives the reason if the event is dropped.

        One that is sent again by hand is young, however old what it asks for is.
        """
        self._try(event, self._loop.now if again else sent, attempt=0, throttled=0, lost=lost)

    def _try(self, event: str, sent: float, *, attempt: int, throttled: int, lost: Callable[[str], None]) -> None:
        if self._loop.now - sent > self._settings["event_age"]:
            lost("too old")
            return
        if self._is_full() or (throttled < _THROTTLES and self._random.random() < self.throttle):
            self.throttles += 1
            delay = min(_LONGEST_BACKOFF, 2**throttled) * self._random.uniform(0.8, 1.2)
            self._loop.after(delay, lambda: self._try(event, sent, attempt=attempt, throttled=throttled + 1, lost=lost))
            return

        def failed(error: str, _: str) -> None:
            if attempt >= self._settings["retries"]:
                lost(error)
                return
            self._loop.after(
                _RETRY_DELAYS[attempt], lambda: self._try(event, sent, attempt=attempt + 1, throttled=0, lost=lost)
            )

        self._begin(json.loads(event), done=lambda _: None, failed=failed)

    def invoke(self, event: Event, *, done: Done, failed: Failed) -> None:
        """Invoke the function, and report its end."""
        if self._is_full() or (
            self._weather.climate.throttle and self._weather.coin(self._weather.climate.throttle / 2)
        ):
            self.throttles += 1
            self._loop.after(0.1, lambda: failed(_THROTTLED, "Rate Exceeded."))
        else:
            self._begin(event, done=done, failed=failed)

    def _is_full(self) -> bool:
        return self.concurrency is not None and self._running >= self.concurrency

    def _begin(self, event: Event, *, done: Done, failed: Failed) -> None:
        self.invocations += 1
        self._running += 1
        self.most_running = max(self.most_running, self._running)

        def ended(action: Action) -> None:
            self._running -= 1
            action()

        if self.slow and self._random.random() < self.slow:
            self._run_slowly(event, done, failed, ended)
        else:
            self._run_at_once(event, done, failed, ended)

    def _run_at_once(self, event: Event, done: Done, failed: Failed, ended: Callable[[Action], None]) -> None:
        begun = self._loop.now
        action = self._run(event, done, failed)
        seconds = self._loop.now - begun
        timeout = self._settings["timeout"]
        if seconds > timeout:
            # What it did was done at its time; only what it would have answered is lost.
            seconds = timeout
            action = _calling(failed, "Sandbox.Timedout", f"Task timed out after {timeout}.00 seconds")
        self._loop.now = begun
        self._loop.after(seconds, lambda: ended(action))

    def _run_slowly(self, event: Event, done: Done, failed: Failed, ended: Callable[[Action], None]) -> None:
        deadline = self._loop.now + self._settings["timeout"]

        def check() -> None:
            if self._loop.now >= deadline:
                raise KilledError("timed out")

        def stall(seconds: float) -> float:
            if self._random.random() < 0.3:
                seconds += self._random.choice(_STALLS)
            return min(seconds, deadline - self._loop.now)

        Strand(self._loop, lambda: ended(self._run(event, done, failed)), stall, check)

    def _run(self, event: Event, done: Done, failed: Failed) -> Action:
        self._loop.sleep(self.overhead)
        try:
            result = self._function(event)
        except KilledError as killed:
            error = "Sandbox.Timedout" if str(killed) == "timed out" else "Runtime.ExitError"
            return _calling(failed, error, "")
        except Exception as error:  # noqa: BLE001 - the function's own failure, which its log has
            self.on_error(error)
            return _calling(failed, type(error).__name__, str(error))
        return lambda: done(result)


def _calling(failed: Failed, error: str, cause: str) -> Action:
    return lambda: failed(error, cause)
