"""What is asked several times within one transaction that only looks: read once.

Parts of a page that know nothing of each other ask for the same facts. Within such a transaction
they cannot be others.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

P = ParamSpec("P")
_Answer = TypeVar("_Answer")

_ANSWERS = "monitor_answers"


def watch(sessions: sessionmaker[Session]) -> None:
    """Let sessions so made forget what was remembered of them once they change anything."""
    event.listen(sessions, "after_flush", _changed)
    event.listen(sessions, "do_orm_execute", _may_change)


def begin(session: Session) -> None:
    """Remember from here on what ``once`` reads, until the session, which is watched, changes anything."""
    session.info[_ANSWERS] = {}


def once(
    read: Callable[Concatenate[Session, P], _Answer],
) -> Callable[Concatenate[Session, P], _Answer]:
    """Make a function that reads, and is asked the same only once within such a transaction.

    What it is asked by must be hashable; nobody may change what it gives.
    """

    written = inspect.signature(read)

    @functools.wraps(read)
    def asked(session: Session, /, *args: P.args, **named: P.kwargs) -> _Answer:
        answers = session.info.get(_ANSWERS)
        if answers is None:
            return read(session, *args, **named)
        by = written.bind(session, *args, **named)
        by.apply_defaults()
        key = (read, *list(by.arguments.values())[1:])
        if key not in answers:
            answers[key] = read(session, *args, **named)
        return cast(_Answer, answers[key])

    return asked


def _changed(session: Session, _: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own object
    session.info.get(_ANSWERS, {}).clear()


def _may_change(execution: ORMExecuteState) -> None:
    if not execution.is_select:
        execution.session.info.get(_ANSWERS, {}).clear()
