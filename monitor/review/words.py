"""The words of a judgement, shared by forms, rules and ledgers. Each has its sentence for readers."""

from enum import StrEnum

from monitor.catalogue.words import Direction, FindingDirection


class ScreeningVerdict(StrEnum):
    """A screening verdict on a paper."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    UNSURE = "unsure"


class ExclusionReason(StrEnum):
    """Why a paper is not appraised."""

    OTHER_INTERVENTION = "another intervention"
    NOT_A_STUDY = "not a report of a study"
    NO_OUTCOME = "no outcome for parent or child"
    OTHER_POPULATION = "another age group or people"
    PROTOCOL = "protocol or registration, no results yet"
    ALREADY_KNOWN = "another report of a study already here"
    NOTICE = "a notice, comment or review"


# Of before, and kept with the verdicts that have it: such a paper is included, with its study.
NO_LONGER_GIVEN = frozenset({ExclusionReason.ALREADY_KNOWN})


_SHOWN = {
    Direction.NO_DIFFERENCE.value: "no clear difference",
    Direction.DISAGREE.value: "trials disagree",
    Direction.POSITIVE_THEN_LITTLE.value: "positive to 2021, little or no difference since",
    Direction.POSITIVE_THEN_COMPARISON.value: "positive to 2021, comparison favoured since",
    Direction.POSITIVE_THEN_DISAGREE.value: "positive to 2021, trials since disagree",
}
_FOUND = {
    FindingDirection.FAVOURS: "favours the intervention",
    FindingDirection.MIXED: "has mixed findings",
    FindingDirection.NO_DIFFERENCE: "shows no clear difference",
    FindingDirection.FAVOURS_COMPARISON: "favours the comparison",
}


def shown(direction: StrEnum | str) -> str:
    """Write a direction, of one study or of all, as readers see it.

    "No difference" may be a result that is only not significant: few people cannot show that
    there is none. So the word is never printed bare.

    >>> shown("no difference"), shown("mixed")
    ('no clear difference', 'mixed')
    """
    return _SHOWN.get(str(direction), str(direction))


def found(direction: FindingDirection | None) -> str:
    """Say what one study found, after its name; None: of several interventions, told in words.

    >>> found(FindingDirection.NO_DIFFERENCE)
    'shows no clear difference'
    """
    return _FOUND[direction] if direction else "concerns more than one of the ten"


class Stage(StrEnum):
    """Where a paper stands between being found and being counted."""

    TO_SCREEN = "to screen"
    UNSURE = "unsure"  # needs the full text or a colleague
    EXCLUDED = "excluded"
    TO_APPRAISE = "to appraise"  # fewer than two appraisals
    DISAGREEMENT = "disagreement"  # two appraisals differ: somebody settles it
    AGREED = "agreed"  # settled: what it would do is shown, and it counts once that is confirmed
    ACCEPTED = "accepted"
    NOT_COUNTED = "not counted"  # appraised, and excluded by agreement or a third person
    WITHDRAWN = "withdrawn"  # counted once, no longer


# The stages of papers that a person has yet to decide on.
OPEN = (Stage.TO_SCREEN, Stage.UNSURE)


class DecisionVerdict(StrEnum):
    """What was decided on a study."""

    ACCEPT = "accept"
    EXCLUDE = "exclude"
    WITHDRAW = "withdraw"


class Settling(StrEnum):
    """How the appraisals of a round came to one answer."""

    AGREED = "the two agree"
    PAIR = "the two settled it between themselves"
    THIRD = "a third person settled it"
