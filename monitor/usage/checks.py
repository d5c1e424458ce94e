"""What an admin should look at before publishing a wave. Pure: says, refuses nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.kernel.language.english import listed, plural
from monitor.kernel.language.uk import long_date
from monitor.usage.splits import DIMENSIONS, FEWEST, SplitRow, parts_of, whole_of
from monitor.usage.standing import WaveSurvey
from monitor.usage.waves_compared import differing_words, same_question

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One check: whether it passed, or is to be looked at, in a sentence."""

    passed: bool
    words: str


def checks(  # noqa: PLR0913 - what a wave says, and what it stands beside
    survey: WaveSurvey,
    rows: Sequence[SplitRow],
    before: WaveSurvey | None,
    overlaps: WaveSurvey | None,
    *,
    invited: int | None,
    promoters: Sequence[str],
    names: Mapping[str, str],
    today: date,
    areas: Collection[str],
) -> list[Check]:
    """Look a draft over.

    ``names`` are the short names of all interventions, by slug; ``areas`` are those known.
    """
    remarks = [
        _complete(survey, names) if rows else _too_few(),
        _denominators(survey),
        _over(survey, today),
        _question(survey, before),
        _response(survey, invited),
        _promoters(promoters),
        _together(survey),
        _sums(rows),
        _areas(rows, areas),
        _small(rows),
        _overlap(overlaps),
    ]
    return [check for check in remarks if check]


def _too_few() -> Check:
    return _look(
        f"Fewer than {FEWEST} services answered. None of their counts is in this draft, so that nobody "
        "learns what one service answered, and it is never published: discard it."
    )


def _passed(words: str) -> Check:
    return Check(passed=True, words=words)


def _look(words: str) -> Check:
    return Check(passed=False, words=words)


def _complete(survey: WaveSurvey, names: Mapping[str, str]) -> Check:
    missing = [name for slug, name in names.items() if slug not in survey.shares]
    if not missing:
        return _passed(f"All {len(names)} have a numerator and a denominator.")
    left = "nothing is said of" if len(missing) == len(names) else "no share of"
    return _look(f"There is {left} {listed(missing)}: their earlier figure stands.")


def _denominators(survey: WaveSurvey) -> Check | None:
    known = sorted({share.denominator for share in survey.shares.values()})
    total = survey.services if survey.unit == "services" else survey.responses
    if not known:
        return None
    if known == [total]:
        return _passed(f"Every denominator is {total:,}, as the wave says.")
    span = f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"
    return _look(
        f"Denominators are {span}, and the wave counts {total or 'no total'}: not all answered each question.",
    )


def _over(survey: WaveSurvey, today: date) -> Check | None:
    if survey.field_to is None or survey.field_to <= today:
        return None
    return _look(
        f"Its field dates end on {long_date(survey.field_to)}, which is to come: a survey is published "
        "once it is over. Are the dates right?"
    )


def _sums(rows: Sequence[SplitRow]) -> Check | None:
    """Find parts that are more together than all who were asked."""
    for by in DIMENSIONS:
        for slug in dict.fromkeys(row.slug for row in rows):
            parts, of_all = parts_of(rows, slug, by), whole_of(rows, slug)
            if of_all and sum(parts.values()) > of_all:
                return _look(
                    f"By {by}, {slug} counts {sum(parts.values()):,} of {of_all:,}: either some are in "
                    "two parts, or a denominator is another wave’s."
                )
    return None


def _areas(rows: Sequence[SplitRow], areas: Collection[str]) -> Check | None:
    unknown = sorted({row.area for row in rows if row.area and row.area not in areas})
    if not unknown:
        return None
    named = listed(unknown[:_MOST_NAMED]) + (" and more" if len(unknown) > _MOST_NAMED else "")
    return _look(f"No area is known by the name {named}: is it written as other waves write it?")


def _question(survey: WaveSurvey, before: WaveSurvey | None) -> Check | None:
    if before is None or before.question is None:
        return _look(
            "The question of the wave before is not known, so nothing is compared with it."
        )
    if same_question(before.question, survey.question):
        return _passed(f"The question is that of “{before.name}”, word for word.")
    was, now = differing_words(before.question, survey.question)
    told = f"“{was or 'nothing'}” became “{now or 'nothing'}”"
    return _look(f"The question is not that of “{before.name}”: {told}. Nothing is compared.")


def _response(survey: WaveSurvey, invited: int | None) -> Check:
    if not invited or not survey.responses:
        return _look("How many were invited is not known, so neither is the response rate.")
    rate = round(100 * survey.responses / invited)
    return _look(
        f"Response: {survey.responses:,} of {invited:,} ({rate}%). Those who answer may differ from those who do not.",
    )


def _promoters(promoters: Sequence[str]) -> Check | None:
    if not promoters:
        return None
    return _look(
        f"Promoted by {listed(list(promoters))}. Where a programme’s own network asks its members, "
        "its share may be inflated.",
    )


def _together(survey: WaveSurvey) -> Check | None:
    if not (survey.responses and survey.services and survey.services > survey.responses):
        return None
    if survey.stated_effect:
        return _passed("How far services answered together is known, and allowed for.")
    return _look(
        f"{survey.services:,} services answered in {survey.responses:,} responses, and how many were "
        "for how many is not said: where all of one response answer alike, a change is called too "
        "often. Give services_per_response where it is known.",
    )


def _small(rows: Sequence[SplitRow]) -> Check | None:
    small = {
        (row.nation, row.sector, row.area)
        for row in rows
        if row.denominator is not None
        and row.denominator < FEWEST
        and (row.nation or row.sector or row.area)
    }
    if not small:
        return None
    return _look(
        f"{plural(len(small), 'part')} of fewer than {FEWEST}: kept, and not shown to the public.",
    )


def _overlap(overlaps: WaveSurvey | None) -> Check | None:
    if overlaps is None:
        return None
    return _look(
        f"“{overlaps.name}” ({overlaps.when}) was in the field at the same time: both cannot count, so publishing is refused until it is withdrawn.",
    )
