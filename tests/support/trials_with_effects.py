"""Trials with effects, for tests of what trials show: readings, and how they come to count. All invented."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from readings import appraise  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.catalogue import loader
from monitor.catalogue.words import (
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    Harms,
    InReview,
    Planned,
    Population,
    ResultClass,
    Unit,
)
from monitor.evidence.showing import Showing, of_studies
from monitor.review.queries import AcceptedStudy
from monitor.review.reading import model, summary
from monitor.review.reading.model import (
    Answered,
    Arm,
    Independence,
    Reading,
    ReadingResult,
    Reported,
    Risk,
)

_QUOTE = "Invented: the groups are compared here."
_LOW = {
    "1.1": "Y",
    "1.2": "Y",
    "1.3": "N",
    "2.1": "N",
    "2.2": "N",
    "2.6": "Y",
    "3.1": "Y",
    "4.1": "N",
    "4.2": "N",
    "4.3": "N",
    "5.1": "Y",
    "5.2": "N",
    "5.3": "N",
}


def risk(**answers: str) -> Risk:
    """Answer RoB 2 as low risk, but for ``q12="N"`` and the like: question 1.2."""
    given = _LOW | {f"{name[1]}.{name[2]}": answer for name, answer in answers.items()}
    return Risk(
        tool="rob2@2019-08",
        answers={name: Answered(answer=answer, quote=_QUOTE) for name, answer in given.items()},
    )


CONCERNS = risk(q51="NI")
HIGH = risk(q12="N")


def smd(effect: float, n: int = 52, **facts: object) -> Reported:
    """A standardised difference of two equal groups."""
    told = {"type": EffectType.SMD, "effect": effect, "n_i": n, "n_c": n, "quote": _QUOTE}
    return Reported(**(told | facts))


def events(a: int, n_i: int, c: int, n_c: int) -> Reported:
    """Events in each group."""
    return Reported(type=EffectType.TABLE, events_i=a, n_i=n_i, events_c=c, n_c=n_c, quote=_QUOTE)


def sign(direction: int) -> Reported:
    """A direction alone."""
    return Reported(type=EffectType.DIRECTION, direction=direction, quote=_QUOTE)


def result(reported: Reported, **facts: object) -> ReadingResult:
    """One result of all randomised, at the end of treatment, more being better; else as told."""
    plain: dict[str, object] = {
        "key": "r1",
        "experimental": "a1",
        "comparator": "a2",
        "kind": ResultClass.ATTACHMENT,
        "outcome": "Attachment security",
        "measure": "Strange Situation Procedure",
        "months": 0.0,
        "population": Population.ALL,
        "planned": Planned.PRIMARY,
        "better": Better.HIGHER,
        "reported": reported,
        "risk": risk(),
    }
    return ReadingResult(**(plain | facts))


def trial(
    slug: str,
    *results: ReadingResult,
    against: ComparatorClass = ComparatorClass.USUAL_CARE,
    other: str = "",
    variant: str = "",
    developers: bool | None = False,
    **facts: object,
) -> Reading:
    """A whole reading of a trial of one of the ten; ``other`` is another of them, compared with."""
    second = {"intervention": other, "comparator": None} if other else {"comparator": against}
    plain: dict[str, object] = {
        "count_it": True,
        "in_review": InReview.NO,
        "in_review_reason": "Invented: we looked it up.",
        "design": Design.RANDOMISED,
        "unit": Unit.PEOPLE,
        "uk": False,
        "independence": Independence(authored=developers),
        "harms": Harms.NOT_SOUGHT,
        "arms": (
            Arm(key="a1", role=ArmRole.EXPERIMENTAL, intervention=slug, variant=variant),
            Arm(key="a2", role=ArmRole.COMPARATOR, name="" if other else "The usual", **second),
        ),
        "results": results,
    }
    return Reading(**(plain | facts))


def counted(evidence, slug: str, reading: Reading, **paper: object) -> int:
    """Let a study arrive, and two people hand in the same reading of it; gives the study."""
    study_id = evidence.arrives(slug, **paper)
    assert isinstance(study_id, int)
    for person in (0, 1):
        with evidence.database.write() as session:
            outcome = appraise(
                session,
                evidence.service,
                study_id=study_id,
                token=str(uuid4()),
                by=evidence.people[person],
                judgement=reading,
                at=evidence.clock(),
            )
        assert outcome.consensus or person == 0, "the two do not agree"
    return study_id


def seven(evidence, slug: str = "vipp") -> list[int]:
    """Seven trials like those of the design's figure, one at high risk, one of a direction alone."""
    readings = (
        trial(slug, result(smd(0.72, 39), risk=CONCERNS), developers=True, variant="VIPP-SD"),
        trial(slug, result(smd(0.58, 60), risk=CONCERNS), developers=True, variant="VIPP-SD"),
        trial(slug, result(smd(0.40, 73)), harms=Harms.NONE_REPORTED),
        trial(slug, result(smd(0.16, 119)), harms=Harms.REPORTED, harms_note="Two", uk=True),
        trial(
            slug,
            result(smd(0.55, 31)),
            result(smd(0.11, 30), key="r2", months=18.0),
            against=ComparatorClass.WAITING_LIST,
        ),
        trial(slug, result(smd(0.02, 300)), uk=True),
        trial(slug, result(smd(0.42, 51), risk=CONCERNS), developers=None),
        trial(slug, result(smd(0.95, 27), risk=HIGH), developers=True),
        trial(slug, result(sign(1)), uk=None),
        trial(
            slug,
            result(
                smd(0.3), kind=ResultClass.PROXIMAL, outcome="Sensitivity", measure="", key="r1"
            ),
            result(sign(-1), kind=ResultClass.HARM, outcome="Distress", measure="", key="r2"),
        ),
    )
    return [counted(evidence, slug, reading) for reading in readings]


def as_accepted(reading: Reading, number: int) -> AcceptedStudy:
    """Let a reading be a study that counts, without a database."""
    told = summary.judgement(reading, loader.load().tool_by_reference, None)
    return AcceptedStudy(
        study_id=number,
        label=f"Author{number} 2026",
        interventions=model.interventions(reading),
        design=told.design,
        risk_of_bias=told.risk_of_bias,
        outcome_class=told.outcome_class,
        outcome=told.outcome,
        direction=None,
        quote=told.quote,
        participants=told.participants,
        uk=told.uk,
        developer_led=told.developer_led,
        in_review=reading.in_review,
        reading=reading,
        year=2026,
        published=None,
        round=1,
        decision_id=number,
        decided_at=datetime(2026, 11, 23, tzinfo=UTC),
        decided_by=(),
        paper_id=None,
        title="Invented",
        identifiers=(),
    )


def showing_of(slug: str, readings: Iterable[Reading], *, numbers: Sequence[int] = ()) -> Showing:
    """Say what readings show of one intervention; ``numbers`` name their studies."""
    told = list(readings)
    studies = [
        as_accepted(reading, number)
        for number, reading in zip(numbers or range(1, len(told) + 1), told, strict=True)
    ]
    return of_studies(loader.load(), slug, studies)
