"""The papers of the invented world: which stands where, and what its record says, by its number."""

import random
from dataclasses import dataclass
from functools import cache

from monitor.feeds.records import Citation, Identifier

# Of each thousand papers: open, then screened, the first of these in studies, the next trials.
OPEN, SCREENED, IN_STUDIES, TRIALS = 155, 45, 3, 3
TEXTS = 1_009  # abstracts there are; a prime, so that they meet every place
NAMES = ("Theraplay", "Circle of Security", "Video Interaction Guidance", "Watch, Wait and Wonder")
SLUGS = ("theraplay", "cos", "vig", "www")
DESIGNS = ("A randomised controlled trial of", "A follow-up of", "A single-group study of",
           "A qualitative study of", "On")  # fmt: skip
SYLLABLES = ("ba", "ko", "ri", "ten", "mol", "sa", "vi", "dur", "pel", "gan", "fo", "lim", "nes")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paper stands, by its number."""

    number: int

    @property
    def _of_thousand(self) -> int:
        # a step that shares no factor with 1,000: each kind is spread evenly
        return self.number * 617 % 1_000

    @property
    def open(self) -> bool:
        return self._of_thousand < OPEN

    @property
    def screened(self) -> bool:
        return OPEN <= self._of_thousand < OPEN + SCREENED

    @property
    def in_study(self) -> bool:
        return OPEN <= self._of_thousand < OPEN + IN_STUDIES

    @property
    def trial(self) -> bool:
        return OPEN + IN_STUDIES <= self._of_thousand < OPEN + IN_STUDIES + TRIALS

    @property
    def names(self) -> int | None:
        return self.number % len(NAMES) if self.open or self.screened else None


@cache
def words(number: int, count: int) -> str:
    chance = random.Random(number * 64 + count)  # noqa: S311 - an invention, not a secret
    return " ".join("".join(chance.choices(SYLLABLES, k=4)) for _ in range(count))


@cache
def abstract(number: int) -> str:
    """Invent an abstract of a usual length: common words often, rare ones seldom."""
    chance = random.Random(number)  # noqa: S311 - the same
    chosen = [words(-int(chance.paretovariate(0.6)) % 40_000, 1) for _ in range(170)]
    sentences = [" ".join(chosen[at : at + 17]).capitalize() for at in range(0, 170, 17)]
    return ". ".join(sentences) + "."


def invented(number: int) -> Citation:
    """Invent the record of that number; the same one each time."""
    chance = random.Random(number)  # noqa: S311 - the same
    named, first = Place(number).names, chance.randrange(1, 2_000)
    begins = f"{DESIGNS[number % 5]} {NAMES[named]} in" if named is not None else "On"
    people = [words(chance.randrange(4_000), 1).title() for _ in range(3)]
    ends = f"{words(chance.randrange(50_000), 3)} {words(chance.randrange(2_000), 2)}"
    return Citation(
        title=f"{begins} {ends}",
        identifiers=(Identifier("doi", f"10.5555/w{number}"),),
        abstract=abstract(number % TEXTS),
        authors=tuple(f"{name} {chance.choice('ABCDEFGH')}" for name in people),
        journal=f"Journal of {words(chance.randrange(400), 2)}",
        year=1996 + number % 31,
        volume=str(chance.randrange(1, 120)),
        issue=str(number % 12 + 1),
        pages=f"{first}-{first + 9}",
        publication_types=("Journal Article",),
    )
