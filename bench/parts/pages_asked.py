"""Which pages bench/pages.py asks for, by whom, and what each may take."""

from dataclasses import dataclass

from sqlalchemy import text

from monitor.kernel.clock import utcnow
from monitor.kernel.language.uk import uk_day_of
from monitor.kernel.persistence.database import Database

YARDSTICK = "/accessibility"


@dataclass
class Page:
    """One page to ask: by whom, and its budget in ms for the 95th percentile.

    ``tag``: asked as by a reader who has the page that this is the ETag of.
    """

    name: str
    path: str
    who: str | None = None
    budget: float | None = None
    tag: str | None = None


def pages(database: Database) -> list[Page]:
    """List what is asked; places deep in the queue are those of this world."""

    def one(query: str) -> str:
        with database.read() as session:
            return str(session.execute(text(query)).scalar())

    deep = (
        "SELECT paper_id FROM queue_item WHERE stage = 'to screen' ORDER BY score, paper_id LIMIT 1"
        " OFFSET 200"
    )
    gone = "SELECT paper_id FROM queue_item WHERE stage = 'excluded' ORDER BY queued_at DESC LIMIT 1 OFFSET 60"
    slug = "circle-of-security"
    with database.read() as session:
        rows = session.execute(text("SELECT slug FROM intervention ORDER BY position LIMIT 2"))
        slug, other = (str(row[0]) for row in rows)
    opened = one("SELECT max(paper_id) FROM queue_item WHERE stage = 'to screen'")
    screened = one("SELECT max(paper_id) FROM queue_item WHERE stage = 'excluded'")
    included = one("SELECT max(paper_id) FROM study_paper")
    kept = one("SELECT max(id) FROM paper WHERE lane = 'none' AND merged_into_id IS NULL")
    middle = one("SELECT max(id) / 2 FROM paper")
    brought = one("SELECT max(query_key) FROM paper_query")
    change = one("SELECT max(id) FROM change")
    queue, worker = 30.0, "reviewer"
    today = uk_day_of(utcnow()).date.isoformat()
    return [
        Page("a template alone", YARDSTICK),
        Page("overview", "/"),
        Page("intervention", f"/interventions/{slug}", None, 30),
        Page("memo", f"/interventions/{slug}/memo", None, 30),
        Page("memo as PDF", f"/interventions/{slug}/memo/{today}/memo.pdf", None, 2_000),
        Page("changes", "/changes", None, 30),
        Page("change, why", f"/changes/{change}", None, 30),
        Page("feed", "/changes/feed.atom", None, 30),
        Page("side by side", f"/interventions/compare?one={slug}&other={other}", None, 30),
        Page("queue", "/queue", worker, queue),
        Page("queue, deep", f"/queue?after={one(deep)}", worker, queue),
        Page("queue, oldest", "/queue?order=oldest", worker, queue),
        Page("queue, intervention", f"/queue?intervention={other}", worker, queue),
        Page("queue, design", "/queue?design=qualitative", worker, queue),
        Page("queue, why", "/queue?why=mentioned", worker, queue),
        Page(
            "queue, all three",
            f"/queue?intervention={slug}&design=review&why=mentioned&after={one(deep)}",
            worker,
            queue,
        ),
        Page("excluded, deep", f"/queue?stage=excluded&after={one(gone)}", worker, queue),
        Page("paper, open", f"/papers/{opened}", worker, 60),
        Page("paper, screened", f"/papers/{screened}", worker, 60),
        Page("paper, included", f"/papers/{included}", worker, 60),
        Page("paper, kept", f"/papers/{kept}", worker, 60),
        Page("papers", "/papers", worker, 100),
        Page("papers, frequent word", "/papers?words=attachment", worker, 100),
        Page("papers, two words", "/papers?words=attachment+children", worker, 100),
        Page("papers, beginning", "/papers?words=chi", worker, 100),
        Page("papers, one letter", "/papers?words=a", worker, 100),
        Page("papers, absent word", "/papers?words=zzqxj", worker, 100),
        Page("papers, notices", "/papers?lane=notice&words=attachment", worker, 100),
        Page("papers, word deep", f"/papers?words=attachment&after={middle}", worker, 100),
        Page("papers, word of one", f"/papers?words=children&intervention={brought}", worker, 100),
        Page("papers, search", f"/papers?intervention={other}", worker, 100),
        Page("trials", "/trials", worker),
        Page("status", "/status", "admin", 100),
    ]
