"""What a wave says of itself: the TOML beside its table, checked all at once. Pure."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from monitor.kernel.errors import InvalidInput, NotFound
from monitor.kernel.language.text import line
from monitor.kernel.language.uk import read_day

Name = Annotated[str, Field(min_length=1, max_length=60)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]
Positive = Annotated[int, Field(ge=1, le=9_999_999, strict=True)]
_MAX_BYTES = 100_000
_WHOLE = "write it as a whole number, without quotes, such as 690"


class GoldStandard(BaseModel):
    """The question whether a service uses a gold-standard attachment measure, and who said so."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    question: Words
    numerator: Annotated[int, Field(ge=0, strict=True)]
    denominator: Positive

    @model_validator(mode="after")
    def _share(self) -> Self:
        if self.numerator > self.denominator:
            raise ValueError("numerator is above denominator")
        return self


class AboutWave(BaseModel):
    """One wave. What may be left out is not known then, and pages say so."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True
    )

    name: Name
    instrument: Words
    version: Name
    question: Words
    field_from: date
    field_to: date
    frame: Words
    unit: Literal["services", "responses", "families"]
    mode: Words
    promoters: Annotated[tuple[Words, ...], Field(max_length=40)]
    citation: Words
    responses: Positive
    services: Positive | None = None
    invited: Positive | None = None
    # where the survey knows it; else services ÷ responses
    design_effect: Annotated[float, Field(ge=1, le=100, strict=True)] | None = None
    # how many responses were for so many services each: {1: 560, 2: 60, 3: 5}
    services_per_response: dict[Annotated[int, Field(ge=1)], Positive] | None = None
    gold_standard: GoldStandard | None = None

    @field_validator("field_from", "field_to", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(value, datetime):
            value = value.date()
        written = value.isoformat() if isinstance(value, date) else str(value)
        try:
            return read_day(written)
        except NotFound:
            raise ValueError(
                f"{written[:40]!r} is no date from 2000 to 2099: write it as 2029-02-01"
            ) from None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.field_to < self.field_from:
            raise ValueError("field_to is before field_from")
        if self.invited is not None and self.responses > self.invited:
            raise ValueError(f"responses: {self.responses} is more than the {self.invited} invited")
        if self.unit == "services" and self.services is None:
            raise ValueError("services: is missing: the unit is services")
        gold, most = self.gold_standard, max(self.services or 0, self.responses)
        if gold is not None and gold.denominator > most:
            raise ValueError(
                f"gold_standard: its denominator, {gold.denominator:,}, is more than the {most:,} "
                "that answered: is it another wave’s?"
            )
        if self.services_per_response is not None:
            self._add_up(self.services_per_response)
        return self

    def _add_up(self, sizes: Mapping[int, int]) -> None:
        responses = sum(sizes.values())
        services = sum(size * count for size, count in sizes.items())
        if (responses, services) != (self.responses, self.services):
            raise ValueError(
                f"services_per_response: it adds up to {responses:,} responses for {services:,} "
                f"services, and the wave says {self.responses:,} for {self.services or 0:,}"
            )

    @property
    def counted(self) -> int | None:
        """How many of its unit answered; None where it does not say."""
        return {"services": self.services, "responses": self.responses}.get(self.unit)

    @property
    def stated_effect(self) -> float | None:
        """The design effect that the survey gives or lets work out, the larger; None: neither.

        All services of one response alike is the most they can agree: then it is Σm² ÷ Σm of the
        numbers m of services in a response (Kish 1965, Survey Sampling, 8.2, at a correlation of 1).
        """
        known = [self.design_effect] if self.design_effect else []
        if sizes := self.services_per_response:
            services = sum(size * count for size, count in sizes.items())
            known.append(sum(size * size * count for size, count in sizes.items()) / services)
        return max(known, default=None)


def read(data: bytes) -> tuple[AboutWave | None, list[str]]:
    """Read a wave's TOML; None with everything that is wrong with it.

    >>> read(b"name = 'A'")[0] is None
    True
    """
    try:
        raw = _loaded(_text(data))
    except InvalidInput as error:
        return None, [str(error)]
    except tomllib.TOMLDecodeError as error:
        return None, [f"this is not TOML: {error}"]
    return check(raw)


def check(raw: Any) -> tuple[AboutWave | None, list[str]]:  # noqa: ANN401 - whatever a file held
    """Check what a wave says of itself, already read; None with everything that is wrong."""
    try:
        return AboutWave.model_validate(_cleaned(raw)), []
    except ValidationError as error:
        return None, [_told(fault) for fault in error.errors(include_url=False)]


def _loaded(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, RecursionError):  # a number of thousands of digits; a thousand brackets
        raise InvalidInput("this is not TOML that anybody wrote: it cannot be read") from None


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Make every text one line without characters that cannot be seen, or that no database keeps."""
    if isinstance(value, str):
        return line(value)
    if isinstance(value, dict):
        return {name: _cleaned(inner) for name, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value


def _text(data: bytes) -> str:
    if len(data) > _MAX_BYTES:
        raise InvalidInput("the file about the wave is too long to be one")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidInput("the file about the wave is not UTF-8 text: save it so") from None


def _told(error: Any) -> str:  # noqa: ANN401 - pydantic's own shape
    place = ".".join(str(part) for part in error["loc"])
    kinds = {
        "missing": "is missing",
        "extra_forbidden": "is no word that a wave has",
        "value_error": error["msg"].removeprefix("Value error, "),
        "int_type": _WHOLE,
        "int_from_float": _WHOLE,
        "string_type": "write it as a text, in quotes",
        "string_too_short": "is empty",
        "tuple_type": 'write it as a list of texts, such as ["A network"]; [] is nobody',
        "bool_type": "write true or false",
    }
    words = kinds.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    return f"{place}: {words}" if place else words
