"""A forest plot to take away: a table (CSV), a drawing (SVG), a picture (PNG). Each says what it is.

The drawing stands alone: its title, description, date, licence and citation are in it, and it needs
no style sheet. Fonts are the reader's: Arial, or what stands for it.
"""

import csv
import io
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from monitor.evidence.synthesis.index_results import Index
from monitor.kernel.errors import NotFound
from monitor.kernel.language.english import day
from monitor.ops.exports import table
from monitor.web.public.shown import forest_marks as marks
from monitor.web.public.shown.forest import Forest, ForestRow, Summary
from monitor.web.public.shown.forest_marks import ForestMark

LICENCE = "CC BY 4.0"
_FONTS = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_LINE, _PAD = 15, 16  # units of the drawing
_TITLE, _NAME, _FOOT, _EFFECT = 72, 40, 120, 24  # characters that fit a line
_SCALE = 2  # pixels of the picture for each unit
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    f'<text x="4" y="30" font-family="{_FONTS}" font-size="30">{{}}</text></svg>'
)


@dataclass(frozen=True, slots=True)
class FileSource:
    """What every file says of itself: where it is from, of which day."""

    about: str  # the intervention's name
    address: str
    on: date

    def citation(self, forest: Forest) -> str:
        """Say how to cite the figure."""
        return (
            f"Gap Monitor, {self.about}, {forest.title} against {forest.comparator}, "
            f"{day(self.on)}, {self.address}"
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """One row of the drawing: its place, its texts, its mark."""

    top: int
    height: int
    kind: str  # study, beside, total, line, pi, group
    name: tuple[str, ...]
    people: str
    effect: tuple[str, ...]
    weight: str
    mark: ForestMark | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything the drawing's template needs; units are pixels at its own size."""

    title: tuple[str, ...]
    desc: str
    rows: tuple[Drawn, ...]
    foot: tuple[str, ...]
    top: int  # of the first row
    bottom: int
    height: int
    width: int = 900
    fonts: str = _FONTS


def csv_of(forests: Sequence[Forest], source: FileSource) -> str:
    """Give what is shown as a table: a row for each study and each pool."""
    rows = [row for forest in forests for row in _records(forest, source)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(table(rows))
    return out.getvalue()


def _records(forest: Forest, source: FileSource) -> Iterator[dict[str, Any]]:
    finding = forest.finding
    place = {
        "intervention": finding.intervention,
        "comparator_class": finding.comparator_class,
        "outcome_class": finding.outcome_class,
    }
    told = {
        "as_of": source.on.isoformat(),
        "licence": LICENCE,
        "cite_as": source.citation(forest),
    }
    for row in forest.every:
        yield place | {"row": "study"} | _study(row) | told
    yield place | {"row": "pool"} | _pool(forest.total) | told
    for line in forest.lines:
        yield place | {"row": "for comparison"} | _pool(line) | told


def _study(row: ForestRow) -> dict[str, Any]:
    index: Index | None = row.index
    low, high = None, None
    if index and index.yi is not None and index.vi is not None:
        low, high = (round(end, 4) for end in marks.ends(index.yi, index.vi))
    return {
        "name": row.label,
        "study": row.study_id,
        "outcome": row.outcome,
        "measure": row.measure,
        "chosen_by": row.rule,
        "compared_with": "; ".join(row.notes[1:-1]),
        "people": sum(row.sides) if row.sides else None,
        "people_with": row.sides[0] if row.sides else None,
        "people_without": row.sides[1] if row.sides else None,
        "estimate": round(index.yi, 4) if index and index.yi is not None else None,
        "variance": round(index.vi, 6) if index and index.vi is not None else None,
        "ci_low": low,
        "ci_high": high,
        "sign": index.sign if index else None,
        "weight_per_cent": None if row.weight is None else round(row.weight, 1),
        "pi_low": None,
        "pi_high": None,
        "label": row.effect if index and index.vi is None else "",
        "risk_of_bias": row.risk.overall,
        "risk_of_bias_domains": row.risk.words.strip(" :,"),
        "developers": row.notes[-1],
        "uk": {True: "yes", False: "no", None: "not known"}[row.uk],
        "beside_the_pool": row.beside,
    }


def _pool(summary: Summary) -> dict[str, Any]:
    pool = summary.line.pool
    numbers = {
        "estimate": pool.estimate if pool else None,
        "ci_low": pool.ci_low if pool else None,
        "ci_high": pool.ci_high if pool else None,
        "pi_low": pool.pi_low if pool else None,
        "pi_high": pool.pi_high if pool else None,
    }
    empty: dict[str, Any] = dict.fromkeys(_COLUMNS)
    return empty | {
        "name": summary.name,
        "people": summary.line.people,
        "label": summary.label[:1].lower() + summary.label[1:],
        "compared_with": summary.note,
        **{name: None if value is None else round(value, 4) for name, value in numbers.items()},
    }


def drawing(forest: Forest, source: FileSource) -> Drawing:
    """Lay the drawing out, row below row."""
    title = textwrap.wrap(f"{source.about}: {forest.title}, against {forest.comparator}", _TITLE)
    foot = [
        *textwrap.wrap(f"{forest.sentence} {forest.frequencies}", _FOOT),
        *textwrap.wrap(f"{LICENCE}. Cite as: {source.citation(forest)}", _FOOT),
    ]
    top = 20 + 24 * len(title) + 66
    rows, at = [], top
    for kind, name, people, effect, weight, mark in _laid(forest):
        height = _LINE * max(len(name), len(effect), 1) + _PAD
        rows.append(Drawn(at, height, kind, name, people, effect, weight, mark))
        at += height
    return Drawing(
        title=tuple(title),
        desc=_described(forest),
        rows=tuple(rows),
        foot=tuple(foot),
        top=top,
        bottom=at,
        height=at + 24 + _LINE * len(foot) + 12,
    )


_Laid = tuple[str, tuple[str, ...], str, tuple[str, ...], str, ForestMark | None]


def _laid(forest: Forest) -> Iterator[_Laid]:
    for row in forest.rows:
        yield _laid_study(row, "study")
    if forest.rows:
        yield _laid_pool(forest.total, "total")
    if forest.prediction:
        yield _laid_pool(forest.prediction, "pi")
    if forest.lines:
        yield "group", ("The same, with others",), "", (), "", None
    for line in forest.lines:
        yield _laid_pool(line, "line")
    others = [*forest.signs, *forest.beside]
    if others:
        yield "group", ("Known, not pooled",), "", (), "", None
    for row in others:
        yield _laid_study(row, "beside")


def _laid_study(row: ForestRow, kind: str) -> _Laid:
    notes = textwrap.wrap(" · ".join(row.notes), _NAME)
    risk = textwrap.wrap(f"Risk of bias: {row.risk.overall.lower()}{row.risk.words}", _NAME)
    effect = (*textwrap.wrap(row.effect, _EFFECT), *textwrap.wrap(row.beside, _EFFECT))
    weight = "" if row.weight is None else f"{row.weight:.0f}%"
    return kind, (row.label, *notes, *risk), row.people, effect, weight, row.mark


def _laid_pool(summary: Summary, kind: str) -> _Laid:
    name = (*textwrap.wrap(summary.name, _NAME), *textwrap.wrap(summary.note, _NAME))
    said = () if kind == "pi" else textwrap.wrap(summary.label, _EFFECT)
    people = (
        "" if kind == "pi" or summary.line.people is None else f"{summary.line.people:,} in all"
    )
    return kind, name, people, (summary.effect, *said), "", summary.mark


def _described(forest: Forest) -> str:
    """Tell the whole drawing in words, for those who do not see it."""
    studies = " ".join(f"{row.label}: {row.effect}." for row in forest.every)
    scale = f"Right of the line: {forest.right}."
    return f"{forest.sentence} {forest.frequencies} {forest.total.amount}. {scale} {studies}"


def png_of(svg: str) -> bytes:
    """Turn a drawing into a picture.

    Raises:
        NotFound: there is no font to write with; names the remedy.
    """
    import resvg_py  # noqa: PLC0415 - a picture is asked for seldom

    if resvg_py.svg_to_bytes(_PROBE.format("M")) == resvg_py.svg_to_bytes(_PROBE.format(" ")):
        raise NotFound(
            "no picture can be drawn here, since this machine has no font (fonts-liberation would "
            "do): take the drawing (SVG), which shows the same"
        )
    return bytes(resvg_py.svg_to_bytes(svg, background="#ffffff", zoom=_SCALE))


_COLUMNS = (
    "name",
    "study",
    "outcome",
    "measure",
    "chosen_by",
    "compared_with",
    "people",
    "people_with",
    "people_without",
    "estimate",
    "variance",
    "ci_low",
    "ci_high",
    "sign",
    "weight_per_cent",
    "pi_low",
    "pi_high",
    "label",
    "risk_of_bias",
    "risk_of_bias_domains",
    "developers",
    "uk",
    "beside_the_pool",
)
