"""A sheet as PDF: one page of A4, tagged (PDF/UA-1), its fonts embedded. Pure: bytes out of facts.

Set by Typst from ``memo.typ``. What a sheet says reaches it as JSON, never as its source: a brace, a
hash or a dollar in a title is a letter like any other.
"""

import functools
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from monitor.gap.memos.sheets import Block, DrawnInterval, Sheet, SheetStatement
from monitor.kernel.language.english import day
from monitor.kernel.process.threads import on_any_processor
from monitor.web.public.memos.glyphs import FONTS, drawable
from monitor.web.public.shown.label_marks import of_interval

if TYPE_CHECKING:
    import typst

_SOURCE = Path(__file__).with_name("memo.typ")
_STANDARD: Final = "ua-1"
_one_at_a_time = threading.Lock()  # the compiler keeps what it set before, for the next one


def pdf(sheet: Sheet, notice: str = "") -> bytes:
    """Set a sheet, with the notice of settings above it. The same sheet gives the same bytes."""
    told = {
        **{name: drawable(getattr(sheet, name)) for name in _TEXTS},
        "notice": drawable(notice),
        "dated": day(sheet.on),
        "day": [sheet.on.year, sheet.on.month, sheet.on.day],
        "link": sheet.address,
        "statements": [_statement(statement) for statement in sheet.statements],
        "rows": [[_block(block) for block in row] for row in sheet.rows],
    }
    with _one_at_a_time, on_any_processor():
        made = _compiler().compile(
            _SOURCE.read_bytes(),
            format="pdf",
            sys_inputs={"sheet": json.dumps(told, ensure_ascii=False)},
            pdf_standards=[_STANDARD],
            timestamp=datetime.combine(sheet.on, time.min, UTC),
        )
    if not isinstance(made, bytes):
        raise TypeError("a sheet was set as several files")
    return made


_TEXTS = ("about", "address", "promise", "title", "lead", "caution", "foot")


@functools.cache
def _compiler() -> "typst.Compiler":
    import typst  # noqa: PLC0415 - a memo is asked for seldom

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )
    return typst.Compiler(font_paths=fonts)


def _block(block: Block) -> dict[str, Any]:
    table = block.table
    return {
        "heading": drawable(block.heading),
        "paragraphs": _every(block.paragraphs),
        "points": _every(block.points),
        "columns": _every(table.columns) if table else [],
        "cells": [_every(row) for row in table.rows] if table else [],
        "caption": drawable(table.caption) if table else "",
    }


def _every(texts: Sequence[str]) -> list[str]:
    return [drawable(text) for text in texts]


def _statement(statement: SheetStatement) -> dict[str, Any]:
    return {
        "label": drawable(statement.label),
        "words": drawable(statement.words),
        "more": drawable(statement.more),
        "boxes": list(statement.boxes),
        "lines": [
            {"words": drawable(line.words), "mark": _mark(line.interval)}
            for line in statement.lines
        ],
    }


def _mark(interval: DrawnInterval | None) -> dict[str, Any] | None:
    """Give the places of a mark as the page draws it."""
    if interval is None:
        return None
    drawn = of_interval(interval)
    (line,), scale = drawn.lines, drawn.scale
    return asdict(line) | {
        "outside": line.outside,
        "settled": drawn.settled,
        "width": scale.width,
        "band": [scale.at(-scale.delta), scale.at(scale.delta)],
    }
