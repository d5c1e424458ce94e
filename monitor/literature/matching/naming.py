"""The forms that interventions and their look-alikes are named by, folded for looking them up.

Reads the catalogue only. Decides nothing about a paper: ``matching`` looks the forms up.
"""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import product

from monitor.catalogue.loader import Intervention
from monitor.literature.text.folding import fold

FULL_NAME = "full name"
VARIANT_NAME = "variant's name"
TRIAL_NAME = "trial's name"
ABBREVIATION = "abbreviation in context"
LOOKALIKE = "look-alike"
# More commas than a name has: a hand-written form must not make a million spellings.
_MOST_COMMAS = 4
# Long words of names that stand in many other texts: poor ones to look for first.
_COMMON = frozenset(
    ("attachment", "behavioral", "behavioural", "child", "developmental", "family", "infant", "intensive", "interaction", "interactive",
     "intervention", "mother", "parent", "parenting", "program", "programme", "positive",
     "relationships", "training", "trial", "treatment")
)  # fmt: skip
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
    "ø": "oe", "å": "aa"})  # fmt: skip
# Context words that papers of any field have: alone they explain no letters.
EVERYDAY = frozenset(
    ("adopt*", "attachment", "autis*", "babies", "baby", "caregiv*", "caregiver*", "carer*",
     "catch-up", "child*", "diurnal cortisol", "famil*", "father*", "foster*", "home visit*",
     "infant*", "maternal", "mother*", "nurturing", "opioid*", "parent*", "play", "preterm",
     "residential", "sensitiv*", "toddler*", "trauma*", "video")
)  # fmt: skip
# … and the same words where they plainly mean something else. In folded text.
_ANOTHER_SENSE = re.compile(
    r"\bmother (?:liquors?|tongues?|boards?|cells?|plants?|solutions?|lodes?|ships?|rocks?|earth)\b|"
    r"\bparent (?:metals?|materials?|compounds?|drugs?|ions?|plants?|strains?|cells?|lines?|"
    r"isotopes?|rocks?|compan(?:y|ies)|molecules?|structures?|phases?|alloys?|acids?|nucle\w+|"
    r"stars?|firms?|organi[sz]ations?|populations?|peptides?|proteins?|polymers?)\b|"
    r"\b(?:to|will|may|can|could|would|helps?|helped|and|that|which|must|should) foster\b"
    r"(?! (?:care|child|parent|famil|home|mother|father|placement|youth|infant|toddler))|\bfosters\b|"
    r"\bfoster(?:ed|ing) (?!care|child|parent|famil|home|mother|father|placement|youth|infant|toddler|"
    r"and|or|in|by)\w+|"
    r"\b(?:cell|dental|clinical|gingival|periodontal|epithelial|bacterial|viral|tendon|muscle|mail|"
    r"file|hose|bolt|cable|head) attachments?\b|\battachment (?:loss|levels?|sites?|points?|devices?|"
    r"screws?)\b|\battachment of (?:(?:the|a|an|its|each|these|those) )?(?!infant|child|bab|toddler|"
    r"mother|father|parent|young|foster|adopt|preschool|girl|boy|son|daughter|pupil|orphan|twin)\w+|"
    r"\b(?:head|dental|brain|blunt|eye|ocular|chest|abdominal|spinal|facial|major|multiple|penetrating|"
    r"surgical|tissue|nerve|bone|hand|skull) trauma\w*|\btrauma (?:cent(?:re|er)s?|surge\w+|wards?|units?|"
    r"teams?|registr\w+|rooms?)\b|\bsensitivity (?:and specificity|analys\w+|of (?:the )?(?:\d|assay|"
    r"test|scale|method|sensor)|was \d)|\bgene famil\w+|\bfamil(?:y|ies) of (?:genes|proteins|enzymes)|"
    r"\bchild (?:node|process|theme|seat|lock)\w*"
)


def in_another_sense(folded: str) -> str:
    """Take out of a folded text what looks like a context word and is none: "mother liquor"."""
    return _ANOTHER_SENSE.sub(" ", folded)


@dataclass(frozen=True, slots=True)
class NameContext:
    """The words an abbreviation needs around it, and those that make it another's."""

    require: frozenset[str]
    reject: frozenset[str]
    minimum: int

    def refusal(self, seen: Set[str]) -> str | None:
        """Say why the abbreviation does not count among the words ``seen``; None: it counts."""
        another = sorted(self.reject & seen)
        if another:
            return f"another's abbreviation: the text has “{another[0]}”"
        words = self.require & seen
        # one everyday word is no context
        needed = max(self.minimum, 2) if words <= EVERYDAY else self.minimum
        if len(words) < needed:
            return f"an abbreviation without its words: {len(words)} of the {needed} it needs"
        return None


@dataclass(frozen=True, slots=True)
class Name:
    """What finding one form means."""

    slug: str
    variant: str | None
    rule: str
    spaced: bool  # the words found may have a space
    context: NameContext | None = None
    beside: frozenset[str] = frozenset()  # a look-alike's: one of them in the same sentence
    why: str = ""  # a look-alike's: what it is instead
    letters: bool = False  # a variant's name that is an abbreviation: "VIPP-R"


def names_of(intervention: Intervention) -> Iterator[tuple[str, Name]]:
    """List every form an intervention is named by, its look-alikes last."""
    slug = intervention.slug
    for form in intervention.full_forms:
        yield form, Name(slug, None, FULL_NAME, _may_be_spaced(form))
    named: list[tuple[tuple[str, ...], str | None, str]] = [
        (variant.forms, variant.name, VARIANT_NAME) for variant in intervention.variants
    ]
    named += [(trial.forms, trial.variant, TRIAL_NAME) for trial in intervention.trials]
    for forms, variant, rule in named:
        for form in forms:
            spaced, letters = _may_be_spaced(form), _is_short(form)
            yield form, Name(slug, variant, rule, spaced, letters=letters)
    for short in intervention.abbreviations:
        context = NameContext(frozenset(short.require), frozenset(short.reject), short.minimum)
        spaced = has_space(short.form)
        yield short.form, Name(slug, short.variant, ABBREVIATION, spaced, context)
    for other in intervention.lookalikes:
        beside = frozenset(other.beside)
        for form in other.forms:
            spaced = _may_be_spaced(form)
            yield form, Name(slug, None, LOOKALIKE, spaced, beside=beside, why=other.why)


def spellings(names: Iterable[tuple[str, Name]]) -> Iterator[tuple[str, list[Name]]]:
    """Give every folded spelling of some names with what it means.

    A short form written so in the catalogue is no other one without its hyphen: "COSI" is the
    trial of that name, and only "COS-I" the intensive programme.
    """
    meant: dict[str, list[tuple[bool, Name]]] = {}
    for form, name in names:
        for pattern in sorted(patterns(form)):
            meant.setdefault(pattern, []).append((pattern == fold(form), name))
    for pattern, forms in meant.items():
        short = any(written and name.context for written, name in forms)
        yield pattern, [name for written, name in forms if written or not (short and name.context)]


def _is_short(form: str) -> bool:
    """Tell whether a form is letters that stand for words, as "VIPP-SD" is and "Theraplay" is not."""
    capitals = sum(character.isupper() for character in form)
    return not has_space(form) and 2 * capitals > sum(map(str.isalpha, form))


def has_space(form: str) -> bool:
    """Tell whether a form is of several words."""
    return any(character.isspace() for character in form.strip())


def _may_be_spaced(form: str) -> bool:
    """Let "VIPP SD" pass for VIPP-SD, but not "VIPP R = .3" for VIPP-R."""
    return has_space(form) or all(len(part) > 1 for part in re.split(r"[-/]", form))


def patterns(form: str) -> set[str]:
    """Fold a form in all its spellings.

    Each comma may be missing; all hyphens may be strokes or no parting at all; a therapy may be
    several; umlauts may be written out.
    """
    spellings = set(_commas(form))
    spellings |= {spelling.translate(_WRITTEN_OUT) for spelling in spellings}
    spellings |= {spelling.replace("-", other) for spelling in spellings for other in ("", "/")}
    spellings |= {
        f"{spelling[:-1]}ies" for spelling in spellings if spelling.lower().endswith("therapy")
    }
    return {pattern for spelling in spellings if (pattern := fold(spelling))}


def _commas(form: str) -> Iterator[str]:
    first, *rest = form.split(",")
    if len(rest) > _MOST_COMMAS:
        yield from (form, form.replace(",", " "))
        return
    for parting in product(", ", repeat=len(rest)):
        yield first + "".join(mark + part for mark, part in zip(parting, rest, strict=True))


def anchors(forms: Iterable[str]) -> set[str] | None:
    """Give words of which each folded form has at least one; None where a form has none.

    A text without any of them names nothing. Few and rare: that is what makes looking quick.
    """
    anchor_words: set[str] = set()
    for form in sorted(forms, key=lambda form: (form.count(" "), form)):
        words = set(re.findall(r"[a-z0-9]+", form)) if form.isascii() else set()
        if not words:
            return None
        if not words & anchor_words:
            anchor_words.add(max(words, key=lambda word: (word not in _COMMON, len(word), word)))
    return anchor_words
