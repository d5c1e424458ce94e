"""Scenes of what moves a gap: one trial with three results, two of the ten compared, a survey of use."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from monitor.demo.answers import DDP, WWW_AND_PIP, corrected
from monitor.demo.on_stage import OnStage
from monitor.demo.people import Person, TickedAnswers, first, mail_with
from monitor.demo.stagecraft import quote, say, study_of
from monitor.demo.visitor import NotOnPage
from monitor.kernel.clock import utcnow

_RESULTS = (
    ("+0.42", DDP),
    ("0.01", corrected("0.01", "-0.16", "0.18")),
    ("−0.42", corrected("-0.42", "-0.59", "-0.25")),
)
# of all who answered, in the first survey and in the second
_SERVICES = (640, 655)
# how many of them use each; one answer differs by more than chance
_USES = {
    "vipp": (42, 92),
    "abc": (26, 29),
    "cos": (38, 42),
    "pip": (32, 30),
    "cpp": (102, 101),
    "vig": (109, 115),
    "ddp": (262, 262),
    "www": (19, 21),
    "theraplay": (224, 231),
    "icp": (205, 215),
}
_ENDED = (440, 40)  # days ago
_FIELD_DAYS = 60


def one_trial_three_ways(on: OnStage) -> None:
    """Let one large trial count, then have its result corrected twice; show what each comes to."""
    ada, ben, cara, erin = (on.people[key] for key in ("ada", "ben", "cara", "erin"))
    ada.screen(ada.find_paper(on.title("ddp-hands")), "include", interventions=["ddp"])
    study = study_of(on, "ddp-hands")
    say(
        "17. One trial, three results. DDP is among the most used of the ten, on the weakest "
        "evidence. The trial of scene 11, of 520 invented families, is appraised and counts: "
        "+0.42. Then its authors correct the result to 0.01, and again to −0.42: each time Cara, "
        "who leads, opens a round, and Ada and Ben appraise it anew. What readers see and get:"
    )
    told: list[tuple[str, str, str]] = []
    for result, answers in _RESULTS:
        if told:
            _open_round(cara, study, f"The invented authors corrected the result to {result}.")
        _both(ada, ben, study, answers)
        told.append((result, *_shown(erin, "ddp")))
        # a mail that has not left would give way to the next one, which corrects it
        on.letter(erin.mail, "/u/", after=len(told) - 1)
    letters = mail_with(on.standins.mail, erin.mail, "/u/")
    for (result, row, gap), letter in zip(told, letters, strict=True):
        say(f"   {result}")
        quote(f"Overview: {row}")
        quote(f"Page: {gap}")
        quote(f"Mail: {letter.subject}")
    say("   One tier three times: it says how much is known, not whether it works.")


def one_of_the_ten_against_another(on: OnStage) -> None:
    """Let a trial of WWW against PIP count, and show how each of the two hears it."""
    ada, ben, erin = (on.people[key] for key in ("ada", "ben", "erin"))
    paper = ada.find_paper(on.title("www-pip"))
    ada.screen(paper, "include", interventions=["www", "pip"])
    _both(ada, ben, study_of(on, "www-pip"), WWW_AND_PIP)
    say(
        "18. Head to head. A trial compares Watch, Wait, and Wonder with parent-infant "
        "psychotherapy. It counts for both, the other way round for the second. It is all that "
        "trials since 2021 show of either; for neither is it a comparison with usual care:"
    )
    for slug in ("www", "pip"):
        shown = erin.get(f"/interventions/{slug}").fact("What trials since then show")
        quote(f"{slug.upper()}: {shown.partition(' Certainty')[0]}")
    letter = on.letter(erin.mail, "/u/", after=3)
    say(f"   Erin, who follows both, receives “{letter.subject}”.")


def a_survey_moves_one_gap(on: OnStage) -> None:
    """Bring two surveys of use by file: the second changes one use, one gap, and mails one reader."""
    say(
        "19. Use. A survey asks services about all ten, and a year later asks the same again. "
        "Each comes as a table and a file about it. The first moves no gap; nobody is mailed:"
    )
    quote(_bring_survey(on, 0)[-2])
    *_, summary, published = said = _bring_survey(on, 1)
    say("   The second changes the use of one, moves its gap, and leaves nine as they are:")
    changed = next(n for n, line in enumerate(said) if line.startswith("  the gap"))
    for line in (*said[changed - 1 : changed + 1], summary, published):
        quote(line.strip())
    letter = on.letter(on.people["erin"].mail, "/u/", after=4)
    say(f"   Erin, who follows it, receives “{letter.subject}”:")
    quote(first(r"The gap: Was “.*?”, now “.*?”", " ".join(letter.text.split())))


def what_it_is_and_what_is_not_known(on: OnStage) -> None:
    """Show what a page tells beside the evidence: each fact with its source, the rest as not known."""
    erin = on.people["erin"]
    page = erin.get("/interventions/ddp")
    say(
        "   And what it is: each page tells what happens, and what training takes, with source and "
        "date. What no source says is not guessed:"
    )
    for term in ("Days of training", "Cost of training"):
        quote(f"{term}: {page.fact(term)}")
    quote(first(r"Attachment is .*?\)", erin.get("/attachment").text))


def _open_round(lead: Person, study: str, reason: str) -> None:
    lead.submit(lead.get(study), {"reason": reason}, having="reason")


def _both(ada: Person, ben: Person, study: str, answers: TickedAnswers) -> None:
    """Have two people appraise a study alike, and let it count."""
    ada.appraise(study, answers)
    ben.count(ben.appraise(study, answers))


def _shown(reader: Person, slug: str) -> tuple[str, str]:
    """Read what the overview says of one, and its page of the gap in a sentence."""
    group, row = _on_overview(reader, slug)
    gap = reader.get(f"/interventions/{slug}").fact("The gap")
    return f"{group}. {row}", gap.removeprefix(group).strip()


def _on_overview(reader: Person, slug: str) -> tuple[str, str]:
    """Find one on the overview; gives the kind of gap it stands under, and evidence and findings."""
    page = reader.get("/")
    (_, name), *_ = page.links(rf"/interventions/{slug}")
    group = ""
    for head, *cells in page.rows():
        if not cells:
            group = first(r".+?(?= \d+ of \d+)", head)
        elif head.startswith(name):
            evidence, findings = (re.sub(r" changed \w+ \d{4}", "", cell) for cell in cells[:2])
            return group, f"Evidence: {evidence}. Findings: {findings}"
    raise NotOnPage(f"the overview has no row of {name}")


def a_month_is_one_mail(on: OnStage) -> None:
    """Show what waits for a reader of the monthly digest, as it would be sent today."""
    fran = on.people["fran"]
    told = on.service.run("digest", "--preview", fran.mail)
    if told.returncode:
        raise RuntimeError(f"the digest could not be shown: {told.stdout}{told.stderr}")
    at_once = len(mail_with(on.standins.mail, fran.mail, "/u/")) - 1  # and the one to confirm
    paragraphs = [" ".join(part.split()) for part in told.stdout.split("\n\n") if part.strip()]
    kicker = next(at for at, part in enumerate(paragraphs) if "monthly digest" in part)
    say(
        "20. A month in one mail. Fran was written to at once only of what was urgent, "
        f"{at_once} times; all else waits for her digest. Were it the first of the month:"
    )
    for paragraph in paragraphs[kicker : kicker + 3]:
        quote(paragraph)


def _bring_survey(on: OnStage, number: int) -> list[str]:
    """Write an invented survey to its two files and publish it; gives what the command says."""
    table, about = survey_files(on.service.config.parent, number, utcnow().date())
    brought = on.service.run("usage", "import", str(table), "--about", str(about), "--publish")
    if brought.returncode:
        raise RuntimeError(f"the survey could not be published: {brought.stdout}{brought.stderr}")
    return brought.stdout.splitlines()


def survey_files(folder: Path, number: int, today: date) -> tuple[Path, Path]:
    """Write the first (0) or second (1) invented survey: its table, and the file about it."""
    ended = today - timedelta(days=_ENDED[number])
    began = ended - timedelta(days=_FIELD_DAYS)
    asked = _SERVICES[number]
    lines = [f"{slug},{counts[number]},{asked},services" for slug, counts in _USES.items()]
    table = folder / f"use-{number + 1}.csv"
    table.write_text("\n".join(["intervention,numerator,denominator,unit", *lines]), "utf-8")
    about: Mapping[str, object] = {
        "name": f"Invented services {ended.year}",
        "instrument": "Invented survey of services",
        "version": "1",
        "question": "Which of these has your invented service offered in the last 12 months?",
        "frame": "Every service on an imaginary list",
        "unit": "services",
        "mode": "web",
        "citation": f"Invented for the demonstration, {ended.year}",
    }
    text = "".join(f'{name} = "{value}"\n' for name, value in about.items())
    text += f"field_from = {began}\nfield_to = {ended}\npromoters = []\n"
    text += f"responses = {asked}\nservices = {asked}\ninvited = 2000\n"
    path = folder / f"use-{number + 1}.toml"
    path.write_text(text, "utf-8")
    return table, path
