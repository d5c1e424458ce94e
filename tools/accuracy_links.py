"""Measures which papers are said to belong together and writes docs/accuracy/links.md.

    python tools/accuracy_links.py

No recording holds both a registration and its report in full, so only parts of the rules are
measured on real records; the page says which. Ends with status 2 where the recordings are missing.
"""

import gzip
import io
import json
import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from accuracy_matching import RECORDED, share  # noqa: E402 - beside this script

from monitor.feeds import files  # noqa: E402 - found through the path set above
from monitor.feeds.identifiers.canonical import pmid  # noqa: E402 - the same
from monitor.feeds.readers import clinicaltrials_json  # noqa: E402 - the same
from monitor.feeds.records import Citation, FetchedRecord  # noqa: E402 - the same
from monitor.kernel.errors import MonitorError  # noqa: E402 - the same
from monitor.literature.dedup.verdict import compare  # noqa: E402 - the same
from monitor.literature.linkage.facts import PaperFacts  # noqa: E402 - the same
from monitor.literature.linkage.relations import Related, relate  # noqa: E402 - the same
from monitor.literature.matching.matcher import Hit  # noqa: E402 - the same
from monitor.literature.words import Relation  # noqa: E402 - the same

PAGE = ROOT / "docs" / "accuracy" / "links.md"
# Every record is taken to name this: the hardest case, since the rules ask for a shared one.
PRETENDED = (Hit("cos", None, "Circle of Security", "title", 0, "pretended"),)
PRETENDED_YEAR = 2005
# Of the 96 articles that registrations list as results, those that report the trial; read by eye
# from title, authors and dates. The others are literature that the trialists read.
TRULY = {
    "35296532", "35733363",  # NCT02552212
    "17119141", "17119140", "19018250", "18777603", "22048651",  # NCT00000410
    "25983843", "23377540",  # NCT01534065
}  # fmt: skip
# Pairs proposed in the screening sets, by the beginnings of both titles; read by eye.
ONE_STUDY = {
    frozenset(
        {
            "[Sumatriptan treatment of migraine in general practice. A ra",
            "A randomized double-blind placebo-controlled crossover study",
        }
    ),
    frozenset({"The PRIME North America randomized double-blind clinical tri"}),
    frozenset(
        {
            "Clozapine's effectiveness for patients in state hospitals: r",
            "Cost-effectiveness of clozapine compared with conventional a",
        }
    ),
}
_BEGINNING = 60
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_JOURNAL = "(Phila Pa 1976)"  # a journal's name with a year in it
_CITED = re.compile(r"(?P<authors>.+?)\. (?P<title>.+?[.?!])(?: |$)")


@dataclass(frozen=True, slots=True)
class Reference:
    """An article as a registration cites it: of type RESULT, BACKGROUND or DERIVED."""

    kind: str
    number: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration, and what it cites."""

    facts: PaperFacts
    references: tuple[Reference, ...]


def studies(found: object) -> Iterator[dict[str, Any]]:
    """Give every study of version 2 within a recorded reply."""
    if isinstance(found, dict):
        if "protocolSection" in found:
            yield found
        else:
            for one in found.values():
                yield from studies(one)
    elif isinstance(found, list):
        for one in found:
            yield from studies(one)


def replies() -> Iterator[object]:
    """Give the recorded replies of the registries."""
    for path in sorted((RECORDED / "registries").iterdir()):
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    body = archive.extractfile(member) if member.isfile() else None
                    if body and member.name.endswith(".json"):
                        yield json.loads(body.read())
        else:
            raw = path.read_bytes()
            yield json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def registrations() -> dict[str, Registered]:
    """Give the recorded registrations, each once, by number."""
    found = {}
    for reply in replies():
        for study in studies(reply):
            record = clinicaltrials_json.read(study)
            if isinstance(record, FetchedRecord):
                module = study["protocolSection"].get("referencesModule", {})
                cited = tuple(filter(None, map(reference, module.get("references", []))))
                found[record.key] = Registered(PaperFacts.of(record.citation, PRETENDED), cited)
    return found


def reference(raw: dict[str, str]) -> Reference | None:
    """Read a cited article; None where the citation has no title."""
    text = raw.get("citation", "")
    met, number = _CITED.match(text), pmid(raw.get("pmid"))
    if not met:
        return None
    years = _YEAR.findall(text.replace(_JOURNAL, ""))
    citation = Citation(
        met["title"],
        identifiers=(number,) if number else (),
        authors=tuple(met["authors"].split(", ")),
        year=int(years[0]) if years else None,
    )
    return Reference(raw.get("type", ""), number.value if number else "", citation)


def said(registration: Registered, citation: Citation) -> Related | None:
    """Say what a registration is to a paper; nothing else counts here."""
    found = relate(registration.facts, PaperFacts.of(citation, PRETENDED))
    return found if found and found.relation is Relation.REGISTRATION_OF else None


def words(known: dict[str, Registered]) -> Iterator[str]:
    """Write how far the registry's word goes, and what the rule makes of it."""
    listed = [(one, r) for one in known.values() for r in one.references if r.kind == "RESULT"]
    true = sum(r.number in TRULY for _, r in listed)
    proposed = [(r.number in TRULY, found) for one, r in listed if (found := said(one, r.citation))]
    right = sum(truly for truly, _ in proposed)
    certain = sum(found.certain for _, found in proposed)
    yield "| what | count | share (95 % interval) |\n|---|---|---|"
    yield f"| listed as results, and a report of the trial: the registry’s word alone | {share(true, len(listed))} |"
    yield f"| proposed by the rule, and a report of the trial: precision | {share(right, len(proposed))} |"
    yield f"| reports of the trial that are proposed: recall | {share(right, true)} |"
    yield f"| taken as certain on that word (none should be) | {share(certain, len(proposed))} |"


def numbers(known: dict[str, Registered]) -> Iterator[str]:
    """Write what is proposed of articles that name the number in a field."""
    derived = [
        (one, replace(r.citation, registrations=tuple(one.facts.own)))
        for one in known.values()
        for r in one.references
        if r.kind == "DERIVED"
    ]
    found = [said(one, citation) for one, citation in derived]
    left = [c.title for (_, c), one in zip(derived, found, strict=True) if one is None]
    certain = sum(one.certain for one in found if one)
    yield "| what | count | share (95 % interval) |\n|---|---|---|"
    yield f"| articles found by the number: proposed | {share(len(derived) - len(left), len(derived))} |"
    yield f"| taken as certain by title alone (none should be) | {share(certain, len(derived))} |"
    yield "\nNot proposed:\n"
    yield from (f"- {title}" for title in left)


def strangers(known: dict[str, Registered]) -> Iterator[str]:
    """Write how often papers of other trials are proposed where no number is named."""
    cited = [r for one in known.values() for r in one.references]
    pairs = wrong = 0
    for one in known.values():
        own = {r.number for r in one.references}
        for other in cited:
            if other.number not in own:
                pairs += 1
                wrong += said(one, replace(other.citation, year=_in_time(one))) is not None
    yield "| pairs of a registration and another trial’s paper | pairs | proposed |\n|---|---|---|"
    yield f"| articles that registrations cite, title only | {pairs:,} | {wrong} |"
    pairs = wrong = 0
    abstracts = list(_abstracts())
    for one in known.values():
        when = _in_time(one)
        for citation in abstracts:
            pairs += 1
            wrong += said(one, replace(citation, year=when)) is not None
    yield f"| abstracts of randomised trials (evidence-inference) | {pairs:,} | {wrong} |"


def _in_time(registration: Registered) -> int | None:
    trial = registration.facts.trial
    return trial.completed.year + 1 if trial and trial.completed else None


def _abstracts() -> Iterator[Citation]:
    path = RECORDED / "medline_text_rct_labels" / "evidence-inference-rct-abstracts.tar.gz"
    with tarfile.open(path) as archive:
        for member in archive:
            body = archive.extractfile(member) if member.isfile() else None
            if body:
                text = body.read().decode("utf-8", "replace").removeprefix("TITLE:")
                title, _, abstract = text.strip().partition("\n")
                yield Citation(title.strip(), abstract=abstract.strip())


def companions() -> Iterator[str]:
    """Write which pairs of articles by one author are proposed, and which of these are right."""
    facts = [
        PaperFacts.of(replace(one, year=one.year or PRETENDED_YEAR), PRETENDED)
        for one in _screened("screening_labelled")
    ]
    by_name: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(facts):
        for name in one.fingerprint.first:
            by_name[name].append(index)
    pairs = {pair for some in by_name.values() for pair in combinations(some, 2)}
    found: dict[Relation, set[frozenset[str]]] = defaultdict(set)
    for one, other in pairs:
        related = relate(facts[one], facts[other])
        same = compare(facts[one].fingerprint, facts[other].fingerprint).verdict == "same"
        if related and not same:
            titles = (facts[each].citation.title for each in (one, other))
            found[related.relation].add(frozenset(title[:_BEGINNING] for title in titles))
    yield f"{len(facts):,} articles, {len(pairs):,} pairs that share a first author’s name.\n"
    yield "| proposed as | different pairs | of one study, read by eye |\n|---|---|---|"
    for relation in (Relation.SAME_STUDY, Relation.PROTOCOL_OF, Relation.PREPRINT_OF):
        yield f"| {relation.value} | {len(found[relation])} | {len(found[relation] & ONE_STUDY)} |"
    wrong = sorted(sorted(pair) for some in found.values() for pair in some - ONE_STUDY)
    yield "\nProposed wrongly:\n" if wrong else ""
    yield from (f"- {' / '.join(f'“{title}…”' for title in pair)}" for pair in wrong)


def _screened(folder: str) -> Iterator[Citation]:
    for path in sorted((RECORDED / folder).iterdir()):
        raw = path.read_bytes()
        body = gzip.decompress(raw) if path.suffix == ".gz" else raw
        try:
            found = list(files.read(io.BytesIO(body)).found)
        except MonitorError:
            continue  # of another kind
        yield from (one.citation for one in found if isinstance(one, FetchedRecord))


ABOUT = (
    "Written by `python tools/accuracy_links.py`; do not edit. The rules: [links.md](../links.md).\n\n"
    "**What could not be measured.** No recording holds a registration and the full record of its "
    "report. So how often a report that names its number is rightly taken as *certain* is shown by "
    "invented cases only (`tests/literature/linkage/test_literature_relations.py`), and so is the recall "
    "of everything that needs an abstract: sample size, acronym, companion reports. What follows "
    "measures the parts that real records allow, on other subjects than the ten.\n"
)
ABOUT_WORDS = (
    "Every article of type RESULT in the recorded registrations of ClinicalTrials.gov, as cited "
    "(title, authors, year). Which of them report the trial was read by eye, by the hand that "
    "wrote the rule. Most trialists put there what they read: the rule therefore asks that "
    "the article came out after the trial began, and takes nothing as certain on that word alone.\n"
)
ABOUT_NUMBERS = (
    "Articles of type DERIVED: PubMed found them by the number, which they name. They are given "
    "to the rule with the number in its field, and title, authors and year only.\n"
)
ABOUT_STRANGERS = (
    "Every registration with papers of other trials. Each pair is made as hard as can be: the "
    "paper is taken to name the same intervention and to have come out in the year after the "
    "trial’s end. Only title, acronym and sample size are left to tell them apart.\n"
)
ABOUT_COMPANIONS = (
    "The six drug reviews of `screening_labelled`: trials by the same authors on the same drugs. "
    "Each is taken to name the same intervention, and to be of the same year where none is given. "
    "The words left out of titles were chosen with these pairs in sight; a pair that stands in "
    "the data several times counts once. No labels of one study are at hand: recall is not known.\n"
)


def page() -> str:
    """Write the page."""
    known = registrations()
    parts = [
        "# Accuracy: which papers belong together\n",
        ABOUT,
        "## The registry’s word\n",
        ABOUT_WORDS,
        *words(known),
        "\n## The number\n",
        ABOUT_NUMBERS,
        *numbers(known),
        "\n## Without a number\n",
        ABOUT_STRANGERS,
        *strangers(known),
        "\n## Reports of one study\n",
        ABOUT_COMPANIONS,
        *companions(),
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
