"""Which papers are worth comparing with some others, to tell whether they belong together.

Found by indexes only: a number that two share, what a source states of them, keys of like titles,
and, for what names no number, the registrations of the same intervention. Reads only.
"""

from datetime import date
from functools import cache

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    exists,
    extract,
    func,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from monitor.feeds.records import LinkKind
from monitor.kernel.persistence.bulk import among
from monitor.kernel.persistence.columnar import ask
from monitor.literature.linkage.reports import LOOKED_FOR_YEARS
from monitor.literature.tables import (
    Match,
    Paper,
    PaperIdentifier,
    PaperKey,
    PaperRegistration,
    PaperStatement,
    PaperTrial,
)
from monitor.literature.words import TO_SCREEN

Pair = tuple[int, int]

_MOST_PAIRS = 10_000  # given by one statement
_MOST_OF_A_KIND = 500  # registrations, or papers without a number, that are looked through
_STATED = (LinkKind.PREPRINT_OF, LinkKind.HAS_PREPRINT, LinkKind.REPORTED_BY)
_Numbered = PaperRegistration | PaperIdentifier


def candidates(session: Session, some: list[int], today: date) -> set[Pair]:
    """Give the pairs of which one is of ``some`` and to be screened, the lower id first.

    Of what shares a number, a statement or a key at most ``_MOST_PAIRS``: only records made to be
    alike are more.
    """
    sharing, _ = _statements()
    rows = [tuple(row) for row in ask(session, sharing, {"some": some})]
    rows += _all_of_one_intervention(session, some, today)
    return {(min(row), max(row)) for row in rows}


def _all_of_one_intervention(session: Session, some: list[int], today: date) -> list[Pair]:
    """Ask of fewer papers at once where a statement may have left pairs out; one paper has far fewer."""
    _, of_one_intervention = _statements()
    asked = {"some": some, "today": today}
    rows = [(row[0], row[1]) for row in ask(session, of_one_intervention, asked)]
    if len(rows) < _MOST_PAIRS or len(some) == 1:
        return rows
    half = len(some) // 2
    parts = (some[:half], some[half:])
    return [pair for part in parts for pair in _all_of_one_intervention(session, part, today)]


@cache  # putting a statement together costs more than running it
def _statements() -> tuple[Select[int, int], Select[int, int]]:
    mine = (
        select(Paper.id)
        .where(
            among(Paper.id),
            Paper.lane.in_(TO_SCREEN),
            Paper.merged_into_id.is_(None),
        )
        .cte("mine")
    )
    return _sharing(mine), _of_one_intervention(mine)


def _sharing(mine: CTE) -> Select[int, int]:
    """Select the papers that share a number, a statement or a key with one of mine."""
    return select(
        union(
            _by_number(mine, PaperRegistration, PaperRegistration),
            _by_number(mine, PaperRegistration, PaperIdentifier),
            _by_number(mine, PaperIdentifier, PaperRegistration),
            _by_statement(mine),
            _by_statement(mine, of_the_other=True),
            _by_key(mine),
        ).subquery()
    ).limit(_MOST_PAIRS)


def _by_number(mine: CTE, has: type[_Numbered], there: type[_Numbered]) -> Select[int, int]:
    left, right = aliased(has), aliased(there)
    same = and_(
        left.scheme == right.scheme, left.value == right.value, left.paper_id != right.paper_id
    )
    pairs = select(left.paper_id.label("one"), right.paper_id.label("other")).join(right, same)
    return pairs.where(left.paper_id.in_(select(mine.c.id)))


def _by_statement(mine: CTE, *, of_the_other: bool = False) -> Select[int, int]:
    """Select what mine state of others, or what others state of mine."""
    said, owner = aliased(PaperStatement), aliased(PaperIdentifier)
    same = and_(
        said.scheme == owner.scheme, said.value == owner.value, said.paper_id != owner.paper_id
    )
    own = owner.paper_id if of_the_other else said.paper_id
    return (
        select(said.paper_id.label("one"), owner.paper_id.label("other"))
        .join(owner, same)
        .where(said.kind.in_(_STATED), own.in_(select(mine.c.id)))
    )


def _by_key(mine: CTE) -> Select[int, int]:
    one, other = aliased(PaperKey), aliased(PaperKey)
    same = and_(one.value == other.value, one.paper_id != other.paper_id)
    found = select(one.paper_id.label("one"), other.paper_id.label("other")).join(other, same)
    return found.where(one.paper_id.in_(select(mine.c.id)))


def _of_one_intervention(mine: CTE) -> Select[int, int]:
    """Select ended registrations of an article's intervention, and articles of a registration's.

    A paper that names a number is found by that. Both sides are bounded: see ``_MOST_OF_A_KIND``.
    Of an article that came out in no year in which one looks for a trial's report, ``reports`` says
    nothing: most pairs are never read.
    """
    ended, article = _ended(), _articles(mine)
    of_mine = select(Match.paper_id, Match.slug).where(Match.paper_id.in_(select(mine.c.id)))
    own = of_mine.where(~_numbered(Match.paper_id), ~_registered(Match.paper_id)).subquery()
    registered = (
        select(Match.paper_id, Match.slug, extract("year", PaperTrial.completed).label("year"))
        .join(PaperTrial, PaperTrial.paper_id == Match.paper_id)
        .where(Match.paper_id.in_(select(mine.c.id)))
        .subquery()
    )
    out = func.coalesce(extract("year", Paper.published), Paper.year)
    pairs = union(
        select(own.c.paper_id.label("one"), ended.c.paper_id.label("other"))
        .join(Paper, Paper.id == own.c.paper_id)
        .join(ended, and_(ended.c.slug == own.c.slug, _in_time(ended.c.year, out))),
        select(registered.c.paper_id.label("one"), article.c.paper_id.label("other"))
        .join(article, article.c.slug == registered.c.slug)
        .join(Paper, and_(Paper.id == article.c.paper_id, _in_time(registered.c.year, out))),
    )
    return select(pairs.subquery()).limit(_MOST_PAIRS)


def _in_time(ended: ColumnElement[int], out: ColumnElement[int]) -> ColumnElement[bool]:
    return out.between(ended, ended + LOOKED_FOR_YEARS)


def _ended() -> CTE:
    """Select the registrations whose trials ended last, and when, with the interventions they name."""
    trials = (
        select(PaperTrial.paper_id, extract("year", PaperTrial.completed).label("year"))
        .where(PaperTrial.completed <= bindparam("today", type_=Date()))
        .order_by(PaperTrial.completed.desc(), PaperTrial.paper_id)
        .limit(_MOST_OF_A_KIND)
        .subquery()
    )
    return (
        select(Match.paper_id, Match.slug, trials.c.year)
        .join(trials, trials.c.paper_id == Match.paper_id)
        .distinct()
        .cte("ended")
    )


def _articles(mine: CTE) -> CTE:
    """Select the newest papers without a number that name what registrations of mine name."""
    slugs = select(Match.slug).where(
        Match.paper_id.in_(select(mine.c.id)), _registered(Match.paper_id)
    )
    return (
        select(Match.paper_id, Match.slug)
        .where(Match.slug.in_(slugs), ~_numbered(Match.paper_id), ~_registered(Match.paper_id))
        .distinct()
        .order_by(Match.paper_id.desc())
        .limit(_MOST_OF_A_KIND)
        .cte("article")
    )


def _numbered(paper_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return exists().where(PaperRegistration.paper_id == paper_id)


def _registered(paper_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return exists().where(PaperTrial.paper_id == paper_id)
