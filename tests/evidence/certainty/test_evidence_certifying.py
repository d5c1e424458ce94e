"""People say how sure a label is: two, a third, again on other facts; nothing twice, nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from factories import judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from published import ten  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import func, select

from monitor.accounts.tables import Role
from monitor.catalogue import loader
from monitor.catalogue.words import (
    ArmRole,
    Certainty,
    CertaintyDomain,
    ComparatorClass,
    Design,
    EffectType,
    Population,
    ResultClass,
    RiskOfBias,
)
from monitor.evidence.certainty import certifying
from monitor.evidence.certainty import rules as certainty
from monitor.evidence.certainty import views as certainty_views
from monitor.evidence.certainty.views import LabelTurn
from monitor.evidence.tables import CertaintyOpinion, CertaintyRow
from monitor.kernel import audit
from monitor.kernel.errors import Conflict, InvalidInput, NotFound
from monitor.ops import exports
from monitor.review.reading.model import Arm, Reading, ReadingResult, Reported, Risk, to_json
from monitor.review.rules import as_facts, versioned
from monitor.review.words import DecisionVerdict, Settling

NONE = dict.fromkeys(CertaintyDomain, 0)
WHY = {CertaintyDomain.INDIRECTNESS: "Invented: like services here."}
LESS_PRECISE = NONE | {CertaintyDomain.IMPRECISION: 1}
BECAUSE = WHY | {CertaintyDomain.IMPRECISION: "Invented: few families."}


def reading(*, people=150, effect=0.45, uk=True):
    """A large sound trial of Circle of Security against usual care."""
    return Reading(
        count_it=True,
        design=Design.RANDOMISED,
        uk=uk,
        ages="0 to 1",
        arms=(
            Arm(key="a1", role=ArmRole.EXPERIMENTAL, intervention="cos", variant="COS-P"),
            Arm(key="a2", role=ArmRole.COMPARATOR, comparator=ComparatorClass.USUAL_CARE),
        ),
        results=(
            ReadingResult(
                key="r1",
                experimental="a1",
                comparator="a2",
                kind=ResultClass.ATTACHMENT,
                population=Population.ALL,
                reported=Reported(type=EffectType.SMD, effect=effect, n_i=people, n_c=people),
                risk=Risk(stated=RiskOfBias.LOW),
            ),
        ),
    )


class World:
    """Ten interventions, four people, and trials that count, straight into the tables."""

    def __init__(self, session, now):
        self.session, self.now, self.catalogue = session, now, loader.load()
        ten(session, self.catalogue, now)
        self.ann, self.ben, self.cat, self.reader = (
            rows.person(session, name, role, at=now)
            for name, role in (
                ("Ann", Role.REVIEWER),
                ("Ben", Role.REVIEWER),
                ("Cat", Role.LEAD),
                ("Rea", Role.COMMISSIONER),
            )
        )

    def study(self, label):
        title, published = f"Invented paper of {label}", date(2025, 9, 1)
        paper = rows.paper(self.session, title, at=self.now, published=published, year=2025)
        return rows.study(self.session, label, paper, at=self.now).id

    def decide(self, study_id, told=None, verdict=DecisionVerdict.ACCEPT):
        facts = versioned(as_facts(judgement("cos")))
        rows.decision(
            self.session,
            study_id,
            facts | {"reading": to_json(told or reading())},
            verdict,
            by=(self.ann.id, self.ben.id),
            at=self.now,
        )

    def trial(self, label, **told):
        study_id = self.study(label)
        self.decide(study_id, reading(**told))
        return study_id

    def standing(self):
        today = self.now.date()
        return certainty_views.standing(self.session, self.catalogue, "cos", "attachment", today)

    def sent(self, by, **changes):
        form = certifying.SentCertainty(
            "cos", "attachment", str(uuid4()), self.standing().seen, by, self.now
        )
        return replace(form, **changes)

    def say(self, by, downgrades=None, reasons=None, **changes):
        return certifying.certify(
            self.session,
            self.catalogue,
            self.sent(by, **changes),
            downgrades=NONE if downgrades is None else downgrades,
            reasons=WHY if reasons is None else reasons,
        )


@pytest.fixture
def world(session, now):
    made = World(session, now)
    for name in ("one", "two"):
        made.trial(name)
    return made


def test_before_anybody_spoke_it_is_a_suggestion(world):
    found = world.standing()
    assert (found.assessment.low, found.assessment.high) == (Certainty.HIGH, Certainty.HIGH)
    assert (found.confirmed, found.is_open) == (None, True)
    assert found.turn(world.ann.id) is LabelTurn.FIRST
    assert found.facts.trials[0].variants == ("COS-P",)
    assert certainty_views.confirmed_levels([found]) == {}


def test_two_who_agree_confirm_it(world, session):
    first = world.say(world.ann)
    assert first.confirmed is None
    found = world.standing()
    assert found.turn(world.ann.id) is LabelTurn.WAITS
    assert found.turn(world.ben.id) is LabelTurn.SECOND
    confirmed = world.say(world.ben).confirmed
    assert (confirmed.level, confirmed.how) == (Certainty.HIGH, Settling.AGREED)
    found = world.standing()
    assert found.turn(world.ben.id) is LabelTurn.CONFIRMED
    assert found.confirmed.holds
    assert found.confirmed.people == ("Ann", "Ben")
    assert found.confirmed.reasons[CertaintyDomain.INDIRECTNESS] == [
        "Invented: like services here."
    ]
    assert certainty_views.confirmed_levels([found]) == {"attachment": Certainty.HIGH}
    actions = session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.seq))
    assert [one for one in actions if one.startswith("certainty")] == [
        "certainty.said",
        "certainty.said",
        "certainty.confirmed",
    ]


def test_a_third_settles_what_two_judge_differently(world):
    world.say(world.ann)
    assert world.say(world.ben, LESS_PRECISE, BECAUSE).confirmed is None
    found = world.standing()
    assert found.differ == (CertaintyDomain.IMPRECISION,)
    assert found.turn(world.ann.id) is LabelTurn.BETWEEN
    assert found.turn(world.cat.id) is LabelTurn.SETTLE
    confirmed = world.say(world.cat, LESS_PRECISE, BECAUSE).confirmed
    assert (confirmed.level, confirmed.how) == (Certainty.MODERATE, Settling.THIRD)
    assert confirmed.people == [world.ann.id, world.ben.id, world.cat.id]
    assert confirmed.differences == ["imprecision"]


def test_or_one_of_the_two_comes_round(world):
    world.say(world.ann)
    world.say(world.ben, LESS_PRECISE, BECAUSE)
    with pytest.raises(Conflict, match="the same before"):
        world.say(world.ann)
    other = NONE | {CertaintyDomain.IMPRECISION: 2}
    assert world.say(world.ann, other, BECAUSE).confirmed is None
    confirmed = world.say(world.ann, LESS_PRECISE, BECAUSE).confirmed
    assert (confirmed.level, confirmed.how) == (Certainty.MODERATE, Settling.PAIR)


def test_nobody_confirms_alone(world):
    world.say(world.ann)
    with pytest.raises(Conflict, match="a second person"):
        world.say(world.ann)
    with pytest.raises(Conflict, match="a second person"):
        world.say(world.ann, LESS_PRECISE, BECAUSE)


def test_it_is_confirmed_once(world):
    world.say(world.ann)
    world.say(world.ben)
    with pytest.raises(Conflict, match="confirmed this already"):
        world.say(world.cat)


def test_who_may_not_review_may_not_say(world, session, now):
    with pytest.raises(Conflict, match="not a reviewer"):
        world.say(world.reader)
    world.say(world.ann)
    world.ben.disabled_at = now
    session.flush()
    with pytest.raises(Conflict, match="disabled"):
        world.say(world.ben)


def test_a_form_sent_twice_is_one_opinion(world, session):
    form = world.sent(world.ann)
    once, twice = (
        certifying.certify(session, world.catalogue, form, downgrades=NONE, reasons=WHY)
        for _ in range(2)
    )
    assert once.opinion.id == twice.opinion.id
    with pytest.raises(Conflict, match="other answers"):
        certifying.certify(session, world.catalogue, form, downgrades=LESS_PRECISE, reasons=BECAUSE)
    assert session.scalar(select(func.count(CertaintyOpinion.id))) == 1


@pytest.mark.parametrize(
    ("downgrades", "reasons", "field"),
    [
        ({}, WHY, "risk of bias"),
        (NONE | {CertaintyDomain.REPORTING: 3}, WHY, "reporting bias"),
        (NONE, {}, "indirectness"),
        (LESS_PRECISE, WHY, "imprecision"),
        (LESS_PRECISE, WHY | {CertaintyDomain.IMPRECISION: "  "}, "imprecision"),
        (NONE, {CertaintyDomain.INDIRECTNESS: "x" * 20_000}, "indirectness"),
    ],
)
def test_a_choice_or_a_sentence_that_is_missing_is_named(world, downgrades, reasons, field):
    with pytest.raises(InvalidInput) as caught:
        world.say(world.ann, downgrades, reasons)
    assert caught.value.field == field


def test_facts_that_changed_since_the_form_was_opened_refuse_it(world):
    form = world.sent(world.ann)
    world.trial("three")
    with pytest.raises(Conflict, match="facts have changed"):
        world.say(world.ann, seen=form.seen)


def test_what_was_confirmed_stands_until_the_facts_change_and_comes_back_with_them(world):
    world.say(world.ann)
    world.say(world.ben)
    third = world.trial("three", people=15, effect=-0.9)
    found = world.standing()
    assert found.is_open
    assert not found.confirmed.holds
    assert found.confirmed.level is Certainty.HIGH
    assert found.confirmed.numbers != found.numbers
    assert found.turn(world.ann.id) is LabelTurn.FIRST
    lower = {one.domain: one.least for one in found.assessment.suggestions}
    for person in (world.ann, world.ben):
        world.say(person, lower, WHY)
    before = certainty_views.confirmed_levels([found])
    after = certainty_views.confirmed_levels([world.standing()])
    (move,) = certainty.moved(before, after)
    assert (move.outcome_class, move.before) == ("attachment", Certainty.HIGH)
    world.decide(third, verdict=DecisionVerdict.WITHDRAW)
    again = world.standing()
    assert again.confirmed.holds
    assert again.confirmed.level is Certainty.HIGH


def test_opinions_on_other_facts_are_no_half_of_a_pair(world):
    world.say(world.ann)
    world.trial("three")
    assert world.standing().turn(world.ben.id) is LabelTurn.FIRST
    assert world.say(world.ben).confirmed is None


def test_nothing_is_rated_where_nothing_counts(world, session, now):
    today = now.date()
    assert certainty_views.standings(session, world.catalogue, "vipp", today) == []
    with pytest.raises(NotFound, match="no result"):
        certainty_views.standing(session, world.catalogue, "cos", "harm", today)
    with pytest.raises(NotFound, match="nowhere"):
        certainty_views.standings(session, world.catalogue, "nowhere", today)
    with pytest.raises(NotFound, match="nowhere"):
        world.say(world.ann, slug="nowhere")
    every = certainty_views.every_standing(session, world.catalogue, today)
    assert [(one.slug, one.outcome_class) for one in every] == [("cos", "attachment")]


def test_what_is_confirmed_goes_out_as_data(world, session, now):
    world.now = now + timedelta(days=1)
    world.say(world.ann, LESS_PRECISE, BECAUSE)
    assert exports.certainty(session) == []
    world.say(world.ben, LESS_PRECISE, BECAUSE)
    (row,) = exports.certainty(session)
    assert row["intervention"] == "cos"
    assert (row["certainty"], row["start"], row["label"]) == ("moderate", "high", "benefit")
    assert row["downgrades"]["imprecision"] == 1
    assert row["suggested"]["imprecision"] == [0, 0]
    assert row["reasons"]["imprecision"] == ["Invented: few families."]
    assert not {"people", "Ann"} & set(str(row).split("'"))
    assert session.scalar(select(func.count(CertaintyRow.id))) == 1
    header, cells = exports.table([row])
    assert len(header) == len(cells)


def test_two_at_once_are_two_and_it_is_confirmed_once(database, now):
    with database.write() as session:
        world = World(session, now)
        world.trial("one", people=250)
        forms = [world.sent(person) for person in (world.ann, world.ben)]

    def send(form):
        with database.write() as session:
            certifying.certify(session, world.catalogue, form, downgrades=NONE, reasons=WHY)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, forms))
    with database.read() as session:
        assert session.scalar(select(func.count(CertaintyOpinion.id))) == 2
        assert session.scalar(select(func.count(CertaintyRow.id))) == 1
