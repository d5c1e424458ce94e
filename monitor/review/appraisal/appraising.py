"""Readings handed in, and what they come to. Never shows one reviewer's answers to the other.

Two appraise, apart. Where they agree in all that is judged, that is the consensus; else a third
person settles what differs, or the two do between themselves, and the other of them confirms it.
A consensus counts nothing: it is shown what it would do, and decided (``deciding.count``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.catalogue.loader import Catalogue
from monitor.catalogue.shapes.tools import Tool
from monitor.catalogue.words import FindingDirection
from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.review import locking, rules
from monitor.review.appraisal import deciding, drafting, given, rounds
from monitor.review.appraisal.deciding import SentDecision
from monitor.review.reading import differences, frame, summary, to_mend
from monitor.review.reading.cleaning import cleaned
from monitor.review.reading.model import Reading, from_json, to_json
from monitor.review.tables import Appraisal, Consensus, Decision
from monitor.review.words import DecisionVerdict, Settling, Stage

_HANDED_IN = "You have appraised this study. Now a second person has to"
_SETTLED = "Two have appraised this study, and it is settled: see what it would do"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reading led to. ``consensus`` is None while the study waits for another person."""

    appraisal: Appraisal
    stage: Stage
    consensus: Consensus | None
    decision: Decision | None  # of a study that does not count: nothing hangs on it


def hand_in(  # noqa: PLR0913 - who, what, and what evidence makes of it
    session: Session,
    catalogue: Catalogue,
    sent: SentDecision,
    *,
    reading: Reading,
    direction: FindingDirection | None,
    because: str = "",
    asked: Iterable[to_mend.PlacedProblem] = (),
) -> Outcome:
    """Record one person's reading of a study, and what the round has come to by it.

    The first waits for a second person. Of two who agree, what they agree on is the consensus; of
    two who differ, the next reading settles it. ``because`` is asked of who hands in again, before
    anything was decided: both editions are kept. A form sent twice is one reading. ``direction``
    is what the main result says, as ``evidence`` reads it, ``asked`` what it finds hard to believe.

    Raises:
        NotFound: there is no such study.
        NotWhole: something is still to be answered or mended; all of it is told.
        InvalidInput: it is a change, and no reason is given.
        Conflict: the study is decided, and by whom; or it waits for somebody else, or ``by`` may
            not; or it is judged to count although nobody has answered what is said of a paper of it.
    """
    locking.check_token(sent.token)
    locking.hold_study(session, sent.study_id)
    reading = cleaned(reading)
    if earlier := _sent_before(session, sent, reading):
        return earlier
    locking.require_reviewer(session, sent.by)
    slugs = [arm.intervention for arm in reading.arms if arm.intervention]
    locking.known_interventions(session, slugs)
    tools = catalogue.tool_by_reference
    chosen = catalogue.tools.get(rounds.tool_chosen(session, sent.study_id))
    to_mend.require_whole(reading, tools, catalogue.slugs, chosen, asked)
    if reading.count_it:
        deciding.require_unbarred(session, sent.study_id)
    settles = _require_turn(session, sent, because)
    reading = _aligned(session, sent, reading, settles=settles)
    appraisal = _add(session, sent, reading, tools, direction)
    appraisal.settles, appraisal.changed_because = settles, rules.plain(because)
    session.flush()
    drafting.drop(session, study_id=sent.study_id, by=sent.by)
    consensus = _came_to(session, appraisal, tools)
    decision = _leave_out(session, catalogue, consensus, sent)
    stage = _move(session, sent)
    _record(session, appraisal, stage)
    return Outcome(appraisal, stage, consensus, decision)


def confirm(
    session: Session, catalogue: Catalogue, sent: SentDecision, *, consensus_id: int
) -> tuple[Consensus, Decision | None]:
    """Agree to what the other of the two has settled.

    Raises:
        NotFound: there is no such study.
        Conflict: nothing waits for this person's word, or it has changed since.
    """
    locking.check_token(sent.token)
    locking.hold_study(session, sent.study_id)
    locking.require_reviewer(session, sent.by)
    if agreed := _confirmed_before(session, sent, consensus_id):
        return agreed, None
    consensus = _live(session, sent.study_id, consensus_id)
    if consensus.confirmed_at is not None:
        return consensus, None
    if sent.by.id == consensus.settled_by or sent.by.id not in consensus.people:
        raise Conflict("It waits for the other of the two. Nothing was recorded")
    consensus.confirmed_at = sent.at
    session.flush()
    decision = _leave_out(session, catalogue, consensus, sent)
    _move(session, sent)
    audit.record(
        session,
        at=sent.at,
        actor=actors.of_user(sent.by.id),
        action="study.settled",
        subject=f"study:{sent.study_id}",
        consensus=consensus.id,
        how=consensus.how.value,
    )
    return consensus, decision


def count(
    session: Session,
    catalogue: Catalogue,
    sent: SentDecision,
    *,
    consensus_id: int,
    direction: FindingDirection | None,
    by_a_lead: bool,
) -> Decision:
    """Decide a study by what its appraisals came to, once somebody has seen what that would do.

    ``by_a_lead``: so many readers would be told that a lead reviewer has to.

    Raises:
        NotFound: there is no such study.
        Conflict: it has changed since it was shown, or is decided; or ``by`` may not.
    """
    locking.check_token(sent.token)
    locking.hold_study(session, sent.study_id)
    if earlier := deciding.counted_before(session, sent.token, sent.study_id):
        return earlier
    (locking.require_lead if by_a_lead else locking.require_reviewer)(session, sent.by)
    consensus = _live(session, sent.study_id, consensus_id)
    if consensus.confirmed_at is None:
        raise Conflict("The other of the two has not agreed to it yet. Nothing was recorded")
    return deciding.count(session, catalogue, sent, consensus=consensus, direction=direction)


def undecided(session: Session, study_id: int) -> Consensus | None:
    """Give the consensus that waits to be decided; None: there is none."""
    return given.consensus(session, study_id) if is_open(session, study_id) else None


def consensus_reading(session: Session, study_id: int) -> Reading | None:
    """Give what the appraisals of a study came to, while it waits to be decided."""
    consensus = undecided(session, study_id)
    return from_json(consensus.reading) if consensus else None


def _confirmed_before(session: Session, sent: SentDecision, consensus_id: int) -> Consensus | None:
    """Give what this person has agreed to already, whatever was decided by it: a double click."""
    consensus = session.get(Consensus, consensus_id)
    if consensus is None or consensus.study_id != sent.study_id or consensus.voided_at is not None:
        return None
    is_theirs = consensus.how is Settling.PAIR and sent.by.id in consensus.people
    is_theirs = is_theirs and sent.by.id != consensus.settled_by
    return consensus if is_theirs and consensus.confirmed_at is not None else None


def _live(session: Session, study_id: int, consensus_id: int) -> Consensus:
    """Give the consensus that a page was shown for.

    Raises:
        Conflict: it was decided, or changed, since.
    """
    _require_open(session, study_id)
    consensus = given.consensus(session, study_id)
    if consensus is None or consensus.id != consensus_id:
        raise Conflict(
            "An appraisal of this study was changed since you opened this. Open it again"
        )
    return consensus


def is_open(session: Session, study_id: int) -> bool:
    """Tell whether a round of the study is open: it is not decided yet, or is appraised again."""
    return locking.round_of(session, study_id)[1]


def _sent_before(session: Session, sent: SentDecision, reading: Reading) -> Outcome | None:
    earlier = session.scalar(select(Appraisal).where(Appraisal.token == sent.token))
    if earlier is None:
        return None
    same = (earlier.study_id, earlier.reviewer_id) == (sent.study_id, sent.by.id)
    if not same or _plainly(given.reading_of(earlier)) != _plainly(reading):
        raise Conflict("This form was sent before with other answers, which stand. Open it again")
    consensus = given.consensus(session, sent.study_id)
    return Outcome(earlier, locking.stage_of(session, sent.study_id), consensus, None)


def _plainly(reading: Reading) -> dict[str, object]:
    """Give what a reading says, whatever keys its arms and results came by."""
    document = to_json(reading)
    return {key: value for key, value in document.items() if key not in {"arms", "results"}} | {
        "arms": len(reading.arms),
        "results": [to_json(Reading(results=(result,))) for result in reading.results],
    }


def was_handed_in(session: Session, token: str) -> bool:
    """Tell whether this form has been recorded already: a double click is no change."""
    return session.scalar(select(Appraisal.id).where(Appraisal.token == token)) is not None


def require_asked(session: Session, study_id: int, by: User) -> None:
    """Refuse to go on with a reading that nobody asks for any more.

    Raises:
        Conflict: the study is decided, or no paper reports it, or it waits for somebody else.
    """
    _require_open(session, study_id)
    two = given.pair(session, study_id)
    is_one = by.id in {appraisal.reviewer_id for appraisal in two}
    if not is_one and given.consensus(session, study_id) is not None:
        raise Conflict(_SETTLED)


def _require_open(session: Session, study_id: int) -> None:
    if not is_open(session, study_id):
        newest = locking.newest_decision(session, study_id)
        assert newest is not None  # noqa: S101 - a round ends by a decision; tells mypy
        raise Conflict(deciding.was_decided(session, newest))
    if not locking.papers_of(session, study_id):
        raise Conflict(deciding.no_paper(session, study_id))


def _require_turn(session: Session, sent: SentDecision, because: str) -> bool:
    """Refuse who has no say now; tell whether this reading settles what two see differently.

    Raises:
        InvalidInput: the reason of a change is too long.
        Conflict: the study is decided, or waits for somebody else.
    """
    _require_open(session, sent.study_id)
    two = given.pair(session, sent.study_id)
    is_one = sent.by.id in {appraisal.reviewer_id for appraisal in two}
    rules.check_text(because, field="because")
    if given.is_open(session, sent.study_id):  # whoever it is settles it, with a reason or without
        drafting.require_not_overtaken(session, sent.study_id, sent.by)
        return True
    if because.strip() and is_one:
        return False
    if is_one or len(two) == given.PAIR:
        raise Conflict(_HANDED_IN if len(two) < given.PAIR else _SETTLED)
    return False


def _aligned(session: Session, sent: SentDecision, reading: Reading, *, settles: bool) -> Reading:
    """Give a reading under the keys of the other one of the pair, if there is one."""
    others = [
        appraisal
        for appraisal in given.pair(session, sent.study_id)
        if appraisal.reviewer_id != sent.by.id
    ]
    return (
        frame.aligned(reading, given.reading_of(others[0])) if others and not settles else reading
    )


def _add(
    session: Session,
    sent: SentDecision,
    reading: Reading,
    tools: Mapping[str, Tool],
    direction: FindingDirection | None,
) -> Appraisal:
    own = [past for past in given.all_of(session, sent.study_id) if past.reviewer_id == sent.by.id]
    judgement = summary.judgement(reading, tools, direction)
    appraisal = Appraisal(
        **asdict(judgement) | {"interventions": list(judgement.interventions)},
        token=sent.token,
        study_id=sent.study_id,
        reviewer_id=sent.by.id,
        round=rounds.current(session, sent.study_id),
        edition=len(own) + 1,
        reading=to_json(reading),
        at=sent.at,
    )
    session.add(appraisal)
    return appraisal


def _came_to(session: Session, appraisal: Appraisal, tools: Mapping[str, Tool]) -> Consensus | None:
    """Write down what the round has come to by this appraisal, if it has."""
    if standing := given.consensus(session, appraisal.study_id):
        standing.voided_at = appraisal.at  # one of its appraisals is changed
    two = given.pair(session, appraisal.study_id)
    if len(two) < given.PAIR:
        return None
    first, second = (given.reading_of(paired) for paired in two)
    differing = differences.differences(first, second, tools)
    if appraisal.settles:
        return _settled(session, appraisal, two, differing)
    if differing:
        return None
    agreed = to_json(differences.common(first, second, tools))
    people = [paired.reviewer_id for paired in two]
    return _consensus(session, two, how=Settling.AGREED, reading=agreed, people=people)


def _settled(
    session: Session,
    appraisal: Appraisal,
    two: Sequence[Appraisal],
    differing: Sequence[differences.DifferenceRow],
) -> Consensus:
    people = [paired.reviewer_id for paired in two]
    is_third = appraisal.reviewer_id not in people
    return _consensus(
        session,
        [*two, appraisal],
        how=Settling.THIRD if is_third else Settling.PAIR,
        reading=appraisal.reading or {},
        people=[*people, appraisal.reviewer_id] if is_third else people,
        differing=dict.fromkeys(differences.named(row.place) for row in differing),
    )


def _consensus(
    session: Session,
    appraisals: Sequence[Appraisal],
    *,
    how: Settling,
    reading: dict[str, Any],
    people: list[int],
    differing: Iterable[str] = (),
) -> Consensus:
    last = appraisals[-1]
    consensus = Consensus(
        study_id=last.study_id,
        round=last.round,
        how=how,
        reading=reading,
        appraisals=[appraisal.id for appraisal in appraisals],
        people=people,
        settled_by=last.reviewer_id if last.settles else None,
        differences=list(differing),
        reason=last.changed_because,
        at=last.at,
        confirmed_at=None if how is Settling.PAIR else last.at,
    )
    session.add(consensus)
    session.flush()
    return consensus


def _leave_out(
    session: Session, catalogue: Catalogue, consensus: Consensus | None, sent: SentDecision
) -> Decision | None:
    """Decide at once what changes nothing for anybody: a study that never counted, and should not."""
    if consensus is None or consensus.confirmed_at is None:
        return None
    newest = locking.newest_decision(session, consensus.study_id)
    counts = newest is not None and newest.verdict is DecisionVerdict.ACCEPT
    if from_json(consensus.reading).count_it or counts:
        return None
    return deciding.count(session, catalogue, sent, consensus=consensus, direction=None)


def _move(session: Session, sent: SentDecision) -> Stage:
    stage = locking.stage_of(session, sent.study_id)
    locking.move_study(session, sent.study_id, stage, sent.at)
    return stage


def _record(session: Session, appraisal: Appraisal, stage: Stage) -> None:
    audit.record(
        session,
        at=appraisal.at,
        actor=actors.of_user(appraisal.reviewer_id),
        action="study.appraised",
        subject=f"study:{appraisal.study_id}",
        appraisal=appraisal.id,
        settles=appraisal.settles,
        stage=stage.value,
        round=appraisal.round,
        edition=appraisal.edition,
    )
