"""Reads what esearch says: how many ids there are, which, and how it read the query. Pure.

NCBI says no in many ways inside a 200; each is an error here. Its own words are never repeated,
since they may hold our key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.feeds import plain
from monitor.kernel.errors import SourceError, SourceFault

_MAX_TRANSLATION = 20_000
# what esearch adds to its reading of a query for the dates asked for, such as
# " AND 2025/09/27:2025/11/26[Date - Entry]"; quotes, tags and parentheses come and go
_DAY = r'"?\d{4}(?:/\d{1,2}){0,2}"?\s*(?:\[[^\]]*\])?'
_DATES = re.compile(rf"\s+AND\s+\(?\s*{_DAY}\s*:\s*{_DAY}\s*\)?$")


@dataclass(frozen=True, slots=True)
class SearchReply:
    """What one search found: its declared total, the ids given, what NCBI remarked.

    ``translation`` is how NCBI read the query, without the dates asked for; None where it does
    not say.
    """

    count: int
    ids: tuple[str, ...]
    notes: tuple[str, ...] = ()
    translation: str | None = None

    def require_whole(self) -> None:
        """Refuse a page that does not hold as many ids as it declares.

        Raises:
            SourceError: it does not.
        """
        if len(set(self.ids)) != self.count:
            raise SourceError(
                SourceFault.INCOMPLETE,
                f"PubMed declared {self.count} articles and named {len(set(self.ids))}",
            )


def read(body: bytes) -> SearchReply:
    """Read esearch's JSON.

    Raises:
        SourceError: it is no search result, or not that of our query.
    """
    data = json_object(body)
    refuse_rate_limit(data)
    result = data.get("esearchresult")
    if not isinstance(result, dict):
        raise SourceError(SourceFault.SCHEMA_CHANGED, "PubMed sent JSON that is no search result")
    if "ERROR" in result:
        raise SourceError(SourceFault.REFUSED, "PubMed could not run the search")
    _refuse_changed_query(result.get("errorlist"))
    count, ids = result.get("count"), result.get("idlist")
    if not (isinstance(ids, list) and all(is_id(number) for number in ids) and _is_count(count)):
        raise SourceError(SourceFault.SCHEMA_CHANGED, "PubMed sent a search result without its ids")
    return SearchReply(
        int(str(count)),
        tuple(ids),
        tuple(_remarks(result.get("warninglist"))),
        translation(result.get("querytranslation")),
    )


def json_object(body: bytes) -> dict[str, Any]:
    """Decode leniently: NCBI's error messages hold raw line breaks.

    Raises:
        SourceError: it is no JSON object.
    """
    try:
        data = json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        what = "something that is not JSON" if body.strip() else "an empty reply"
        raise SourceError(
            SourceFault.MALFORMED, f"PubMed sent {what} instead of a search result"
        ) from None
    if not isinstance(data, dict):
        raise SourceError(SourceFault.SCHEMA_CHANGED, "PubMed sent JSON that is no search result")
    return data


def refuse_rate_limit(data: Mapping[str, Any]) -> None:
    """Refuse the object that NCBI sends to those who ask too often.

    Raises:
        SourceError: it is that object.
    """
    if "error" in data:
        # its text would repeat our key: only the fact is kept
        raise SourceError(SourceFault.RATE_LIMITED, "PubMed says that it was asked too often")


def translation(raw: object) -> str | None:
    """Give how NCBI read a query, without the dates that it adds: the same from poll to poll.

    >>> translation('("braf"[Title/Abstract]) AND 2025/09/27:2025/11/26[Date - Entry]')
    '"braf"[Title/Abstract]'
    """
    text = plain.line(raw, _MAX_TRANSLATION) if isinstance(raw, str) else ""
    return _without_parentheses(_DATES.sub("", text)) or None


def is_id(one: object) -> bool:
    """Tell whether it is a PMID, as text."""
    return isinstance(one, str) and one.isascii() and one.isdigit()


def _without_parentheses(text: str) -> str:
    """Take off what encloses the whole: esearch adds it only beside dates."""
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> int:
    """Tell where the first parenthesis is closed; -1 where it never is. Quotes hide others."""
    depth, quoted = 0, False
    for at, letter in enumerate(text):
        quoted ^= letter == '"'
        if not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return at
    return -1


def _refuse_changed_query(errors: object) -> None:
    """Refuse a result for which NCBI dropped a part of the query: it is another set."""
    dropped = errors if isinstance(errors, dict) else {}
    if dropped.get("phrasesnotfound") or dropped.get("fieldsnotfound"):
        raise SourceError(
            SourceFault.QUERY_CHANGED,
            "PubMed left a part of the query out, since it does not know it; check the query",
        )


def _remarks(warnings: object) -> Iterator[str]:
    remarks = warnings if isinstance(warnings, dict) else {}
    if remarks.get("quotedphrasesnotfound"):
        yield "PubMed does not have a quoted phrase of the query in its index"
    if remarks.get("phrasesignored"):
        yield "PubMed ignored a word of the query"


def _is_count(count: object) -> bool:
    text = str(count)
    return not isinstance(count, bool) and text.isascii() and text.isdigit() and len(text) < 12  # noqa: PLR2004 - PubMed has 8 digits of articles
