"""What is said of a study's papers: alerts, what follows by itself, and what a person makes of it."""

import copy
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
import rows  # type: ignore[import-not-found]  # tests/support is on pytest's path
from factories import judgement  # type: ignore[import-not-found]  # tests/support is on pytest's path
from sqlalchemy import func, select
from story import Story  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor import workflow
from monitor.catalogue.words import FindingDirection
from monitor.feeds.records import Citation, Identifier, Link, LinkKind
from monitor.kernel.audit import AuditEntry
from monitor.kernel.errors import Conflict, InvalidInput
from monitor.literature.papers import linking
from monitor.literature.papers import queries as literature
from monitor.literature.tables import PaperLink, StudyPaper
from monitor.literature.words import Lane, LinkState, Relation
from monitor.notify.tables import Announcement, Message, MessageKind
from monitor.review import queries as reviews
from monitor.review import service as review
from monitor.review.notices import doubts
from monitor.review.rules import Judgement
from monitor.review.service import AlertOutcome
from monitor.review.tables import Decision
from monitor.review.words import DecisionVerdict, ExclusionReason, ScreeningVerdict, Stage

TITLE = "Theraplay in invented nurseries, an example randomised trial"
TRIAL = Citation(
    title=TITLE,
    identifiers=(Identifier("pmid", "40000001"), Identifier("doi", "10.5555/trial")),
    authors=("Inventley C",),
    journal="Journal of Invented Trials",
    year=2026,
    published=date(2026, 3, 1),
)
NOTICE_DOI = Identifier("doi", "10.5555/notice")
NOTICE = Citation(
    title=f"Retraction: {TITLE}",
    identifiers=(Identifier("pmid", "40000009"), NOTICE_DOI),
    published=date(2026, 11, 2),
    publication_types=("Retraction of Publication",),
    links=(Link(LinkKind.RETRACTS, Identifier("pmid", "40000001")),),
)
JUDGEMENT: Judgement = judgement(
    "theraplay",
    risk_reason="Invented: allocation was concealed",
    outcome="Attachment security, story stems",
    direction=FindingDirection.FAVOURS,
    participants=140,
    quote="Attachment favoured Theraplay.",
)


def said(kind, other=NOTICE_DOI, paper=TRIAL):
    """The paper's own record, with one thing that its source says of it."""
    return replace(paper, links=(*paper.links, Link(kind, other)))


class World(Story):  # type: ignore[misc]  # the same
    """Two reviewers, and a reader who follows Theraplay."""

    slug = "theraplay"

    def __init__(self, session, folder, now):
        super().__init__(session, folder, now)
        rows.reader(session, "reader", "theraplay", at=now)

    def appraised(self, study_id, *people):
        self.appraise(study_id, JUDGEMENT, *people)

    def accepted(self):
        """Let the trial arrive, be included and accepted; gives paper and study."""
        paper_id = self.arrives(TRIAL, key="trial")
        study_id = self.included(paper_id)
        self.appraised(study_id)
        return paper_id, study_id

    def kinds(self):
        return [one.kind for one in self.alerts()]

    def newest(self, study_id):
        return self.session.scalars(
            select(Decision).where(Decision.study_id == study_id).order_by(Decision.id.desc())
        ).first()

    def announced(self):
        return self.session.scalars(select(Announcement).order_by(Announcement.id)).all()

    def actions(self, action):
        return self.session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
        )


@pytest.fixture
def world(session, tmp_path, now):
    return World(session, tmp_path, now)


def test_fault_56_a_retraction_withdraws_the_study_in_the_transaction_that_brings_it(world):
    baseline = world.state()
    paper_id, study_id = world.accepted()
    assert world.state() != baseline
    world.arrives(said(LinkKind.RETRACTED_BY), source="crossref")

    decision = world.newest(study_id)
    assert (decision.verdict, decision.decided_by) == (DecisionVerdict.WITHDRAW, [])
    assert decision.reason == (
        "Retracted: Crossref says so, in the notice DOI 10.5555/notice. "
        "We read that on 23 November 2026"
    )
    assert world.state() == baseline
    assert reviews.item(world.session, paper_id).stage is Stage.WITHDRAWN
    (_, told) = world.announced()
    assert told.content["correction"]
    assert told.content["study"]["withdrawn"]["retraction"]
    assert told.content["changes"][0]["cause"].startswith("Inventley 2026 was retracted: Crossref")
    assert world.kinds() == ["retracted by"]  # for a person to confirm


def test_the_same_retraction_from_two_sources_and_two_polls_withdraws_and_tells_once(world):
    _, study_id = world.accepted()
    pubmed = said(LinkKind.RETRACTED_BY, Identifier("pmid", "40000009"))
    world.arrives(said(LinkKind.RETRACTED_BY), source="crossref", key="c")
    world.arrives(pubmed, key="trial")
    world.arrives(NOTICE)
    world.arrives(replace(NOTICE, year=2026), source="europepmc")
    world.arrives(replace(TRIAL, publication_types=("Retracted",)), source="openalex")
    assert len(world.alerts(closed=True)) == 1
    verdicts = world.session.scalars(select(Decision.verdict)).all()
    assert verdicts.count(DecisionVerdict.WITHDRAW) == 1
    assert len(world.announced()) == 2
    assert world.newest(study_id).verdict is DecisionVerdict.WITHDRAW


def test_a_title_in_a_feed_asks_a_person_until_a_database_says_so_too(world):
    _, study_id = world.accepted()
    world.arrives(replace(TRIAL, title=f"RETRACTED: {TITLE}"), source="journals")
    assert world.kinds() == ["retracted"]
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT
    assert len(world.announced()) == 1
    world.arrives(said(LinkKind.RETRACTED_BY), source="crossref")
    assert world.newest(study_id).verdict is DecisionVerdict.WITHDRAW
    assert len(world.alerts(closed=True)) == 1
    assert len(world.announced()) == 2


def test_fault_56_a_notice_reaches_the_study_and_is_never_a_study_itself(world):
    _, study_id = world.accepted()
    notice = world.arrives(NOTICE)
    assert literature.paper(world.session, notice).lane is Lane.NOTICE
    assert reviews.counts(world.session)[Stage.TO_SCREEN] == 0
    assert world.newest(study_id).reason == (
        "Retracted: PubMed says so, in the notice PMID 40000009 of 2 November 2026. "
        "We read that on 23 November 2026"
    )


def test_a_notice_that_came_before_its_paper_is_told_of_once_that_is_included(world):
    world.arrives(NOTICE)
    study_id = world.included(world.arrives(TRIAL))
    assert world.kinds() == ["retracted by"]
    with pytest.raises(Conflict, match="said to be retracted"):
        world.appraised(study_id, world.ann)


def test_a_study_with_a_retraction_open_is_accepted_only_once_that_is_settled(world):
    study_id = world.included(world.arrives(said(LinkKind.RETRACTED_BY)))
    world.settle(world.alerts()[0], AlertOutcome.SEEN, "Crossref means another paper.")
    world.appraised(study_id)
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT


def test_a_notice_may_name_a_paper_by_what_it_is_only_called_later(world):
    about = (Link(LinkKind.RETRACTS, Identifier("doi", "10.5555/later")),)
    world.arrives(replace(NOTICE, links=about))
    known = replace(TRIAL, identifiers=TRIAL.identifiers[:1])
    study_id = world.included(world.arrives(known, key="trial"))
    world.appraised(study_id)
    assert world.alerts() == []
    later = (*known.identifiers, Identifier("doi", "10.5555/later"))
    world.arrives(replace(known, identifiers=later), source="europepmc")
    assert world.newest(study_id).verdict is DecisionVerdict.WITHDRAW


def test_a_retraction_that_reaches_the_study_by_a_merge_counts(world):
    doi_only = replace(TRIAL, identifiers=TRIAL.identifiers[1:])
    other = replace(TRIAL, identifiers=TRIAL.identifiers[:1], authors=(), journal=None, year=None)
    study_id = world.included(world.arrives(other, key="trial"))
    world.appraised(study_id)
    world.arrives(said(LinkKind.RETRACTED_BY, paper=doi_only), source="crossref")
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT
    world.arrives(TRIAL, source="europepmc")  # has the identifiers of both
    assert world.newest(study_id).verdict is DecisionVerdict.WITHDRAW
    (alert,) = world.alerts()
    assert alert.paper_id == literature.paper(world.session, alert.paper_id).id


@pytest.mark.parametrize(
    "kind",
    [LinkKind.CONCERN_IN, LinkKind.CORRECTED_BY, LinkKind.PARTLY_RETRACTED_BY, LinkKind.UPDATED_BY],
)
def test_fault_57_and_58_what_is_less_than_a_retraction_asks_a_person_and_changes_nothing(
    world, kind
):
    _, study_id = world.accepted()
    world.arrives(said(kind), source="crossref")
    assert world.kinds() == [kind.value]
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT
    assert len(world.announced()) == 1


def test_a_retracted_second_report_asks_a_person_and_withdraws_nothing(world):
    _, study_id = world.accepted()
    second = replace(
        TRIAL,
        title="Theraplay in invented nurseries two years later",
        identifiers=(Identifier("pmid", "40000002"),),
    )
    paper_id = world.arrives(second, key="second")
    world.included(paper_id, study_id=study_id)
    world.arrives(said(LinkKind.RETRACTED_BY, paper=second), source="crossref")
    assert [one.paper_id for one in world.alerts()] == [paper_id]
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT
    # and where no report of results stands any more, the study falls
    world.arrives(said(LinkKind.RETRACTED_BY), key="trial")
    assert world.newest(study_id).verdict is DecisionVerdict.WITHDRAW


def test_a_retracted_protocol_withdraws_nothing(world):
    paper_id, study_id = world.accepted()
    world.session.get(StudyPaper, paper_id).role = "protocol"
    world.arrives(said(LinkKind.RETRACTED_BY), key="trial")
    assert world.kinds() == ["retracted by"]
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT


def test_what_a_source_takes_back_closes_its_alert(world):
    world.accepted()
    world.arrives(said(LinkKind.CONCERN_IN), source="crossref", key="c")
    world.arrives(TRIAL, source="crossref", key="c")
    (alert,) = world.alerts(closed=True)
    assert (alert.closed_by, alert.outcome) == ("job:ingest", "The sources no longer say so")
    world.arrives(said(LinkKind.CONCERN_IN), source="crossref", key="c")
    assert world.kinds() == ["expression of concern in"]


def test_fault_59_a_retraction_taken_back_asks_a_person_to_count_the_study_again(world):
    _, study_id = world.accepted()
    counting = world.state()
    world.arrives(said(LinkKind.RETRACTED_BY), source="crossref", key="c")
    world.arrives(TRIAL, source="crossref", key="c")
    (alert,) = world.alerts()
    assert alert.kind == "reinstated"
    assert world.newest(study_id).verdict is DecisionVerdict.WITHDRAW  # a person has to say

    world.settle(alert, AlertOutcome.COUNT_AGAIN, "The journal took its retraction back.")
    decision = world.newest(study_id)
    assert (decision.verdict, decision.decided_by) == (DecisionVerdict.ACCEPT, [world.ben.id])
    assert decision.facts["participants"] == 140
    assert world.state() == counting
    again = world.announced()[-1].content
    assert again["study"]["again"] == "The journal took its retraction back."
    assert again["study"]["decided_by"] == 2
    assert world.alerts() == []

    # a person has spoken: said once more it is an alert, and no more than that
    world.arrives(said(LinkKind.RETRACTED_BY), source="crossref", key="c")
    assert world.kinds() == ["retracted by"]
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT


def test_what_a_person_called_nothing_stays_so_by_whatever_name_it_is_repeated(world):
    _, study_id = world.accepted()
    world.arrives(said(LinkKind.RETRACTED_BY), source="crossref", key="c")
    world.settle(world.alerts()[0], AlertOutcome.COUNT_AGAIN, "It is another paper's notice.")
    world.arrives(said(LinkKind.RETRACTED_BY, Identifier("pmid", "40000009")), key="trial")
    world.arrives(replace(TRIAL, publication_types=("Retracted",)), source="openalex")
    assert world.alerts() == []
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT


def test_a_mark_counts_whatever_a_preferred_source_says(world):
    _, study_id = world.accepted()
    world.arrives(replace(TRIAL, publication_types=("Journal Article",)), key="trial")
    world.arrives(replace(TRIAL, publication_types=("Retracted publication",)), source="openalex")
    assert world.newest(study_id).reason == (
        "Retracted: OpenAlex says so, without naming a notice. We read that on 23 November 2026"
    )


def test_a_second_correction_is_a_second_alert(world):
    world.accepted()
    first = said(LinkKind.CORRECTED_BY)
    world.arrives(first, source="crossref", key="c")
    world.settle(world.alerts()[0], AlertOutcome.SEEN)
    second = said(LinkKind.CORRECTED_BY, Identifier("doi", "10.5555/second"), paper=first)
    world.arrives(second, source="crossref", key="c")
    assert [one.value for one in world.alerts()] == ["10.5555/second"]


def test_an_alert_is_settled_once_with_its_reason(world):
    world.accepted()
    world.arrives(said(LinkKind.CORRECTED_BY), source="crossref")
    (alert,) = world.alerts()
    with pytest.raises(InvalidInput, match="Say why"):
        world.settle(alert, AlertOutcome.SEEN, "  ")
    for _ in range(2):  # the form is sent twice
        world.settle(alert, AlertOutcome.SEEN, "Only a name.", token="one")
    assert world.actions("alert.closed") == 1
    with pytest.raises(Conflict, match="Ben Example settled this"):
        world.settle(alert, AlertOutcome.WITHDRAW, "Changed my mind.", by=world.ann)
    assert alert.outcome == "Seen, nothing to change: Only a name."


def test_a_person_may_withdraw_a_study_for_an_alert(world):
    _, study_id = world.accepted()
    world.arrives(said(LinkKind.PARTLY_RETRACTED_BY), source="crossref")
    world.settle(world.alerts()[0], AlertOutcome.WITHDRAW, "The main result is gone.")
    decision = world.newest(study_id)
    assert decision.verdict is DecisionVerdict.WITHDRAW
    assert not decision.facts["retraction"]
    with pytest.raises(Conflict):
        world.settle(world.alerts(closed=True)[0], AlertOutcome.COUNT_AGAIN)


def test_a_notice_is_not_included_and_leaves_the_queue_once_it_is_known_as_one(world):
    plain = Citation(title="On Theraplay in invented nurseries", identifiers=NOTICE.identifiers)
    paper_id = world.arrives(plain, key="n")
    assert reviews.item(world.session, paper_id).stage is Stage.TO_SCREEN
    world.arrives(replace(plain, publication_types=("Published Erratum",)), key="n")
    assert reviews.item(world.session, paper_id).stage is Stage.EXCLUDED
    assert world.actions("paper.set-aside") == 1

    version = reviews.item(world.session, paper_id).version
    review.reopen(
        world.session,
        paper_id=paper_id,
        reason="Looks like a study",
        by=world.ann,
        version=version,
        at=world.now,
    )
    world.arrives(replace(plain, publication_types=("Published Erratum",), year=2026), key="n")
    assert reviews.item(world.session, paper_id).stage is Stage.TO_SCREEN  # a person put it back
    with pytest.raises(InvalidInput, match="A notice is never a study"):
        world.screen(paper_id, ScreeningVerdict.INCLUDE)
    world.screen(paper_id, ScreeningVerdict.EXCLUDE, ExclusionReason.NOTICE)


def test_a_notice_that_a_person_took_for_a_study_is_an_alert(world):
    plain = Citation(title="On Theraplay in invented nurseries", identifiers=NOTICE.identifiers)
    study_id = world.included(world.arrives(plain, key="n"))
    world.arrives(replace(plain, publication_types=("Published Erratum",)), key="n")
    assert world.kinds() == ["notice"]
    with pytest.raises(Conflict, match="said to be a notice"):
        world.appraised(study_id, world.ann)


GRAVE = (LinkKind.RETRACTED_BY, LinkKind.PARTLY_RETRACTED_BY, LinkKind.CONCERN_IN)


@pytest.mark.parametrize("kind", GRAVE)
def test_what_puts_a_paper_in_doubt_is_answered_before_it_is_judged_to_count(world, kind):
    study_id = world.included(world.arrives(said(kind)))
    with pytest.raises(Conflict, match="exclude the study, wait, or go on with a reason"):
        world.appraised(study_id, world.ann)
    world.settle(world.alerts()[0], AlertOutcome.WAIT, "The editors answer in May.")
    assert len(world.alerts()) == 1  # it still waits
    with pytest.raises(Conflict, match="go on with a reason"):
        world.appraised(study_id, world.ann)
    world.settle(world.alerts()[0], AlertOutcome.GO_ON, "Only a figure is concerned.")
    assert world.alerts() == []
    world.appraised(study_id)
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT
    (doubt,) = doubts.of_study(world.session, study_id)
    assert doubt.answer == "Our reviewers know, and went on: Only a figure is concerned."


@pytest.mark.parametrize("kind", [LinkKind.CORRECTED_BY, LinkKind.UPDATED_BY])
def test_a_correction_does_not_hold_up_an_appraisal(world, kind):
    study_id = world.included(world.arrives(said(kind)))
    world.appraised(study_id)
    assert world.newest(study_id).verdict is DecisionVerdict.ACCEPT
    assert doubts.of_study(world.session, study_id) == []


def test_who_says_that_a_retracted_study_does_not_count_needs_no_answer_first(world):
    study_id = world.included(world.arrives(said(LinkKind.RETRACTED_BY)))
    left_out = replace(JUDGEMENT, count_it=False, reason="It is retracted.")
    world.appraise(study_id, left_out)
    assert world.newest(study_id).verdict is DecisionVerdict.EXCLUDE


@pytest.mark.parametrize("given", [0, 1])
def test_a_study_that_does_not_count_yet_is_excluded_for_its_alert(world, given):
    paper_id = world.arrives(TRIAL, key="trial")
    study_id = world.included(paper_id)
    world.appraised(study_id, *[world.ann][:given]) if given else None
    world.arrives(said(LinkKind.RETRACTED_BY), key="trial")
    (alert,) = world.alerts()
    world.settle(alert, AlertOutcome.EXCLUDE, "Its data could not be found.")
    newest = world.newest(study_id)
    assert (newest.verdict, newest.reason) == (
        DecisionVerdict.EXCLUDE,
        "Its data could not be found.",
    )
    assert (newest.interventions, newest.decided_by) == (["theraplay"], [world.ben.id])
    assert world.alerts() == []
    assert reviews.study(world.session, study_id, tools={}).stage is Stage.NOT_COUNTED
    with pytest.raises(Conflict, match="excluded"):
        world.appraised(study_id, world.ben)


def test_what_is_offered_before_a_decision_is_refused_after_it(world):
    world.accepted()
    world.arrives(said(LinkKind.PARTLY_RETRACTED_BY), key="trial")
    (alert,) = world.alerts()
    for outcome in (AlertOutcome.EXCLUDE, AlertOutcome.WAIT, AlertOutcome.GO_ON):
        with pytest.raises(Conflict, match="has been decided on since"):
            world.settle(alert, outcome, "Too late.")


def test_a_paper_is_in_doubt_whoever_says_so_and_before_it_is_a_study(world):
    paper_id = world.arrives(TRIAL, key="trial")
    other = world.arrives(
        replace(TRIAL, title="Another trial", identifiers=(Identifier("doi", "10.5555/other"),)),
        key="other",
    )
    assert doubts.of_papers(world.session, [paper_id, other]) == {}
    world.arrives(NOTICE)  # it names the paper; the paper's own record says nothing
    found = doubts.of_papers(world.session, [paper_id, other])
    assert list(found) == [paper_id]
    (doubt,) = found[paper_id]
    assert doubt.sentence("This paper") == "This paper is retracted, PubMed says."
    assert doubts.of_papers(world.session, []) == {}


@pytest.mark.parametrize("first", ["paper", "notice"])
def test_a_notice_that_names_only_the_title_is_proposed_to_a_person(world, first):
    notice = Citation(title=f"Correction to: {TITLE}", identifiers=(NOTICE_DOI,))
    order = [TRIAL, notice] if first == "paper" else [notice, TRIAL]
    papers = dict(zip([one.title for one in order], map(world.arrives, order), strict=True))
    link = world.session.scalars(select(PaperLink)).one()
    assert (link.relation, link.state) == (Relation.NOTICE_OF, LinkState.PROPOSED)
    assert (link.paper_id, link.other_id) == (papers[notice.title], papers[TITLE])

    study_id = world.included(papers[TITLE])
    world.appraised(study_id)
    link.state = LinkState.CONFIRMED
    world.session.flush()
    for _ in range(2):
        workflow.heed(world.session, world.service, [link.paper_id], at=world.now)
    assert world.kinds() == ["corrected by"]


def test_nothing_is_proposed_that_the_sources_say_themselves(world):
    world.arrives(TRIAL)
    world.arrives(NOTICE)
    assert world.session.scalars(select(PaperLink)).all() == []
    assert linking.links_of(world.session, 1) == []


def test_readers_are_told_by_mail_once(world):
    world.accepted()
    world.arrives(NOTICE)
    world.arrives(replace(NOTICE, year=2026), source="crossref")
    kinds = world.session.scalars(select(Message.kind)).all()
    assert kinds == [MessageKind.CHANGE] * 2  # the acceptance, cancelled, and the correction


def test_a_retraction_and_the_last_appraisal_at_once_leave_no_retracted_study_counting(
    database, tmp_path, now
):
    with database.write() as session:
        world = World(session, tmp_path, now)
        study_id = world.included(world.arrives(TRIAL, key="trial"))
        world.appraised(study_id, world.ann)
    barrier = threading.Barrier(2)

    def run(work):
        mine = copy.copy(world)
        barrier.wait()
        with suppress(Conflict), database.write() as mine.session:
            work(mine)

    works = (
        lambda mine: mine.appraised(study_id, mine.ben),
        lambda mine: mine.arrives(said(LinkKind.RETRACTED_BY), key="again"),
    )
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as world.session:
        assert world.kinds() == ["retracted by"]
        newest = world.newest(study_id)
        assert newest is None or newest.verdict is DecisionVerdict.WITHDRAW
