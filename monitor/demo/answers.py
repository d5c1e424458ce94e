"""What the demonstration's reviewers tick for each invented trial, page by page."""

from dataclasses import replace

from monitor.demo.people import EnteredResult, TickedAnswers

_NEW = {
    "count_it": "yes",
    "in_review": "no",
    "in_review_reason": "Invented: its first results are of this year.",
    "uk": "yes",
    "authored": "no",
}
_TRIAL = _NEW | {"design": "randomised", "unit": "people", "harms": "not sought"}
_WAITING = {"role": "comparator", "name": "Waiting list", "comparator": "waiting list"}
# RoB 2, answered so that every domain is judged low: who gave and got a parenting programme knew it,
# and nothing is told that departs from it
_LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N",
    "2.1": "Y", "2.2": "Y", "2.3": "PN", "2.6": "Y",
    "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N",
    "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip
# RoB 2 for clusters: half of the raters knew the arm, which may have coloured what they saw
_RATERS_KNEW = {
    "1a.1": "Y", "1a.2": "Y", "1a.3": "N",
    "1b.1": "Y", "1b.3": "N",
    "2.1a": "Y", "2.1b": "Y", "2.2": "Y", "2.3": "PN", "2.6": "Y",
    "3.1a": "Y", "3.1b": "Y",
    "4.1": "N", "4.2": "N", "4.3a": "Y", "4.3b": "Y", "4.4": "PY", "4.5": "PN",
    "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip

THERAPLAY = TickedAnswers(
    study=_TRIAL | {"unit": "clusters"},
    groups=(
        {"role": "experimental", "intervention": "theraplay", "clusters": "6"},
        {
            "role": "comparator",
            "name": "Usual play",
            "comparator": "usual care",
            "clusters": "6",
        },
    ),
    results=(
        EnteredResult(
            {
                "kind": "attachment",
                "outcome": "Attachment behaviour",
                "informant": "observer",
                "population": "all randomised",
                "type": "direction only",
                "direction": "1",
                "quote": "Attachment behaviour in 140 invented children favoured Theraplay.",
            },
            _RATERS_KNEW,
        ),
    ),
)

_STORY_STEMS = {
    "kind": "attachment",
    "outcome": "Attachment security",
    "measure": "Story stems",
    "informant": "blind observer",
    "population": "all randomised",
    "type": "SMD",
    "better": "higher",
    "n_i": "80",
    "n_c": "80",
    "quote": "Attachment security in story stems favoured Theraplay over the waiting list "
    "(standardised difference 0.45, 95% CI 0.14 to 0.76) and over the play group (0.33, 0.02 to 0.64).",
}
# a trial of three groups: Theraplay is compared with each of the others
SECOND_THERAPLAY = TickedAnswers(
    study=_TRIAL,
    groups=(
        {"role": "experimental", "intervention": "theraplay", "randomised": "80"},
        _WAITING | {"randomised": "80"},
        {
            "role": "comparator",
            "name": "Play group without it",
            "comparator": "attention",
            "randomised": "80",
        },
    ),
    results=(
        EnteredResult(
            _STORY_STEMS | {"comparator": "a2", "effect": "0.45", "low": "0.14", "high": "0.76"},
            _LOW,
        ),
        EnteredResult(
            _STORY_STEMS | {"comparator": "a3", "effect": "0.33", "low": "0.02", "high": "0.64"},
            _LOW,
        ),
    ),
)
CIRCLE = TickedAnswers(
    study=_TRIAL,
    groups=(
        {"role": "experimental", "intervention": "cos", "randomised": "310"},
        {
            "role": "comparator",
            "name": "Usual care",
            "comparator": "usual care",
            "randomised": "310",
        },
    ),
    results=(
        EnteredResult(
            {
                "kind": "attachment",
                "outcome": "Attachment security",
                "measure": "Strange Situation Procedure",
                "informant": "blind observer",
                "population": "all randomised",
                "type": "SMD",
                "better": "higher",
                "effect": "0.02",
                "low": "-0.14",
                "high": "0.18",
                "quote": "Attachment security in the Strange Situation did not differ between the arms.",
            },
            _LOW,
        ),
    ),
)
ABC = TickedAnswers(
    study=_TRIAL,
    groups=(
        {"role": "experimental", "intervention": "abc", "randomised": "75"},
        {
            "role": "comparator",
            "name": "A control programme",
            "comparator": "attention",
            "randomised": "75",
        },
    ),
    results=(
        EnteredResult(
            {
                "kind": "attachment",
                "outcome": "Disorganised attachment",
                "measure": "Strange Situation Procedure",
                "informant": "blind observer",
                "population": "all randomised",
                "type": "2x2",
                "better": "lower",
                "events_i": "23",
                "n_i": "75",
                "events_c": "37",
                "n_c": "75",
                "quote": "Fewer invented infants were classified as disorganised in the "
                "intervention arm (31% against 49%).",
            },
            _LOW,
        ),
    ),
)

_TO_USUAL_SERVICES = EnteredResult(
    {
        "kind": "attachment",
        "outcome": "Attachment security",
        "measure": "Story stems",
        "informant": "blind observer",
        "population": "all randomised",
        "type": "SMD",
        "better": "higher",
        "n_i": "260",
        "n_c": "260",
        "effect": "0.42",
        "low": "0.25",
        "high": "0.59",
        "quote": "Attachment security after treatment favoured the therapy "
        "(standardised difference 0.42, 95% CI 0.25 to 0.59).",
    },
    _LOW,
)
DDP = TickedAnswers(
    study=_TRIAL,
    groups=(
        {"role": "experimental", "intervention": "ddp", "randomised": "260"},
        {
            "role": "comparator",
            "name": "Usual services",
            "comparator": "usual care",
            "randomised": "260",
        },
    ),
    results=(_TO_USUAL_SERVICES,),
)


def corrected(effect: str, low: str, high: str) -> TickedAnswers:
    """Give what is answered of the DDP trial once its invented authors have corrected its result."""
    fields = {
        **_TO_USUAL_SERVICES.fields,
        "effect": effect,
        "low": low,
        "high": high,
        "quote": f"The invented table should read: {effect} ({low} to {high}).",
    }
    return replace(DDP, results=(replace(_TO_USUAL_SERVICES, fields=fields),))


# two of the ten, each the other's comparison
WWW_AND_PIP = TickedAnswers(
    study=_TRIAL,
    groups=(
        {"role": "experimental", "intervention": "www", "randomised": "110"},
        {"role": "comparator", "intervention": "pip", "randomised": "110"},
    ),
    results=(
        EnteredResult(
            {
                "kind": "attachment",
                "outcome": "Attachment security",
                "measure": "Strange Situation Procedure",
                "informant": "blind observer",
                "population": "all randomised",
                "type": "2x2",
                "better": "higher",
                "events_i": "70",
                "n_i": "110",
                "events_c": "50",
                "n_c": "110",
                "quote": "More infants were securely attached after Watch, Wait, and Wonder "
                "(70 of 110 against 50 of 110).",
            },
            _LOW,
        ),
    ),
)
