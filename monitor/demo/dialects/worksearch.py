"""The filters of OpenAlex's list of works, evaluated truly on works. Knows no stems."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from monitor.demo.dialects import expressions
from monitor.demo.dialects.expressions import Document, Unreadable

Work = Mapping[str, Any]
_SEARCH = "title_and_abstract.search"


def matching(works: Iterable[Work], text: str) -> list[Work]:
    """Keep the works that pass all filters, which commas part.

    Raises:
        Unreadable: a filter is unknown, or its value cannot be read.
    """
    tests = [_test(part) for part in text.split(",") if part]
    return [work for work in works if all(test(work) for test in tests)]


def _test(part: str) -> Callable[[Work], bool]:
    name, _, value = part.partition(":")
    if name == _SEARCH:
        test = expressions.europepmc(value).test
        return lambda work: test(_document(work))
    if name == "openalex":
        wanted = {work_id.casefold() for work_id in value.split("|")}
        return lambda work: str(work["id"]).rpartition("/")[2].casefold() in wanted
    if name in {"from_publication_date", "to_publication_date"}:
        later = name.startswith("from")
        return lambda work: _day(work) >= value if later else "" < _day(work) <= value
    raise Unreadable(f"{name} is not a valid filter.")


def _day(work: Work) -> str:
    return str(work.get("publication_date") or "")


def _document(work: Work) -> Document:
    index: Mapping[str, list[int]] = work.get("abstract_inverted_index") or {}
    words = sorted((place, word) for word, places in index.items() for place in places)
    abstract = " ".join(word for _, word in words)
    return Document({"title": str(work.get("title") or ""), "abstract": abstract}, {})
