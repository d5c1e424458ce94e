"""What one decision says by given rules: read and derived once, and remembered.

What a decision's facts say by given rules can never be anything else. So it is remembered by the
facts themselves, the rules and what the study is called: not by the decision's number, which a
database gives again after a transaction that came to nothing.
"""

import hashlib
from collections.abc import Callable, Sequence

from monitor.catalogue.loader import Catalogue
from monitor.evidence.synthesis.hearing import Derived, SynthesisRules, of_study
from monitor.evidence.synthesis.of_readings import row_of
from monitor.evidence.synthesis.results import Result
from monitor.kernel.remembering import Remembered
from monitor.review.reading.appraised import overall_of
from monitor.review.reading.model import Reading

# Some kilobytes each; ten interventions of 500 studies are that many.
MOST = 5_000

_DERIVED: Remembered[tuple[Derived | None]] = Remembered(MOST)


def derived_of_facts(
    catalogue: Catalogue, facts: str, name: str, reading: Callable[[], Reading]
) -> Derived | None:
    """Derive the results of a decision's ``facts`` (JSON), whose ``reading`` is read where need be.

    None: it has no result.
    """
    key = (digest(facts), name)
    remembered = _DERIVED.get(
        key,
        rules_by(catalogue),
        lambda: (derived_of(catalogue, rows_of(catalogue, reading(), name)),),
    )
    return remembered[0]


def derived_of(catalogue: Catalogue, rows: Sequence[Result]) -> Derived | None:
    """Derive the results of one study; None: it has none."""
    return of_study(rows, rules_of(catalogue)) if rows else None


def rows_of(catalogue: Catalogue, reading: Reading, study: str) -> list[Result]:
    """Give each result of a reading as a row of the results table; ``study`` names it."""
    tools = catalogue.tool_by_reference
    return [
        row_of(reading, result, study=study, risk=overall_of(tools, result.risk) or "")
        for result in reading.results
    ]


def rules_of(catalogue: Catalogue) -> SynthesisRules:
    """Give the rules by which a catalogue derives results and chooses among them."""
    slugs = frozenset(catalogue.slugs)
    return SynthesisRules(catalogue.synthesis, catalogue.measures, slugs, catalogue.plausible)


def rules_by(catalogue: Catalogue) -> tuple[object, ...]:
    """Give the parts of a catalogue on which it hangs what a decision says."""
    return (
        catalogue.synthesis,
        catalogue.measures,
        catalogue.plausible,
        catalogue.tools,
        catalogue.interventions,
    )


def digest(facts: str) -> bytes:
    """Tell facts from any others."""
    return hashlib.sha256(facts.encode()).digest()


def forget() -> None:
    """Forget what is remembered here."""
    _DERIVED.forget()
