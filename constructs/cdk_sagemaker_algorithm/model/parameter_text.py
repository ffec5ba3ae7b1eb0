"""Format numbers as the API's strings."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Integral, Real

from cdk_sagemaker_algorithm.model.tokens import is_unresolved


class UnsupportedValueError(ValueError):
    """A value that a CreateAlgorithm request cannot contain."""


def parameter_text(value: object, where: str) -> str | float:
    """Return a value or a bound of a hyperparameter as the API's string.

    Integers are written plainly (``1`` is ``"1"``). Floats have the shortest text that reads back as the same number
    (``0.1`` is ``"0.1"``, ``1e-5`` is ``"1e-05"``). A ``Decimal`` keeps its digits. Strings are kept unchanged. A CDK
    number token is returned unchanged, because only the construct's resolver can convert it.

    Args:
        value: A string or a number.
        where: Name of the value, for messages.

    Raises:
        UnsupportedValueError: If the value is neither a string nor a finite number.
    """
    # Asking an abstract class is slow, and most of what comes here is one of these two.
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        raise UnsupportedValueError(
            f"{where}: {value!r} is neither a string nor a number; "
            "write the string that the container reads, such as 'true'"
        )
    if isinstance(value, Integral):
        return str(int(value))
    if not math.isfinite(value):
        raise UnsupportedValueError(
            f"{where}: {value!r} is not a finite number; values and bounds of hyperparameters are"
        )
    if isinstance(value, Decimal):
        return str(value)
    number = float(value)
    return number if is_unresolved(number) else repr(number)
