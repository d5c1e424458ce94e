"""One mail of every kind, plainly invented: what browsers look at, and what both parts must say.

Programmes A to F are nobody's. The contents are made by what makes those that are sent.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.catalogue import loader
from monitor.catalogue.words import Certainty, Direction, Label, Tier, UsageBand
from monitor.evidence.shown import ShownFinding
from monitor.gap import rules, use_changes
from monitor.gap.brief import brief
from monitor.gap.meaning import meaning
from monitor.gap.states import State
from monitor.notify.digests.composing import DigestPart, compose
from monitor.notify.messages.claiming import Claimed
from monitor.notify.tables import MessageKind
from monitor.notify.words import USUAL
from monitor.usage.standing import UseFigure, WaveCount

AT = datetime(2029, 4, 1, 6, 0, tzinfo=UTC)
SINCE = datetime(2029, 3, 1, tzinfo=UTC)
UUID = "0f0f0f0f-0000-4000-8000-0000000000{:02}"
NOTICE = "Everything here is invented: programmes, trials, dates and counts."


def state(tier, direction, studies, *, high=None, band=UsageBand.WIDE, ranks=(1, 2, 3, 4), **more):
    told = rules.assess(loader.load().gap, tier, direction, band)
    return State(
        tier=tier, tier_low=tier, tier_high=high or tier, settled=high in {None, tier},
        direction=direction, studies=studies, band=band, ranks=ranks, out_of=10, usage_words=None,
        kind=told.kind, sentence=told.sentence, **more,
    )  # fmt: skip


def shown(label, estimate, low, high, k, people, *, words="", read=True):
    return ShownFinding("usual care", "attachment", label, words or label.value, estimate, low, high, k,
                 people, True, read)  # fmt: skip


def change(
    number: int, name: str, before: State, after: State, cause: str, **more
) -> dict[str, Any]:
    words = rules.sentence(f"Programme {name}", before, after, cause)
    return {
        "id": number, "slug": name.lower(), "name": f"Programme {name}", "short": f"Programme {name}",
        "before": before.to_dict(), "after": after.to_dict(),
        "kinds": [kind.value for kind in rules.changed(before, after)],
        "sentence": words, "brief": brief(before, after, cause, more.get("cause_kind", "")),
        "meaning": meaning(after).to_dict(), "cause": cause, "cause_kind": "decision",
        "usage": {"wave": "early 2020", "numerator": None, "denominator": None, "unit": None,
                  "citation": "A survey of 734 services", "when": "early 2020"},
        "path": f"/changes/{number}", **more,
    }  # fmt: skip


def study(number: int, label: str, people: int, **more) -> dict[str, Any]:
    return {
        "id": number, "label": label, "title": f"An invented trial called {label}: 10 & <b>more</b>",
        "identifiers": {"doi": f"10.5555/invented.{number}"}, "year": 2029, "published": "2029-02-10",
        "design": "randomised", "risk_of_bias": "some concerns", "outcome_class": "attachment",
        "participants": people, "uk": True, "developer_led": False,
        "direction": "favours the comparison", "in_words": None,
        "outcome": "Attachment security, an invented scale", "decided_at": "2029-03-12T10:00:00+00:00",
        "decided_by": 2, "doubts": [], "withdrawn": None, "again": None, "reappraised": None,
        "path": f"/interventions/b/studies/{number}", **more,
    }  # fmt: skip


def content(*changes: dict[str, Any], of: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {
        "version": 5, "at": AT.isoformat(), "notice": NOTICE, "of": 10,
        "caveat": loader.load().review.caveat, "correction": False, "changes": list(changes),
        "study": of, "wave": None, "sources": SOURCES, **more,
    }  # fmt: skip


def source(title: str, *, silent: bool = False, state: str = "ok") -> dict[str, Any]:
    quiet = [{"from": "2029-03-28T06:00:00+00:00", "to": "2029-03-31T06:00:00+00:00"}]
    return {"title": title, "state": state, "last_success": "2029-04-01T05:31:00+00:00",
            "failing_since": None, "silent": quiet if silent else []}  # fmt: skip


SOURCES = [source("PubMed"), source("Europe PMC"), source("ISRCTN", silent=True)]
WEAK = state(Tier.WEAK, Direction.MIXED, (1, 2), said=Direction.MIXED)
WORSE = state(
    Tier.WEAK, Direction.FAVOURS_COMPARISON, (2, 3), high=Tier.INTERMEDIATE, said=Direction.MIXED,
    shows=(shown(Label.COMPARISON, -0.45, -0.84, -0.06, 1, 104),),
)  # fmt: skip
B = change(41, "B", WEAK, WORSE, "FIRST SOUND was accepted by two reviewers")
OPEN = state(
    Tier.STRONG, Direction.GENERALLY_POSITIVE, (9, 18), band=UsageBand.LITTLE, ranks=(8, 9),
    said=Direction.GENERALLY_POSITIVE,
    shows=(shown(Label.NOT_SETTLED, 0.2, -0.2, 0.6, 1, 212, read=False),),
)  # fmt: skip
SAME = state(
    Tier.STRONG, Direction.POSITIVE_THEN_LITTLE, (10, 19), band=UsageBand.LITTLE, ranks=(8, 9),
    said=Direction.GENERALLY_POSITIVE, certainty={"attachment": Certainty.MODERATE},
    shows=(shown(Label.NO_DIFFERENCE, 0.03, -0.12, 0.18, 2, 668),),
)  # fmt: skip
A = change(42, "A", OPEN, SAME, "SECOND was accepted by two reviewers")
_WAS = WaveCount("2026", "spring 2026", 158, 734, "services", 0.187, 0.246)
_NOW = WaveCount("2029", "February to April 2029", 99, 690, "services", 0.119, 0.172)
_FEWER = state(
    Tier.WEAK, Direction.MIXED, (4, 6), ranks=(), said=Direction.MIXED, use=UseFigure(_WAS)
)
_USE = state(
    Tier.WEAK, Direction.MIXED, (4, 6), ranks=(), band=UsageBand.BETWEEN, said=Direction.MIXED,
    use=UseFigure(_NOW, _WAS, -0.0718, -0.115, -0.029, 0.004),
)  # fmt: skip
F = change(
    43, "F", _FEWER, _USE, "The survey of use “2029” was published",
    cause_kind=use_changes.PUBLISHED,
    sentence=use_changes.sentence(
        "Programme F", _FEWER, _USE, "The survey was published", use_changes.PUBLISHED
    ),
)  # fmt: skip
_D = state(Tier.INTERMEDIATE, Direction.MIXED, (5, 8), said=Direction.MIXED)
D = change(
    44, "D", _D, state(Tier.INTERMEDIATE, Direction.MIXED, (7, 10), said=Direction.MIXED),
    "TWO MORE were accepted by two reviewers",
)  # fmt: skip
WAVE = {"id": 3, "name": "2029", "when": "February to April 2029", "field_to": "2029-04-01",
        "citation": "An invented survey", "withdrawn": None}  # fmt: skip
LOOKED = {
    "through": "2029-03-31",
    "verdict": "Nothing is missing for 31 March 2029.",
    "sources": SOURCES,
    "papers": {"include": 4, "exclude": 34, "unsure": 3},
    "studies": {"accepted": 4, "withdrawn": 0, "retracted": 0},
}
TRIALS = ["Programme C: a trial is registered: EXAMPLE (NCT00000001), 200 people, due June 2031."]


def digest(**more: Any) -> dict[str, Any]:
    """Make what a monthly digest says: three changes, additions, what was told at once, trials."""
    parts = [
        DigestPart(1, AT - timedelta(days=20), ("b",), content(B, of=study(1, "FIRST SOUND", 104))),
        DigestPart(2, AT - timedelta(days=19), ("a",), content(A, of=study(2, "SECOND", 456, direction="no difference"))),
        DigestPart(3, AT - timedelta(days=9), ("f",), content(F, of=None, wave=WAVE)),
        DigestPart(4, AT - timedelta(days=8), ("d",), content(D, of=None)),
    ]  # fmt: skip
    return frozen() | compose(parts, USUAL).to_dict() | {"trials": TRIALS} | more


def frozen() -> dict[str, Any]:
    return {
        "version": 2, "at": AT.isoformat(), "since": SINCE.isoformat(), "cadence": "monthly",
        "notice": NOTICE, "caveat": loader.load().review.caveat, "looked": LOOKED, "trials": [],
    }  # fmt: skip


def quiet() -> dict[str, Any]:
    """Make what a quarterly proof says."""
    since = datetime(2029, 1, 1, tzinfo=UTC)
    about = {"since": since.isoformat(), "cadence": "quarterly", "trials": TRIALS}
    return frozen() | compose([], USUAL).to_dict() | about


def correction() -> dict[str, Any]:
    gone = {"reason": "Its journal retracted it", "at": AT.isoformat(), "retraction": True}
    back = change(
        45, "B", WORSE, WEAK, "FIRST SOUND is no longer counted: its journal retracted it"
    )
    return content(back, of=study(1, "FIRST SOUND", 104, withdrawn=gone), correction=True)


_TOLD = {"at": "2029-03-12T10:00:00+00:00", "said": [f"Programme B: {B['brief']}"]}
_INCIDENT = {
    "phase": "opened", "subject": "Europe PMC is not answering", "headline": "Europe PMC is not answering",
    "act": "You need not do anything now.", "remedy": "We keep trying, ever more slowly.",
    "facts": [["Since", "1 April 2029, 05:31"], ["What it said", "503 service unavailable"]],
    "next": "We try again in 15 minutes, and write when it answers.",
}  # fmt: skip
_SURVEY = {
    "service": "Ash service", "reminder": 0, "question": "Which of these ten does your service offer?",
    "promoters": ["Invented Network"], "closes_on": "2029-05-01",
}  # fmt: skip
_CHOSE = {"at": "2029-03-20T09:00:00+00:00", "following": 4, "cadence": "weekly"}
_NAMES = ["Programme A", "Programme B, with a name that is rather longer than most names are"]


def every() -> dict[str, Claimed]:
    """Give one mail of every kind by name, claimed; those that readers get most first."""
    mails: dict[str, tuple[MessageKind, dict[str, Any], dict[str, Any]]] = {
        "digest": (MessageKind.DIGEST, digest(), {"following": 10}),
        "quiet": (MessageKind.DIGEST, quiet(), {"following": 10}),
        "change": (
            MessageKind.CHANGE,
            content(B, of=study(1, "FIRST SOUND", 104)),
            {"slugs": ["b"], "following": 10, "cadence": "monthly", "chose": _CHOSE},
        ),
        "several": (
            MessageKind.CHANGE,
            content(B, F, D, of=study(1, "FIRST SOUND", 104)),
            {"slugs": ["b", "f", "d"], "following": 10},
        ),
        "correction": (
            MessageKind.CHANGE,
            correction(),
            {"slugs": ["b"], "following": 3, "told": _TOLD},
        ),
        "confirm": (MessageKind.CONFIRM, {}, {"names": _NAMES, "purpose": "E-mail me about them."}),
        "invitation": (
            MessageKind.INVITATION,
            {},
            {"name": "Alex Example", "role": "reviewer", "link": "/welcome/" + "x" * 43},
        ),
        "incident": (MessageKind.INCIDENT, {}, _INCIDENT),
        "my services": (MessageKind.MY_SERVICES, {}, {}),
        "own data": (MessageKind.OWN_DATA, {}, {}),
        "survey": (MessageKind.SURVEY, {}, _SURVEY),
        "helped": (MessageKind.HELPED, {}, {"told": _TOLD["said"][0], "told_at": _TOLD["at"]}),
    }
    return {
        name: Claimed(
            id=number, uuid=UUID.format(number), message_id=f"<{UUID.format(number)}@example.org>",
            kind=kind, address="reader@example.org", token=1, attempt=1, queued_at=AT,
            subscriber_id=1 if kind in {MessageKind.CHANGE, MessageKind.DIGEST, MessageKind.HELPED} else None,
            context=context, content=said,
        )
        for number, (name, (kind, said, context)) in enumerate(mails.items())
    }  # fmt: skip
