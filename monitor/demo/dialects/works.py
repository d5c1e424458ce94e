"""A paper of the world as Crossref writes it, with what it knows of notices and preprints."""

from datetime import UTC, date, datetime
from typing import Any
from xml.sax.saxutils import escape

from monitor.demo.world import InventedPaper, World

_PREPRINT = "PPR"
# how Crossref calls a notice, to programs and to people
_NOTICES = {
    "retraction": ("retraction", "Retraction"),
    "expression of concern": ("expression_of_concern", "Expression of concern"),
    "correction": ("correction", "Correction"),
}
_REGISTRIES = {"NCT": "10.18810/clinical-trials-gov", "ISRCTN": "10.18810/isrctn"}


def work(paper: InventedPaper, world: World, *, citations: int, indexed: date) -> dict[str, Any]:
    """Write a work. ``indexed`` is the day its metadata last moved, if only by a citation."""
    preprint = paper.europepmc_as == _PREPRINT
    written: dict[str, Any] = {
        "indexed": moment(indexed) | {"version": "3.54.1"},
        "reference-count": 0,
        "publisher": "Imaginary Press",
        "content-domain": {"domain": [], "crossmark-restriction": False},
        "DOI": paper.doi,
        "type": "posted-content" if preprint else "journal-article",
        "created": moment(paper.entered),
        "source": "Crossref",
        "is-referenced-by-count": citations,
        "title": [escape(paper.title)],
        "prefix": paper.doi.partition("/")[0],
        "author": _authors(paper),
        "member": "0",
        "container-title": [] if preprint else [paper.journal],
        "language": "en",
        "deposited": moment(paper.revised or paper.entered),
        "score": 1.0,
        "resource": {"primary": {"URL": f"https://journal.example/{paper.number}"}},
        "references-count": 0,
        "URL": f"https://doi.org/{paper.doi}",
        "relation": _relations(paper, world),
        "subject": [],
    }
    written |= _published(paper) | _abstract(paper) | _registrations(paper)
    if preprint:
        written |= {"subtype": "preprint", "institution": [{"name": paper.journal}]}
    return written | _updates(paper, world)


def moment(day: date) -> dict[str, Any]:
    """Write a moment in Crossref's three forms: six in the morning of a day."""
    at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    return {
        "date-parts": [[day.year, day.month, day.day]],
        "date-time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timestamp": int(at.timestamp() * 1000),
    }


def last_moved(paper: InventedPaper, world: World) -> date:
    """Give the day on which a paper, a notice of it or its article was last deposited."""
    days = [paper.revised or paper.entered]
    days += [notice.entered for notice in world.notices_of(paper)]
    article = world.article_of(paper)
    return max([*days, article.entered] if article else days)


def _authors(paper: InventedPaper) -> list[dict[str, Any]]:
    return [
        {
            "given": given,
            "family": family,
            "sequence": "additional" if order else "first",
            "affiliation": [],
            "role": [{"role": "author", "vocabulary": "crossref"}],
        }
        for order, (family, given) in enumerate(paper.authors)
    ]


def _published(paper: InventedPaper) -> dict[str, Any]:
    """Write when it was published: the Archives are printed, and state no day."""
    day = paper.entered
    printed = paper.journal.startswith("Invented Archives")
    parts = {"date-parts": [[day.year, day.month] if printed else [day.year, day.month, day.day]]}
    name = "published-print" if printed else "published-online"
    return {name: parts, "issued": parts, "published": parts}


def _abstract(paper: InventedPaper) -> dict[str, str]:
    """Write the abstract; the Archives deposit none."""
    if paper.journal.startswith("Invented Archives"):
        return {}
    parts = [
        f"<jats:title>{escape(label.capitalize())}</jats:title><jats:p>{escape(text)}</jats:p>"
        if label
        else f"<jats:p>{escape(text)}</jats:p>"
        for label, text in paper.sections
    ]
    return {"abstract": "".join(parts)}


def _registrations(paper: InventedPaper) -> dict[str, Any]:
    numbers = [
        {
            "clinical-trial-number": number.lower(),
            "registry": _REGISTRIES["ISRCTN" if number.startswith("ISRCTN") else "NCT"],
        }
        for number in paper.registrations
    ]
    return {"clinical-trial-number": numbers} if numbers else {}


def _relations(paper: InventedPaper, world: World) -> dict[str, Any]:
    if paper.preprint:
        return {"has-preprint": [_related(world.paper(paper.preprint), "subject")]}
    article = world.article_of(paper)
    return {"is-preprint-of": [_related(article, "object")]} if article else {}


def _related(other: InventedPaper, by: str) -> dict[str, str]:
    return {"id-type": "doi", "id": other.doi, "asserted-by": by}


def _updates(paper: InventedPaper, world: World) -> dict[str, Any]:
    """Link a notice to what it is of ("update-to"), and a paper to its notices ("updated-by").

    A retraction is stated twice, by the publisher and by Retraction Watch.
    """
    updates: dict[str, Any] = {}
    if paper.notice and paper.about:
        about = world.paper(paper.about)
        updates["update-to"] = [_update(paper, about.doi, "publisher")]
    by: list[dict[str, Any]] = []
    for notice in world.notices_of(paper):
        by.append(_update(notice, notice.doi, "publisher"))
        if notice.notice == "retraction":
            twice = _update(notice, notice.doi, "retraction-watch")
            by.append(twice | {"record-id": f"{9_000_000 + notice.number}"})
    return updates | ({"updated-by": by} if by else {})


def _update(notice: InventedPaper, doi: str, source: str) -> dict[str, Any]:
    kind, label = _NOTICES[notice.notice or ""]
    return {
        "DOI": doi,
        "type": kind,
        "label": label,
        "source": source,
        "updated": moment(notice.entered),
    }
