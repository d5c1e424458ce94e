"""What was asked of the database and what it answered, so that it can be asked again whether it still would.

Whatever is made of nothing but answers stands while each question is answered as it was: the first
question is the same, so if its answer is, the second is, and so on. Nobody has to know which tables
a page hangs on, and a table that comes to it is asked after by itself. Answers are kept as digests,
and while nothing is committed each question is asked again once for all that hang on it (``Lately``).
"""

import hashlib
import marshal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Session

_HEARS = "monitor_hears"  # a connection's option
_BYTES = 16  # of a digest
_BY_VALUE = 2  # marshal's newest format that tells of values alone, not of which objects
_ROOM = 100  # bytes that a question takes beside its words
_MOST = 1_000  # answers that are known of one word
Asked = tuple[str, str]  # a statement, and its parameters in words
Known = dict[Asked, bytes]  # digests of answers


class _Question(NamedTuple):
    statement: str
    parameters: Any  # as the driver takes them
    digest: bytes  # of its answer


class Lately:
    """What questions were answered since a word of commits was given (``Database.commits``), of one word.

    Whoever asked for the word before it read adds what it read; so for all who have the same word
    that is as new as they are. Safe for many threads.
    """

    def __init__(self) -> None:
        self._word: str | None = None
        self._known: Known = {}
        self._lock = threading.Lock()

    def since(self, word: str | None) -> Known:
        """Give the digests of answers by what was asked, to be added to; None: of no word."""
        if word is None:
            return {}
        with self._lock:
            if word != self._word or len(self._known) >= _MOST:
                self._word, self._known = word, {}
            return self._known


@dataclass(slots=True)
class Answers:
    """What was asked since, each question once. Of one thread.

    ``is_whole``: all that was read is here; never where a question was answered in two ways, or
    something was written.
    """

    is_whole: bool = True
    _questions: dict[Asked, _Question] = field(default_factory=dict)

    def note(self, statement: str, parameters: Any, rows: list[Any]) -> None:  # noqa: ANN401 - the driver's
        """Note what a question was answered."""
        self._add((statement, repr(parameters)), _Question(statement, parameters, _digest(rows)))

    def take(self, others: "Answers") -> None:
        """Take in what something else was made of, that this is made of too."""
        self.is_whole = self.is_whole and others.is_whole
        for key, question in others._questions.items():
            self._add(key, question)

    def stand(self, known: Known, read: Callable[[], AbstractContextManager[Session]]) -> bool:
        """Ask what is not known, until anything is answered otherwise than it was; ``known`` grows."""
        if not self.is_whole or any(
            known.get(key, question.digest) != question.digest
            for key, question in self._questions.items()
        ):
            return False
        to_ask = [(key, question) for key, question in self._questions.items() if key not in known]
        if not to_ask:
            return True
        with read() as session:
            connection = session.connection()
            for key, question in to_ask:
                if key not in known:  # others may have asked meanwhile
                    known[key] = _digest(_asked(connection, question))
                if known[key] != question.digest:
                    return False
        return True

    def tell(self, known: Known) -> None:
        """Add what was answered to what is known."""
        if self.is_whole:
            known.update((key, question.digest) for key, question in self._questions.items())

    @property
    def size(self) -> int:
        """How many bytes are kept of it, roughly."""
        return sum(len(told) + len(by) + _ROOM for told, by in self._questions)

    def __len__(self) -> int:
        return len(self._questions)

    def _add(self, key: Asked, question: _Question) -> None:
        known = self._questions.setdefault(key, question)
        self.is_whole = self.is_whole and known.digest == question.digest


Hears = Callable[[], Answers | None]  # tells where to note what is answered now, if anywhere


def hear(session: Session, hears: Hears) -> None:
    """Note from here on what a session that only looks is answered, where ``hears`` says."""
    session.connection().execution_options(**{_HEARS: hears})


def heard(
    connection: Connection,
    cursor: Any,  # noqa: ANN401 - the driver's
    statement: str,
    parameters: Any,  # noqa: ANN401 - the driver's
    context: DefaultExecutionContext,
    *_: object,
) -> None:
    """Read a whole answer and note it, where somebody hears; hand its rows on. After each statement."""
    hears: Hears | None = connection.get_execution_options().get(_HEARS)
    answers = hears() if hears is not None else None
    if answers is None:
        return
    if cursor.description is None:
        answers.is_whole = False  # it gave no rows, so it did something
        return
    rows = cursor.fetchall()
    answers.note(statement, parameters, rows)
    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=rows)


def _asked(connection: Connection, question: _Question) -> list[Any]:
    with connection.exec_driver_sql(question.statement, question.parameters) as asked:
        # as the driver gives them, as they were noted: a question that is noted gives rows
        return list(asked.cursor.fetchall())


def _digest(rows: list[Any]) -> bytes:
    try:
        said = marshal.dumps(rows, _BY_VALUE)
    except ValueError:
        # with something it does not know, such as a time: in words, which takes longer
        said = repr(rows).encode(errors="surrogatepass")
    return hashlib.blake2b(said, digest_size=_BYTES).digest()
