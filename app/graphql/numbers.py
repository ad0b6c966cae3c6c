"""Numbers at the wire: floats outside, exact Decimals inside."""

from decimal import Decimal

from app.graphql.given import given

VERSION_NUMBER_MAX = 2**31 - 1


def exact(number: float) -> Decimal:
    """The decimal that the caller wrote: `0.1`, not its binary neighbour."""
    return Decimal(repr(number))


def exact_or_none(number: float | None) -> Decimal | None:
    """As `exact`; null and absent are None."""
    value = given(number)
    return None if value is None else exact(value)


def version_number(number: float) -> int:
    """A version as the caller wrote it; what no version can have is 0, which none has."""
    whole = number == int(number) and 1 <= number <= VERSION_NUMBER_MAX
    return int(number) if whole else 0


def float_or_none(number: Decimal | int | None) -> float | None:
    return None if number is None else float(number)
