"""The demonstration: the whole loop played before your eyes, on an invented world.

The service is the real one, in its own process; only the world around it is invented. Reaches
nothing beyond this machine.
"""

import re
import secrets
import signal
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from monitor.demo import driver, standins, world
from monitor.demo.answering import services_answer_for_themselves
from monitor.demo.answers import ABC, CIRCLE, SECOND_THERAPLAY, THERAPLAY
from monitor.demo.driver import ServiceProcess
from monitor.demo.further import a_file_brings_it, only_openalex_holds_it
from monitor.demo.moving_gaps import (
    a_month_is_one_mail,
    a_survey_moves_one_gap,
    one_of_the_ten_against_another,
    one_trial_three_ways,
    what_it_is_and_what_is_not_known,
)
from monitor.demo.on_stage import OnStage
from monitor.demo.people import Person, Refused, first
from monitor.demo.stagecraft import PAGE_SECONDS, newest_change, poll, quote, say, study_of
from monitor.kernel.clock import utcnow

NOTICE = "Demonstration: every paper, study, person and date of change here is invented."

_PAUSE = 2.5  # seconds between two scenes at pace 1
# SIGINT too: a shell that starts the play in the background has its children ignore it, and Python
# leaves that so unless it is told otherwise.
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_READERS = ("commissioner", "erin", "fran")  # they have no account, only mail


def run(*, keep: bool = True, port: int | None = 8000, pace: float = 1.0) -> None:
    """Play the loop; with ``keep`` leave the service running until Ctrl-C.

    ``port`` is taken if it is free, any other if not. ``pace`` 0 plays without pauses. Ctrl-C,
    SIGTERM and a closed terminal end it at any point, and leave nothing behind.
    """
    for number in _ENDING:
        signal.signal(number, _stop)
    with stage(port=port, pace=pace) as on:
        for scene in SCENES:
            scene(on)
            threading.Event().wait(_PAUSE * pace)
        if keep:
            _leave_running(on)


@contextmanager
def stage(*, port: int | None = None, pace: float = 0.0) -> Iterator[OnStage]:
    """Build the world and start the service over it; takes everything down at the end."""
    invented = world.load(utcnow().date())
    with (
        tempfile.TemporaryDirectory(prefix="gap-monitor-demo-") as folder,
        standins.running(invented) as running,
    ):
        config = Path(folder) / "config.toml"
        free = port if port and driver.is_free(port) else driver.free_port()
        key = driver.invented_key(Path(folder))
        told = driver.configuration(running, port=free, notice=NOTICE, openalex_key=key)
        config.write_text(told, encoding="utf-8")
        service = ServiceProcess(config)
        running.mail.keep_copies(Path(folder) / "var" / "mail")
        try:
            service.start()
            click.echo(f"The demonstration is at {service.address}: open it now, and watch.")
            if port and port != free:
                say(f"(Port {port} is taken; --port names another.)")
            say(NOTICE)
            yield OnStage(invented, running, service, _people(service), pace)
        finally:
            service.stop()


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's signature
    """End the play as its end does: once is enough, and a second signal cuts no tidying short."""
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(0)


def _people(service: ServiceProcess) -> dict[str, Person]:
    """Cast the people; each gets a password made now, for this run only."""
    cast = {
        "admin": "Alex Invented",
        "ada": "Ada Example",
        "ben": "Ben Example",
        "cara": "Cara Example",
        "commissioner": "Dana Example",
        "erin": "Erin Example",
        "fran": "Fran Example",
    }
    return {
        key: Person(
            service.address,
            name=name,
            address=f"{key}@example.org",
            password=secrets.token_urlsafe(12),
        )
        for key, name in cast.items()
    }


def people_arrive(on: OnStage) -> None:
    """Make the first admin by the printed link, two reviewers and a lead by theirs."""
    link = on.service.first_admin_link
    assert link is not None  # noqa: S101 - a new service has no admin
    admin = on.people["admin"]
    admin.accept_link(link, first_admin=True)
    for key, role in (("ada", "reviewer"), ("ben", "reviewer"), ("cara", "lead reviewer")):
        person = on.people[key]
        person.accept_link(admin.add_person(person.name, person.mail, role))
    say("1. People. The first admin used the printed link and invited three reviewers; one leads.")


def readers_subscribe(on: OnStage) -> None:
    """Subscribe three commissioners, each confirmed by the link in the mail."""
    follows = {
        "commissioner": (["theraplay", "cos"], "each change"),
        "erin": (["ddp", "www", "pip", "vipp"], "each change"),
        "fran": (["theraplay", "cos", "ddp", "vig"], "monthly"),
    }
    for key, (interventions, often) in follows.items():
        on.people[key].subscribe(interventions, often)
    for key in follows:
        on.people[key].confirm(on.letter(on.people[key].mail, "/confirm/"))
    say("2. A commissioner asks for e-mail on Theraplay and Circle of Security, and confirms it.")
    say("   Erin, another one, asks for DDP, WWW, PIP and VIPP. Both want each change at once.")
    say("   Fran asks for four of the ten as most people do: one digest a month.")


def sources_are_polled(on: OnStage) -> None:
    """Wait until every source has answered, and tell what came of it."""
    admin = on.people["admin"]
    driver.until(
        lambda: "never yet" not in admin.get("/status").text,
        seconds=90,
        what="every source to answer",
    )
    queued = on.service.json("export", "queue", "--format", "json")
    several = [paper for paper in queued if len(paper["sources"]) > 1]
    say(
        f"3. Sources. PubMed, Europe PMC, the registries and the feeds were asked: {len(queued)} "
        f"papers wait for reviewers, {len(several)} of them sent by more than one source and "
        "queued once. Namesakes (the Aberrant Behavior Checklist, core outcome sets, finger joints) were left out."
    )


def papers_are_screened(on: OnStage) -> None:
    """Include two trials, exclude a protocol with its reason."""
    ada = on.people["ada"]
    for key, slug in (("theraplay-trial", "theraplay"), ("cos-trial", "cos")):
        ada.screen(ada.find_paper(on.title(key)), "include", interventions=[slug])
    protocol = ada.find_paper(on.title("ddp-protocol"))
    ada.screen(protocol, "exclude", reason="protocol or registration, no results yet")
    say("4. Screening. Ada includes two trials, and excludes a protocol: no results yet.")


def two_people_agree(on: OnStage) -> None:
    """Appraise one trial twice alike; tell what counting it would do, then what it did."""
    ada, ben = on.people["ada"], on.people["ben"]
    study = study_of(on, "theraplay-trial")
    ada.appraise(study, THERAPLAY)
    checked = ben.answer(study, THERAPLAY)
    say("5. Appraisal. Ada and Ben appraise the Theraplay trial, apart: nurseries were randomised,")
    say("   so RoB 2 for clusters is asked, and judges from their answers:")
    for row in checked.rows():
        quote(f"{row[0]}. Reported: {row[1]}. Risk of bias: {row[-1]}")
    shown = ben.hand_in(checked)
    say("   They agree. Before anything counts, the page tells Ben what counting it would do:")
    for row in shown.rows():
        quote(": now ".join(row[:2]) + f"; if accepted: {row[2]}")
    ben.count(shown)
    say("   Ben lets it count. It gives a direction and no size, so it adds to how much is known")
    say("   and settles nothing of what trials show:")
    quote(newest_change(on))


def the_mail_arrives(on: OnStage) -> None:
    """Print the mail that the commissioner got."""
    letter = on.letter(on.people["commissioner"].mail, "/u/")
    say(f"6. Mail. {letter.recipient} receives “{letter.subject}”, here as plain text:")
    click.echo(textwrap.indent(letter.text.strip(), "   | "))


def a_disagreement_is_settled(on: OnStage) -> None:
    """Let two people differ in one answer and a third settle it."""
    ada, ben, cara = (on.people[key] for key in ("ada", "ben", "cara"))
    study = study_of(on, "cos-trial")
    ada.appraise(study, CIRCLE)
    ben.appraise(study, CIRCLE.but(**{"1.2": "NI"}))
    say("7. Disagreement. On Circle of Security Ben finds no word on whether the sequence was")
    say("   concealed; Ada finds that it was. All else is the same. Cara, the third, is told:")
    compared = cara.get(f"{study}/compared")
    quote(first(r"\d+ of \d+ answers are the same\. .*? to be settled\.", compared.text))
    shown = cara.settle(study, {"risk-r1-1.2": "Y"})
    cara.count(shown)
    letter = on.letter(on.people["commissioner"].mail, "/u/", after=1)
    say("   She settles it and lets the trial count. It is large enough to tell that there is")
    say("   little or no difference. More evidence, worse news:")
    quote(newest_change(on))
    say(f"   The commissioner receives “{letter.subject}”.")


def a_new_trial_appears(on: OnStage) -> None:
    """Release the second wave, poll, and take a trial of three groups through the whole chain."""
    new = on.world.release(2)
    poll(on, "journals")
    say(f"8. Later. {len(new)} new papers appear; the next poll of the journals finds one of them.")
    ada, ben = on.people["ada"], on.people["ben"]
    paper = ada.find_paper(on.title("theraplay-second"))
    ada.screen(paper, "include", interventions=["theraplay"])
    study = study_of(on, "theraplay-second")
    ada.appraise(study, SECOND_THERAPLAY)
    checked = ben.answer(study, SECOND_THERAPLAY)
    say("   It has three groups and two results, each judged on its own:")
    for row in checked.rows():
        quote(f"{row[0]}. Reported: {row[1]}. Worked out: {row[2]}. Risk of bias: {row[3]}")
    ben.count(ben.hand_in(checked))
    letter = on.letter(on.people["commissioner"].mail, "/u/", after=2)
    say("   A second sound trial of Theraplay is accepted. It gives sizes, so the findings move:")
    quote(newest_change(on))
    say(f"   The commissioner receives “{letter.subject}”.")


def a_study_is_withdrawn(on: OnStage) -> None:
    """Withdraw it again, and show the correction that goes to the same reader."""
    study = study_of(on, "theraplay-second", stage="accepted")
    on.people["cara"].withdraw(study, "The invented authors found a mistake in their data.")
    letter = on.letter(on.people["commissioner"].mail, "/u/", after=3)
    say(f"9. Correction. Cara withdraws that trial. The same reader receives “{letter.subject}”:")
    quote(newest_change(on))


def a_source_fails(on: OnStage) -> None:
    """Let a source answer with a maintenance page, and see the status page say so."""
    on.standins.europepmc.fault("europepmc", "html200", times=None)
    on.service.run("poll", "europepmc")
    page = on.people["admin"].get("/status")
    say("10. Failure. Europe PMC answers with a maintenance page instead of results. Status says:")
    quote(page.heading)
    on.standins.europepmc.clear()


def a_registered_trial_is_published(on: OnStage) -> None:
    """Find a trial that has waited as a registration, then its paper, which names it."""
    ada, trial = on.people["ada"], on.world.trial("ddp-hands-registration")
    number = trial.number
    say(f"11. Registration. The queue has held a trial ahead of any paper of it, {number}:")
    quote(ada.get(ada.find_paper(trial.title)).heading)
    on.world.release(5)
    poll(on, "journals")
    paper = ada.find_paper(on.title("ddp-hands"))
    driver.until(
        lambda: f"Names the trial {number}" in ada.get(paper).text,
        seconds=PAGE_SECONDS,
        what=f"the paper to name {number}",
    )
    say(f"   Now a journal publishes the trial. The paper is queued, and its page names {number}.")


def a_notice_is_found(on: OnStage) -> None:
    """Let Crossref list a concern about an accepted study, before PubMed has heard of it."""
    ada, notice = on.people["ada"], on.world.paper("theraplay-concern")
    on.world.release(6)
    poll(on, "crossref")
    (paper, _), *_ = ada.get(study_of(on, "theraplay-trial", "accepted")).links(r"/papers/\d+")
    said = rf"Expression of concern in {re.escape(notice.doi)}.*? says \w+\."
    driver.until(
        lambda: re.search(said, ada.get(paper).text),
        seconds=PAGE_SECONDS,
        what="the page of the Theraplay trial to name the notice",
    )
    say("12. A notice. Crossref has one about the accepted Theraplay trial; PubMed has none yet.")
    say("   It changes nothing by itself. Its page in the queue says, and an alert asks a person:")
    quote(first(said, ada.get(paper).text))
    quote(_newest_alert(on))


def a_retracted_trial_is_not_accepted_unseen(on: OnStage) -> None:
    """Let a trial be retracted that nobody has appraised yet: it cannot be judged to count."""
    ada, ben = on.people["ada"], on.people["ben"]
    ada.screen(ada.find_paper(on.title("abc-trial")), "include", interventions=["abc"])
    study = study_of(on, "abc-trial")
    poll(on, "pubmed")
    said = r"A paper of this study is retracted, .*? says?\."
    driver.until(
        lambda: re.search(said, ada.get(study).text),
        seconds=PAGE_SECONDS,
        what="the page of the ABC trial to say that it is retracted",
    )
    say("13. Retraction, in time. Ada includes a trial of ABC; before anybody appraises it, its")
    say("   retraction is found. The study's page, and the form to appraise it, begin with it:")
    quote(first(said, ben.get(f"{study}/appraise").text))
    try:
        ben.appraise(study, ABC)
    except Refused as refused:
        say("   Ben judges it to count all the same, and is told:")
        quote(first(r"A paper of this study is said to be .*? with a reason\.", str(refused)))
    else:
        raise RuntimeError("a retracted trial could be judged to count unseen")
    ada.answer_alert(_alert_of(ada, study), "exclude", "Its invented randomisation was mistaken.")
    say("   Ada excludes the study, with her reason. What everybody can read of it begins:")
    public = study.replace("/studies/", "/interventions/abc/studies/")
    quote(first(r"A report of this study is retracted, .*? says?\.", ada.get(public).text))


def a_study_is_retracted(on: OnStage) -> None:
    """Let Crossref list the retraction of a study that counts: it falls, and its reader hears."""
    on.world.release(7)
    poll(on, "crossref")
    letter = on.letter(on.people["commissioner"].mail, "/u/", after=4)
    say("14. Retraction, too late. Crossref lists one of a trial that counts. In the same poll")
    say("   it is no longer counted,")
    say(f"   and the same reader receives “{letter.subject}”:")
    told = " ".join(letter.text.split())
    quote(first(r"Why it is no longer counted: .*? We read that on \d+ \w+ \d+", told))
    say("   An alert stays until a person confirms it, or counts the study again:")
    ada, study = on.people["ada"], study_of(on, "theraplay-trial", "withdrawn")
    quote(ada.get(_alert_of(ada, study)).heading)


SCENES = (
    people_arrive,
    readers_subscribe,
    sources_are_polled,
    papers_are_screened,
    two_people_agree,
    the_mail_arrives,
    a_disagreement_is_settled,
    a_new_trial_appears,
    a_study_is_withdrawn,
    a_source_fails,
    a_registered_trial_is_published,
    a_notice_is_found,
    a_retracted_trial_is_not_accepted_unseen,
    a_study_is_retracted,
    only_openalex_holds_it,
    a_file_brings_it,
    one_trial_three_ways,
    one_of_the_ten_against_another,
    a_survey_moves_one_gap,
    what_it_is_and_what_is_not_known,
    a_month_is_one_mail,
    services_answer_for_themselves,
)


def _newest_alert(on: OnStage) -> str:
    """Read what the page of the newest alert opens with."""
    ada = on.people["ada"]
    path, _ = ada.get("/alerts").links(r"/alerts/\d+")[-1]
    return ada.get(path).heading


def _alert_of(person: Person, study: str) -> str:
    """Find the newest alert that waits about a study; gives its path."""
    paths = [path for path, _ in person.get(study).links(r"/alerts/\d+")]
    return max(paths, key=lambda path: int(path.rpartition("/")[2]))


def _leave_running(on: OnStage) -> None:
    click.echo()
    say(f"The service stays up: {on.service.address}")
    say(f"Every mail as its reader sees it: {on.service.address}/mail (sign in as the admin).")
    say("Sign in (these people exist in this demonstration only):")
    for key, person in on.people.items():
        if key not in _READERS:
            click.echo(f"  {person.mail:22} {person.password}   {person.name}")
    say("Ctrl-C ends the demonstration and forgets everything.")
    while on.service.alive:
        threading.Event().wait(0.5)
