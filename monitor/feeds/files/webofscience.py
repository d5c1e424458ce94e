"""Web of Science's tagged text (ISI, ``.ciw``): two-letter tags, indented lines go on."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from monitor.feeds import plain
from monitor.feeds.files import dates
from monitor.feeds.files.draft import ReferenceDraft
from monitor.feeds.files.lines import blocks
from monitor.feeds.records import UnreadableRecord

NAME = "Web of Science"
MEDIA_TYPE = "application/x-inst-for-scientific-info"

_START = re.compile(r"PT [A-Z]\b")
_LOOKS = re.compile(
    r"\A\s*(?:FN [^\n]*\n)(?:VR [^\n]*\n)?\s*PT [A-Z]\b|\A\s*PT [A-Z]\n[A-Z][A-Z0-9] "
)
_FIELD = re.compile(r"([A-Z][A-Z0-9])(?: (.*))?$")


def looks_like(text: str) -> bool:
    """Tell it by its first fields."""
    return _LOOKS.search(text) is not None


def drafts(text: Iterable[str]) -> Iterator[ReferenceDraft | UnreadableRecord]:
    """Read each reference; one that does not end in ER was cut off and is set aside."""
    for raw in blocks(text, _START):
        fields = _fields(raw)
        if "ER" in fields:
            yield _draft(raw, fields)
        else:
            reason = "the reference is cut off: it does not end in ER"
            yield UnreadableRecord(
                f"text:{plain.digest(raw)}", raw.encode("utf-8", "replace"), reason
            )


def _draft(raw: str, fields: dict[str, list[str]]) -> ReferenceDraft:
    return ReferenceDraft(
        raw=raw,
        media_type=MEDIA_TYPE,
        title=_text(fields, "TI"),
        abstract=_text(fields, "AB"),
        authors=fields["AU"] + fields["CA"],
        journal=_text(fields, "SO"),
        year=dates.with_year(_text(fields, tag) for tag in ("PY", "EY", "EA", "PD")),
        volume=_text(fields, "VL"),
        issue=_text(fields, "IS"),
        pages="-".join(page for name in ("BP", "EP") if (page := _text(fields, name))),
        language=_text(fields, "LA"),
        doi=_text(fields, "DI"),
        pmid=_text(fields, "PM"),
        types=_parted(fields, "DT"),
        keywords=_parted(fields, "DE") + _parted(fields, "ID"),
        label=_text(fields, "UT"),
        elsewhere=fields["UT"],
    )


def _fields(raw: str) -> dict[str, list[str]]:
    """Collect the lines of each tag."""
    fields: dict[str, list[str]] = defaultdict(list)
    tag = ""
    for line in raw.split("\n"):
        if match := _FIELD.match(line):
            tag = match[1]
            fields[tag].append((match[2] or "").strip())
        elif tag and line.startswith("   "):
            fields[tag].append(line.strip())
        if tag == "ER":
            break
    return fields


def _text(fields: dict[str, list[str]], tag: str) -> str:
    return " ".join(fields[tag]).strip()


def _parted(fields: dict[str, list[str]], tag: str) -> list[str]:
    return [part.strip() for part in _text(fields, tag).split(";") if part.strip()]
