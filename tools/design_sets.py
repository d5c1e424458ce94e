"""The labelled records that design detection is tuned and measured on, read where they lie.

Every record falls into the tuning or the held-out half by a hash of its title, so that a copy of
a record always falls where the record does. ``NO_TRIALS`` were read by eye.
"""

import csv
import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.feeds import files
from monitor.feeds.records import FetchedRecord

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "recordings"
INFERENCE, LABELLED = "Evidence Inference", "PubMed, labelled"
UNSEEN = "nobody tuned on"
_WHOLE = 200  # characters: an abstract, not a line of one
_SAYS_TRIAL = re.compile(
    r"random|placebo|\btrials?\b|\bRCTs?\b|double.blind|cross-?over", re.IGNORECASE
)
DRUGS, RECENT = "drug reviews, by MeSH", "restoration searches"
RCT = "Randomized Controlled Trial"
_UNSURE = {"Controlled Clinical Trial", "Clinical Trial", "Clinical Trial, Phase II"}
_RANDOM = {"Double-Blind Method", "Random Allocation", "Cross-Over Studies", "Single-Blind Method"}
_TOPIC = {
    "Randomized Controlled Trials as Topic",
    "Clinical Trials as Topic",
    "Meta-Analysis as Topic",
}
_OTHER = {"Retrospective Studies", "Case-Control Studies", "Cross-Sectional Studies"}
_OTHER |= {"Cohort Studies", "Animals"}

# Abstracts of Evidence Inference that report no randomised trial of people, and why.
_READ = {
    "on animals, extracted teeth or cells": (
        "PMC1065070 PMC1065073 PMC1065104 PMC1764200 PMC3698086 PMC3702133 PMC4069535 PMC4391304 "
        "PMC4458006 PMC4713062 PMC4809387 PMC4836696 PMC5844532 PMC5850145 PMC5980265 PMC5980306 "
        "PMC5980378 PMC5980435 PMC5799986"
    ),
    "several trials pooled or compared indirectly": (
        "PMC1705535 PMC546184 PMC3687098 PMC5862001 PMC5856890"
    ),
    "a review": "PMC59604 PMC59610 PMC1936363",
    "a cohort, prognosis or audit within or beside a trial, not its groups compared": (
        "PMC1550956 PMC3701988 PMC5706840 PMC5850179 PMC57749 PMC57750 PMC65676 PMC3664372 "
        "PMC5808926 PMC5862433 PMC4138365 PMC1550825"
    ),
    "quasi-experimental by its own words": (
        "PMC1888710 PMC3580751 PMC3744251 PMC3682809 PMC4752985 PMC5769181 PMC3511174 PMC3612059"
    ),
    "observational, or set against historical or chosen controls": (
        "PMC3751553 PMC3636944 PMC5822859 PMC5771057 PMC3580298 PMC4210953 PMC59899 PMC4920563 "
        "PMC3707768 PMC3717757 PMC4210722 PMC3987889 PMC4527103 PMC1794491 PMC60658 PMC4162033 "
        "PMC5644405"
    ),
    "a first dose study, one group after another": "PMC3540956",
    "a correction": "PMC3626633",
}
NO_TRIALS = {name: reason for reason, names in _READ.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One record of a set. ``randomised`` is its label: by people, by indexers, or by MeSH.

    ``types`` are its publication types, to compare with; nothing is detected from them.
    """

    set: str
    name: str
    title: str
    abstract: str
    randomised: bool
    types: tuple[str, ...] = ()

    @property
    def held_out(self) -> bool:
        """Tell whether it is kept from tuning."""
        key = re.sub(r"\W+", "", (self.title or self.abstract).casefold())[:120]
        return hashlib.sha256(key.encode()).digest()[0] % 2 == 1


def labelled() -> list[Labelled]:
    """Give every labelled record once, of all sets."""
    seen: dict[tuple[str, str], Labelled] = {}
    for one in (*_inference(), *_pubmed(), *_drugs(), *_recent()):
        seen.setdefault((one.title.casefold(), one.abstract[:80]), one)
    return list(seen.values())


def _inference() -> Iterator[Labelled]:
    packed = "medline_text_rct_labels/evidence-inference-rct-abstracts.tar.gz"
    for path, body in _unpacked(packed):
        if path.stem not in NO_TRIALS:
            text = re.sub(r"(?m)^ABSTRACT\.?([^:\n]*):+[ \t]*\n?", r"\1: ", body.decode())
            title, _, abstract = re.sub(r"^TITLE[.:]+", "", text).strip().partition("\n\n")
            bare = re.sub(r"^ABSTRACT\.?\s*\n", "", abstract.strip())
            plain = re.sub(r"\n\s*\n+", "\n\n", bare)
            yield Labelled(INFERENCE, path.stem, title.strip(), plain, randomised=True)


def _pubmed() -> Iterator[Labelled]:
    folders = ("pubmed_xml/*.xml*", "medline_text_rct_labels/*pubmed_result*")
    bodies = [_body(path) for folder in folders for path in sorted(RECORDINGS.glob(folder))]
    bodies += [body for _, body in _unpacked("pubmed_xml/biopython-entrez.tar.gz", "pubmed")]
    for body in bodies:
        for record in _read(body):
            types = set(record.citation.publication_types)
            # PubMed calls this description of 184 cases a randomised trial
            if types and not (types & _UNSURE and RCT not in types) and record.key != "22473507":
                yield _of(LABELLED, record, randomised=RCT in types)


def _recent() -> Iterator[Labelled]:
    """Mostly ecology and dentistry, too new for labels: those that say "randomised" are left out."""
    paths = ["medline_text_rct_labels/revtools__restoration_pubmed.nbib.gz"]
    paths += [f"reference_exports/revtools__restoration_{n}.gz" for n in ("WoS.ciw", "scopus.ris")]
    for path in paths:
        for record in _read(_body(RECORDINGS / path)):
            text = f"{record.citation.title} {record.citation.abstract}"
            if not re.search(r"(?i)randomi[sz]ed (?!block)|randomly (?:assigned|allocated)", text):
                yield _of(RECENT, record, randomised=False)


def _drugs() -> Iterator[Labelled]:
    """Records of six drug reviews; a noisy label from their MeSH terms, and none where unsure."""
    for path in sorted(RECORDINGS.glob("screening_labelled/*.csv.gz")):
        for row in csv.DictReader(io.StringIO(_body(path).decode())):
            terms = {term.strip() for term in row["keywords"].split(";")}
            trial = bool(terms & _RANDOM) and not terms & _TOPIC
            other = terms & (_OTHER | _TOPIC) and row["label_included"] != "1"
            if row["abstract"] and (trial or other):
                name = row["pubmedID"] or row["record_id"]
                yield Labelled(DRUGS, name, row["title"], row["abstract"], randomised=trial)


def _of(kind: str, record: FetchedRecord, *, randomised: bool) -> Labelled:
    citation = record.citation
    abstract, types = citation.abstract or "", citation.publication_types
    return Labelled(kind, record.key, citation.title, abstract, randomised, types)


def _read(body: bytes) -> Iterator[FetchedRecord]:
    for record in files.read(io.BytesIO(body)).found:
        if isinstance(record, FetchedRecord):
            yield record


def _body(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _unpacked(packed: str, word: str = "") -> Iterator[tuple[Path, bytes]]:
    with tarfile.open(RECORDINGS / packed) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content and word in Path(member.name).name and not member.name.endswith(".py"):
                yield Path(member.name), content.read()


def unseen() -> list[Labelled]:
    """Give abstracts that no rule and no weight was written on; their only label is their words.

    A search on animal models and diabetes, made for a test of de-duplication. Those that never say
    "random", "placebo" or "trial" are taken as no trials: next to none can be one.
    """
    path = RECORDINGS / "dedup_labelled" / "asysd__labelled_test_set.csv.gz"
    found: dict[str, Labelled] = {}
    for row in csv.DictReader(io.StringIO(_body(path).decode("cp1252", "replace"))):
        title, abstract = row["title"], row["abstract"] or ""
        if len(abstract) > _WHOLE and not _SAYS_TRIAL.search(f"{title} {abstract}"):
            key = abstract[:80].casefold()
            found.setdefault(key, Labelled(UNSEEN, key, title, abstract, randomised=False))
    return list(found.values())
