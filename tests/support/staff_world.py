"""A small invented world for staff pages: people, papers in every lane, a change, mail, a failure.

Everything comes in the way it does in life: records through feeds, papers through the workflow,
decisions through review. All of it is invented.
"""

import copy
import functools
import io
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from factories import contents, judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from readings import appraise  # type: ignore[import-not-found]  # tests/support is on pytest's path
from services import service_of  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import select

from monitor import workflow
from monitor.accounts import passwords
from monitor.accounts import service as accounts
from monitor.accounts.tables import OneTimeLink, Role, SignIn, User
from monitor.catalogue import loader
from monitor.catalogue import service as catalogue_service
from monitor.catalogue.words import FindingDirection, RiskOfBias
from monitor.feeds import service as feeds
from monitor.feeds.files import shelf, uploads
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier, Link, LinkKind
from monitor.feeds.sources import SOURCES
from monitor.feeds.watermarks import Query, Watermark
from monitor.jobs.files import uploads as uploads_job
from monitor.jobs.mail.delivery import deliver_due
from monitor.kernel.errors import SourceError, SourceFault
from monitor.kernel.persistence.database import Database
from monitor.kernel.settings import Settings
from monitor.literature.papers import queries as literature
from monitor.notify import queries as mail
from monitor.notify import service as notify
from monitor.notify.words import Cadence
from monitor.ops import service as ops
from monitor.review import queries as reviews
from monitor.review.queue.screening import ScreeningAnswer
from monitor.review.rules import Judgement
from monitor.review.tables import Decision
from monitor.review.words import ExclusionReason, ScreeningVerdict
from monitor.service import Service

# enough to tell of, whichever are added: two that find papers, and one that watches them
SOME_SOURCES = {
    "sources": {
        name: {"enabled": False} for name in SOURCES.keys() - {"pubmed", "europepmc", "crossref"}
    }
}


def patient(data: dict[str, Any]) -> dict[str, Any]:
    """Settings under which no page gives up, however busy the machine that runs the tests."""
    return data | {"web": {"longest_page_seconds": 300} | data.get("web", {})}


PASSWORD = "seven plain words that nobody guesses"
HOSTILE = '<script>alert("title")</script>{{7*7}}'

REFERENCES = f"""title,doi,year,authors
"{HOSTILE.replace('"', '""')} Theraplay in nurseries, an invented trial",10.5555/file.1,2026,Example A
Example trial of Circle of Security-Parenting,10.5555/example.0001,2026,Example A
An invented study of library opening hours,10.5555/file.2,2025,Other B
,10.5555/file.3,2025,Other B
""".encode()

JUDGEMENT: Judgement = judgement(
    "ddp",
    risk_of_bias=RiskOfBias.SOME_CONCERNS,
    risk_reason="How allocation was concealed is not described.",
    outcome="Attachment security at 12 months, Strange Situation",
    direction=FindingDirection.MIXED,
    participants=84,
    developer_led=None,
    quote="The groups did not differ on the main outcome.",
)

# of the accepted study "ddp": it opens an alert
CORRECTION = Citation(
    title=f"Correction to: {HOSTILE} in adoptive families",
    identifiers=(Identifier("doi", "10.5555/correction"),),
    links=(Link(LinkKind.CORRECTS, Identifier("pmid", "40000002")),),
)
ABSTRACT = (
    "BACKGROUND: Many mothers seen in perinatal services find it hard to respond to their baby. "
    "Circle of Security-Parenting (COS-P) is a group programme that aims to help.\n\n"
    "METHODS: In this invented trial, 212 mothers with babies under 12 months were randomly "
    "allocated (1:1) to COS-P plus usual care, or to usual care alone. The main outcome was the "
    "mother's distress; attachment security was a second outcome.\n\n"
    "FINDINGS: 188 of 212 (89%) gave data. The groups did not differ (difference 0.4 points).\n\n"
    "INTERPRETATION: In this example, adding COS-P made no difference that could be seen."
)


@functools.cache
def _hashed() -> str:
    return passwords.hash_password(PASSWORD)


class World:
    """The service, its people, and the ids of what was made."""

    password, hostile, judgement = PASSWORD, HOSTILE, JUDGEMENT

    def __init__(self, service: Service) -> None:
        self.service = service
        self.database = service.database
        self.tokens = map("5f0c0000-0000-4000-8000-{:012d}".format, count(1))
        self.papers: dict[str, int] = {}
        self.studies: dict[str, int] = {}
        self.files: dict[str, int] = {}

    @property
    def at(self) -> datetime:
        return self.service.clock()

    def moved(self, service: Service) -> "World":
        """Give the same world in a copy of its database."""
        other = copy.copy(self)
        other.service, other.database = service, service.database
        other.papers, other.studies = dict(self.papers), dict(self.studies)
        other.files = dict(self.files)
        return other

    def people(self) -> None:
        """Make an admin, three reviewers, a commissioner, and somebody only invited."""
        for name, role in (
            ("Ada Admin", Role.ADMIN),
            ("Ann Example", Role.REVIEWER),
            ("Ben Example", Role.REVIEWER),
            ("Cat Example", Role.REVIEWER),
            ("Rob Reader", Role.COMMISSIONER),
        ):
            setattr(self, name.split(maxsplit=1)[0].lower(), self.person(name, role))
        with self.database.write() as session:
            accounts.create_user(
                session,
                address="invited@example.org",
                name="Ira Invited",
                role=Role.REVIEWER,
                by="cli",
                at=self.at,
            )

    ada: User
    ann: User
    ben: User
    cat: User
    rob: User

    def person(self, name: str, role: Role) -> User:
        """Add somebody who has set their password already."""
        address = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        with self.database.write() as session:
            user, token = accounts.create_user(
                session, address=address, name=name, role=role, by="cli", at=self.at
            )
            link = session.get(OneTimeLink, passwords.token_hash(token))
            assert link
            link.used_at = self.at
            user.password_hash = _hashed()  # hashing is slow on purpose: once is enough
        return user

    def sign_in(self, user: User) -> str:
        """Start a session without its slow half; gives the token."""
        token = passwords.new_token()
        with self.database.write() as session:
            session.add(
                SignIn(
                    token_hash=passwords.token_hash(token),
                    user_id=user.id,
                    started_at=self.at,
                    last_seen_at=self.at,
                )
            )
        return token

    def arrive(self, source: str, **citations: Citation) -> None:
        """Let one source send papers, named by keyword."""
        records = tuple(
            FetchedRecord(
                key=f"{name}-{source}",
                raw=f"<record of={name!r}>as {source} sent it: {HOSTILE}</record>".encode(),
                media_type="text/xml",
                citation=citation,
            )
            for name, citation in citations.items()
        )
        answer = Answer(Query("cos", "an invented query"), records, Watermark("2026-11-23"))
        at = self.at
        with self.database.write() as session:
            lease = feeds.lease(session, source, at, 60)
            assert lease
            poll = feeds.start_poll(session, lease, at)
            stored = feeds.store(session, lease, poll, [answer], at)
            workflow.ingest(
                session,
                self.service,
                stored,
                at=at,
            )
            feeds.finish(session, lease, poll, at=at, next_due_at=at + timedelta(hours=24))
            for record in stored:
                key = literature.record(session, record.record_id)
                name = key.key.removesuffix(f"-{source}")
                assert key.paper_id
                self.papers[name] = key.paper_id

    def fail(self, source: str) -> None:
        """Let one source not answer."""
        with self.database.write() as session:
            lease = feeds.lease(session, source, self.at, 60)
            assert lease
            poll = feeds.start_poll(session, lease, self.at)
            error = SourceError(SourceFault.UNREACHABLE, "503 service unavailable")
            feeds.fail(session, lease, poll, error, at=self.at)
            workflow.source_failed(session, self.service.settings, source, error, self.at)

    def screen(self, paper: str, verdict: ScreeningVerdict, by: User, **more: object) -> int | None:
        """Screen a paper; gives its study where it was included."""
        paper_id = self.papers[paper]
        form = {"interventions": ("ddp",)} | more
        with self.database.write() as session:
            place = reviews.item(session, paper_id)
            workflow.screen(
                session,
                paper_id=paper_id,
                token=next(self.tokens),
                by=by,
                answer=ScreeningAnswer(
                    verdict=verdict,
                    version=place.version,
                    **form,  # type: ignore[arg-type]  # a form's fields, by name
                ),
                at=self.at,
            )
            study = reviews.item(session, paper_id).study_id
        if study:
            self.studies[paper] = study
        return study

    def appraise(self, paper: str, by: User, judgement: Judgement = JUDGEMENT) -> None:
        with self.database.write() as session:
            appraise(
                session,
                self.service,
                study_id=self.studies[paper],
                token=next(self.tokens),
                by=by,
                judgement=judgement,
                at=self.at,
            )

    def decided_before_readings(self, paper: str) -> None:
        """Let a decision be one of the time before people were asked what the review has."""
        with self.database.write() as session:
            decided = select(Decision).where(Decision.study_id == self.studies[paper])
            for decision in session.scalars(decided):
                facts = {name: said for name, said in decision.facts.items() if name != "reading"}
                decision.facts = facts | {"version": 2}

    def withdraw(self, paper: str, by: User) -> None:
        with self.database.write() as session:
            workflow.withdraw(
                session,
                self.service,
                study_id=self.studies[paper],
                token=next(self.tokens),
                reason="The journal retracted the paper",
                by=by,
                at=self.at,
            )

    def subscribe(self, address: str, slugs: tuple[str, ...]) -> None:
        """Let a reader ask for news, and confirm."""
        with self.database.write() as session:
            notify.subscribe(
                session,
                self.service.settings,
                address=address,
                interventions=slugs,
                purpose="An e-mail when something changes.",
                at=self.at,
                cadence=Cadence.AT_ONCE,
                budget=None,
            )
            asked = mail.messages(session, 1)[0]
            notify.confirm(session, asked.uuid, at=self.at)

    def upload(self, name: str, data: bytes, by: User) -> int:
        """Let somebody bring a file of references; it is not read yet."""
        put = shelf.put(uploads_job.folder(self.service), io.BytesIO(data), 2**20)
        with self.database.write() as session:
            file = uploads.add(session, put, name=name, by=f"user:{by.id}", at=self.at)
        self.files[name] = file.id
        return file.id

    def work_on_files(self) -> None:
        uploads_job.work_on_uploads(self.service)

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Give every row of every table but sessions and what is typed, to see that nothing changed."""
        with self.database.read() as session:
            every = contents(session)
        return {name: rows for name, rows in every.items() if name not in {"sign_in", "form_draft"}}

    def deliver(self) -> None:
        deliver_due(self.service)


def begin(settings: Settings, database: Database, clock) -> World:
    """Make the service ready, with its people and nothing else."""
    catalogue = loader.load()
    service = service_of(database, settings, clock)
    with database.write() as session:
        catalogue_service.sync(session, catalogue, clock())
        feeds.sync_sources(session, settings, clock())
        ops.sync_jobs(session, {"poll": 60, "deliver": 60, "check": 86400}, at=clock())
        workflow.publish_baseline(session, service, at=clock())
    world = World(service)
    world.people()
    return world


def fill(world: World) -> World:
    """Put something in every lane, on every page."""
    world.arrive("pubmed", **_papers())
    cosp = _papers()["cosp"]
    world.arrive("europepmc", cosp=replace(cosp, url="https://example.org/cosp"))
    world.subscribe("reader@example.org", ("ddp", "cos"))
    _decide(world)
    world.arrive("europepmc", correction=CORRECTION)
    with world.database.write() as session:
        ops.finished(session, "poll", at=world.at, took=4.2, error=None)
    world.fail("europepmc")
    world.deliver()
    world.upload(f"{HOSTILE}.csv", REFERENCES, world.ann)
    world.upload("mine.pdf", b"%PDF-1.7", world.ann)
    world.work_on_files()
    return world


def _decide(world: World) -> None:
    for name in ("ddp", "ddp2", "withdrawn", "half", "differ"):
        world.screen(name, ScreeningVerdict.INCLUDE, world.ann)
    for name in ("ddp", "withdrawn"):
        world.appraise(name, world.ann)
        world.appraise(name, world.ben)
    world.withdraw("withdrawn", world.ada)
    world.appraise("half", world.ann)
    world.appraise("differ", world.ann)
    world.appraise(
        "differ",
        world.ben,
        replace(JUDGEMENT, risk_of_bias=RiskOfBias.LOW, direction=FindingDirection.FAVOURS),
    )
    world.screen(
        "excluded", ScreeningVerdict.EXCLUDE, world.ben, reason=ExclusionReason.NOT_A_STUDY
    )
    world.screen("unsure", ScreeningVerdict.UNSURE, world.ben, note="Only the full text can tell")


def _papers() -> dict[str, Citation]:
    trial = Citation(
        title="Example trial of Circle of Security-Parenting in perinatal services: a randomised trial",
        abstract=ABSTRACT,
        authors=("Example A", "Other B", "Third C", "Fourth D", "Fifth E"),
        journal="Journal of Invented Trials",
        year=2026,
        identifiers=(
            Identifier("pmid", "40000001"),
            Identifier("doi", "10.5555/example.0001"),
        ),
        registrations=(Identifier("isrctn", "ISRCTN00000001"),),
        publication_types=("Randomized Controlled Trial", "Journal Article"),
        keywords=("attachment", "parenting"),
        url="https://example.org/cosp",
    )

    def like(number: int, title: str, **more: object) -> Citation:
        plain = {
            "title": title,
            "identifiers": (Identifier("pmid", str(40000000 + number)),),
            "registrations": (),
            "url": None,
            "abstract": f"METHODS: In this invented study number {number}, 96 families were "
            "randomly assigned.\n\nFINDINGS: Attachment security did not differ.",
        }
        return replace(trial, **(plain | more))  # type: ignore[arg-type]  # fields by name

    return {
        "cosp": trial,
        "ddp": like(
            2,
            "Example trial of Dyadic Developmental Psychotherapy in adoptive families",
            registrations=(Identifier("isrctn", "ISRCTN00000002"),),
        ),
        "ddp2": like(3, "A second invented trial of Dyadic Developmental Psychotherapy at school"),
        "withdrawn": like(4, "An invented trial of Dyadic Developmental Psychotherapy, retracted"),
        "half": like(5, "Dyadic Developmental Psychotherapy for foster carers: an invented trial"),
        "differ": like(6, "Dyadic Developmental Psychotherapy by video: an invented trial"),
        "follow": like(
            7,
            "Four-year follow-up of Dyadic Developmental Psychotherapy: an invented report",
            registrations=(Identifier("isrctn", "ISRCTN00000002"),),
        ),
        "excluded": like(8, "A comment on Video Interaction Guidance in nurseries, invented"),
        "unsure": like(9, "Theraplay groups in schools: an invented evaluation", abstract=None),
        "hostile": like(
            10,
            f"{HOSTILE} Theraplay for siblings, an invented study",
            abstract=f"METHODS: {HOSTILE} Theraplay was given. Families were randomly assigned.",
            authors=(HOSTILE,),
            journal=HOSTILE,
            url="javascript:alert(1)",
        ),
        "possible": like(
            11, "An invented parenting intervention for maternal sensitivity: a randomised trial"
        ),
        "none": like(
            12, "An invented survey of library opening hours in three towns", abstract="Text."
        ),
    }
