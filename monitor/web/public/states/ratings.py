"""Other bodies' ratings beside ours: what differs, in facts that are held. Pure; never why, by a guess."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.catalogue.loader import ExternalRating
from monitor.kernel.language.english import month, plural

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Rated:
    """One body's rating, with what differs from the tier here; nothing where it gave none."""

    rating: ExternalRating
    differs: tuple[str, ...]


def beside(ratings: Sequence[ExternalRating], closed: date, since: int) -> list[Rated]:
    """Set each rating beside the tier here: the days of both, and the variants.

    ``closed`` is when the review's searches had ended; ``since`` how many studies are counted here
    beyond it.
    """
    return [
        Rated(rating, tuple(_differs(rating, closed, since)) if rating.rating else ())
        for rating in ratings
    ]


def _differs(rating: ExternalRating, closed: date, since: int) -> Iterator[str]:
    years = [int(year) for year in _YEAR.findall(rating.rated or "")]
    known = years and not (rating.rated or "").startswith("undated")
    dated = f"its date is {max(years)}" if known else "its date is not known"
    later = f", and {plural(since, 'study', 'studies')} since count here" if since else ""
    yield f"{dated}; the review’s searches ended before {month(closed)}{later}"
    if rating.variant:
        yield f"it is of {rating.variant}; the tier here is of all variants together"
