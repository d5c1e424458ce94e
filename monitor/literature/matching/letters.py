"""Whether letters that might be an intervention's are something else's, by how they stand. Pure.

The text says what they stand for, or they are part of a longer capitalised name.
"""

import re
from collections.abc import Iterable, Mapping, Set

from monitor.literature.matching.disambiguation import NameCandidate
from monitor.literature.matching.expansions import GENERAL, SMALL, Expansion, expansions
from monitor.literature.text.folding import fold

_FAR = 80
_STEM = 5  # letters
_BEFORE = re.compile(r"(?P<start>^|[.!?:\n][\"')\]”’]*\s+)?(?P<word>[^\W\d_][\w’'-]*)\s(?:of\s)?$")
_AFTER = re.compile(r"(?:['’]s)?\s(?P<word>[^\W\d_][\w-]*)")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SENTENCE_END = re.compile(r"[.!?][\"')\]”’]*\s|\n")
_MOST_CAPITALS = 0.5
# What bears a name and is no treatment.
_BODIES = frozenset(
    ("academy", "act", "alliance", "association", "award", "awards", "bakery", "band", "bank",
     "book", "books", "cafe", "campaign", "choir", "club", "clubs", "company", "corporation",
     "council", "cup", "farm", "federation", "festival", "foundation", "fund", "gallery", "hotel",
     "inc", "kitchen", "league", "library", "ltd", "magazine", "museum", "news", "park",
     "partnership", "partnerships", "press", "prize", "radio", "road", "school", "shop", "society",
     "stadium", "street", "television", "trust", "tv")
)  # fmt: skip
# Who give it: "the Anna Freud PIP team".
_STAFF = frozenset(("clinicians", "coaches", "facilitators", "guiders", "leaders", "practitioners",
    "service", "services", "staff", "team", "teams", "therapist", "therapists", "visitors", "arm",
    "condition", "families", "parents", "mothers", "children", "carers"))  # fmt: skip
# What a name may begin with, at the beginning of a sentence too.
_LEADING = frozenset(("cafe", "camp", "captain", "channel", "club", "hotel", "operation", "radio",
    "studio", "team"))  # fmt: skip
# Capitalised for another reason than being part of a name.
_PLAIN = frozenset(
    ("adapted", "american", "australian", "belgian", "brazilian", "british", "canadian", "chinese",
     "danish", "dutch", "english", "finnish", "french", "german", "icelandic", "irish", "israeli",
     "italian", "japanese", "korean", "modified", "norwegian", "original", "polish", "portuguese",
     "project", "scottish", "spanish", "start", "swedish", "swiss", "turkish", "welsh", "that",
     "the", "this", "our", "these", "both")
)  # fmt: skip


def vocabulary(forms: Iterable[str]) -> frozenset[str]:
    """Give the words of an intervention's names, folded."""
    return frozenset(word for form in forms for word in re.findall(r"[^\W_]+", fold(form)))


class Letters:
    """What the letters in a paper's ``texts`` are, beside the words of each intervention's names.

    ``named`` are the interventions whose full name the paper has.
    """

    def __init__(
        self, texts: Mapping[str, str], own: Mapping[str, frozenset[str]], named: Set[str]
    ) -> None:
        self._texts, self._own, self._named = texts, own, named
        self._known: dict[tuple[str, str], str | None] = {}  # a text may repeat them for ever

    def reason(self, field: str, candidate: NameCandidate) -> str | None:
        """Say why the letters of one place are something else's; None: nothing says so."""
        slug, text = candidate.name.slug, self._texts[field]
        known = slug, text[candidate.start : candidate.end]
        if known not in self._known:
            self._known[known] = stand_for_another(self._texts, known[1], self._own[slug])
        if self._known[known] or slug in self._named:
            return self._known[known]
        return part_of_a_name(text, candidate.start, candidate.end, self._own[slug])


def stand_for_another(texts: Mapping[str, str], form: str, own: Set[str]) -> str | None:
    """Say what a paper's texts say the letters stand for; None: nothing, or words of ``own``."""
    meanings = [expansion for text in texts.values() for expansion in expansions(text, form)]
    if not meanings or any(_agrees(expansion, own) for expansion in meanings):
        return None
    return f"another's abbreviation: it stands for “{meanings[0]}”"


def _agrees(one: Expansion, own: Set[str]) -> bool:
    return all(word in GENERAL or word in SMALL or _akin(word, own) for word in one.words)


def _akin(word: str, own: Set[str]) -> bool:
    """Tell whether a word is one of ``own``, whatever its ending ("psychotherapeutic")."""
    if word in own:
        return True
    stem = _stem(word)
    long = [other for other in own if len(other) >= _STEM]
    return any(other.startswith(stem) or word.startswith(_stem(other)) for other in long)


def _stem(word: str) -> str:
    return word[: max(_STEM, len(word) - 3)]


def part_of_a_name(text: str, start: int, end: int, own: Set[str]) -> str | None:
    """Say of which longer capitalised name ``text[start:end]`` is a part; None: of none."""
    before = _BEFORE.search(text[max(0, start - _FAR) : start])
    after = _AFTER.match(text, end)
    first, last = before["word"] if before else "", after["word"] if after else ""
    follows = _is_name(last, own)
    if follows and last.casefold() in _BODIES:
        return _said(first if _is_name(first, own) else "", text[start:end], last)
    if _in_capitals(text, start, end):
        return None
    opens = before is None or before["start"] is not None
    leads = _is_name(first, own) and not first.endswith(("'s", "’s"))
    leads = leads and (not opens or fold(first) in _LEADING)
    general = fold(last) in GENERAL or fold(last) in _STAFF
    if (leads and not (general and last.islower())) or (follows and not general):
        return _said(first if leads else "", text[start:end], last if follows else "")
    return None


def _said(before: str, letters: str, after: str) -> str:
    return f"part of a longer name: “{' '.join(filter(None, (before, letters, after)))}”"


def _is_name(word: str, own: Set[str]) -> bool:
    """Tell whether a word is capitalised as part of a name that is not the intervention's own."""
    if not word[:1].isupper() or not word[1:].islower():
        return False
    folded = fold(word)
    return folded not in _PLAIN and not _akin(folded, own)


def _in_capitals(text: str, start: int, end: int) -> bool:
    """Tell whether most words of the sentence are capitalised, as in a heading."""
    before, after = text[max(0, start - 4 * _FAR) : start], text[end : end + 4 * _FAR]
    opened = max((stop.end() for stop in _SENTENCE_END.finditer(before)), default=0)
    closed = _SENTENCE_END.search(after)
    words = _WORD.findall(f"{before[opened:]} {after[: closed.start()] if closed else after}")
    capitals = sum(word[0].isupper() for word in words)
    return not words or capitals > _MOST_CAPITALS * len(words)
