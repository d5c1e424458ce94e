"""What was just decided on a paper, said back; and whether its include can be taken back."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.literature.papers import queries as literature
from monitor.review import queries as reviews
from monitor.review.family import joining, taking_back
from monitor.review.queue.traces import Traces
from monitor.review.words import ScreeningVerdict
from monitor.web import auth, forms, shared


@dataclass(frozen=True, slots=True)
class MyInclude:
    """This reader's own include of a paper; ``hindrance``: why it cannot be taken back."""

    hindrance: taking_back.TakingBackHindrance | None


def my_include(
    session: Session,
    place: reviews.QueueItemView | None,
    screenings: list[reviews.ScreeningView],
) -> MyInclude | None:
    """Give this reader's include of a paper that reports a study; of nothing else, without asking."""
    last = screenings[-1] if screenings else None
    included = last is not None and last.verdict is ScreeningVerdict.INCLUDE
    if place is None or place.study_id is None or last is None or not included:
        return None
    reader = auth.reader().id
    if last.reviewer_id != reader:
        return None
    return MyInclude(taking_back.hindrance(session, place.paper_id, place.stage, reader))


_NEVER_CAME = joining.CameToStudies()


def came_to_studies(
    reading: shared.PageReading,
    view: literature.PaperView,
    there: Traces,
    screenings: list[reviews.ScreeningView],
) -> joining.CameToStudies:
    """Tell how a paper came to its studies; of one that never had any, without asking."""
    included = any(said.verdict is ScreeningVerdict.INCLUDE for said in screenings)
    if view.study is None and not included:
        return _NEVER_CAME
    study_id = view.study[0] if view.study else None
    moved = there.put_back or there.merged
    return reading.shared(
        ("came", view.id, study_id, moved),
        lambda apart: joining.came_to_studies(apart, view.id, study_id, moved=moved),
    )


@dataclass(frozen=True, slots=True)
class JustDecided:
    """What this person has just decided on which paper."""

    paper_id: int
    title: str
    screening: reviews.ScreeningView
    study: joining.JoinedStudy | None  # that the paper reports now


def said(reading: shared.PageReading, paper_id: str | None) -> JustDecided | None:
    """Find what this person has just decided, to say it back to them on the next page."""
    number = forms.row_id(paper_id or "")
    if number is None:
        return None
    session = reading.session
    given = [s for s in reviews.screenings(session, number) if s.reviewer_id == auth.reader().id]
    if not given:
        return None
    view = literature.paper(session, number)
    study = joining.joined_study(session, view.id) if view.study else None
    return JustDecided(number, view.title, given[-1], study)
