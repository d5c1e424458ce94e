"""What was judged, by reading, of suggestions drawn at random, as tools/draw_suggestions.py draws.

Figures only: the texts stay where they lie. ``BEFORE`` is the version of 2b016c8 (draw of seed 1),
``AFTER`` a fresh draw (seed 4) after the rules were written; its ages of papers are of seed 3.
"""

from collections.abc import Callable, Iterator

# Field: right and drawn of papers, right and drawn of registrations.
BEFORE = {
    "design": (26, 30, None, None),
    "sample size": (24, 30, 9, 30),
    "child age": (23, 30, 14, 30),
    "country": (26, 30, 14, 30),
    "setting": (23, 30, 17, 30),
    "outcome measure": (4, 6, 17, 21),
    "developer involvement": (1, 2, 1, 1),
}
AFTER = {
    "design": (27, 30, None, None),
    "sample size": (28, 30, 21, 30),
    "child age": (30, 30, 26, 30),
    "country": (29, 30, 28, 30),
    "setting": (28, 30, 24, 30),
    "outcome measure": (5, 5, 18, 19),
    "developer involvement": (0, 0, 0, 0),
}
TOLD = """\
Drawn at random with a fixed seed from what was suggested on papers (Evidence Inference, PubMed,
drug reviews) and on the *prose* of registrations, up to 30 of each, and judged by reading: right
where the sentence, with its title, says that of the record's own study. A number yet to come that is
called enrolled, a part of a sample, a country that is only spoken of, an age at a later visit are
wrong. One reader judged, the one who wrote the rules. The first draw (of 5,356 records) shows the
version before. What it and two draws between showed was mended; the second column is a fresh draw (of
1,453 of these records), so not blind to the records, only to the draw; its ages of papers are of the
draw before it. What it showed in turn was partly mended after, and is counted as wrong here.
Right, of those drawn (after: Wilson's interval):
"""
BELOW = """\
In the product a registration's enrolment and countries come from the registry's own fields, not from
its prose, and its design is "registration": of 100 recorded studies of ClinicalTrials.gov the number
was the registry's in 100, the countries in 92 of the 92 that list any. A number that a registry or a
protocol only plans says so ("120 planned"), and is offered as no answer.
"""


def judged(wilson: Callable[[int, int], str]) -> Iterator[str]:
    """Give the table, before and after, with intervals."""
    yield TOLD
    yield "| field | papers, before | papers, after | registrations, before | registrations, after |"
    yield "|---|---|---|---|---|"
    for field, after in AFTER.items():
        before = BEFORE[field]
        yield (
            f"| {field} | {_share(before[:2])} | {_of(wilson, after[:2])} "
            f"| {_share(before[2:])} | {_of(wilson, after[2:])} |"
        )
    yield f"| **all** | {_all(BEFORE, 0)} | {_all(AFTER, 0)} | {_all(BEFORE, 2)} | {_all(AFTER, 2)} |"
    yield ""
    yield BELOW


def _share(pair: tuple[int | None, ...]) -> str:
    right, drawn = pair
    return "not judged" if right is None or drawn is None else f"{right}/{drawn}"


def _of(wilson: Callable[[int, int], str], pair: tuple[int | None, ...]) -> str:
    right, drawn = pair
    if right is None or drawn is None:
        return "not judged"
    return wilson(right, drawn) if drawn else "nothing suggested"


def _all(judgements: dict[str, tuple[int | None, ...]], at: int) -> str:
    right = sum(pair[at] or 0 for pair in judgements.values())
    drawn = sum(pair[at + 1] or 0 for pair in judgements.values())
    return f"{right}/{drawn} = .{round(100 * right / drawn):02}"
