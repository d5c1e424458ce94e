"""Which DOIs the sources are asked about."""

from sqlalchemy import event

from monitor.literature import service
from monitor.literature.papers.watching import watched_dois

NAMED = "Circle of Security in the invented town of Nowhere: a trial"


def test_papers_in_front_of_reviewers_are_watched_the_newest_first(intake, cite):
    intake(cite(NAMED, doi="10.5555/first"))
    intake(cite("Attachment security of infants: a randomised trial", doi="10.5555/second"))
    intake(cite("On the growth of potatoes", doi="10.5555/potato"))
    intake(cite(NAMED + ", again", pmid="1"))
    assert watched_dois(intake.session) == ("10.5555/second", "10.5555/first")
    assert watched_dois(intake.session, limit=1) == ("10.5555/second",)


def test_a_merged_paper_is_watched_as_what_it_became(intake, cite, matcher, now):
    kept = intake(cite(NAMED, doi="10.5555/kept")).paper_id
    gone = intake(cite(NAMED + " retold", doi="10.5555/gone")).paper_id
    service.merge(
        intake.session, kept_id=kept, gone_id=gone, reason="one paper", matcher=matcher,
        by="user:1", at=now,
    )  # fmt: skip
    assert watched_dois(intake.session) == ("10.5555/gone", "10.5555/kept")


def test_many_papers_cost_one_statement(intake, cite):
    for number in range(50):
        intake(cite(f"{NAMED} {number}", doi=f"10.5555/{number}"))
    statements = []
    engine = intake.session.get_bind()

    def note(*arguments):
        statements.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert len(watched_dois(intake.session)) == 50
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(statements) == 1
