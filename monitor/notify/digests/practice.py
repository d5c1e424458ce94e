"""What a quarter's digest says of practice against evidence: one figure over all interventions.

Frozen as JSON with the digest; None where it cannot be told.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.gap import in_step, queries
from monitor.kernel.errors import NotFound


def frozen(session: Session, catalogue: Catalogue, at: datetime) -> dict[str, Any] | None:
    """Give how far use follows evidence now, in words and figures."""
    try:
        states = queries.overview(session, catalogue)
    except NotFound:  # nothing is published yet
        return None
    step = in_step.now(
        session, {intervention.slug: intervention.state.tier for intervention in states}, at
    )
    if step is None:
        return None
    return {
        "sentence": step.sentence,
        "of": step.of_words,
        "figure": step.figure,
        "source": step.source,
        "wave": step.wave,
        "when": step.when,
    }


def told(facts: Mapping[str, Any] | None) -> list[str]:
    """Write it as a paragraph; none where it is not known, or not told in this digest."""
    if not facts:
        return []
    words = (
        f"{facts['sentence']} Kendall’s tau-b over all {facts['of']}: {facts['figure']}, "
        f"{facts['source']} (survey “{facts['wave']}”, {facts['when']}). 1 is in step, 0 no link, "
        "−1 the exact opposite."
    )
    return [words]
