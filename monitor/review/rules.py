"""What a decision rests on, in the few words that grading reads, and where a study then stands. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from monitor.catalogue.words import Design, FindingDirection, OutcomeClass, RiskOfBias
from monitor.kernel.errors import ConfigError, InvalidInput
from monitor.kernel.language.english import listed
from monitor.review.words import DecisionVerdict, Settling, Stage

MAX_TEXT = 5000  # characters
_LAST_TWO = 0xFFFE  # of each plane of Unicode: no characters, and XML has no place for the first
# The shape of a decision's facts in the ledger. 1 (without the key): the answers of the form of
# 2026-11. 2: the key; ``direction`` may be None where a study of several interventions is told in
# words, ``alert`` of a study left out for one. 3: ``reading``, of which the answers beside it are
# what grading rests on; ``risk_of_bias`` may be None: the tool has no such word. A changed or added
# answer is another version, read below like all before it; tests/ledger holds one example of each.
FACTS_VERSION = 3

_FURTHEST = (
    Stage.ACCEPTED,
    Stage.WITHDRAWN,
    Stage.NOT_COUNTED,
    Stage.AGREED,
    Stage.DISAGREEMENT,
    Stage.TO_APPRAISE,
    Stage.EXCLUDED,
    Stage.UNSURE,
    Stage.TO_SCREEN,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One reviewer's answers on one study's result; None in a fact: not known."""

    count_it: bool
    reason: str  # why it should not count; may be empty when it should
    interventions: tuple[str, ...]  # slugs
    design: Design
    risk_of_bias: RiskOfBias  # in the words of the design's tool
    risk_reason: str
    outcome_class: OutcomeClass
    outcome: str
    direction: FindingDirection | None  # None: the two who agreed differ, and it is told in words
    participants: int | None
    uk: bool | None
    developer_led: bool | None
    quote: str


def plain(text: str) -> str:
    """Give text without what a database, a mail or a drawing cannot keep; lines stay lines.

    >>> plain(" one\\r\\ntwo\\x00 ")
    'one\\ntwo'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if _storable(c) else " " for c in lines).strip()


def check_text(text: str, *, field: str, missing: str | None = None) -> None:
    """Refuse a text that is too long or, where ``missing`` says what to do, empty.

    Raises:
        InvalidInput: with ``field``.
    """
    if missing and not text.strip():
        raise InvalidInput(missing, field=field)
    if len(text) > MAX_TEXT:
        raise InvalidInput(
            f"Use at most {MAX_TEXT:,} characters; this has {len(text):,}", field=field
        )


def grounds(facts: Mapping[str, Any], *, counted: bool, how: Settling) -> str:
    """Say why a study was accepted, or give the reviewers' reason why it does not count."""
    if not counted:
        return str(facts["reason"])
    if how is Settling.AGREED:
        return "Two reviewers agree"
    who = "A third reviewer" if how is Settling.THIRD else "The two reviewers"
    return f"{who} settled a difference in {listed(facts['differences'])}"


def told_in_words(interventions: Sequence[str]) -> bool:
    """Tell whether a result is of more than one of the ten, as a trial of one against another is.

    Its direction would be told of both, and favour both. So what it found is told in the words
    that reviewers quote, and is no voice on the findings of either.
    """
    return len(set(interventions)) > 1


def direction_of(facts: Mapping[str, Any]) -> FindingDirection | None:
    """Give the direction that a decision's facts tell of its interventions; None: none, or in words."""
    if not facts["direction"] or told_in_words(facts["interventions"] or ()):
        return None
    return FindingDirection(facts["direction"])


def as_facts(judgement: Judgement) -> dict[str, Any]:
    """Give one judgement as JSON."""
    return {name: _json(value) for name, value in asdict(judgement).items()}


def versioned(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts as a new decision keeps them, with the version of their shape."""
    return {"version": FACTS_VERSION, **facts}


def from_facts(facts: Mapping[str, Any]) -> Judgement:
    """Read a judgement back from ``as_facts`` or a counting ``agreed``, of any version ever written.

    A field that a version did not have is not known; keys that are no answers are ignored.

    Raises:
        ConfigError: a later version of the service wrote them.
    """
    if facts.get("version", 1) > FACTS_VERSION:
        raise ConfigError(
            f"A decision was written by a later version of the service (facts {facts['version']}, "
            f"this one reads up to {FACTS_VERSION}): install that version again"
        )
    direction = facts.get("direction")
    answers: dict[str, Any] = {f.name: facts.get(f.name) for f in fields(Judgement)}
    return Judgement(
        **answers
        | {
            "interventions": tuple(facts["interventions"]),
            "design": Design(facts["design"]) if facts["design"] else None,
            "risk_of_bias": RiskOfBias(facts["risk_of_bias"]) if facts["risk_of_bias"] else None,
            "outcome_class": OutcomeClass(kind) if (kind := facts["outcome_class"]) else None,
            "direction": FindingDirection(direction) if direction else None,
        }
    )


def work_stage(people: int, *, settled: bool) -> Stage:
    """Tell what an open round waits for: by how many people have appraised, and what that came to."""
    if settled:
        return Stage.AGREED
    return Stage.TO_APPRAISE if people < 2 else Stage.DISAGREEMENT  # noqa: PLR2004 - two appraise


def decided_stage(verdict: DecisionVerdict) -> Stage:
    """Tell where a decision puts a study."""
    match verdict:
        case DecisionVerdict.ACCEPT:
            return Stage.ACCEPTED
        case DecisionVerdict.EXCLUDE:
            return Stage.NOT_COUNTED
        case DecisionVerdict.WITHDRAW:
            return Stage.WITHDRAWN


def may_see(appraisals: int, *, own: bool) -> bool:
    """Tell whether an appraisal may be shown: one's own, or any once two are given.

    Neither of the two sees the other's answers before giving their own.
    """
    return own or appraisals >= 2  # noqa: PLR2004 - two appraise


def further(a: Stage, b: Stage) -> Stage:
    """Give the stage nearer to a decision, for two papers that turn out to be one."""
    return min(a, b, key=_FURTHEST.index)


def first_published(
    reports: Iterable[tuple[int | None, date | None]],
) -> tuple[int | None, date | None]:
    """Give year and day of the earliest of several reports, each (year, day).

    The day is None where a report of that year has none and might come before; both are None
    where a report has neither: nothing shows that it did not come first. The same on pages, in
    mail and to the grading rule.

    >>> first_published([(2022, date(2022, 3, 1)), (2019, None)])
    (2019, None)
    >>> first_published([(2022, date(2022, 3, 1)), (None, None)])
    (None, None)
    """
    known = [(day.year if day else year, day) for year, day in reports]
    if len(known) == 1:
        return known[0]
    years = [year for year, _ in known if year is not None]
    if not years or len(years) < len(known):
        return None, None
    days = [day for year, day in known if year == min(years)]
    return min(years), None if None in days else min(day for day in days if day)


def _json(value: Any) -> Any:  # noqa: ANN401 - one field's JSON value
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, StrEnum) else value


def _storable(character: str) -> bool:
    control = character < " " or "\x7f" <= character <= "\x9f"
    surrogate = "\ud800" <= character <= "\udfff"
    turns_text = character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    nobodys = "\ufdd0" <= character <= "\ufdef" or ord(character) & _LAST_TWO == _LAST_TWO
    return character == "\n" or not (control or surrogate or turns_text or nobodys)
