"""How a digest is told: every word of it, from its frozen content. Pure.

The subject and the first line tell the change of most weight; what moved nothing is never in either.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from monitor.gap import use_changes
from monitor.gap.wording import moves
from monitor.kernel.language.english import day, listed, month, number, plural, sentence
from monitor.kernel.language.uk import uk_day, uk_day_of
from monitor.notify.rules import plain
from monitor.notify.words import Cadence
from monitor.notify.writing import meanings, use_wording, wording

_MAX_SUBJECT = 200
# What keeps a mail whole in every mail program: so many changes are told with all their facts and
# what they mean, each with so many studies; of the others what moved, and where to read more.
_FULL, _STUDIES, _OUTCOME = 3, 2, 160
_MANY, _FULL_OF_MANY = 5, 2
_LINE = 400  # characters of what is told in a line
_OF_EVIDENCE = frozenset({"tier", "settled", "direction", "findings", "certainty"})
_OF_USE = frozenset({"Evidence tier", "The gap"})  # rows beside that of use
_NAMES = {
    Cadence.AT_ONCE: "monthly digest",
    Cadence.WEEKLY: "weekly digest",
    Cadence.MONTHLY: "monthly digest",
    Cadence.QUARTERLY: "quarterly digest",
}
_PROMISES = {
    Cadence.AT_ONCE: "what matters most at once, and the rest once a month",
    Cadence.WEEKLY: "one digest a week, and nothing in between but what is urgent and corrections",
    Cadence.MONTHLY: "one digest a month, and nothing in between but what is urgent and corrections",
    Cadence.QUARTERLY: "one digest a quarter, and nothing in between but what is urgent and corrections",
}

_OFTEN = {
    Cadence.AT_ONCE: "at once",
    Cadence.WEEKLY: "once a week",
    Cadence.MONTHLY: "once a month",
    Cadence.QUARTERLY: "once a quarter",
}


def period(content: Mapping[str, Any]) -> str:
    """Say what a digest covers: "in March 2029", "from July to September 2029", "from 12 to 31 March 2029"."""
    first, last = _bounds(content)
    whole = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    if whole and (first.year, first.month) == (last.year, last.month):
        return f"in {month(first)}"
    if whole:
        began = f"{first:%B}" if first.year == last.year else month(first)
        return f"from {began} to {month(last)}"
    if first >= last:
        return f"on {day(last)}"
    if first.year != last.year:
        return f"from {day(first)} to {day(last)}"
    began = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"
    return f"from {began} to {day(last)}"


def _bounds(content: Mapping[str, Any]) -> tuple[date, date]:
    """Give the first and the last day: the day it is dated only where it tells of something of it."""
    at = uk_day_of(datetime.fromisoformat(content["at"])).date
    since = uk_day_of(datetime.fromisoformat(content["since"])).date
    return since, max(since, at - timedelta(days=1))


def subject(content: Mapping[str, Any]) -> str:
    """Write the subject: the change of most weight, tier and findings together, and how many more."""
    if not content["changes"]:
        return "Nothing changed: proof that we looked"
    first, rest = content["changes"][0], len(content["changes"]) - 1
    more = f"; and {plural(rest, 'more change')}" if rest else ""
    fullest_first = (
        f"{first['name']}: {_moves(first)}{more}",
        f"{first['short']}: {_moves(first)}{more}",
        f"{first['short']}: {_moves(first, brief=True)}{more}",
    )
    fits = next((said for said in fullest_first if len(said) <= _MAX_SUBJECT), None)
    return plain(fits or f"{first['short']}: what changed{more}", _MAX_SUBJECT)


def headline(content: Mapping[str, Any]) -> str:
    """Write the first line: what happened, before what it does."""
    if not content["changes"]:
        return f"Nothing changed {period(content)}: here is proof that we looked"
    first = content["changes"][0]
    studies = first["studies"]
    if use_wording.is_of_wave(first) and first["wave"]:
        states = wording.states(first)
        return use_wording.headline([first], first["wave"], states, correction=False)
    if len(studies) > 1:
        return f"{first['name']}: {number(len(studies))} studies changed what is known"
    study = studies[0] if studies else None
    return wording.headline([first], study, correction=False)


def lead(content: Mapping[str, Any], following: int) -> str:
    """Write the first sentences: what the first change did and why, and what else there is."""
    changes = content["changes"]
    if not changes:
        whose = f"{number(following)} interventions" if following > 1 else "intervention"
        return (
            f"No tier, no finding, no use and no gap moved for the {whose} you follow. "
            "Below is where we looked, and what came of it."
        )
    others = [f"{change['name']}: {what_moved(change)}" for change in changes[1:]]
    told = wording.in_brief(changes[0])
    if not others:
        return told
    count = sentence(number(len(others)))
    also = f"{count} other thing{'s' if len(others) > 1 else ''} changed"
    return f"{told} {also}: {'; '.join(others)}."


def what_moved(change: Mapping[str, Any]) -> str:
    """Name what moved, for a heading: "findings and gap"."""
    names = {
        "tier": "tier",
        "settled": "tier",
        "direction": "findings",
        "findings": "findings",
        "certainty": "certainty",
        "gap": "gap",
        "use": "use",
    }
    told = dict.fromkeys(names[kind] for kind in change["kinds"] if kind in names)
    return listed(list(told)) or "a study was retracted"


def kicker(content: Mapping[str, Any], following: int) -> str:
    """Write the line above the heading: date, cadence, how many changed of those followed."""
    at, cadence = datetime.fromisoformat(content["at"]), Cadence(content["cadence"])
    changed = len({change["slug"] for part in ("changes", "told") for change in content[part]})
    name = _NAMES[cadence]
    of = "interventions you follow" if following > 1 else "intervention you follow"
    return f"{day(at)} · {name} · {changed} of {following} {of} changed {period(content)}"


def changes(content: Mapping[str, Any], base: str) -> list[dict[str, Any]]:
    """Write each change: the first ones whole, the others with what moved and where to read more."""
    several, full = len(content["changes"]) > 1, _full(content)
    above = meanings.told_above(content["changes"][:full])
    return [
        {
            "number": f"{place}. " if several else "",
            "name": change["name"],
            "what": what_moved(change),
            "sentence": _sentence(change, place, full),
            "rows": _rows(change, place) if place <= full else (),
            "meaning": wording.means(change) if place <= full else None,
            "means_as": above[place - 1] if place <= full else "",
            "studies": [
                study(counted, base)
                for counted in (change["studies"][-_STUDIES:] if place <= full else ())
            ],
            "more": _more(change) if place <= full else "",
            "url": base + change["path"],
        }
        for place, change in enumerate(content["changes"], start=1)
    ]


def _sentence(change: Mapping[str, Any], place: int, full: int) -> str:
    """Tell a change above its facts in brief, or whole where it has none; of the first the lead does."""
    if place == 1:
        return ""
    return line(wording.in_brief(change) if place <= full else wording.without_name(change))


def _rows(change: Mapping[str, Any], place: int) -> list[wording.ChangeRow]:
    """Write what was and is: of the first change all; of others what their kind of change is about.

    The line above them says that the rest stands.
    """
    rows, kinds = wording.rows(change), change["kinds"]
    if place == 1 or not kinds:
        return list(rows)
    if not _OF_EVIDENCE.isdisjoint(kinds):
        return [row for row in rows if not row.about_use or "use" in kinds]
    return [row for row in rows if row.about_use or row.label in _OF_USE]


def line(said: str) -> str:
    """Keep what is told in a line to a few lines of it; the page has it whole."""
    return plain(said, _LINE)


def _full(content: Mapping[str, Any]) -> int:
    """Say how many changes are told with all their facts."""
    return _FULL if len(content["changes"]) <= _MANY else _FULL_OF_MANY


def _more(change: Mapping[str, Any]) -> str:
    """Say how many more studies there were; empty where all are told."""
    rest = len(change["studies"]) - _STUDIES
    if rest <= 0:
        return ""
    return f"And {plural(rest, 'more study', 'more studies')}: the page has them all."


def study(told: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Write what is told of one study that caused a change, in a sentence or two."""
    facts = {fact.label: fact.words for fact in wording.study_facts(told)}
    people = facts["People analysed"]
    parts = [
        facts["Design"],
        "UK" if told["uk"] else facts["Where"].lower(),
        f"{people} people" if told["participants"] else "number of people not known",
    ]
    facts["Outcome"] = plain(facts["Outcome"], _OUTCOME)
    named = [f"{label}: {facts[label]}" for label in ("Outcome", "Result", "Risk of bias")]
    sentences = [", ".join(parts), *named, facts["Done by"], facts["Decided"]]
    return {
        "label": told["label"],
        "title": told["title"],
        "status": _status(told),
        "words": " ".join(f"{said.rstrip('.')}." for said in sentences),
        "doubts": told.get("doubts", []),
        "url": base + told["path"],
    }


def _status(told: Mapping[str, Any]) -> str:
    """Say why a study counts no more, counts again, or was appraised again; empty where it just came."""
    if told["withdrawn"]:
        became = "Retracted" if told["withdrawn"].get("retraction") else "No longer counted"
        return f"{became}: {told['withdrawn']['reason'].rstrip('.')}."
    if told.get("again"):
        return f"Counted again: {told['again'].rstrip('.')}."
    if told.get("reappraised"):
        return f"Appraised again: {told['reappraised'].rstrip('.')}."
    return ""


def looked(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Write where we looked, as labels and words: sources, what the proof says, papers, studies."""
    facts = content["looked"]
    sources = facts["sources"]
    if not sources:
        return [("Sources", "No source is switched on, so nothing new would be found.")]
    told = [_searched(facts), *_not_answering(sources)]
    told += [said for source in sources for said in _silences(source)]
    return [
        ("Sources", " ".join(told)),
        ("Is anything missing?", facts["verdict"]),
        ("Papers", screened(facts)),
        ("Studies", _studies(facts)),
    ]


def _searched(facts: Mapping[str, Any]) -> str:
    """Say how far the sources were searched: the count of those read after that day had ended."""
    through = date.fromisoformat(facts["through"])
    end = uk_day(through).end
    sources = facts["sources"]
    read = [
        source
        for source in sources
        if source["last_success"] and datetime.fromisoformat(source["last_success"]) >= end
    ]
    well = [source for source in read if source["state"] == "ok" and not source["silent"]]
    if len(well) == len(sources):
        return f"{plural(len(sources), 'source')} searched to {day(through)}, all healthy."
    if not read:
        return (
            f"None of {plural(len(sources), 'source')} was searched to the end of {day(through)}."
        )
    titles = listed([source["title"] for source in well])
    answered = f" {titles} answered throughout." if well else ""
    return f"{len(read)} of {plural(len(sources), 'source')} searched to {day(through)}.{answered}"


def screened(facts: Mapping[str, Any]) -> str:
    """Write how many papers were screened and what became of them."""
    papers = facts["papers"]
    total = sum(papers.values())
    if not total:
        return "No paper was screened."
    counted = [
        (papers["include"], "to be appraised"),
        (papers["exclude"], "excluded"),
        (papers["unsure"], "left open"),
    ]
    verb = "paper was" if total == 1 else "papers were"
    if total == papers["exclude"]:
        return f"{total:,} {verb} screened, none qualified."
    parts = listed([f"{count:,} {what}" for count, what in counted if count])
    return f"{total:,} {verb} screened: {parts}."


def promise(cadence: Cadence, following: int, *, quiet: bool) -> str:
    """Write why a reader gets this, and what happens when it turns out wrong."""
    about = f"{number(following)} intervention{'s' if following > 1 else ''}"
    more = " You also asked to hear once a quarter when nothing changed." if quiet else ""
    return (
        f"You asked for news of {about}: {_PROMISES[cadence]}.{more} "
        "If this turns out to be wrong, we will write to you again."
    )


def chose(before: Mapping[str, Any]) -> str:
    """Say that the link of a mail changed what a reader gets, and what they got until then."""
    day_of = day(datetime.fromisoformat(before["at"]))
    following = before["following"]
    about = f"{number(following)} intervention{'' if following == 1 else 's'}"
    return (
        f"On {day_of} what you get was changed by the link in an e-mail of ours. Until then you got "
        f"news of {about}, {_OFTEN[Cadence(before['cadence'])]}. If it was not you, change it back: "
        "by the link below, whoever has one of these e-mails can change what you get or stop it."
    )


def _moves(change: Mapping[str, Any], *, brief: bool = False) -> str:
    before, after = wording.states(change)
    if use_wording.is_of_wave(change):
        return use_changes.subject(before, after)
    return moves(before, after, brief=brief)


def _not_answering(sources: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say which do not stand well now, those of one trouble together."""
    troubled: dict[str, list[str]] = {}
    for source in sources:
        if source["state"] != "ok" and not source["silent"]:
            troubled.setdefault(wording.heard(source).trouble, []).append(source["title"])
    for trouble, titles in troubled.items():
        yield f"{listed(titles)}: {trouble.rstrip('.')}; a study could be missing."


def _silences(source: Mapping[str, Any]) -> Iterator[str]:
    for silence in source["silent"]:
        began = datetime.fromisoformat(silence["from"])
        if silence["to"] is None:
            yield f"{source['title']} has not answered since {day(began)}; a study since then could be missing."
            continue
        ended = datetime.fromisoformat(silence["to"])
        lasted = plural(max((ended - began).days, 1), "day")
        yield f"{source['title']} was silent for {lasted}, from {day(began)}; it has answered since."


def _studies(facts: Mapping[str, Any]) -> str:
    studies = facts["studies"]
    accepted = plural(studies["accepted"], "study was", "studies were")
    told = f"{accepted if studies['accepted'] else 'No study was'} accepted"
    gone = studies["withdrawn"]
    if not gone:
        return f"{told}; none was withdrawn or retracted."
    count = f"{told}; {gone:,} no longer count{'s' if gone == 1 else ''}"
    retracted = studies["retracted"]
    if not retracted:
        return f"{count}; none was retracted."
    if retracted == gone:
        return f"{count}, since {'it was' if gone == 1 else 'they were'} retracted."
    return f"{count}, of which {retracted:,} {'was' if retracted == 1 else 'were'} retracted."
