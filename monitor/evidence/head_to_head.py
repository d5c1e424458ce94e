"""What trials that compared two of the ten with each other show, worked out from those trials alone.

Direct comparisons only: what two interventions each show against usual care says nothing of which of
them does more, so nothing here is made of it (Cochrane Handbook 11.2.1). Pooled and labelled as
every finding is; nothing here is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.catalogue.words import InReview, Label
from monitor.evidence.baseline import standing as baselines
from monitor.evidence.showing import names
from monitor.evidence.shown import ShownFinding, figures
from monitor.evidence.synthesis import wording
from monitor.evidence.synthesis.findings import Finding, findings_of
from monitor.evidence.synthesis.hearing import together
from monitor.evidence.synthesis.remembered import derived_of, rows_of, rules_of
from monitor.evidence.synthesis.results import ANOTHER, Result
from monitor.evidence.synthesis.wording import SentenceFacts
from monitor.kernel.language.english import full, listed, sentence
from monitor.review import queries as review
from monitor.review.queries import AcceptedStudy


@dataclass(frozen=True, slots=True)
class ComparedOutcome:
    """What the trials of two of the ten show of one class of outcome, in words.

    ``verdict`` tells who did better, or that it cannot be told; ``figures`` what that rests on.
    """

    title: str
    verdict: str
    figures: str = ""


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """The studies that count and compared the two, and what they show; both empty where none did."""

    studies: tuple[AcceptedStudy, ...]
    compared: tuple[ComparedOutcome, ...]


def head_to_head(session: Session, catalogue: Catalogue, slug: str, other: str) -> HeadToHead:
    """Work out what trials of ``slug`` against ``other`` show, told of ``slug``.

    As in ``showing``, the review's own studies are no voice before its table is in.
    """
    everything = baselines.standing(session).table is not None
    both = [
        study
        for study in review.accepted(session, slug)
        if other in study.interventions and (everything or study.in_review is not InReview.YES)
    ]
    return of_studies(catalogue, slug, other, names(both))


def of_studies(
    catalogue: Catalogue, slug: str, other: str, named: Mapping[str, AcceptedStudy]
) -> HeadToHead:
    """Work out what named studies show of the two, from the results that compare just these."""
    rows = {
        name: [
            row
            for row in rows_of(catalogue, study.reading, name)
            if {row.intervention, row.comparator} == {slug, other}
        ]
        for name, study in named.items()
    }
    direct = {name: told for name, told in rows.items() if told}
    derived = [derived_of(catalogue, told) for told in direct.values()]
    heard, refused = together([each for each in derived if each], rules_of(catalogue))
    findings = [
        finding
        for finding in findings_of(heard, catalogue.synthesis, [slug, other])
        if finding.comparator_class == ANOTHER
    ]
    turned = {
        finding.outcome_class: finding for finding in findings if finding.intervention == other
    }
    told = [
        _told(catalogue, finding, turned[finding.outcome_class])
        for finding in findings
        if finding.intervention == slug
    ]
    return HeadToHead(
        tuple(named[name] for name in direct), (*told, *_unread(catalogue, direct, refused))
    )


def _told(catalogue: Catalogue, finding: Finding, turned: Finding) -> ComparedOutcome:
    """Tell of one class; ``turned``: the same from the other's side.

    The verdict is that of whoever did better, in whatever order the two were named: labels grade a
    benefit (probable, slight) and no loss, so from the other side it would sound surer than it is.
    """
    title = catalogue.sentences.classes[finding.outcome_class].title
    left_out = [why for why in finding.reasons if ": " in why]  # each names its study
    beside = full(sentence(listed(left_out))) if left_out else ""
    if not finding.index:
        return ComparedOutcome(title, f"Nothing that settles who did better. {beside}".strip())
    policy = catalogue.synthesis
    better, worse = (
        (turned, finding) if finding.main.label == Label.COMPARISON else (finding, turned)
    )
    it, than = (catalogue.intervention(side.intervention).short for side in (better, worse))
    said = SentenceFacts(it, than)
    verdict = wording.sentence(better, policy, catalogue.sentences, said)
    often = wording.frequencies(better, policy, catalogue.sentences, said)
    counted = f"{sentence(figures(ShownFinding.of(finding, policy.delta)))}."
    return ComparedOutcome(title, verdict, " ".join(filter(None, (often, counted, beside))))


def _unread(
    catalogue: Catalogue, direct: Mapping[str, list[Result]], refused: list[tuple[Result, str]]
) -> list[ComparedOutcome]:
    """Tell of each result that cannot be read why, so that nobody takes it for none."""
    return [
        ComparedOutcome(
            catalogue.sentences.classes[result.outcome_class].title,
            f"A result of {result.study} cannot be read: {full(why)}",
        )
        for result, why in refused
        if result.study in direct
    ]
