"""How sure labels are: the list of what waits, and the form in which a reviewer says it.

Neither of the two sees what the other said before having said their own; whoever settles it sees both.
Nothing is chosen beforehand, and what was typed is kept where it is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from monitor import workflow
from monitor.accounts.tables import Role
from monitor.catalogue.words import CertaintyDomain, ResultClass
from monitor.evidence.certainty import rules as certainty
from monitor.evidence.certainty import views as certainty_views
from monitor.evidence.certainty import wording as certainty_words
from monitor.evidence.certainty.certifying import CHANGED, SentCertainty
from monitor.evidence.certainty.views import BodyCertainty, LabelTurn
from monitor.kernel.errors import Conflict, NotFound
from monitor.kernel.language.uk import uk_day_of
from monitor.review import queries
from monitor.web import auth, forms, made, posting
from monitor.web.current import now, service
from monitor.web.forms import Problems, Typed
from monitor.web.public.states import certainty as public
from monitor.web.staff import labels
from monitor.web.staff import queue as lanes

blueprint = Blueprint("certainty", __name__)
blueprint.before_request(auth.only(Role.REVIEWER))

# How an address names a class of outcomes.
_KINDS = {one.name.lower(): one.value for one in ResultClass if one is not ResultClass.OTHER}
_NAMES = {value: name for name, value in _KINDS.items()}
CHOICES = [
    (str(levels), certainty_words.went_down(levels).capitalize())
    for levels in range(certainty.MOST + 1)
]
TURNS = {
    LabelTurn.FIRST: "Nobody has judged it yet",
    LabelTurn.SECOND: "One person has judged it; a second has to",
    LabelTurn.WAITS: "You have judged it; a second person has to",
    LabelTurn.BETWEEN: "You and another differ",
    LabelTurn.SETTLE: "Two differ; a third settles it",
    LabelTurn.CONFIRMED: "Confirmed",
}
_MINE = (LabelTurn.SETTLE, LabelTurn.BETWEEN, LabelTurn.SECOND, LabelTurn.FIRST)
_SEES_BOTH = frozenset({LabelTurn.BETWEEN, LabelTurn.SETTLE})


@dataclass(frozen=True, slots=True)
class ListedLabel:
    """One label in the list: where it stands for this reader, and in the words of readers."""

    standing: BodyCertainty
    shown: public.CertaintyShown
    turn: LabelTurn


def field_of(domain: CertaintyDomain) -> str:
    """Name the form's field in which a domain is judged.

    >>> field_of(CertaintyDomain.RISK_OF_BIAS)
    'risk-of-bias'
    """
    return domain.value.replace(" ", "-")


def why_of(domain: CertaintyDomain) -> str:
    """Name the form's field for the sentence on a domain."""
    return f"why-{field_of(domain)}"


_FIELDS = {domain.value: why_of(domain) for domain in CertaintyDomain}


@blueprint.get("/certainty")
@made.for_one_reader
def listed() -> str:
    """List every label of the ten: those that wait for this person first."""
    with service().database.read() as session:
        bodies = certainty_views.every_standing(session, service().catalogue, uk_day_of(now()).date)
        reader = auth.reader().id
        entries = [
            ListedLabel(body, shown, body.turn(reader))
            for body, shown in zip(bodies, public.shown(bodies), strict=True)
        ]
        return render_template(
            "staff/studies/certainties.html",
            mine=sorted(
                (entry for entry in entries if entry.turn in _MINE),
                key=lambda entry: _MINE.index(entry.turn),
            ),
            others=[entry for entry in entries if entry.turn is LabelTurn.WAITS],
            confirmed=[entry for entry in entries if entry.turn is LabelTurn.CONFIRMED],
            names=_NAMES,
            turns=TURNS,
            said=request.args.get("said"),
            tasks=lanes.tasks(session),
            counts=queries.counts(session),
            labels=labels,
        )


@blueprint.get("/certainty/<slug>/<kind>")
@made.for_one_reader
def label(slug: str, kind: str) -> str:
    """Show one label with its facts, and ask how sure it is."""
    return _again(Typed(), None, slug=slug, kind=kind)


def _again(typed: Typed, problems: Problems | None, *, slug: str, kind: str) -> str:
    with service().database.read() as session:
        return _page(_standing(session, slug, kind), typed, problems)


@blueprint.post("/certainty/<slug>/<kind>")
@posting.form(_again, _FIELDS)
def say(slug: str, kind: str) -> ResponseReturnValue:
    """Record what this person says, and what it comes to."""
    typed, problems = request.form, Problems()
    token, seen = forms.hidden(typed, problems), typed.get("seen", "")
    if not seen:
        problems.add("form", forms.STALE)
    downgrades = _downgrades(typed)
    reasons = {domain: forms.text(typed, why_of(domain), problems) for domain in CertaintyDomain}
    with service().database.read() as session:
        body = _standing(session, slug, kind)
    if seen and body.seen != seen:  # whatever else is to be mended was said of other facts
        raise Conflict(CHANGED)
    _note(problems, body, downgrades, reasons)
    problems.must_be_none()
    with service().database.write() as session:
        workflow.certify(
            session,
            service(),
            SentCertainty(slug, body.outcome_class, token, seen, auth.reader(), now()),
            downgrades=downgrades,
            reasons=reasons,
        )
    return redirect(url_for("certainty.listed", said=f"{slug}/{kind}"), code=303)


def _note(
    problems: Problems,
    body: BodyCertainty,
    downgrades: Mapping[CertaintyDomain, int],
    reasons: Mapping[CertaintyDomain, str],
) -> None:
    for domain, sentence in certainty.to_mend(body.assessment, downgrades, reasons):
        is_choice = domain not in downgrades
        problems.add(field_of(domain) if is_choice else why_of(domain), sentence)


def _downgrades(typed: Typed) -> dict[CertaintyDomain, int]:
    """Read the choices; what is none of them is as good as not chosen."""
    known = {value: int(value) for value, _ in CHOICES}
    chosen = {domain: known.get(typed.get(field_of(domain), "")) for domain in CertaintyDomain}
    return {domain: levels for domain, levels in chosen.items() if levels is not None}


def _standing(session: Session, slug: str, kind: str) -> BodyCertainty:
    if kind not in _KINDS:
        raise NotFound(f"There is no kind of outcome {kind!r}")
    today = uk_day_of(now()).date
    return certainty_views.standing(session, service().catalogue, slug, _KINDS[kind], today)


def _page(body: BodyCertainty, typed: Typed, problems: Problems | None) -> str:
    turn = body.turn(auth.reader().id)
    (shown,) = public.shown([body])
    return render_template(
        "staff/studies/certainty.html",
        standing=body,
        shown=shown,
        intervention=service().catalogue.intervention(body.slug),
        kind=_NAMES[body.outcome_class],
        turn=turn,
        turns=TURNS,
        own=[assessment for assessment in body.two if assessment.reviewer_id == auth.reader().id],
        both=body.two if turn in _SEES_BOTH else (),
        domains=_domains(body, shown.domains),
        choices=CHOICES,
        went_down=certainty_words.went_down,
        typed=typed,
        problems=_in_order(problems),
        token=forms.token_for(typed, problems),
        labels=labels,
        at=now(),
    )


@dataclass(frozen=True, slots=True)
class DomainAsked:
    """One domain of the form: its fields, what it asks, and the numbers beside it."""

    domain: CertaintyDomain
    field: str
    why: str
    asks: str
    shown: public.DomainShown
    differs: bool
    hint: str


def _domains(body: BodyCertainty, shown: Sequence[public.DomainShown]) -> list[DomainAsked]:
    return [
        DomainAsked(
            domain=domain,
            field=field_of(domain),
            why=why_of(domain),
            asks=service().catalogue.certainty.asks[domain],
            shown=part,
            differs=domain in body.differ,
            hint=_hint(body, domain),
        )
        for domain, part in zip(CertaintyDomain, shown, strict=True)
    ]


def _hint(found: BodyCertainty, domain: CertaintyDomain) -> str:
    suggested = found.assessment.of(domain)
    if not suggested.is_settled:
        return "Needed: the rule cannot tell. Readers see this sentence."
    return "Needed where you choose otherwise than the rule suggests. Readers see this sentence."


def _in_order(problems: Problems | None) -> Problems | None:
    if problems is None:
        return None
    pairs = [(field_of(domain), why_of(domain)) for domain in CertaintyDomain]
    return problems.in_order([name for pair in pairs for name in pair])
