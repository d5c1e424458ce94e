"""A name in its sentence, and what the paper says beside it: what rules on standing look at. Pure."""

import re
from dataclasses import dataclass

from monitor.literature.matching.passing_cues import OWN

_LONG = 300  # characters before and after a name that are looked at


@dataclass(frozen=True, slots=True)
class Scene:
    """A name in its sentence: what stands ``before`` (names as signs) and ``after`` it.

    ``others`` are the sentences that do not name the same intervention, ``following`` those of
    them that come later.
    """

    before: str
    after: str
    title: str
    others: tuple[str, ...] = ()
    following: tuple[str, ...] = ()

    @property
    def near(self) -> str:
        """The words before, as many as are looked at."""
        return self.before[-_LONG:]

    @property
    def rest(self) -> str:
        """The words after, as many as are looked at."""
        return self.after[:_LONG]


def any_case(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for either case."""
    return re.compile(pattern, re.IGNORECASE)


# What leads back to somebody else's work, or to a programme named before, from the paper's own.
LEADS_BACK = any_case(
    r"\b(?:that|its|same|these|those|this) (?:\w+ )?(?:intervention|program|programme|treatment|"
    r"therapy|psychotherapy|approach|method|families|sample|participants|cohort|trial)s?\b|"
    r"\b(?:that|those|same) (?:\w+ )?(?:dyads|children|mothers|fathers|infants|carers|pupils|women|"
    r"men|parents|patients|people)\b|\bthe (?:intervention|program|programme|therapy|psychotherapy|approach|original)\b|"
    r"\b(?:after|during|throughout) the (?:group|sessions?|course|visits?|intervention)\b|"
    r"\breplicat|\bre-?analy[sz]|\bsecondary analysis|\bfollow(?:ed|ing)?[- ]?up of\b|"
    r"\b(?:gave|used|tried|tested|adapted|evaluated|delivered|ran|studied) it\b"
)
SAMPLE = r"(?:famil|mother|father|parent|child|infant|carer|dyad|patient|participant|bab|toddler)"


_OURS = any_case(
    r"\bour (?:own )?(?:study|trial|paper|aim|work|project|review|report|sample|question)"
)


def something_else(scene: Scene) -> bool:
    """Tell whether the paper's own sentences are about something else."""
    own = [one for one in scene.others if OWN.search(one) or _OURS.search(one)]
    return bool(own) and not any(LEADS_BACK.search(one) for one in (scene.title, *own))
