"""A person with a browser: follows links, fills in forms as they stand, sends them.

Sends only what a form offers: a field or a choice that is not on the page is an error.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from lxml import html

Values = Mapping[str, str | Sequence[str]]
_SECONDS = 30


class NotOnPage(LookupError):  # noqa: N818 - reads as what happened
    """The page does not have what was looked for."""


@dataclass(frozen=True, slots=True)
class VisitedPage:
    """One page as a person sees it."""

    status: int
    url: str
    tree: html.HtmlElement

    @property
    def path(self) -> str:
        """Its address without scheme and host."""
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """Its words, white space collapsed."""
        return words(self.tree)

    @property
    def heading(self) -> str:
        """Its first heading."""
        heading = self.tree.find(".//h1")
        return words(heading) if heading is not None else ""

    def links(self, path: str) -> list[tuple[str, str]]:
        """List the links whose path matches a pattern whole: (path, words)."""
        links = []
        for link in self.tree.iterfind(".//a[@href]"):
            target = urlsplit(urljoin(self.url, link.get("href", ""))).path
            if re.fullmatch(path, target):
                links.append((target, words(link)))
        return links

    def rows(self) -> list[list[str]]:
        """List the rows of its tables, without those of headings: the words of each cell.

        A label repeated for narrow screens is left out.
        """
        rows = []
        for row in self.tree.iterfind(".//tbody/tr"):
            cells = [cell.find("div") for cell in row.iterfind("td")]
            head = row.find("th")
            plain = [words(cell) for cell in cells if cell is not None]
            rows.append([words(head) if head is not None else "", *plain])
        return rows

    def fact(self, term: str) -> str:
        """Give the words that a list of terms has beside one.

        Raises:
            NotOnPage: no list has the term.
        """
        for element in self.tree.iter("dt"):
            if words(element) == term and (beside := element.getnext()) is not None:
                return words(beside)
        raise NotOnPage(f"{self.url} has nothing beside {term!r}")

    def named(self, said: str) -> str | None:
        """Give the address, query included, of the link with these words; None if there is none."""
        for link in self.tree.iterfind(".//a[@href]"):
            if words(link) == said:
                return str(urljoin(self.url, link.get("href", "")))
        return None

    def keys(self, name: str) -> list[str]:
        """List what stands in the names of fields that match a pattern whole: its first group, in order."""
        fields = self.tree.iter("input", "select", "textarea")
        matches = (re.fullmatch(name, field.get("name", "")) for field in fields)
        return list(dict.fromkeys(match[1] for match in matches if match))

    def form(self, having: str) -> html.FormElement:
        """Find the form that has a field.

        Raises:
            NotOnPage: no form of the page has it.
        """
        for form in self.tree.forms:
            if having in form.fields:
                return form
        raise NotOnPage(
            f"{self.url} ({self.status}) has no form with {having!r}: {self.text[:600]}"
        )


class Visitor:
    """One browser, with its cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str) -> VisitedPage:
        """Open a page."""
        return self._page(self.session.get(urljoin(self.address, path), timeout=_SECONDS))

    def submit(
        self, page: VisitedPage, values: Values, *, having: str | None = None, press: str = ""
    ) -> VisitedPage:
        """Fill in the form that has the field ``having`` (or the first value's) and send it.

        ``press`` is the value of the button pressed, where it has a name.

        Raises:
            NotOnPage: the form lacks a field, a choice or the button.
        """
        form = page.form(having or next(iter(values), "csrf_token"))
        sent = filled(form, values, press)
        target = urljoin(page.url, form.get("action") or page.url)
        return self._page(self.session.post(target, data=sent, timeout=_SECONDS))

    def _page(self, reply: requests.Response) -> VisitedPage:
        tree = html.document_fromstring(reply.content or b"<p></p>", base_url=reply.url)
        return VisitedPage(reply.status_code, reply.url, tree)


def filled(form: html.FormElement, values: Values, press: str = "") -> list[tuple[str, str]]:
    """Give what a browser would send of a form with these values typed and ticked.

    Raises:
        NotOnPage: the form lacks a field, a choice or the button.
    """
    sent = [(name, value) for name, value in form.form_values() if name not in values]
    for name, value in values.items():
        chosen = [value] if isinstance(value, str) else list(value)
        _check(form, name, chosen)
        sent += [(name, each) for each in chosen]
    if press:
        button = next((b for b in form.iterfind(".//button") if b.get("value") == press), None)
        if button is None:
            raise NotOnPage(f"the form has no button {press!r}")
        sent.append((button.get("name", ""), press))
    return sent


def _check(form: html.FormElement, name: str, chosen: Sequence[str]) -> None:
    fields = [
        field for field in form.iter("input", "select", "textarea") if field.get("name") == name
    ]
    if not fields:
        raise NotOnPage(f"the form has no field {name!r}, only {sorted(set(form.fields))}")
    offered = _choices(fields)
    if offered is not None and set(chosen) - offered:
        raise NotOnPage(f"{name!r} offers {sorted(offered)}, not {sorted(set(chosen) - offered)}")


def _choices(fields: Sequence[html.HtmlElement]) -> set[str] | None:
    """Give the values to choose from; None for a field to type in."""
    if fields[0].tag == "select":
        return {option.get("value", "") for option in fields[0].iter("option")}
    if fields[0].get("type") in {"radio", "checkbox"}:
        return {field.get("value", "on") for field in fields}
    return None


def words(element: html.HtmlElement) -> str:
    """Give the words of an element, white space collapsed."""
    return " ".join(str(element.text_content()).split())
