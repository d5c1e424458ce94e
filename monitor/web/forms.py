"""What staff forms send, read into the words of the product. Checks shapes; rules stay in review.

A reader never raises for what was typed: it gives the value, or the problems to show beside
the fields. What the values mean together is checked by ``review``.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from werkzeug.datastructures import MultiDict

from monitor.kernel.errors import InvalidInput
from monitor.review import rules
from monitor.review.words import ExclusionReason, ScreeningVerdict
from monitor.web import tokens

Typed = MultiDict[str, str]
Word = TypeVar("Word", bound=StrEnum)

_MAX_DIGITS = 12
_LARGEST_ID = 2**31 - 1  # of an INTEGER key on PostgreSQL


@dataclass(slots=True)
class Problems:
    """What to mend, by field, in the order of the form."""

    of: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, message: str) -> None:
        """Note a problem; the first one of a field stands."""
        self.of.setdefault(name, message)

    def attempt(self, check: Callable[[], object]) -> None:
        """Make a check, and note what it finds."""
        try:
            check()
        except InvalidInput as error:
            self.add(error.field or "form", str(error))

    def __bool__(self) -> bool:
        return bool(self.of)

    def must_be_none(self) -> None:
        """Stop where something must be mended.

        Raises:
            ToMend: there is a problem; the form is shown again with all of them.
        """
        if self:
            raise ToMend(self)

    def in_order(self, names: Sequence[str]) -> "Problems":
        """Give the problems in the order of the form; those it does not name come first."""
        place = {name: number for number, name in enumerate(names, start=1)}
        return Problems(dict(sorted(self.of.items(), key=lambda one: place.get(one[0], 0))))


class ToMend(Exception):  # noqa: N818 - names what is to be done
    """What was typed must be mended; ``problems`` are all there are."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(", ".join(problems.of))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ScreeningForm:
    """A screening verdict as typed and understood."""

    verdict: ScreeningVerdict
    reason: ExclusionReason | None
    interventions: tuple[str, ...]
    note: str
    study_id: int | None
    token: str
    version: int


def screening(typed: Typed, slugs: Collection[str]) -> tuple[ScreeningForm | None, Problems]:
    """Read a screening form; None when something must be mended."""
    problems = Problems()
    verdict = word(
        typed, "verdict", ScreeningVerdict, problems, "Choose include, exclude or unsure"
    )
    reason = None
    if verdict is ScreeningVerdict.EXCLUDE:
        reason = word(typed, "reason", ExclusionReason, problems, "Choose why you exclude it")
    interventions = chosen(typed, slugs, problems)
    if verdict is ScreeningVerdict.INCLUDE and not interventions:
        problems.add("interventions", "Tick the interventions it concerns, at least one")
    note = text(typed, "note", problems)
    study_id = row_id(typed.get("study_id", "")) if verdict is ScreeningVerdict.INCLUDE else None
    token, version = hidden(typed, problems), row_id(typed.get("version", ""))
    if version is None:
        problems.add("form", STALE)
    problems = problems.in_order(("verdict", "reason", "interventions", "study_id", "note"))
    if problems or verdict is None or version is None:
        return None, problems
    return (
        ScreeningForm(verdict, reason, interventions, note, study_id, token, version),
        problems,
    )


STALE = "This form is not whole. What you typed is below: check it and send it again."


def with_answer(typed: Typed, field: str, answer: str | None) -> Typed:
    """Give a form with one answer filled in and all others as typed; None leaves it as it is.

    What was typed into a text is kept: the answer comes after it.
    """
    filled = Typed(typed)
    if answer is None:
        return filled
    before = filled.get(field, "").strip() if field in _TEXTS else ""
    if answer not in before:
        filled[field] = f"{before}{_TEXTS[field]}{answer}" if before else answer
    return filled


# The texts that a suggestion may be added to, and what parts it from what stands there.
_TEXTS = {"measure": "; ", "quote": "\n"}


def word(
    typed: Typed, name: str, words: type[Word], problems: Problems, message: str
) -> Word | None:
    """Read one of ``words``; nothing chosen, and anything else, is a problem."""
    try:
        return words(typed.get(name, ""))
    except ValueError:
        problems.add(name, message)
        return None


def choice(typed: Typed, name: str, problems: Problems, message: str) -> bool | None:
    """Read yes or no; nothing chosen is a problem, since nothing is ever pre-chosen."""
    answer = {"yes": True, "no": False}.get(typed.get(name, ""))
    if answer is None:
        problems.add(name, message)
    return answer


def text(typed: Typed, name: str, problems: Problems) -> str:
    """Read typed text, without what a database cannot keep."""
    value = rules.plain(typed.get(name, ""))
    try:
        rules.check_text(value, field=name)
    except InvalidInput as error:
        problems.add(name, str(error))
    return value


def chosen(typed: Typed, slugs: Collection[str], problems: Problems) -> tuple[str, ...]:
    """Read the interventions ticked, in the catalogue's order."""
    ticked = set(typed.getlist("interventions"))
    if ticked - set(slugs):
        problems.add("interventions", "Tick interventions from the list")
    return tuple(slug for slug in slugs if slug in ticked)


def number(value: str) -> int | None:
    """Read a whole number ≥ 0; None for anything else."""
    plain = value.strip()
    readable = plain.isascii() and plain.isdigit() and len(plain) <= _MAX_DIGITS
    return int(plain) if readable else None


def row_id(value: str) -> int | None:
    """Read the key of a row; None for what no table can hold."""
    found = number(value)
    return found if found is not None and found <= _LARGEST_ID else None


def hidden(typed: Typed, problems: Problems) -> str:
    """Read the form's token; a form without one is not ours."""
    try:
        return str(UUID(typed.get("token", "")))
    except ValueError:
        problems.add("form", STALE)
        return ""


def token_for(typed: Typed, problems: Problems | None) -> str:
    """Give the token a form is shown with.

    One sent back to be mended keeps its own: sent twice, it still counts once. One that was
    refused whole, or that nobody has sent yet, gets a new one.
    """
    refused = problems is not None and "form" in problems.of
    return tokens.fresh() if refused else hidden(typed, Problems()) or tokens.fresh()
