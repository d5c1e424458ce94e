"""Registered trials: the answer first, the unknown said, and one quiet sentence for the public."""

import doctest
import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from lxml import html
from sqlalchemy import select, update

from monitor.feeds.records import Citation, Identifier, Trial
from monitor.literature.tables import PaperLink
from monitor.literature.words import LinkState, Relation
from monitor.review.trials import Unpublished, registered
from monitor.review.words import ExclusionReason, ScreeningVerdict
from monitor.web import trials

LONG_AGO = Trial("completed", date(2021, 1, 31), date(2023, 5, 31), participants=130)


def registration(number, title, trial=LONG_AGO, **more):
    return Citation(
        f"{title}, an invented trial",
        identifiers=(Identifier("nct", f"NCT0000000{number}"),),
        publication_types=("Clinical Trial Registration",),
        trial=trial,
        **more,
    )


def report(number, pmid="40000077", **more):
    return Citation(
        "What came of Theraplay in an invented town: a randomised trial",
        identifiers=(Identifier("pmid", pmid),),
        abstract=f"130 families were randomly assigned. Registered: NCT0000000{number}.",
        year=2024,
        **more,
    )


def page(browse, user, path="/trials"):
    answer = browse(user).get(path)
    assert answer.status_code == 200
    document: html.HtmlElement = html.document_fromstring(answer.text)
    return " ".join(document.text_content().split())


def listed(begun):
    with begun.database.read() as session:
        return registered(session, begun.at.date())


def test_the_examples_hold():
    assert doctest.testmod(trials).failed == 0


def test_without_a_registration_it_says_so(begun, browse):
    assert 'href="/trials"' in browse(begun.ann).get("/queue").text
    text = page(browse, begun.ann)
    assert "No registered trial of the ten is known here." in text
    assert "Not overdue:" not in text
    assert "registered trial" not in page(browse, None, "/interventions/theraplay")


def test_the_answer_comes_first_and_each_trial_says_what_is_known(begun, browse):
    begun.arrive(
        "pubmed",
        late=registration(1, "Theraplay in schools"),
        fresh=registration(2, "Theraplay at home", Trial("completed", None, date(2026, 8, 31))),
        expected=registration(
            3, "Theraplay by post", Trial("unknown", None, date(2024, 1, 31), True)
        ),
        nothing=registration(4, "Theraplay at sea", Trial()),
        stopped=registration(5, "Theraplay at work", Trial("withdrawn", None, date(2020, 1, 31))),
        shown=registration(
            6, "Circle of Security for all", Trial("completed", None, date(2025, 5, 31),
                                                   participants=12, has_results=True),
        ),
    )  # fmt: skip
    text = page(browse, begun.ann)
    assert "1 of 6 registered trials is overdue." in text
    assert "Not overdue: 2 ended and not yet due; 1 should have ended" in text
    for words in (
        "Theraplay in schools, an invented trial NCT00000001",
        "The registry says “completed”",
        "41 months ago",
        "Expected Jan 2024",
        "The registry gives no status",
        "The registry itself shows results",
        "Stopped or withdrawn",
    ):
        assert words in text, words
    assert text.index("Theraplay in schools") < text.index("Theraplay at home")
    sentence = (
        "2 registered trials of it have ended, and no report of them is known here; "
        "the longest overdue ended in May 2023."
    )
    assert sentence in page(browse, None, "/interventions/theraplay")
    assert "1 registered trial of it has ended, and no report of it is known here yet." in page(
        browse, None, "/interventions/cos"
    )
    assert "registered trial" not in page(browse, None, "/interventions/ddp")


def test_a_report_ends_the_wait_once_it_is_sure(begun, browse):
    begun.arrive("pubmed", late=registration(1, "Theraplay in schools", Trial(
        "completed", date(2021, 1, 31), date(2023, 5, 31))))  # fmt: skip
    begun.arrive("pubmed", paper=report(1))
    text = page(browse, begun.ann)
    assert "The one registered trial is overdue." in text
    assert (
        "What came of Theraplay in an invented town: a randomised trial (2024) to be confirmed"
        in text
    )
    with begun.database.write() as session:
        session.execute(update(PaperLink).values(state=LinkState.CONFIRMED))
    text = page(browse, begun.ann)
    assert "The one registered trial is not overdue." in text
    assert "to be confirmed" not in text
    with begun.database.write() as session:
        session.execute(update(PaperLink).values(state=LinkState.REJECTED))
    assert "What came of Theraplay" not in page(browse, begun.ann)


def test_one_certain_report_needs_nobody(begun, browse):
    begun.arrive("pubmed", late=registration(1, "Theraplay in schools"), paper=report(1))
    assert "The one registered trial is not overdue." in page(browse, begun.ann)
    assert "registered trial" not in page(browse, None, "/interventions/theraplay")


@pytest.mark.parametrize(
    ("title", "reported"),
    [
        ("Theraplay in nurseries, an invented report", True),
        ("Theraplay in nurseries: protocol of an invented trial", False),
    ],
)
def test_a_study_with_a_report_ends_the_wait_too(begun, title, reported):
    begun.arrive("pubmed", late=registration(1, "Theraplay in schools"), other=Citation(title))
    study = begun.screen("late", ScreeningVerdict.INCLUDE, begun.ann, interventions=("theraplay",))
    assert [one.standing for one in listed(begun)] == ["overdue"]  # the registration alone
    begun.screen(
        "other", ScreeningVerdict.INCLUDE, begun.ann, interventions=("theraplay",), study_id=study
    )
    (trial,) = listed(begun)
    assert (trial.standing == "reported", len(trial.reports) == 1) == (reported, reported)


@pytest.mark.parametrize(
    ("reason", "count"),
    [(ExclusionReason.PROTOCOL, 1), (ExclusionReason.OTHER_POPULATION, 0)],
)
def test_an_excluded_registration_stays_unless_it_is_of_something_else(begun, reason, count):
    begun.arrive("pubmed", late=registration(1, "Theraplay in schools"))
    begun.screen("late", ScreeningVerdict.EXCLUDE, begun.ann, reason=reason, interventions=())
    assert len(listed(begun)) == count


def test_a_trial_in_two_registers_counts_once_where_a_person_said_so(begun):
    twin = registration(2, "Theraplay at schools", Trial("Completed"),
                        registrations=(Identifier("nct", "NCT00000001"),))  # fmt: skip
    begun.arrive("pubmed", late=registration(1, "Theraplay in schools"), twin=twin)
    assert len(listed(begun)) == 2
    with begun.database.write() as session:
        (link,) = session.scalars(select(PaperLink)).all()
        assert link.relation is Relation.SAME_STUDY
        link.state = LinkState.CONFIRMED
    (trial,) = listed(begun)
    assert [one.value for one in trial.numbers] == ["NCT00000001", "NCT00000002"]
    assert trial.standing == "overdue"


def test_hostile_titles_are_only_text(begun, browse):
    begun.arrive("pubmed", late=registration(1, f"{begun.hostile} Theraplay", Trial(begun.hostile)))
    answer = browse(begun.ann).get("/trials")
    assert "<script>alert" not in answer.text


def test_the_public_sentence_is_right_for_one_and_for_many():
    assert trials.sentence(Unpublished(1, date(2023, 5, 31))) == (
        "1 registered trial of it ended in May 2023, and no report of it is known here: "
        "it is overdue."
    )
    assert trials.sentence(Unpublished(3, None)) == (
        "3 registered trials of it have ended, and no report of them is known here yet."
    )
    assert trials.sentence(Unpublished(1, None, 2)) == (
        "1 registered trial of it has ended, and no report of it is known here yet. "
        "2 more have ended, and papers held here may be their reports."
    )


PERHAPS = "1 registered trial of it has ended, and a paper held here may be its report."


def settle(begun, state):
    with begun.database.write() as session:
        session.execute(update(PaperLink).values(state=state))


def test_nobody_is_called_late_in_public_while_a_paper_may_be_the_report(begun, browse):
    unmeasured = Trial("completed", date(2021, 1, 31), date(2023, 5, 31))
    begun.arrive("pubmed", late=registration(1, "Theraplay in schools", unmeasured))
    begun.arrive("pubmed", paper=report(1))
    about = "/interventions/theraplay"
    assert PERHAPS in page(browse, None, about)
    listed_for_funders = page(browse, None, "/priorities")
    assert "Overdue: NCT00000001, ended May 2023, perhaps reported" in listed_for_funders
    assert "A paper held here may be its report; a reviewer has yet to say" in listed_for_funders
    assert ",True," in browse(None).get("/priorities.csv").text

    settle(begun, LinkState.REJECTED)
    late = "ended in May 2023, and no report of it is known here: it is overdue."
    assert late in page(browse, None, about)
    assert "perhaps reported" not in page(browse, None, "/priorities")

    settle(begun, LinkState.CONFIRMED)
    assert "registered trial" not in page(browse, None, about)


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (ExclusionReason.PROTOCOL, "it is overdue"),
        (ExclusionReason.NOT_A_STUDY, "it is overdue"),
        (ExclusionReason.NOTICE, "it is overdue"),
        (ExclusionReason.OTHER_POPULATION, PERHAPS),
    ],
)
def test_a_paper_that_was_found_to_report_nothing_is_no_report_of_a_trial(
    begun, browse, reason, says
):
    unmeasured = Trial("completed", date(2021, 1, 31), date(2023, 5, 31))
    begun.arrive("pubmed", late=registration(1, "Theraplay in schools", unmeasured))
    begun.arrive("pubmed", paper=report(1))
    assert PERHAPS in page(browse, None, "/interventions/theraplay")
    begun.screen("paper", ScreeningVerdict.EXCLUDE, begun.ann, reason=reason, interventions=())
    assert says in page(browse, None, "/interventions/theraplay")


TO_COME = Trial("recruiting", date(2024, 1, 31), date(2027, 8, 31), True, participants=130)


def test_the_public_pages_tell_of_trials_that_have_not_ended_from_their_registrations(
    begun, browse, clock
):
    for path in ("/", "/interventions/theraplay"):
        assert "registered trial" not in page(browse, None, path)
    begun.arrive("pubmed", one=registration(1, "Theraplay", TO_COME))
    said = (
        "A registered trial of it, NCT00000001, with 130 people is to end in August 2027, its "
        "registry says."
    )
    assert said in page(browse, None, "/")
    could = (
        "NCT00000001, 130 people: due August 2027. If it is sound, it could make the tier "
        "intermediate."
    )
    assert could in page(browse, None, "/interventions/theraplay")
    assert "NCT00000001" not in page(browse, None, "/interventions/cos")

    clock.advance(days=365)  # the registry still says "expected", and the day is past
    assert "should have ended in August 2027, and its registry has not said that it did." in page(
        browse, None, "/"
    )
    assert "should have ended August 2027; its registry has not said that it did." in page(
        browse, None, "/interventions/theraplay"
    )


@pytest.mark.parametrize(
    "trial",
    [
        Trial("recruiting"),  # no date
        Trial("terminated", completed=date(2027, 8, 31), completed_expected=True),
        LONG_AGO,
    ],
)
def test_a_trial_that_is_over_or_without_an_end_is_not_told_as_running(begun, browse, trial):
    begun.arrive("pubmed", one=registration(1, "Theraplay", trial))
    assert "is to end in" not in page(browse, None, "/")


def test_of_several_trials_the_one_that_ends_first_is_named(begun, browse):
    begun.arrive("pubmed", one=registration(1, "Theraplay", TO_COME))
    sooner = Trial("recruiting", None, date(2027, 3, 31), True)
    begun.arrive("pubmed", two=registration(2, "Theraplay at school", sooner))
    assert (
        "2 registered trials of it have not ended; the first, NCT00000002, is to end in March 2027, "
        "its registry says." in page(browse, None, "/")
    )
    both = "NCT00000002: due March 2027. If it is sound, it could make"
    own = page(browse, None, "/interventions/theraplay")
    assert own.index(both) < own.index("NCT00000001, 130 people: due August 2027")


@pytest.fixture
def many(begun, monkeypatch):
    """Five trials of one intervention and one of another, of which a page shows two of each."""
    monkeypatch.setattr(trials, "_BEGINNING", 2)
    monkeypatch.setattr(trials, "_PART", 2)
    of_one = {f"t{n}": registration(n, f"Theraplay in school {n}") for n in range(1, 6)}
    begun.arrive("pubmed", **of_one, other=registration(6, "Circle of Security for all"))
    return begun


def test_of_many_trials_the_first_of_each_are_shown_and_counted_all(many, browse):
    text = page(browse, many.ann)
    assert "6 of 6 registered trials are overdue" in text
    assert "Theraplay in school 2" in text
    assert "Theraplay in school 3" not in text
    assert "Showing 2 of 5" in text
    assert "All of them: Registered trials of Theraplay" in text
    assert text.count("Showing") == 1
    assert "Circle of Security for all" in text


def test_the_trials_of_one_are_paged_to_the_last(many, browse):
    address, seen, text, asked = "/trials?intervention=theraplay", "", "", browse(many.ann)
    while address:
        text = asked.get(address).text
        seen += text
        follow = re.search(r'<a href="([^"]*)">Next trials', text)
        address = unescape(follow[1]) if follow else ""
    found = re.findall(r">(Theraplay in school \d), an invented trial<", seen)
    assert found == [f"Theraplay in school {n}" for n in range(1, 6)]
    assert "Showing number 5 of 5 · " in text
    assert "6 of 6 registered trials are overdue" in text
    assert "Circle of Security for all" not in seen


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("intervention=nothing", "Circle of Security for all"),
        ("intervention=theraplay&after=900", "Showing 2 of 5"),
        ("intervention=theraplay&after=-1", "Showing 2 of 5"),
        ("intervention=ddp", "6 of 6 registered trials are overdue"),
    ],
)
def test_what_an_address_says_wrong_is_not_asked(many, browse, query, words):
    assert words in page(browse, many.ann, f"/trials?{query}")


def test_a_trial_that_may_be_reported_already_is_not_only_awaited(begun, browse):
    begun.arrive("pubmed", one=registration(1, "Theraplay", TO_COME), paper=report(1))
    with begun.database.read() as session:
        assert session.scalars(select(PaperLink.state)).all() == [LinkState.PROPOSED]
    assert "its registry says. A paper held here may be its report." in page(browse, None, "/")
    assert "due August 2027; a paper held here may be its report." in page(
        browse, None, "/interventions/theraplay"
    )
    settle(begun, LinkState.REJECTED)
    assert "may be its report" not in page(browse, None, "/")


def test_an_end_to_come_is_not_called_past(begun, browse):
    unsaid = replace(TO_COME, completed_expected=False)  # as ISRCTN gives it
    begun.arrive("isrctn", one=registration(1, "Theraplay", unsaid))
    assert "Due Aug 2027" in page(browse, begun.ann)


def test_only_a_trial_without_any_report_is_a_missing_result_where_certainty_is_rated(
    world, browse
):
    def told():
        return page(browse, world.ann, "/certainty/ddp/attachment")

    nothing, missing = (
        f"{many} of it known here is overdue"
        for many in ("no registered trial", "1 registered trial")
    )
    assert nothing in told()
    unmeasured = Trial("completed", date(2021, 1, 31), date(2023, 5, 31))
    about_ddp = registration(1, "Dyadic Developmental Psychotherapy in schools", unmeasured)
    world.arrive("pubmed", late=about_ddp)
    assert missing in told()
    world.arrive("pubmed", paper=report(1))
    assert nothing in told()
    settle(world, LinkState.REJECTED)
    assert missing in told()
