"""What a service answered, in the words of its pages."""

from collections.abc import Iterable, Mapping, Sequence

from monitor.catalogue.loader import Catalogue, Intervention
from monitor.kernel.language.english import listed, plural
from monitor.usage.returns.rules import NOT_KNOWN, NOT_MEASURED, OTHER_MEASURES, ServiceAnswers


def title(about: Intervention) -> str:
    """Name an intervention with its short name, where that is another: "Circle of Security (COS)"."""
    return about.name if about.short in about.name else f"{about.name} ({about.short})"


def said(answers: ServiceAnswers, catalogue: Catalogue, *, has_area: bool) -> list[tuple[str, str]]:
    """Say what was answered, each with its label; what was left empty is said to be not known."""
    shorts = {about.slug: about.short for about in catalogue.interventions}
    rows = [("Offered", _offered(answers, shorts))]
    if answers.offered:
        rows.append(("Families, roughly", _counts(answers.families, answers.offered, shorts)))
        rows.append(("Staff trained", _counts(answers.trained, answers.offered, shorts)))
    rows.append(("How you measure attachment", _measures(answers.measures)))
    if has_area:
        rows.append(("Your area may be shown", _yes_or_no(answers.may_show_area)))
    return rows


def last_time(last: ServiceAnswers, slug: str) -> str:
    """Say whether it was offered the last time."""
    return "last time: yes" if slug in last.offered else "last time: no"


def last_count(counts: Mapping[str, int], slug: str, *, otherwise: str) -> str:
    """Say the number of the last time; else the hint that stands there."""
    known = counts.get(slug)
    return otherwise if known is None else f"Last time: about {known:,}"


def progress(answered: int, asked: int) -> str:
    """Say how many have answered so far: "412 of 2,140 services have answered so far (19%)."."""
    rate = round(100 * answered / asked) if asked else 0
    have = "has" if asked == 1 else "have"
    return f"{answered:,} of {plural(asked, 'service')} {have} answered so far ({rate}%)."


def _offered(answers: ServiceAnswers, shorts: Mapping[str, str]) -> str:
    if answers.none:
        return "None of the ten"
    return listed([shorts.get(slug, slug) for slug in answers.offered]) or "Not said yet"


def _counts(counts: Mapping[str, int], offered: Iterable[str], shorts: Mapping[str, str]) -> str:
    told = [
        f"{shorts.get(slug, slug)} {f'about {counts[slug]:,}' if slug in counts else NOT_KNOWN}"
        for slug in offered
    ]
    return ", ".join(told)


def _measures(measures: Sequence[str]) -> str:
    if NOT_MEASURED in measures:
        return "Not measured"
    words = [OTHER_MEASURES.get(name, name) for name in measures]
    if not words:
        return "Not said yet"
    return listed([words[0], *(word if word in measures else word.lower() for word in words[1:])])


def _yes_or_no(answer: bool | None) -> str:  # noqa: FBT001 - an answer
    return "Not said yet" if answer is None else "Yes, with 10 or more others" if answer else "No"
