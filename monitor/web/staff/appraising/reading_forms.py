"""A reading's parts as forms send them, and as forms show them. Checks shapes; rules stay in review.

Which fields a part has, and what each holds, is read off its own declaration, so a new answer is
one field there and one control in the template.
"""

import math
import types
import typing
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from monitor.catalogue.shapes.tools import Tool
from monitor.kernel.errors import InvalidInput
from monitor.review import rules
from monitor.review.reading.appraised import questions
from monitor.review.reading.model import (
    Answered,
    Arm,
    Independence,
    Override,
    Reading,
    ReadingPart,
    ReadingResult,
    Reported,
    Risk,
)
from monitor.review.reading.tools import OVERALL, Appraised
from monitor.web import forms
from monitor.web.forms import Problems, Typed

NOT_KNOWN = "not known"
_YES_NO = {"yes": True, "no": False}
_NUMBER_LENGTH = 30

STUDY = tuple(
    name
    for name in Reading.model_fields
    if name not in {"version", "independence", "arms", "results"}
)
INDEPENDENCE = tuple(Independence.model_fields)
ARM = tuple(name for name in Arm.model_fields if name != "key")
RESULT = tuple(
    name for name in ReadingResult.model_fields if name not in {"key", "reported", "risk"}
)
REPORTED = tuple(Reported.model_fields)


def study_of(typed: Typed, reading: Reading, problems: Problems) -> Reading:
    """Read the step about the study into a reading."""
    update = _values(typed, Reading, STUDY, problems)
    update["independence"] = Independence(**_values(typed, Independence, INDEPENDENCE, problems))
    return reading.model_copy(update=update)


def arms_of(typed: Typed, reading: Reading, problems: Problems) -> Reading:
    """Read the step about the groups into a reading; those that the form does not name stay."""
    arms = tuple(
        arm.model_copy(update=_values(typed, Arm, ARM, problems, prefix=f"{arm.key}-"))
        if f"{arm.key}-name" in typed
        else arm
        for arm in reading.arms
    )
    return reading.model_copy(update={"arms": arms})


def result_of(typed: Typed, reading: Reading, key: str, problems: Problems) -> Reading:
    """Read the step about one result into a reading."""
    reported = _still_printed(
        reading, key, Reported(**_values(typed, Reported, REPORTED, problems))
    )
    update = _values(typed, ReadingResult, RESULT, problems) | {"reported": reported}
    return with_result(reading, key, update)


def _still_printed(reading: Reading, key: str, reported: Reported) -> Reported:
    """Ask anew where a figure stands so once figures are others: what was said was of the old ones."""
    before = reading.result(key)
    if before is None or before.reported.as_printed != reported.as_printed:
        return reported
    words = {"as_printed", "quote", "place", "adjusted"}
    same = before.reported.model_dump(exclude=words) == reported.model_dump(exclude=words)
    return reported if same else reported.model_copy(update={"as_printed": ""})


def risk_of(typed: Typed, reading: Reading, key: str, tool: Tool, part: str) -> Reading:
    """Read the answers about one domain of a result's tool into a reading.

    Only what the tool has there is read; answers to the other domains stay.
    """
    result = reading.result(key)
    risk = result.risk if result else Risk()
    answers = dict(risk.answers)
    known = [question.id for question in questions(tool).get(part, ())]
    for question in known:
        if f"answer-{question}" not in typed:
            continue
        answers[question] = Answered(
            answer=typed.get(f"answer-{question}", "")[:_NUMBER_LENGTH],
            quote=rules.plain(typed.get(f"quote-{question}", "")),
            place=rules.plain(typed.get(f"place-{question}", "")),
        )
    overrides = {name: own for name, own in risk.overrides.items() if name != part}
    if judgement := typed.get(f"judgement-{part}", ""):
        reason = rules.plain(typed.get(f"reason-{part}", ""))
        overrides[part] = Override(judgement=judgement[:_NUMBER_LENGTH], reason=reason)
    update = {"tool": tool.reference, "answers": answers, "overrides": overrides}
    return with_result(reading, key, {"risk": risk.model_copy(update=update)})


def with_result(reading: Reading, key: str, update: dict[str, Any]) -> Reading:
    """Give a reading with one result changed."""
    results = tuple(
        result.model_copy(update=update) if result.key == key else result
        for result in reading.results
    )
    return reading.model_copy(update={"results": results})


def typed_study(reading: Reading) -> Typed:
    """Fill the step about the study with what is answered."""
    saved = reading.count_it is not None
    pairs = [*_pairs(reading, STUDY, saved=saved)]
    return Typed([*pairs, *_pairs(reading.independence, INDEPENDENCE, saved=saved)])


def typed_arms(reading: Reading) -> Typed:
    """Fill the step about the groups with what is answered."""
    return Typed(
        [
            pair
            for arm in reading.arms
            for pair in _pairs(arm, ARM, saved=arm.comparator is not None, prefix=f"{arm.key}-")
        ]
    )


def typed_result(result: ReadingResult) -> Typed:
    """Fill the step about one result with what is answered."""
    saved = result.kind is not None
    pairs = [*_pairs(result, RESULT, saved=saved)]
    return Typed([*pairs, *_pairs(result.reported, REPORTED, saved=saved)])


def typed_risk(risk: Risk) -> Typed:
    """Fill the pages of a result's tool with what is answered."""
    pairs: list[tuple[str, str]] = []
    for question, said in risk.answers.items():
        pairs.append((f"answer-{question}", said.answer))
        pairs.append((f"quote-{question}", said.quote))
        pairs.append((f"place-{question}", said.place))
    for part, own in risk.overrides.items():
        pairs += [(f"judgement-{part}", own.judgement), (f"reason-{part}", own.reason)]
    return Typed(pairs)


def parts_of(stand: Appraised) -> list[str]:
    """Name the pages of a tool, in order: its domains, and the whole."""
    return [*(part.id for part in stand.parts), OVERALL]


def value_of(model: type[ReadingPart], name: str, said: str) -> Any:  # noqa: ANN401 - one field's value
    """Read one answer as its field holds it.

    Raises:
        InvalidInput: it cannot be read so.
    """
    kind = _kind(model, name)
    if kind is bool:
        return _YES_NO.get(said)
    if kind is int:
        return _whole(said)
    if kind is float:
        return _decimal(said)
    if issubclass(kind, StrEnum):
        return _word(kind, said)
    value = rules.plain(said)
    rules.check_text(value, field=name)
    return value


def _values(
    typed: Typed,
    model: type[ReadingPart],
    names: Iterable[str],
    problems: Problems,
    *,
    prefix: str = "",
) -> dict[str, Any]:
    """Read some fields of a part; what cannot be read is a problem, and stays unanswered."""
    values: dict[str, Any] = {}
    for name in names:
        try:
            values[name] = value_of(model, name, typed.get(f"{prefix}{name}", ""))
        except InvalidInput as error:
            problems.add(f"{prefix}{name}", str(error))
    return values


def _pairs(
    part: ReadingPart, names: Sequence[str], *, saved: bool, prefix: str = ""
) -> Iterable[tuple[str, str]]:
    """Give what is answered; ``saved``: what may be not known was asked, and is answered so."""
    for name in names:
        value = getattr(part, name)
        if value is None and saved and name != "count_it" and _kind(type(part), name) is bool:
            yield prefix + name, NOT_KNOWN
        elif value is not None:
            yield prefix + name, _written(value)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def _kind(model: type[ReadingPart], name: str) -> type:
    """Give what a field holds, where it is answered."""
    annotation: Any = model.model_fields[name].annotation
    kinds = typing.get_args(annotation) or (annotation,)
    kind: type = next(kind for kind in kinds if kind is not types.NoneType)
    return kind


def _word(words: type[StrEnum], said: str) -> StrEnum | None:
    if not said:
        return None
    try:
        return words(said)
    except ValueError:
        raise InvalidInput("Choose from the list") from None


def _whole(said: str) -> int | None:
    plain = said.replace(",", "").replace(" ", "").replace("\u2212", "-")
    if not plain:
        return None
    sign, digits = (-1, plain[1:]) if plain.startswith("-") else (1, plain)
    number = forms.number(digits)
    if number is None:
        raise InvalidInput("Give a whole number, such as 96, or leave it empty")
    return sign * number


def _decimal(said: str) -> float | None:
    plain = said.replace(" ", "").replace("\u2212", "-").replace("\u00b7", ".")
    if not plain:
        return None
    try:
        number = float(plain) if plain.isascii() and len(plain) <= _NUMBER_LENGTH else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in plain:
        raise InvalidInput("Give a number with a point, such as 0.31, or leave it empty")
    return number
