"""Measures how notices are told from studies, on the recordings beside the project.

    python tools/accuracy_notices.py

Writes docs/accuracy/notices.md. The labels are PubMed's and Scopus's own publication types and
Crossref's own updates; a title is read without them. What the rule found elsewhere was read by a
person: ``READ_RIGHT`` lists the notices among it. Ends with status 2 where the recordings are missing.
"""

import csv
import gzip
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace

from accuracy_matching import RECORDED, ROOT, share, trials

from monitor.feeds import files
from monitor.feeds.readers import crossref_json
from monitor.feeds.records import Citation, FetchedRecord
from monitor.kernel.errors import MonitorError
from monitor.literature.design import notices
from monitor.literature.design.notices import NoticeKind

PAGE = ROOT / "docs" / "accuracy" / "notices.md"
INVENTED = ROOT / "tests" / "literature" / "design" / "notice_cases.csv"
CACHED = RECORDED / "retractions" / "retraction-check-retractionwatch-crossref.tar.gz"
FOLDERS = (
    "pubmed_xml",
    "medline_text_rct_labels",
    "screening_labelled",
    "dedup_labelled",
    "reference_exports",
)
# Records without a label that the title calls a notice, read by eye: each is one.
READ_RIGHT = (
    'Corrigendum to "Chicken semen cryopreservation',
    'Corrigendum to "Differences between younger and older',
    '"Ecologically-oriented neurorehabilitation of memory',
    '"Escitalopram and problem-solving therapy',
    "Implementation and Feasibility of the Re-Engineered Discharge for Surgery",
    "Erratum: Author Correction: A remarkable assemblage",
    "Erratum: Correction: A juvenile bird",
    "Correction to: Spatial and Temporal Variation in Brackish",
)


def recorded() -> Iterator[tuple[str, Citation]]:
    """Give the distinct records of every file that the product can read, with their folder."""
    seen = set()
    for folder in FOLDERS:
        for path in sorted((RECORDED / folder).iterdir()):
            body = path.read_bytes()
            plain = gzip.decompress(body) if path.suffix == ".gz" else body
            try:
                for one in files.read(io.BytesIO(plain)).found:
                    said = one.citation if isinstance(one, FetchedRecord) else None
                    key = (said.title.casefold(), said.year) if said else None
                    if said and key not in seen:
                        seen.add(key)
                        yield folder, said
            except MonitorError:
                continue  # of another kind: keys, labels, archives


def works() -> Iterator[tuple[dict[str, object], Citation]]:
    """Give the works of Crossref's recorded replies, as sent and as read."""
    with tarfile.open(CACHED) as archive:
        for member in archive:
            if member.name.endswith(".json") and (body := archive.extractfile(member)):
                sent = json.loads(body.read())
                work = sent.get("message", sent)
                read = crossref_json.read(work)
                if isinstance(read, FetchedRecord):
                    yield work, read.citation


def by_title(citation: Citation) -> NoticeKind | None:
    """Read the title alone."""
    return notices.read_title(citation.title).kind


def labelled(found: list[tuple[str, Citation]]) -> Iterator[str]:
    """Write what becomes of records that their database calls a notice, retracted or republished."""
    types = [{one.casefold() for one in c.publication_types} for _, c in found]
    cited = [c for _, c in found]

    def of(*names: str) -> list[Citation]:
        return [c for c, said in zip(cited, types, strict=True) if said & {*names}]

    notice = of(
        "retraction of publication", "published erratum", "expression of concern", "erratum"
    )
    retracted, again = of("retracted publication"), of("corrected and republished article")
    yield "| records that their database calls | taken for a notice | share (95 % interval) |"
    yield "|---|---|---|"
    whole = sum(map(notices.is_notice, notice))
    bare = sum(by_title(c) is not None for c in notice)
    yield f"| a notice, with types and links | {share(whole, len(notice))} |"
    yield f"| the same, by the title alone | {share(bare, len(notice))} |"
    at_hand = [c for c in cited if c in notice or c.title.startswith(READ_RIGHT)]
    bare = sum(by_title(c) is not None for c in at_hand)
    yield f"| a notice, or read as one by eye: by the title alone | {share(bare, len(at_hand))} |"
    wrong = sum(map(notices.is_notice, retracted))
    yield f"| a retracted publication (none should be) | {share(wrong, len(retracted))} |"
    wrong = sum(map(notices.is_notice, again))
    yield f"| corrected and republished: a study (none should be) | {share(wrong, len(again))} |"


def others(found: list[tuple[str, Citation]]) -> Iterator[str]:
    """Write how often records that nobody calls a notice are taken for one by their title."""
    yield "| data | records | called a notice by the title | of these, notices by eye | wrongly called (95 % interval) |"
    yield "|---|---|---|---|---|"
    corpora = {folder: [c for name, c in found if name == folder] for folder in FOLDERS}
    corpora["registrations, any subject"] = [
        Citation(title=one.title) for one in trials("background")
    ]
    total = wrongly = 0
    for name, cited in corpora.items():
        plain = [c for c in cited if not notices.is_notice(replace(c, title=""))]
        hits = [c for c in plain if by_title(c) is not None and not _republished(c)]
        right = sum(c.title.startswith(READ_RIGHT) for c in hits)
        total, wrongly = total + len(plain), wrongly + len(hits) - right
        wrong = share(len(hits) - right, len(plain) - right)
        yield f"| {name} | {len(plain)} | {len(hits)} | {right} | {wrong.replace(' | ', ', ')} |"
    yield f"| all | {total} | | | {share(wrongly, total).replace(' | ', ', ')} |"


def _republished(citation: Citation) -> bool:
    return notices.notice_kind(citation) is None


def standing() -> Iterator[str]:
    """Write whether what Crossref says of each recorded work is read from it."""
    with tarfile.open(CACHED) as archive:
        body = archive.extractfile("fixtures/retractionwatch-sample.csv")
        text = body.read().decode("utf-8") if body else ""
    watched = {row["OriginalPaperDOI"].casefold() for row in csv.DictReader(io.StringIO(text))}
    yield "| recorded work | retracted, says Retraction Watch's sample | said here |"
    yield "|---|---|---|"
    for work, citation in works():
        doi = str(work["DOI"]).casefold()
        said = sorted({kind for kind, _, _ in notices.statements(citation)})
        notice = ", a notice" if notices.is_notice(citation) else ""
        listed = "in the sample" if doi in watched else "not in the sample"
        yield f"| {doi} | {listed} | {', '.join(said) or 'nothing'}{notice} |"


def invented() -> Iterator[str]:
    """Write how many made-up titles are read as they were written."""
    with INVENTED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    yield "| titles of | read so | share (95 % interval) |"
    yield "|---|---|---|"
    for kind in sorted({row["kind"] for row in rows}):
        own = [row["title"] for row in rows if row["kind"] == kind]
        right = sum(_kind(title) == kind for title in own)
        yield f"| {kind} | {share(right, len(own))} |"


def _kind(title: str) -> str:
    said = notices.read_title(title)
    return said.kind.value if said.kind else "marked" if said.marked else "none"


ABOUT = (
    "Written by `python tools/accuracy_notices.py`; do not edit. The rule: "
    "[notices.md](../notices.md).\n"
)
ABOUT_LABELS = (
    "Few of the recorded records are notices: the intervals are wide. The label of PubMed and "
    "Scopus is itself one of the rule's grounds, so the first row says only that it is read; the "
    "second reads the title without it. The third adds the unlabelled ones: every title with a word "
    "such as “erratum” or “retraction” was read by eye. What titles alone miss has a title of its own, such as "
    "an editorial that retracts a paper.\n"
)
ABOUT_OTHERS = (
    "Records that neither types nor links call a notice, each once; the rule reads their titles "
    "alone. Every hit was read by eye. The rule was written with the hits of these sets in view, "
    "so the false alarms say less than their number.\n"
)
ABOUT_STANDING = (
    "The seven replies of Crossref that were recorded with a sample of Retraction Watch's list. "
    "The sample is a sample: a work not in it may be retracted.\n"
)
ABOUT_INVENTED = (
    "Titles that we made up in the forms that publishers use, and look-alikes "
    "(`tests/literature/design/notice_cases.csv`). They were written with the rule and show that it does "
    "what it says, not how many forms there are. Only English forms are known: the recordings "
    "show no others.\n"
)


def page() -> str:
    """Write the page."""
    found = list(recorded())
    parts = [
        "# Accuracy: notices told from studies\n",
        ABOUT,
        "## Records with a label\n",
        ABOUT_LABELS,
        *labelled(found),
        "\n## Records without one\n",
        ABOUT_OTHERS,
        *others(found),
        "\n## What Crossref says of a paper\n",
        ABOUT_STANDING,
        *standing(),
        "\n## Forms of titles\n",
        ABOUT_INVENTED,
        *invented(),
        "",
    ]
    return "\n".join(parts)


def main() -> int:
    """Write the page to its place; give the exit status."""
    if not RECORDED.is_dir():
        print("the recordings are not beside the project")
        return 2
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
