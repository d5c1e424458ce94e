"""An intervention's search string in each platform's syntax, from the catalogue's names. Pure.

Titles and abstracts are searched (keywords too where the platform does so by itself). A name is a
phrase; an abbreviation counts only beside one of the words that the catalogue requires. Ovid,
EBSCOhost and ProQuest read "*" as any ending and quotation marks as a phrase; each writes the
fields in its own way. No platform was reached: whoever searches should look at the first hits.
"""

import re
from collections.abc import Callable, Iterable

from monitor.catalogue.loader import Abbreviation, Intervention
from monitor.feeds.sources.databases import Platform

_MARKS = re.compile(r"[^\w*-]+")


def query(platform: Platform, intervention: Intervention) -> str:
    """Write what to search for; one line."""
    return _WRITTEN[platform](_names(intervention), intervention.abbreviations)


def _names(intervention: Intervention) -> list[str]:
    """List the names that need no context, each spelling once; a longer one that holds another goes.

    >>> from monitor.catalogue.loader import load
    >>> _names(load().intervention("theraplay"))
    ['theraplay', 'sunshine circles']
    """
    forms = [*intervention.full_forms, *(f for v in intervention.variants for f in v.forms)]
    plain = dict.fromkeys(_plain(form) for form in forms)
    padded = {name: f" {_spaced(name)} " for name in plain}
    return [
        name
        for name in plain
        if not any(
            padded[other] in padded[name] and padded[other] != padded[name] for other in plain
        )
        and next(n for n in plain if padded[n] == padded[name]) == name
    ]


def _plain(form: str) -> str:
    return " ".join(_MARKS.sub(" ", form.casefold()).split())


def _spaced(name: str) -> str:
    return " ".join(name.replace("-", " ").split())


def _phrases(names: Iterable[str]) -> str:
    return " OR ".join(f'"{name}"' if " " in name or "-" in name else name for name in names)


def _beside(shorts: Iterable[Abbreviation]) -> list[str]:
    """Put the abbreviations that require the same words beside these words, once."""
    by_words: dict[tuple[str, ...], dict[str, None]] = {}
    for short in shorts:
        by_words.setdefault(short.require, {})[_plain(short.form).upper()] = None
    return [f"(({_phrases(forms)}) AND ({_phrases(words)}))" for words, forms in by_words.items()]


def _all(names: list[str], shorts: Iterable[Abbreviation]) -> str:
    return " OR ".join([_phrases(names), *_beside(shorts)])


def _ovid(names: list[str], shorts: Iterable[Abbreviation]) -> str:
    return f"({_all(names, shorts).replace(' OR ', ' or ').replace(' AND ', ' and ')}).ti,ab."


def _ebsco(names: list[str], shorts: Iterable[Abbreviation]) -> str:
    text = _all(names, shorts)
    return f"TI ( {text} ) OR AB ( {text} )"


def _proquest(names: list[str], shorts: Iterable[Abbreviation]) -> str:
    return f"TIAB({_all(names, shorts)})"


def _boxed(names: list[str], shorts: Iterable[Abbreviation]) -> str:  # noqa: ARG001 - one shape for all; a box takes no brackets
    return _phrases(names)


_WRITTEN: dict[Platform, Callable[[list[str], Iterable[Abbreviation]], str]] = {
    Platform.OVID: _ovid,
    Platform.EBSCO: _ebsco,
    Platform.PROQUEST: _proquest,
    Platform.PLAIN: _boxed,
}
