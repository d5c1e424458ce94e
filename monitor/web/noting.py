"""What the database answers while something is made to be kept, and the time as of which it is made."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import g, has_request_context

from monitor.kernel.persistence.asked_again import Answers

_ANSWERS, _TIME = "answers", "as_of"


def answers() -> Answers | None:
    """Give where to note what the database answers this request; None: nowhere."""
    return cast(Answers | None, g.get(_ANSWERS)) if has_request_context() else None


@contextlib.contextmanager
def of_answers(minute: int) -> Iterator[Answers]:
    """Note what the database answers meanwhile, and let the time be the end of the minute.

    So all that happens within the minute has happened by then, and what is made hangs on nothing but
    the answers and the minute. Within another it notes apart: the other has to take it.
    """
    before = {name: g.get(name) for name in (_ANSWERS, _TIME)}
    noted = Answers()
    g.answers = noted
    g.as_of = datetime.fromtimestamp((minute + 1) * 60, UTC) - timedelta(microseconds=1)
    try:
        yield noted
    finally:
        for name, value in before.items():
            g.pop(name) if value is None else setattr(g, name, value)
