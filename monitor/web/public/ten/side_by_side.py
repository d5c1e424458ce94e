"""Any two of the ten side by side: evidence, findings, use, gap, and what each takes.

Two rows that differ are no trial between the two. Where a trial compared them, who did better is
said first, with what it rests on; where none did, that.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from monitor.catalogue.loader import Intervention
from monitor.catalogue.shapes.context import ASPECTS
from monitor.evidence.head_to_head import HeadToHead, head_to_head
from monitor.evidence.shown import OUTCOMES
from monitor.gap import queries as gap
from monitor.gap.meaning import meaning
from monitor.gap.memos.memo import UNKNOWN
from monitor.gap.states import State
from monitor.kernel.errors import InvalidInput
from monitor.kernel.language.english import either, full, listed, sentence
from monitor.web.current import service
from monitor.web.public import rendered
from monitor.web.public.states import figure
from monitor.web.public.ten.csv_tables import csv_answer

blueprint = Blueprint("side_by_side", __name__)

_PLACE = "/interventions/compare"
NEVER_MET = (
    "No study that counts here compared the two with each other, so which of them does more is not "
    "known: what each shows against something else does not tell."
)
_LONGEST = 40  # characters of what an address says


@dataclass(frozen=True, slots=True)
class SideBySideRow:
    """One part of both, in words."""

    what: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """Two of the ten, with what the studies that compared them show."""

    one: Intervention
    other: Intervention
    rows: tuple[SideBySideRow, ...]
    met: HeadToHead


def _asked() -> tuple[str, str]:
    first, second = (request.args.get(name, "").strip()[:_LONGEST] for name in ("one", "other"))
    return first, second


@blueprint.get(_PLACE)
@rendered.once(by=_asked)
def compare() -> ResponseReturnValue:
    """Show two of the ten; a name that there is not, or the same twice, gets a sentence."""
    asked = _asked()
    if not any(asked):
        return _page(asked, None, "")
    try:
        return _page(asked, _pair(*asked), "")
    except InvalidInput as error:
        return make_response(_page(asked, None, full(str(error))), 400)


@blueprint.get(f"{_PLACE}.csv")
@rendered.once(by=_asked, file=True)
def table() -> Response:
    """Give the same as a table.

    Raises:
        InvalidInput: there is no such intervention, or it is the same twice.
    """
    pair = _pair(*_asked())
    first, second = pair.one.slug, pair.other.slug
    rows: list[dict[str, Any]] = [
        {"part": row.what, first: row.one, second: row.other} for row in pair.rows
    ]
    told = [f"{each.title}: {each.verdict} {each.figures}".strip() for each in pair.met.compared]
    said = " ".join(told) or NEVER_MET
    rows.insert(0, {"part": "Compared with each other", first: said, second: said})
    name = f"{first} beside {second}"
    return csv_answer(rows, ("part", first, second), name, f"{_PLACE}?one={first}&other={second}")


def _page(asked: tuple[str, str], pair: ComparedPair | None, problem: str) -> str:
    return render_template(
        "public/interventions/side_by_side.html",
        asked=asked,
        pair=pair,
        problem=problem,
        never_met=NEVER_MET,
        query=f"?one={asked[0]}&other={asked[1]}" if pair else "",
    )


def _pair(first: str, second: str) -> ComparedPair:
    """Read two of the ten.

    Raises:
        InvalidInput: there is no such intervention, or it is the same twice.
    """
    catalogue = service().catalogue
    for slug in (first, second):
        if not slug:
            raise InvalidInput("Choose two of the ten")
        if slug not in catalogue.slugs:
            raise InvalidInput(
                f"There is no intervention {slug!r}: choose two of {either(list(catalogue.slugs))}"
            )
    left, right = catalogue.intervention(first), catalogue.intervention(second)
    if first == second:
        raise InvalidInput(f"{left.name} is chosen twice: choose two of the ten that are not one")
    with service().database.read() as session:
        states = gap.state(session, first), gap.state(session, second)
        met = head_to_head(session, catalogue, first, second)
    return ComparedPair(left, right, (*_states(*states), *_takes(first, second)), met)


def _states(left: State, right: State) -> list[SideBySideRow]:
    parts, others = figure.parts(left), figure.parts(right)
    rows = [SideBySideRow(what, words, others[what]) for what, words in parts.items()]
    rows.append(SideBySideRow("How sure", _sure(left), _sure(right)))
    rows.append(
        SideBySideRow("If you buy it now", *(sentence(meaning(s).buying) for s in (left, right)))
    )
    rows.append(
        SideBySideRow(
            "If you are choosing", *(sentence(meaning(s).choosing) for s in (left, right))
        )
    )
    return rows


def _sure(state: State) -> str:
    """Tell what people confirmed, of each class of outcome that trials since tell of."""
    kinds = dict.fromkeys(line.outcome_class for line in state.shows)
    told = [
        f"{state.certainty[kind].value if kind in state.certainty else 'not confirmed'} for {OUTCOMES[kind]}"
        for kind in kinds
    ]
    return sentence(listed(told)) if told else "No result of a trial since the review is known here"


def _takes(first: str, second: str) -> list[SideBySideRow]:
    catalogue = service().catalogue
    told = [catalogue.context(slug).aspects for slug in (first, second)]
    rows = []
    for name, title in ASPECTS.items():
        left, right = (aspects[name] for aspects in told)
        words = [
            f"{fact.words} ({catalogue.background.sources[fact.source].short}, "
            f"{catalogue.background.sources[fact.source].dated})"
            if fact
            else UNKNOWN
            for fact in (left, right)
        ]
        rows.append(SideBySideRow(title, *words))
    return rows
