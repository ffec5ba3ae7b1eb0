"""Hyperparameters and the ranges of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.enums import ParameterType
from cdk_sagemaker_algorithm.model.parameter_text import UnsupportedValueError, parameter_text
from cdk_sagemaker_algorithm.model.tokens import is_unresolved
from cdk_sagemaker_algorithm.model.value_types import ApiDict, ParameterText


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegerParameterRangeSpecification(Structure):
    """The values that an integer hyperparameter may have.

    API shape: ``IntegerParameterRangeSpecification``.

    Attributes:
        min_value: ``MinValue``. The least value allowed. Up to 256 characters.
        max_value: ``MaxValue``. The greatest value allowed. Up to 256 characters.
    """

    shape_name: ClassVar[str] = "IntegerParameterRangeSpecification"

    min_value: ParameterText
    max_value: ParameterText


@dataclass(frozen=True, kw_only=True, slots=True)
class ContinuousParameterRangeSpecification(Structure):
    """The values that a floating-point hyperparameter may have.

    API shape: ``ContinuousParameterRangeSpecification``.

    Attributes:
        min_value: ``MinValue``. The least value allowed. Up to 256 characters.
        max_value: ``MaxValue``. The greatest value allowed. Up to 256 characters.
    """

    shape_name: ClassVar[str] = "ContinuousParameterRangeSpecification"

    min_value: ParameterText
    max_value: ParameterText


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoricalParameterRangeSpecification(Structure):
    """The values that a categorical hyperparameter may have.

    API shape: ``CategoricalParameterRangeSpecification``.

    Attributes:
        values: ``Values``. The categories allowed. 1 to 30 items, each of up to 256 characters.
    """

    shape_name: ClassVar[str] = "CategoricalParameterRangeSpecification"

    values: Sequence[ParameterText]


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterRange(Structure):
    """The values that a hyperparameter may have: one of the three, the one that suits its type.

    API shape: ``ParameterRange``.

    Attributes:
        integer_parameter_range_specification: ``IntegerParameterRangeSpecification``. The range of an
            ``Integer`` hyperparameter. Default: none; the range is of another kind.
        continuous_parameter_range_specification: ``ContinuousParameterRangeSpecification``. The range of
            a ``Continuous`` hyperparameter. Default: none; the range is of another kind.
        categorical_parameter_range_specification: ``CategoricalParameterRangeSpecification``. The
            categories of a ``Categorical`` hyperparameter. Default: none; the range is of another kind.
    """

    shape_name: ClassVar[str] = "ParameterRange"

    integer_parameter_range_specification: IntegerParameterRangeSpecification | ApiDict | None = None
    continuous_parameter_range_specification: ContinuousParameterRangeSpecification | ApiDict | None = None
    categorical_parameter_range_specification: CategoricalParameterRangeSpecification | ApiDict | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HyperParameterSpecification(Structure):
    """A hyperparameter that the algorithm understands.

    API shape: ``HyperParameterSpecification``. The factories ``integer``, ``continuous``, ``categorical`` and
    ``free_text`` write type and range for you.

    Attributes:
        name: ``Name``. The hyperparameter's name, unique in the algorithm. Up to 256 characters.
        description: ``Description``. What it does, for those who train with the algorithm. Up to 1,024
            characters. Default: none.
        type: ``Type``. The type of its values.
        range: ``Range``. The values allowed; free text has none. Default: any value of the type is
            allowed, and the hyperparameter cannot be tuned.
        is_tunable: ``IsTunable``. Whether a tuning job may search for the best value. Default: false.
        is_required: ``IsRequired``. Whether every training job must give a value. Default: false.
        default_value: ``DefaultValue``. The value used when a training job gives none. Up to 2,500
            characters. Default: none.
    """

    shape_name: ClassVar[str] = "HyperParameterSpecification"

    name: str
    description: str | None = None
    type: ParameterType | str
    range: ParameterRange | ApiDict | None = None
    is_tunable: bool | None = None
    is_required: bool | None = None
    default_value: ParameterText | None = None

    @classmethod
    def integer(  # noqa: PLR0913 - an argument for each member that is often given
        cls,
        name: str,
        *,
        min: ParameterText | None = None,
        max: ParameterText | None = None,
        default: ParameterText | None = None,
        tunable: bool | None = None,
        required: bool | None = None,
        description: str | None = None,
    ) -> Self:
        """Declare an integer hyperparameter. Floats without a fraction, such as ``1e6``, count as integers.

        Args:
            name: Name of the hyperparameter.
            min: Minimum of the range. Set both bounds or neither.
            max: Maximum of the range.
            default: Value for training jobs that set none. Default: none.
            tunable: Whether a tuning job can search for the best value; requires a range. Default: not declared.
            required: Whether every training job must set a value. Default: not declared.
            description: Effect of the hyperparameter. Default: none.
        """
        ends = _ends(name, _whole(min), _whole(max))
        return cls(
            name=name,
            description=description,
            type=ParameterType.INTEGER,
            range=ends
            and ParameterRange(
                integer_parameter_range_specification=IntegerParameterRangeSpecification(
                    min_value=ends[0], max_value=ends[1]
                )
            ),
            is_tunable=tunable,
            is_required=required,
            default_value=_text(name, _whole(default)),
        )

    @classmethod
    def continuous(  # noqa: PLR0913 - an argument for each member that is often given
        cls,
        name: str,
        *,
        min: ParameterText | None = None,
        max: ParameterText | None = None,
        default: ParameterText | None = None,
        tunable: bool | None = None,
        required: bool | None = None,
        description: str | None = None,
    ) -> Self:
        """Declare a floating-point hyperparameter.

        Args:
            name: Name of the hyperparameter.
            min: Minimum of the range. Set both bounds or neither.
            max: Maximum of the range.
            default: Value for training jobs that set none. Default: none.
            tunable: Whether a tuning job can search for the best value; requires a range. Default: not declared.
            required: Whether every training job must set a value. Default: not declared.
            description: Effect of the hyperparameter. Default: none.
        """
        ends = _ends(name, min, max)
        return cls(
            name=name,
            description=description,
            type=ParameterType.CONTINUOUS,
            range=ends
            and ParameterRange(
                continuous_parameter_range_specification=ContinuousParameterRangeSpecification(
                    min_value=ends[0], max_value=ends[1]
                )
            ),
            is_tunable=tunable,
            is_required=required,
            default_value=_text(name, default),
        )

    @classmethod
    def categorical(
        cls,
        name: str,
        *,
        values: Sequence[ParameterText] | None = None,
        default: ParameterText | None = None,
        tunable: bool | None = None,
        required: bool | None = None,
        description: str | None = None,
    ) -> Self:
        """Declare a hyperparameter with a list of values.

        Args:
            name: Name of the hyperparameter.
            values: Allowed values. Default: not declared.
            default: Value for training jobs that set none. Default: none.
            tunable: Whether a tuning job can search for the best value; requires values. Default: not declared.
            required: Whether every training job must set a value. Default: not declared.
            description: Effect of the hyperparameter. Default: none.
        """
        return cls(
            name=name,
            description=description,
            type=ParameterType.CATEGORICAL,
            range=None if values is None else _categories(name, values),
            is_tunable=tunable,
            is_required=required,
            default_value=_text(name, default),
        )

    @classmethod
    def free_text(
        cls,
        name: str,
        *,
        default: ParameterText | None = None,
        required: bool | None = None,
        description: str | None = None,
    ) -> Self:
        """Declare a hyperparameter with any text as its value. It has no range and cannot be tuned.

        Args:
            name: Name of the hyperparameter.
            default: Value for training jobs that set none. Default: none.
            required: Whether every training job must set a value. Default: not declared.
            description: Effect of the hyperparameter. Default: none.
        """
        return cls(
            name=name,
            description=description,
            type=ParameterType.FREE_TEXT,
            is_required=required,
            default_value=_text(name, default),
        )


def _text(name: str, value: ParameterText | None) -> ParameterText | None:
    return None if value is None else parameter_text(value, f"hyperparameter {name!r}")


def _whole(value: ParameterText | None) -> ParameterText | None:
    # CDK's number tokens are whole as well, and must stay the floats they are.
    if isinstance(value, float) and value.is_integer() and not is_unresolved(value):
        return int(value)
    return value


def _ends(
    name: str, least: ParameterText | None, greatest: ParameterText | None
) -> tuple[ParameterText, ParameterText] | None:
    if least is None and greatest is None:
        return None
    if least is None or greatest is None:
        given, lacking = ("max", "min") if least is None else ("min", "max")
        raise ValueError(f"hyperparameter {name!r}: {given} is given without {lacking}; give both or neither")
    where = f"hyperparameter {name!r}"
    return parameter_text(least, where), parameter_text(greatest, where)


def _categories(name: str, values: Sequence[ParameterText]) -> ParameterRange:
    if isinstance(values, str):
        raise UnsupportedValueError(f"hyperparameter {name!r}: values is the string {values!r}; give a list")
    where = f"hyperparameter {name!r}"
    return ParameterRange(
        categorical_parameter_range_specification=CategoricalParameterRangeSpecification(
            values=[parameter_text(value, where) for value in values]
        )
    )
