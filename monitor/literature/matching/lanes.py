"""Tells an intervention that a paper evaluates from one that it mentions only in passing.

Pure, over the matcher's hits and the sentences they stand in. In doubt an intervention counts
as evaluated: a study missed is worse than one read in vain. Stores nothing and moves no paper.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

from monitor.literature.matching import fields, passing, passing_cues
from monitor.literature.matching.matcher import Hit
from monitor.literature.matching.scenes import Scene
from monitor.literature.matching.scope import in_scope
from monitor.literature.text.sentences import Sentence, parted
from monitor.literature.words import Lane

# So many of the ten in one breath are examples, unless something was done with them.
_MANY = 3
# A cue further off than this belongs to something else in the sentence.
_NEAR = 160
_IN_BRACKETS = f"{passing_cues.NAMED} ("


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How one intervention stands in a paper; ``reason`` and ``sentence`` say what tells it."""

    slug: str
    evaluated: bool
    reason: str
    sentence: str


def lane(hits: Sequence[Hit], title: str, abstract: str | None) -> Lane:
    """Say which lane a paper belongs to by its words: evaluated, mentioned, possible or none."""
    if not hits:
        return Lane.POSSIBLE if in_scope(title, abstract) else Lane.NONE
    standing = evaluations(hits, title, abstract)
    return (
        Lane.EVALUATED if any(evaluation.evaluated for evaluation in standing) else Lane.MENTIONED
    )


def evaluations(hits: Sequence[Hit], title: str, abstract: str | None) -> tuple[Evaluation, ...]:
    """Say of each intervention that was found whether the paper evaluates it, and why."""
    by_slug: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_slug[hit.slug].append(hit)
    # read only where a name stands in the abstract alone
    paper = cache(partial(_Paper.of, title, abstract, hits))
    return tuple(
        _outside(slug, its_hits) or _inside(slug, its_hits, paper())
        for slug, its_hits in by_slug.items()
    )


@dataclass(frozen=True, slots=True)
class _Paper:
    """What the hits are judged by: the abstract's sentences, and who is named where."""

    title: str
    sentences: tuple[Sentence, ...]
    hits: tuple[Hit, ...]  # of the abstract
    named: dict[int, set[str]]  # by a sentence's start
    is_review: bool
    background: frozenset[int]  # the starts of the sentences in sections of that name

    @classmethod
    def of(cls, title: str, abstract: str | None, hits: Sequence[Hit]) -> "_Paper":
        all_sentences = parted(abstract or "")
        own = tuple(hit for hit in hits if hit.field == "abstract")
        named: dict[int, set[str]] = defaultdict(set)
        for hit in own:
            named[_around(all_sentences, hit).start].add(hit.slug)
        is_review = bool(
            passing_cues.REVIEW.search(title)
            or any(passing_cues.REVIEW.search(s.text) for s in all_sentences)
        )
        return cls(
            title, all_sentences, own, named, is_review, frozenset(_in_background(all_sentences))
        )

    def before(self, hit: Hit, sentence: Sentence) -> str:
        """Give a sentence up to a hit, with a sign for each name that stands there."""
        parts, start = [], sentence.start
        for other in self.hits:
            if start <= other.start < other.start + len(other.words) <= hit.start:
                parts += [self._text(start, other.start, sentence), passing_cues.NAMED]
                start = other.start + len(other.words)
        return "".join([*parts, self._text(start, hit.start, sentence)])

    def scene(self, hit: Hit, sentence: Sentence, before: str, after: str) -> Scene:
        """Give a hit in its sentence, with the sentences that do not name the same."""
        others = [one for one in self.sentences if hit.slug not in self.named.get(one.start, ())]
        following = tuple(one.text for one in others if one.start > sentence.start)
        return Scene(before, after, self.title, tuple(one.text for one in others), following)

    @staticmethod
    def _text(start: int, end: int, sentence: Sentence) -> str:
        return sentence.text[start - sentence.start : end - sentence.start]

    def own(self) -> Iterator[Sentence]:
        """Give the sentences that say what the paper itself set out to do or did."""
        return (one for one in self.sentences if passing_cues.OWN.search(one.text))


def _outside(slug: str, hits: Sequence[Hit]) -> Evaluation | None:
    """Judge an intervention that is named in the title or the keywords; None: it is not."""
    for hit in hits:
        if hit.field != "abstract":
            return Evaluation(
                slug, evaluated=True, reason=f"in the {hit.field}", sentence=hit.words
            )
    return None


def _inside(slug: str, hits: Sequence[Hit], paper: _Paper) -> Evaluation:
    """Judge one that only the abstract names: one hit that is no passing one is enough."""
    passing = None
    for hit in hits:
        sentence = _around(paper.sentences, hit)
        reason = _passing(hit, sentence, paper)
        if reason is None:
            return Evaluation(
                slug, evaluated=True, reason="in the abstract", sentence=sentence.text
            )
        passing = passing or Evaluation(
            slug, evaluated=False, reason=reason, sentence=sentence.text
        )
    if passing is None:
        raise ValueError(f"no hit of {slug} to judge")
    return passing


def _passing(hit: Hit, sentence: Sentence, paper: _Paper) -> str | None:
    """Say why a hit in the abstract is a passing one; None: it is not."""
    place = hit.start - sentence.start
    before = paper.before(hit, sentence)
    after = sentence.text[place + len(hit.words) :]
    if before.endswith(_IN_BRACKETS) and after.startswith(")"):
        # the short form of the name that stands before it
        before, after = before.removesuffix(_IN_BRACKETS), after[1:]
    scene = paper.scene(hit, sentence, before, after)
    reason = _by_its_words(before[-_NEAR:], after)
    if reason is None and fields.is_field(hit.words) and not fields.is_treatment(scene):
        reason = "only the name of a field"
    reason = reason or passing.reason(scene)
    if reason or passing_cues.DONE.search(sentence.text):
        return reason
    return _by_its_company(sentence, paper) or _by_its_role(hit.slug, sentence, after, paper)


def _by_its_words(before: str, after: str) -> str | None:
    """Go by the words right before and after a name."""
    for cue in passing_cues.BEFORE:
        if cue.tells(before, after):
            return cue.reason
    asked = passing_cues.LATER.search(before) and not passing_cues.OWN_RESULT.search(after)
    later = asked or passing_cues.LEFT_TO_LATER.search(after)
    return "only left to later research" if later else None


def _by_its_company(sentence: Sentence, paper: _Paper) -> str | None:
    """Go by how many of the ten are named together."""
    if len(paper.named[sentence.start]) >= _MANY:
        return "one of many in a list"
    if paper.is_review and len(set().union(*paper.named.values())) >= _MANY:
        return "one of many in a review"
    return None


def _by_its_role(slug: str, sentence: Sentence, after: str, paper: _Paper) -> str | None:
    """Go by what the sentence is for: the paper's own work, or the field's."""
    if passing_cues.OWN.search(sentence.text):
        return None
    if passing_cues.AND_OTHERS.search(after):
        return "given as an example"
    return "only in the background" if _is_background(slug, sentence, paper) else None


def _is_background(slug: str, sentence: Sentence, paper: _Paper) -> bool:
    """Tell whether a sentence speaks of the field, and the paper's own ones of something else."""
    if sentence.start not in paper.background and not passing_cues.BACKGROUND.search(sentence.text):
        return False
    own = [
        statement for statement in paper.own() if slug not in paper.named.get(statement.start, ())
    ]
    about = [paper.title, *(statement.text for statement in own)]
    return bool(own) and not any(passing_cues.LED_BACK.search(text) for text in about)


def _in_background(all_sentences: Sequence[Sentence]) -> Iterator[int]:
    """Give the starts of the sentences that stand in a section of background."""
    inside = False
    for sentence in all_sentences:
        label = passing_cues.SECTION.match(sentence.text)
        inside = bool(passing_cues.BACKGROUND_SECTION.search(label[1])) if label else inside
        if inside:
            yield sentence.start


def _around(all_sentences: Sequence[Sentence], hit: Hit) -> Sentence:
    """Give the sentence in which a hit of the abstract begins."""
    return next(sentence for sentence in reversed(all_sentences) if sentence.start <= hit.start)
