"""What the sources say of a paper's standing, each with its source."""

from monitor.feeds.records import Identifier, Link, LinkKind
from monitor.literature.papers.statements import SourceStatement, said_of

NAMED = "Circle of Security in the invented town of Nowhere: a trial"
NOTICE = Identifier("doi", "10.5555/notice")


def link(kind, other=NOTICE):
    return Link(kind, other)


def test_nothing_is_said_of_a_paper_without_links(intake, cite):
    paper = intake(cite(doi="10.5555/a")).paper_id
    assert said_of(intake.session, paper) == []


def test_sources_that_say_the_same_are_named_together_and_what_is_grave_comes_first(intake, cite):
    preprint = Identifier("doi", "10.5555/preprint")
    concern = Identifier("pmid", "40000099")
    paper = intake(
        cite(
            doi="10.5555/a",
            links=(link(LinkKind.HAS_PREPRINT, preprint), link(LinkKind.RETRACTED_BY)),
        ),
        source="crossref",
    ).paper_id
    intake(
        cite(
            doi="10.5555/a",
            links=(link(LinkKind.CONCERN_IN, concern), link(LinkKind.RETRACTED_BY)),
        ),
        source="europepmc",
    )
    said = said_of(intake.session, paper)
    assert said == [
        SourceStatement(LinkKind.RETRACTED_BY, NOTICE, ("crossref", "europepmc")),
        SourceStatement(LinkKind.CONCERN_IN, concern, ("europepmc",)),
        SourceStatement(LinkKind.HAS_PREPRINT, preprint, ("crossref",)),
    ]
    assert [one.grave for one in said] == [True, True, False]


def test_the_notice_leads_to_the_paper_and_back_where_both_are_here(intake, cite):
    paper = intake(cite(doi="10.5555/a", links=(link(LinkKind.RETRACTED_BY),))).paper_id
    about = link(LinkKind.RETRACTS, Identifier("doi", "10.5555/a"))
    notice = intake(cite("Retraction notice", doi="10.5555/notice", links=(about,))).paper_id
    assert [one.paper_id for one in said_of(intake.session, paper)] == [notice]
    assert [one.paper_id for one in said_of(intake.session, notice)] == [paper]
    assert not said_of(intake.session, notice)[0].grave


def test_a_mark_without_a_notice_is_said_only_where_no_notice_is_named(intake, cite):
    marked = ("Journal Article", "Retracted Publication")
    paper = intake(
        cite(doi="10.5555/a", publication_types=marked, links=(link(LinkKind.RETRACTED_BY),))
    ).paper_id
    intake(cite(doi="10.5555/a", publication_types=marked), source="openalex")
    assert said_of(intake.session, paper) == [
        SourceStatement(None, None, ("openalex",)),
        SourceStatement(LinkKind.RETRACTED_BY, NOTICE, ("pubmed",)),
    ]


def test_a_source_may_take_its_word_back(intake, cite):
    retracted = cite(doi="10.5555/a", links=(link(LinkKind.RETRACTED_BY),))
    paper = intake(retracted, source="crossref", key="10.5555/a").paper_id
    intake(cite(doi="10.5555/a"), source="crossref", key="10.5555/a")
    assert said_of(intake.session, paper) == []
