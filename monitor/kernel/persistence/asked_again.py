"""What was asked of the database and what it answered, so that it can be asked again whether it still would.

Whatever is made of nothing but answers stands while each question is answered as it was: the first
question is the same, so if its answer is, the second is, and so on. Nobody has to know which tables
a page hangs on, and a table that comes to it is asked after by itself. Answers are kept as digests.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Session

_HEARS = "monitor_answers"
_BYTES = 16  # of a digest
_ROOM = 100  # bytes that a question takes beside its words


@dataclass(frozen=True, slots=True)
class _Question:
    statement: str
    parameters: Any  # as the driver takes them
    digest: bytes  # of its answer


@dataclass(slots=True)
class Answers:
    """What was asked since, each question once. Of one thread.

    ``is_whole``: all that was read is here; never where a question was answered in two ways, or
    something was written.
    """

    is_whole: bool = True
    _questions: dict[tuple[str, str], _Question] = field(default_factory=dict)

    def note(self, statement: str, parameters: Any, rows: list[Any]) -> None:  # noqa: ANN401 - the driver's
        """Note what a question was answered."""
        question = _Question(statement, parameters, _digest(rows))
        known = self._questions.setdefault((statement, repr(parameters)), question)
        self.is_whole = self.is_whole and known.digest == question.digest

    def stand(self, session: Session) -> bool:
        """Ask all of it again, until something is answered otherwise than it was."""
        if not self.is_whole:
            return False
        connection = session.connection()
        return all(
            _digest(_asked(connection, question)) == question.digest
            for question in self._questions.values()
        )

    @property
    def size(self) -> int:
        """How many bytes are kept of it, roughly."""
        return sum(len(told) + len(by) + _ROOM for told, by in self._questions)

    def __len__(self) -> int:
        return len(self._questions)


def hear(session: Session, answers: Answers) -> None:
    """Note from here on what a session that only looks is answered."""
    session.connection().execution_options(**{_HEARS: answers})


def heard(
    connection: Connection,
    cursor: Any,  # noqa: ANN401 - the driver's
    statement: str,
    parameters: Any,  # noqa: ANN401 - the driver's
    context: DefaultExecutionContext,
    *_: object,
) -> None:
    """Read a whole answer and note it, where somebody hears; hand its rows on. After each statement."""
    answers: Answers | None = connection.get_execution_options().get(_HEARS)
    if answers is None:
        return
    if cursor.description is None:
        answers.is_whole = False  # it gave no rows, so it did something
        return
    rows = cursor.fetchall()
    answers.note(statement, parameters, rows)
    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=rows)


def _asked(connection: Connection, question: _Question) -> list[Any]:
    return [
        tuple(row) for row in connection.exec_driver_sql(question.statement, question.parameters)
    ]


def _digest(rows: list[Any]) -> bytes:
    return hashlib.blake2b(repr(rows).encode(errors="surrogatepass"), digest_size=_BYTES).digest()
