"""What tests of several packages make alike, each with the facts that the test is about."""

from dataclasses import replace
from datetime import datetime
from itertools import count

from sqlalchemy.orm import Session

from monitor.catalogue.words import Design, EffectType, FindingDirection, OutcomeClass, RiskOfBias
from monitor.evidence.synthesis.results import Allocation, Result
from monitor.feeds.records import Citation
from monitor.feeds.service import StoredRecord
from monitor.feeds.storage.citations import to_json
from monitor.feeds.tables import Poll, PollState, Record, SourceRow
from monitor.kernel.persistence.database import Base
from monitor.review.rules import Judgement

_JUDGEMENT = Judgement(
    count_it=True,
    reason="",
    interventions=(),
    design=Design.RANDOMISED,
    risk_of_bias=RiskOfBias.LOW,
    risk_reason="Invented: allocation was concealed.",
    outcome_class=OutcomeClass.ATTACHMENT,
    outcome="Attachment security, invented scale",
    direction=FindingDirection.NO_DIFFERENCE,
    participants=188,
    uk=True,
    developer_led=False,
    quote="Invented: the groups did not differ.",
)


def judgement(*slugs: str, **answers: object) -> Judgement:
    """Judge a trial of these interventions: randomised, low risk, no difference; else as told."""
    return replace(_JUDGEMENT, interventions=slugs, **answers)  # type: ignore[arg-type]  # fields by name


def contents(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table, to see that nothing changed or that two are alike.

    As the driver gives them: to read their dates and JSON would be most of the work.
    """
    session.flush()
    rows = session.connection().exec_driver_sql
    return {
        table.name: sorted(map(tuple, rows(f'SELECT * FROM "{table.name}"')), key=repr)  # noqa: S608 - our names
        for table in Base.metadata.sorted_tables
    }


_RESULT = Result(
    study="A trial",
    intervention="cos",
    variant="",
    comparator="as usual",
    comparator_class="usual care",
    allocation=Allocation.INDIVIDUAL,
    effect_type=EffectType.SMD,
    outcome_class="attachment",
)


def effect_row(**facts: object) -> Result:
    """Give a row of a trial of COS against usual care, a mean difference in attachment; else as told."""
    return replace(_RESULT, **facts)  # type: ignore[arg-type]  # fields by name


class Polls:
    """One whole poll of each source that is named, made when it is first wanted, and its records."""

    def __init__(self, session: Session, at: datetime) -> None:
        self.session, self.at = session, at
        self._made: dict[str, int] = {}
        self._numbers = count(1)

    def stored(
        self,
        session: Session,
        citation: Citation,
        source: str,
        key: str,
        *,
        query: str,
        at: datetime,
    ) -> StoredRecord:
        """Store a record as the poll of its source would; nobody has taken it in yet."""
        record = Record(
            source=source,
            key=key,
            content_hash=f"{next(self._numbers):064x}",
            media_type="text/plain",
            raw=b"as sent",
            citation=to_json(citation),
            fetched_at=at,
            poll_id=self.of(source),
        )
        session.add(record)
        session.flush()
        return StoredRecord(record.id, source, citation, query, query)

    def of(self, source: str) -> int:
        """Give the poll that brought a source's records."""
        if source not in self._made:
            row = SourceRow(
                name=source, enabled=True, next_due_at=self.at, failures=0, lease_token=0
            )
            self.session.add(row)
            self.session.flush()
            poll = Poll(source=source, started_at=self.at, state=PollState.COMPLETE, notes=[])
            self.session.add(poll)
            self.session.flush()
            self._made[source] = poll.id
        return self._made[source]
