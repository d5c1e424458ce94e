"""Readings handed in, and what they come to. Never shows one reviewer's answers to the other.

Two appraise, apart. Where they agree in all that is judged, that is the consensus; else a third
person settles what differs, or the two do between themselves, and the other of them confirms it.
A consensus counts nothing: it is shown what it would do, and decided (``deciding.count``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.accounts import actors
from monitor.accounts.tables import User
from monitor.catalogue.appraisal import Tool
from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import FindingDirection
from monitor.kernel import audit
from monitor.kernel.errors import Conflict
from monitor.review import deciding, drafting, given, locking, rounds, rules
from monitor.review.reading import checking, differences, frame, summary
from monitor.review.reading.cleaning import cleaned
from monitor.review.reading.model import Reading, from_json, to_json
from monitor.review.tables import Appraisal, Consensus, Decision
from monitor.review.words import DecisionVerdict, Settling, Stage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reading led to. ``consensus`` is None while the study waits for another person."""

    appraisal: Appraisal
    stage: Stage
    consensus: Consensus | None
    decision: Decision | None  # of a study that does not count: nothing hangs on it


def hand_in(
    session: Session,
    catalogue: Catalogue,
    *,
    study_id: int,
    token: str,
    by: User,
    reading: Reading,
    direction: FindingDirection | None,
    because: str = "",
    at: datetime,
) -> Outcome:
    """Record one person's reading of a study, and what the round has come to by it.

    The first waits for a second person. Of two who agree, what they agree on is the consensus; of
    two who differ, the next reading settles it. ``because`` is asked of who hands in again, before
    anything was decided: both editions are kept. A form sent twice is one reading. ``direction``
    is what the main result says, as ``evidence`` reads it.

    Raises:
        NotFound: there is no such study.
        NotWhole: something is still to be answered or mended; all of it is told.
        InvalidInput: it is a change, and no reason is given.
        Conflict: the study is decided, and by whom; or it waits for somebody else, or ``by`` may
            not; or it is judged to count although nobody has answered what is said of a paper of it.
    """
    locking.check_token(token)
    locking.hold_study(session, study_id)
    reading = cleaned(reading)
    if earlier := _sent_before(session, token, study_id, by, reading):
        return earlier
    locking.require_reviewer(session, by)
    locking.known_interventions(
        session, [arm.intervention for arm in reading.arms if arm.intervention]
    )
    tools = catalogue.tool_by_reference
    checking.require_whole(reading, tools, catalogue.slugs)
    if reading.count_it:
        deciding.require_unbarred(session, study_id)
    settles = _require_turn(session, study_id, by, because)
    appraisal = _add(session, study_id, token, by, reading, tools, direction, settles, because, at)
    drafting.drop(session, study_id=study_id, by=by)
    consensus = _came_to(session, appraisal, tools, at)
    decision = _leave_out(session, catalogue, consensus, token, by, at)
    stage = locking.stage_of(session, study_id)
    locking.move_study(session, study_id, stage, at)
    _record(session, appraisal, stage, at)
    return Outcome(appraisal, stage, consensus, decision)


def confirm(
    session: Session,
    catalogue: Catalogue,
    *,
    study_id: int,
    consensus_id: int,
    token: str,
    by: User,
    at: datetime,
) -> tuple[Consensus, Decision | None]:
    """Agree to what the other of the two has settled.

    Raises:
        NotFound: there is no such study.
        Conflict: nothing waits for this person's word, or it has changed since.
    """
    locking.check_token(token)
    locking.hold_study(session, study_id)
    locking.require_reviewer(session, by)
    consensus = _live(session, study_id, consensus_id)
    if consensus.confirmed_at is not None:
        return consensus, None
    settled_by = session.get_one(Appraisal, consensus.appraisals[-1]).reviewer_id
    if by.id == settled_by or by.id not in consensus.people:
        raise Conflict("It waits for the other of the two. Nothing was recorded")
    consensus.confirmed_at = at
    session.flush()
    decision = _leave_out(session, catalogue, consensus, token, by, at)
    stage = locking.stage_of(session, study_id)
    locking.move_study(session, study_id, stage, at)
    audit.record(
        session,
        at=at,
        actor=actors.of_user(by.id),
        action="study.settled",
        subject=f"study:{study_id}",
        consensus=consensus.id,
        how=consensus.how.value,
    )
    return consensus, decision


def count(
    session: Session,
    catalogue: Catalogue,
    *,
    study_id: int,
    consensus_id: int,
    token: str,
    by: User,
    direction: FindingDirection | None,
    by_a_lead: bool,
    at: datetime,
) -> Decision:
    """Decide a study by what its appraisals came to, once somebody has seen what that would do.

    ``by_a_lead``: so many readers would be told that a lead reviewer has to.

    Raises:
        NotFound: there is no such study.
        Conflict: it has changed since it was shown, or is decided; or ``by`` may not.
    """
    locking.check_token(token)
    locking.hold_study(session, study_id)
    if earlier := deciding.counted_before(session, token, study_id):
        return earlier
    (locking.require_lead if by_a_lead else locking.require_reviewer)(session, by)
    consensus = _live(session, study_id, consensus_id)
    if consensus.confirmed_at is None:
        raise Conflict("The other of the two has not agreed to it yet. Nothing was recorded")
    if not locking.papers_of(session, study_id):
        raise Conflict("The include of this study was taken back: no paper reports it any more")
    return deciding.count(
        session, catalogue, consensus=consensus, token=token, by=by, direction=direction, at=at
    )


def undecided(session: Session, study_id: int) -> Consensus | None:
    """Give the consensus that waits to be decided; None: there is none."""
    consensus = given.consensus(session, study_id)
    if consensus is None or _decided(session, consensus):
        return None
    return consensus


def _live(session: Session, study_id: int, consensus_id: int) -> Consensus:
    """Give the consensus that a page was shown for.

    Raises:
        Conflict: it was decided, or changed, since.
    """
    consensus = given.consensus(session, study_id)
    if consensus is None or consensus.id != consensus_id:
        raise Conflict(
            "An appraisal of this study was changed since you opened this. Open it again"
        )
    if _decided(session, consensus):
        newest = locking.newest_decision(session, study_id)
        assert newest is not None  # noqa: S101 - it is decided; tells mypy
        raise Conflict(deciding.was_decided(session, newest))
    return consensus


def _decided(session: Session, consensus: Consensus) -> bool:
    newest = locking.newest_decision(session, consensus.study_id)
    return (
        newest is not None
        and newest.at >= consensus.at
        and not _round_is_open(session, consensus.study_id)
    )


def _round_is_open(session: Session, study_id: int) -> bool:
    later = rounds.rounds(session, study_id)
    if not later:
        return locking.newest_decision(session, study_id) is None
    return later[-1].closed_at is None


def _sent_before(
    session: Session, token: str, study_id: int, by: User, reading: Reading
) -> Outcome | None:
    earlier = session.scalar(select(Appraisal).where(Appraisal.token == token))
    if earlier is None:
        return None
    same = (earlier.study_id, earlier.reviewer_id) == (study_id, by.id)
    if not same or _plainly(given.reading_of(earlier)) != _plainly(reading):
        raise Conflict("This form was sent before with other answers, which stand. Open it again")
    consensus = given.consensus(session, study_id)
    return Outcome(earlier, locking.stage_of(session, study_id), consensus, None)


def _plainly(reading: Reading) -> dict[str, object]:
    """Give what a reading says, whatever keys its arms and results came by."""
    document = to_json(reading)
    return {key: value for key, value in document.items() if key not in {"arms", "results"}} | {
        "arms": len(reading.arms),
        "results": [to_json(Reading(results=(result,))) for result in reading.results],
    }


def _require_turn(session: Session, study_id: int, by: User, because: str) -> bool:
    """Refuse who has no say now; tell whether this reading settles what two see differently.

    Raises:
        InvalidInput: it is a change, and no reason is given.
        Conflict: the study is decided, or waits for somebody else.
    """
    if not _round_is_open(session, study_id):
        newest = locking.newest_decision(session, study_id)
        assert newest is not None  # noqa: S101 - a first round ends by a decision; tells mypy
        raise Conflict(deciding.was_decided(session, newest))
    if not locking.papers_of(session, study_id):
        raise Conflict("The include of this study was taken back: no paper reports it any more")
    two = given.pair(session, study_id)
    is_one = by.id in {appraisal.reviewer_id for appraisal in two}
    if because.strip() and is_one:
        rules.check_text(because, field="because")
        return False
    if len(two) < given.PAIR:
        if is_one:
            raise Conflict("You have appraised this study. Now a second person has to")
        return False
    if given.consensus(session, study_id) is not None:
        raise Conflict("Two have appraised this study, and it is settled: see what it would do")
    return True


def _add(  # noqa: PLR0913 - who, on what, how
    session: Session,
    study_id: int,
    token: str,
    by: User,
    reading: Reading,
    tools: Mapping[str, Tool],
    direction: FindingDirection | None,
    settles: bool,  # noqa: FBT001 - a column
    because: str,
    at: datetime,
) -> Appraisal:
    earlier = [one for one in given.all_of(session, study_id) if one.reviewer_id == by.id]
    others = [one for one in given.pair(session, study_id) if one.reviewer_id != by.id]
    if others and not settles:
        reading = frame.aligned(reading, given.reading_of(others[0]))
    judgement = summary.judgement(reading, tools, direction)
    appraisal = Appraisal(
        **asdict(judgement) | {"interventions": list(judgement.interventions)},
        token=token,
        study_id=study_id,
        reviewer_id=by.id,
        round=rounds.current(session, study_id),
        edition=len(earlier) + 1,
        changed_because=rules.plain(because),
        settles=settles,
        reading=to_json(reading),
        at=at,
    )
    session.add(appraisal)
    session.flush()
    return appraisal


def _came_to(
    session: Session, appraisal: Appraisal, tools: Mapping[str, Tool], at: datetime
) -> Consensus | None:
    """Write down what the round has come to by this appraisal, if it has."""
    study_id = appraisal.study_id
    if standing := given.consensus(session, study_id):
        standing.voided_at = at  # one of its appraisals is changed
    two = given.pair(session, study_id)
    if len(two) < given.PAIR:
        return None
    first, second = (given.reading_of(one) for one in two)
    differing = differences.differences(first, second, tools)
    if appraisal.settles:
        return _settled(session, appraisal, two, differing, at)
    if differing:
        return None
    agreed = differences.common(first, second, tools)
    people = [one.reviewer_id for one in two]
    return _consensus(session, two, agreed, Settling.AGREED, people, [], at, confirmed=True)


def _settled(
    session: Session,
    appraisal: Appraisal,
    two: Sequence[Appraisal],
    differing: Sequence[differences.Row],
    at: datetime,
) -> Consensus:
    people = [one.reviewer_id for one in two]
    third = appraisal.reviewer_id not in people
    return _consensus(
        session,
        [*two, appraisal],
        given.reading_of(appraisal),
        Settling.THIRD if third else Settling.PAIR,
        [*people, appraisal.reviewer_id] if third else people,
        list(dict.fromkeys(differences.named(row.place) for row in differing)),
        at,
        confirmed=third,
    )


def _consensus(  # noqa: PLR0913 - the row's columns
    session: Session,
    appraisals: Sequence[Appraisal],
    reading: Reading,
    how: Settling,
    people: Sequence[int],
    differing: Sequence[str],
    at: datetime,
    *,
    confirmed: bool,
) -> Consensus:
    consensus = Consensus(
        study_id=appraisals[-1].study_id,
        round=appraisals[-1].round,
        how=how,
        reading=to_json(reading),
        appraisals=[one.id for one in appraisals],
        people=list(people),
        differences=list(differing),
        reason=appraisals[-1].changed_because,
        at=at,
        confirmed_at=at if confirmed else None,
    )
    session.add(consensus)
    session.flush()
    return consensus


def _leave_out(
    session: Session,
    catalogue: Catalogue,
    consensus: Consensus | None,
    token: str,
    by: User,
    at: datetime,
) -> Decision | None:
    """Decide at once what changes nothing for anybody: a study that never counted, and should not."""
    if consensus is None or consensus.confirmed_at is None:
        return None
    newest = locking.newest_decision(session, consensus.study_id)
    counts = newest is not None and newest.verdict is DecisionVerdict.ACCEPT
    if from_json(consensus.reading).count_it or counts:
        return None
    return deciding.count(
        session, catalogue, consensus=consensus, token=token, by=by, direction=None, at=at
    )


def _record(session: Session, appraisal: Appraisal, stage: Stage, at: datetime) -> None:
    audit.record(
        session,
        at=at,
        actor=actors.of_user(appraisal.reviewer_id),
        action="study.appraised",
        subject=f"study:{appraisal.study_id}",
        appraisal=appraisal.id,
        settles=appraisal.settles,
        stage=stage.value,
        round=appraisal.round,
        edition=appraisal.edition,
    )
