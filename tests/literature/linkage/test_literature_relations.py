"""How two papers belong together: what is certain, what is asked, what is not even that."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.records import Citation, Identifier, Link, LinkKind, Trial
from monitor.literature.linkage.facts import PaperFacts
from monitor.literature.linkage.relations import relate
from monitor.literature.matching.matcher import Hit
from monitor.literature.words import Relation

NCT = Identifier("nct", "NCT00000001")
OTHER, THIRD = Identifier("nct", "NCT00000002"), Identifier("isrctn", "ISRCTN00000003")
PMID = Identifier("pmid", "1")
ENDED = Trial("completed", date(2020, 1, 31), date(2022, 6, 30), participants=130)
HIT = Hit("cos", None, "Circle of Security", "title", 0, "full name")
OF_TRIAL = "METHODS: 130 families were randomly assigned. "
REGISTERED = "TRIAL REGISTRATION: ClinicalTrials.gov NCT00000001."

REGISTRATION = Citation(
    "Circle of Security for invented families in the town of Nowhere",
    identifiers=(NCT,),
    publication_types=("Clinical Trial Registration",),
    year=2019,
    trial=ENDED,
)
REPORT = Citation(
    "Circle of Security at home: a randomised trial",
    identifiers=(PMID,),
    abstract=OF_TRIAL + REGISTERED,
    authors=("Doe J", "Roe AB"),
    year=2023,
)


def said(one, other, *hits):
    return relate(PaperFacts.of(one, hits), PaperFacts.of(other, hits))


def reported(registration=REGISTRATION, report=REPORT, *hits):
    """What is said of a registration and a report; it must be that, and in that direction."""
    found = said(registration, report, *hits)
    assert found is None or (found.relation, found.swapped) == (Relation.REGISTRATION_OF, False)
    return found


def test_a_report_that_gives_the_number_and_agrees_in_size_is_certain():
    found = reported()
    assert found
    assert found.certain
    assert found.reason == ("it gives NCT00000001 as its registration, and both say 130 took part")


def test_a_report_that_the_registry_lists_too_is_certain():
    lists = replace(REGISTRATION, trial=replace(ENDED, participants=None),
                    links=(Link(LinkKind.REPORTED_BY, PMID),))  # fmt: skip
    found = reported(lists)
    assert found
    assert found.certain
    assert found.reason.endswith("and the registry lists it among the results")


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, abstract=OF_TRIAL + "Families of NCT00000001 were asked again."),
        replace(REPORT, abstract=OF_TRIAL.replace("130", "131") + REGISTERED),
        replace(REPORT, abstract=OF_TRIAL + REGISTERED + " Registered also: NCT00000002."),
        replace(REPORT, year=2021),
        replace(REPORT, year=None),
        replace(REPORT, title="Three-year follow-up of Circle of Security at home"),
        replace(REPORT, title="Costs of Circle of Security at home"),
    ],
    ids=["in passing", "another size", "two trials", "too soon", "no year", "later", "costs"],
)  # fmt: skip
def test_what_may_be_another_paper_of_the_trial_is_only_proposed(report):
    found = reported(report=report)
    assert found
    assert not found.certain


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, title="Circle of Security: a systematic review"),
        replace(REPORT, title="Circle of Security at home: protocol of a randomised trial"),
        replace(REPORT, title="Comment on Circle of Security at home"),
        replace(REPORT, registrations=(NCT, OTHER, THIRD)),
        replace(REPORT, abstract=OF_TRIAL, registrations=(OTHER,)),
        replace(REPORT, year=2018),
        replace(REPORT, publication_types=("Published Erratum",)),
    ],
    ids=["review", "protocol", "comment", "three trials", "another's", "before it", "notice"],
)
def test_what_reports_no_trial_of_its_own_is_not_proposed(report):
    assert reported(report=report) is None


def test_the_registrys_word_alone_is_a_question_and_needs_fitting_dates():
    """Many trialists list what they read: most of it older than their trial."""
    lists = replace(REGISTRATION, links=(Link(LinkKind.REPORTED_BY, PMID),))
    silent = replace(REPORT, abstract=None)
    found = reported(lists, silent)
    assert found
    assert not found.certain
    assert reported(lists, replace(silent, year=2018)) is None
    assert reported(lists, replace(silent, registrations=(OTHER,))) is None


NEAR = replace(
    REPORT,
    title="Circle of Security for invented families in the town of Nowhere: a randomised trial",
    abstract=OF_TRIAL,
)


def test_without_a_number_several_things_must_agree():
    found = reported(REGISTRATION, NEAR, HIT)
    assert found
    assert not found.certain
    assert found.reason == (
        "the same intervention, 130 took part, similar titles, published after the trial’s end"
    )
    for lacking in (
        replace(NEAR, abstract=OF_TRIAL.replace("130", "131")),
        replace(NEAR, title="Circle of Security by video: a randomised trial"),
        replace(NEAR, year=2021),
        replace(NEAR, year=2040),
        replace(NEAR, registrations=(OTHER,)),
    ):
        assert reported(REGISTRATION, lacking, HIT) is None
    assert reported(REGISTRATION, NEAR) is None  # no intervention in common


def test_a_trials_own_name_agrees_too():
    called = replace(REGISTRATION, keywords=("Attachment", "ZIPP", "COS"))
    report = replace(NEAR, title="Group work at home: the ZIPP trial")
    found = reported(called, report, HIT)
    assert found
    assert "called ZIPP" in found.reason


def test_a_label_of_a_section_names_no_trial():
    sized = replace(REGISTRATION, title="Group work for fathers", abstract=f"METHODS: {OF_TRIAL}")
    assert reported(sized, replace(NEAR, title="At home: a randomised trial"), HIT) is None


def test_two_registers_of_one_trial_are_a_persons_to_join():
    twin = replace(REGISTRATION, identifiers=(THIRD,), registrations=(NCT,))
    found = said(REGISTRATION, twin)
    assert found
    assert (found.relation, found.certain) == (Relation.SAME_STUDY, False)
    assert said(REGISTRATION, replace(twin, registrations=())) is None


PROTOCOL = replace(
    REPORT,
    title="Circle of Security at home: protocol of a randomised trial",
    identifiers=(Identifier("pmid", "2"),),
    year=2020,
)


def test_a_protocol_and_its_report_share_a_number():
    found = said(REPORT, PROTOCOL)
    assert found
    assert (found.relation, found.swapped) == (Relation.PROTOCOL_OF, True)
    assert (found.reason, found.certain) == ("both name NCT00000001", False)


def test_a_protocol_and_its_report_share_title_and_authors():
    plain = replace(PROTOCOL, abstract=None, title="Circle of Security after birth, protocol")
    report = replace(REPORT, abstract=OF_TRIAL, title="Circle of Security after birth: a trial")
    found = said(plain, report)
    assert found
    assert found.relation is Relation.PROTOCOL_OF
    assert said(plain, replace(report, authors=("Poe E",))) is None
    assert said(plain, replace(report, year=2019)) is None
    assert (
        said(replace(plain, registrations=(OTHER,)), replace(report, registrations=(NCT,))) is None
    )


DOI, SERVER = Identifier("doi", "10.5555/a"), Identifier("doi", "10.1101/a")
ARTICLE = replace(REPORT, identifiers=(DOI,))
POSTED = replace(REPORT, identifiers=(SERVER,), publication_types=("Preprint",), year=2022)


@pytest.mark.parametrize(
    ("posted", "article"),
    [
        (replace(POSTED, links=(Link(LinkKind.PREPRINT_OF, DOI),)), ARTICLE),
        (POSTED, replace(ARTICLE, links=(Link(LinkKind.HAS_PREPRINT, SERVER),))),
    ],
)
def test_a_sources_word_on_a_preprint_is_certain(posted, article):
    for found in (said(posted, article), said(article, posted)):
        assert found
        assert found.certain
        assert found.relation is Relation.PREPRINT_OF
    assert said(article, posted).swapped


def test_statements_that_contradict_each_other_settle_nothing():
    ids = {"a": DOI, "b": Identifier("doi", "10.5555/b")}
    one = replace(REPORT, identifiers=(ids["a"],), links=(Link(LinkKind.PREPRINT_OF, ids["b"]),))
    other = replace(REPORT, identifiers=(ids["b"],), links=(Link(LinkKind.PREPRINT_OF, ids["a"]),))
    assert said(one, other) is None


def test_a_preprint_without_a_word_is_proposed_by_title_and_first_author():
    found = said(POSTED, ARTICLE)
    assert found
    assert (found.relation, found.certain) == (Relation.PREPRINT_OF, False)
    assert (
        said(replace(POSTED, authors=("Poe E",), abstract=None), replace(ARTICLE, abstract=None))
        is None
    )
    assert said(replace(POSTED, year=2024), replace(ARTICLE, abstract=None)) is None


SECOND = replace(
    REPORT,
    title="Circle of Security at home: what fathers gained",
    identifiers=(Identifier("pmid", "3"),),
    year=2025,
)


def test_two_reports_that_name_one_number_may_be_of_one_study():
    found = said(REPORT, SECOND)
    assert found
    assert (found.relation, found.certain) == (Relation.SAME_STUDY, False)
    assert found.reason == "both name NCT00000001"


def test_two_reports_without_a_number_need_author_size_intervention_and_title():
    one = replace(
        REPORT, abstract=OF_TRIAL, title="Circle of Security at home: attachment at one year"
    )
    two = replace(
        SECOND, abstract=OF_TRIAL, title="Circle of Security at home: attachment at school"
    )
    found = said(one, two, HIT)
    assert found
    assert found.reason == (
        "the same intervention and first author, similar titles, 130 people in both"
    )
    for other in (
        replace(two, authors=("Poe E",)),
        replace(two, abstract=OF_TRIAL.replace("130", "96")),
        replace(two, year=2033),
        replace(two, title="Circle of Security and fathers’ stress in shelters"),
        replace(
            two, title="Attachment at home: a review of 5 trials of Circle of Security reviews"
        ),
    ):
        assert said(one, other, HIT) is None
    assert said(one, two) is None
    assert (
        said(replace(one, registrations=(NCT,)), replace(two, registrations=(OTHER,)), HIT) is None
    )


def test_a_text_is_read_for_its_people_only_where_all_else_agrees():
    title = "Circle of Security at home: attachment at {}"
    one = replace(REPORT, abstract=OF_TRIAL, title=title.format("one year"))
    two = replace(SECOND, abstract=OF_TRIAL, title=title.format("school"))
    for other, is_read in ((two, True), (replace(two, authors=("Poe E",)), False)):
        facts = PaperFacts.of(one, [HIT]), PaperFacts.of(other, [HIT])
        assert (relate(*facts) is not None) is is_read
        assert ["samples" in vars(paper) for paper in facts] == [is_read, is_read]


numbers = st.sampled_from([NCT, OTHER, THIRD])
own = st.sampled_from([NCT, OTHER, THIRD, PMID, DOI, SERVER, Identifier("pmid", "9")])
titles = st.sampled_from(
    [one.title for one in (REGISTRATION, REPORT, NEAR, PROTOCOL, SECOND)] + ["", "Editorial"]
)
links = st.builds(
    Link,
    st.sampled_from([LinkKind.PREPRINT_OF, LinkKind.HAS_PREPRINT, LinkKind.REPORTED_BY]),
    own,
)
records = st.builds(
    Citation,
    title=titles,
    identifiers=st.lists(own, max_size=2).map(tuple),
    registrations=st.lists(numbers, max_size=3).map(tuple),
    abstract=st.sampled_from([None, OF_TRIAL, OF_TRIAL + REGISTERED, REGISTERED]),
    authors=st.sampled_from([(), ("Doe J", "Roe AB"), ("Poe E",)]),
    year=st.sampled_from([None, 2018, 2020, 2022, 2023, 2025]),
    publication_types=st.sampled_from(
        [(), ("Preprint",), ("Clinical Trial Registration",), ("Published Erratum",)]
    ),
    links=st.lists(links, max_size=2).map(tuple),
    trial=st.sampled_from([None, None, ENDED, Trial()]),
)
known = st.builds(PaperFacts.of, records, st.sampled_from([(), (HIT,)]))


@given(known, known)
def test_the_order_makes_no_difference(one, other):
    there, back = relate(one, other), relate(other, one)
    assert (there is None) == (back is None)
    if there and back:
        assert (there.relation, there.reason, there.certain) == (
            back.relation, back.reason, back.certain,
        )  # fmt: skip
        mutual = there.relation is Relation.SAME_STUDY
        assert mutual or there.swapped != back.swapped


@given(known)
def test_no_paper_belongs_with_itself(one):
    if one.own:
        assert relate(one, one) is None


@given(
    st.lists(
        st.sampled_from(
            ["Clinical Trial Registration", "clinical trial", "Journal Article", "preprint", ""]
        )
    )
)
def test_a_registration_is_told_by_its_labels_as_its_fingerprint_says_and_before_it_is_read(types):
    facts = PaperFacts(replace(REPORT, publication_types=tuple(types)))
    told = facts.is_registration
    assert "fingerprint" not in facts.__dict__
    assert told == (facts.fingerprint.kind == "registration")


@given(known, known)
def test_only_registrations_and_sources_words_are_ever_certain(one, other):
    found = relate(one, other)
    if found and found.certain:
        assert found.relation in {Relation.REGISTRATION_OF, Relation.PREPRINT_OF}
        first = other if found.swapped else one
        assert found.relation is Relation.PREPRINT_OF or first.is_registration
