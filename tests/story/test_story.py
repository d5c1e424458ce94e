"""The whole chain, from sources to mail, on recorded replies, with the service killed on the way.

Drives the real processes from outside: over loopback HTTP and SMTP, with SIGKILL.
"""

import signal
import sys
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
import requests
from forking import ForkedService  # type: ignore[import-not-found]  # beside this file

from monitor.demo import driver
from monitor.demo.answers import CIRCLE, SECOND_THERAPLAY, THERAPLAY
from monitor.demo.people import TickedAnswers, mail_with

pytestmark = pytest.mark.story

INSTALLED = Path(sys.executable).with_name("gap-monitor")
COMMAND = (str(INSTALLED),) if INSTALLED.is_file() else driver.COMMAND
READERS = ("dana", "emil", "fred", "gita")
KILLED = -signal.SIGKILL
CLAIM = r"UPDATE message .*lease_token\s*=\s*\(message\.lease_token"
ACCEPTED_BY_SERVER = r"UPDATE message .*'sent'"

# what the invented world must bring in front of the reviewers, by key, and who sent it
EXPECTED = {
    "cos-trial": {"pubmed", "europepmc", "journals"},
    "ddp-trial": {"pubmed", "europepmc", "pubmed_rss"},
    "ddp-protocol": {"pubmed", "europepmc"},
    "ddp-single": {"pubmed", "europepmc"},
    "vipp-trial": {"pubmed", "europepmc", "journals"},
    "vipp-vig": {"pubmed", "europepmc"},
    "abc-trial": {"pubmed", "europepmc"},
    "cpp-single": {"pubmed", "europepmc"},
    "pip-trial": {"pubmed", "europepmc"},
    "vig-comparison": {"pubmed", "europepmc", "journals"},
    "www-cases": {"pubmed", "europepmc"},
    "theraplay-trial": {"pubmed", "europepmc", "pubmed_rss"},
    "theraplay-interviews": {"pubmed", "europepmc"},
    "icp-trial": {"pubmed", "europepmc"},
    "vipp-preprint": {"europepmc"},
    "parenting-trial": {"journals"},
}
NEVER = ("abc-checklist", "cos-outcomes", "cpp-puberty", "pip-joint", "vig-globulin", "bridges")


def test_nothing_is_lost_and_every_reader_is_told_once(recorded_scene):
    scene = recorded_scene
    killed_in_the_middle_of_a_fetch(scene)
    killed_between_two_answers(scene)
    the_queue_is_whole(scene)
    killed_after_the_store_before_the_lease_is_released(scene)
    a_second_poll_changes_nothing(scene)
    people_arrive(scene)
    killed_while_a_reviewer_screens(scene)
    killed_before_a_decision_is_committed(scene)
    killed_after_a_decision_is_committed(scene)
    killed_on_every_step_of_the_delivery(scene)
    who_left_is_told_no_more(scene)
    a_withdrawal_reaches_who_was_told(scene)
    a_mail_server_that_is_down_loses_nothing(scene)
    everything_is_accounted_for(scene)


def killed_in_the_middle_of_a_fetch(scene):
    """Half of an article list was received: nothing of it may count as read."""
    kill_once(scene, scene.standins.pubmed, "pubmed/efetch", "middle")
    scene.service.start(wait=False)
    assert scene.service.wait_dead() == KILLED
    assert scene.rows("SELECT * FROM watermark WHERE source = 'pubmed'") == []
    assert scene.rows("SELECT * FROM record WHERE source = 'pubmed'") == []


def killed_between_two_answers(scene):
    """Some queries were answered and stored; the poll as a whole was not."""
    pubmed = scene.standins.pubmed
    pubmed.clear()
    pubmed.forget()

    def third_answer(request):
        if len(pubmed.requests("pubmed/efetch")) >= 3:
            scene.service.kill()

    pubmed.on_request("pubmed/esearch", third_answer)
    scene.service.start(wait=False)
    assert scene.service.wait_dead() == KILLED
    of_pubmed = "SELECT count(*) FROM record WHERE source = 'pubmed'"
    stored = scene.number(of_pubmed)
    assert stored > 0
    pubmed.clear()
    scene.service.start()
    wait_until_polled(scene)
    assert scene.number(of_pubmed) > stored
    ended = scene.rows("SELECT count(*) FROM source WHERE lease_until IS NOT NULL")
    assert ended == [(0,)]


def the_queue_is_whole(scene):
    """Every expected paper is queued once, with all who sent it; every record was kept."""
    queue = exported(scene, "queue")
    by_title = Counter(paper["title"].rstrip(".") for paper in queue)
    assert [title for title, n in by_title.items() if n > 1] == []
    sent_by = {paper["title"].rstrip("."): set(paper["sources"]) for paper in queue}
    found = {key: sent_by.get(scene.world.paper(key).title) for key in EXPECTED}
    assert found == EXPECTED
    assert not [key for key in NEVER if scene.world.paper(key).title in sent_by]
    assert {p["identifiers"]["pmcid"][0] for p in queue if "cos" in p["interventions"]} == {
        scene.world.paper("cos-trial").pmcid
    }
    recorded = {article.pmid for article in scene.standins.pubmed.recorded}
    kept = {str(key) for (key,) in scene.rows("SELECT key FROM record WHERE source = 'pubmed'")}
    assert recorded <= kept
    results = {str(result.json["id"]) for result in scene.standins.europepmc.recorded}
    keys = [str(k) for (k,) in scene.rows("SELECT key FROM record WHERE source = 'europepmc'")]
    assert {one for one in results if any(one in key for key in keys)} == results


def killed_after_the_store_before_the_lease_is_released(scene):
    """All answers are stored; only the word that the poll is complete is missing."""
    before = ledger(scene)
    died = scene.crashing("before", "UPDATE source SET .*last_success_at").run("poll", "journals")
    assert died.returncode == KILLED
    assert scene.number("SELECT count(*) FROM source WHERE lease_until IS NOT NULL") == 1
    again = scene.service.run("poll", "journals")
    assert (again.returncode, again.stderr.count("Traceback")) == (0, 0)
    assert scene.number("SELECT count(*) FROM source WHERE lease_until IS NOT NULL") == 0
    assert ledger(scene) == before


def a_second_poll_changes_nothing(scene):
    before = ledger(scene)
    done = scene.service.run("poll")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ledger(scene) == before


def people_arrive(scene):
    link = scene.service.first_admin_link
    assert link
    admin = scene.person("alex")
    admin.accept_link(link, first_admin=True)
    scene.people = {key: scene.person(key) for key in ("ada", "ben", "cara", *READERS)}
    for key in ("ada", "ben", "cara"):
        person = scene.people[key]
        person.accept_link(admin.add_person(person.name, person.mail, "reviewer"))
    for key in READERS:
        scene.people[key].subscribe(["theraplay", "cos"])
    for key in READERS:
        reader = scene.people[key]
        reader.confirm(the_mail(scene, reader.mail, "/confirm/")[0])


def killed_while_a_reviewer_screens(scene):
    """The verdict is lost with the process; the same form sent again counts, once."""
    ada = scene.people["ada"]
    paper = ada.find_paper(scene.world.paper("theraplay-trial").title)
    page = ada.get(paper)
    form = {"verdict": "include", "interventions": ["theraplay"]}
    restart(scene, scene.crashing("before", "INSERT INTO screening"))
    with pytest.raises(requests.ConnectionError):
        ada.submit(page, form, having="verdict")
    died(scene)
    assert scene.rows("SELECT * FROM screening") == []
    assert scene.rows("SELECT * FROM study") == []
    restart(scene)
    assert ada.submit(page, form, having="verdict").status == 200
    ada.submit(page, form, having="verdict")
    assert scene.number("SELECT count(*) FROM screening") == 1
    assert scene.number("SELECT count(*) FROM study") == 1


def killed_before_a_decision_is_committed(scene):
    """Decision, grade, gap, change, announcement and mail: all or nothing. Here: nothing."""
    ada, ben = scene.people["ada"], scene.people["ben"]
    study = ada.study_of(f"/papers/{paper_id(scene, 'theraplay-trial')}")
    ada.appraise(study, THERAPLAY)
    checked = ben.answer(study, THERAPLAY)
    killed_while_an_appraisal_is_handed_in(scene, ben, checked)
    page = ben.hand_in(checked)
    assert "for now; may become" in page.text.casefold()
    assert scene.rows("SELECT * FROM decision") == []
    restart(scene, scene.crashing("before", "INSERT INTO decision"))
    before = ledger(scene)
    with pytest.raises(requests.ConnectionError):
        ben.count(page)
    died(scene)
    assert ledger(scene) == before
    scene.study, scene.page = study, page


def killed_while_an_appraisal_is_handed_in(scene, person, checked):
    """The appraisal is lost with the process, its draft is not; the same form sent again counts once."""
    restart(scene, scene.crashing("before", "INSERT INTO appraisal"))
    with pytest.raises(requests.ConnectionError):
        person.hand_in(checked)
    died(scene)
    assert scene.number("SELECT count(*) FROM appraisal") == 1
    assert scene.number("SELECT count(*) FROM reading_draft") == 1
    restart(scene)


def killed_after_a_decision_is_committed(scene):
    """Committed, but the reviewer saw no answer: sending the form again has no second effect."""
    ben = scene.people["ben"]
    restart(scene, scene.crashing("after", "INSERT INTO decision"))
    with pytest.raises(requests.ConnectionError):
        ben.count(scene.page)
    died(scene)
    assert scene.number("SELECT count(*) FROM decision") == 1
    assert scene.number("SELECT count(*) FROM announcement") == 1
    # between the outbox's commit and the first claim
    assert changes_waiting(scene) == len(READERS)


def killed_on_every_step_of_the_delivery(scene):
    """After the claim; between DATA and 250; after 250. Then a run that is left alone."""
    sink = scene.standins.mail
    claiming = scene.crashing("after", CLAIM)
    claiming.start(wait=False)
    assert claiming.wait_dead() == KILLED
    assert claimed(scene) == 1
    assert told(scene) == {}

    def kill(kept):
        scene.service.kill()

    sink.on_data(kill)
    wait_for_lock(scene)
    scene.service.start(wait=False)
    assert scene.service.wait_dead() == KILLED
    sink.clear()
    assert sum(told(scene).values()) == 1

    dying = scene.crashing("before", ACCEPTED_BY_SERVER)
    dying.start(wait=False)
    assert dying.wait_dead() == KILLED
    assert sum(told(scene).values()) == 2
    assert scene.number("SELECT count(*) FROM message WHERE kind='change' AND state='sent'") == 0

    restart(scene)
    wait_until_sent(scene)
    received = told(scene)
    assert set(received) == {scene.people[key].mail for key in READERS}
    assert sorted(received.values()) == [1, 1, 2, 2]  # the two that may have been handed over
    for key in READERS:
        ids = {kept.message_id for kept in mail_with(sink, scene.people[key].mail, "/u/")}
        assert len(ids) == 1
    scene.people["ben"].count(scene.page)  # the same form once more
    assert scene.number("SELECT count(*) FROM decision") == 1
    assert scene.number("SELECT count(*) FROM announcement") == 1


def who_left_is_told_no_more(scene):
    """One press on the mail's own link, as a mail program would send it; then another change."""
    letter = the_mail(scene, scene.people["gita"].mail, "/u/")[0]
    link = str(letter.message["List-Unsubscribe"]).strip("<>").split(">")[0]
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click = {"List-Unsubscribe": "One-Click"}
    assert requests.post(link, data=one_click, timeout=10).status_code == 200
    settle(scene, "cos-trial", "cos", CIRCLE)
    wait_until_sent(scene)
    new = [
        len({k.message_id for k in the_mail(scene, scene.people[key].mail, "/u/")})
        for key in READERS
    ]
    assert new == [2, 2, 2, 1]


def settle(scene, key, slug, answers: TickedAnswers):
    """Take a paper through screening, two appraisals that differ and a third person who settles."""
    ada, ben, cara = (scene.people[who] for who in ("ada", "ben", "cara"))
    paper = ada.find_paper(scene.world.paper(key).title)
    ada.screen(paper, "include", interventions=[slug])
    study = ada.study_of(paper)
    ada.appraise(study, answers)
    ben.appraise(study, answers.but(**{"1.2": "NI"}))
    stage = "SELECT stage FROM queue_item WHERE paper_id = :paper"
    assert scene.rows(stage, paper=paper_id(scene, key)) == [("disagreement",)]
    cara.count(cara.settle(study, {"risk-r1-1.2": "Y"}))
    return study


def a_withdrawal_reaches_who_was_told(scene):
    scene.people["cara"].withdraw(scene.study, "A mistake in the invented data.")
    wait_until_sent(scene)
    for key in ("dana", "emil", "fred"):
        letters = the_mail(scene, scene.people[key].mail, "/u/")
        assert len({letter.message_id for letter in letters}) == 3
        assert "Theraplay" in letters[-1].subject + letters[-1].text


def a_mail_server_that_is_down_loses_nothing(scene):
    """A new paper appears, is accepted, and its mail waits until the server is back."""
    sink = scene.standins.mail
    scene.world.release(2)
    polled = scene.service.run("poll", "journals")
    assert polled.returncode == 0, polled.stderr
    sink.stop()
    settle(scene, "theraplay-second", "theraplay", SECOND_THERAPLAY)
    tried = scene.service.run("deliver", "--json")
    assert tried.returncode == 1
    assert changes_waiting(scene) == 3
    sink.start()
    # by itself it is tried again after minutes; a person who mended the server need not wait
    mended = scene.service.run("deliver")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    wait_until_sent(scene)
    for key in ("dana", "emil", "fred"):
        ids = {k.message_id for k in the_mail(scene, scene.people[key].mail, "/u/")}
        assert len(ids) == 4


def everything_is_accounted_for(scene):
    """No message waits or is lost, each has one Message-ID, and the audit chain is whole."""
    # what told the admins that mail cannot leave could not leave either, and was old news after
    states = dict(
        scene.rows("SELECT state, count(*) FROM message WHERE kind <> 'incident' GROUP BY state")
    )
    assert states == {"sent": len(READERS) + 4 + 3 + 3 + 3}
    told = "SELECT state FROM message WHERE kind = 'incident'"
    assert {state for (state,) in scene.rows(told)} <= {"sent", "cancelled"}
    sent = {str(i) for (i,) in scene.rows("SELECT message_id FROM message WHERE state = 'sent'")}
    assert {kept.message_id for kept in scene.standins.mail.kept} == sent
    # what was forked until here goes on as the command that people start
    restart(scene, driver.ServiceProcess(scene.config, command=COMMAND))
    checked = scene.service.run("check")
    assert checked.returncode == 0, checked.stdout
    assert scene.service.stop() == 0
    assert "Traceback" not in scene.service.log.read_text()


# one fault for each source at a time: (endpoint, kind)
ROUNDS = (
    (("pubmed/esearch", "html200"), ("europepmc/search", "html200"), ("feeds/journals", "html200")),
    (
        ("pubmed/esearch", "error-json"),
        ("europepmc/search", "empty200"),
        ("feeds/journals", "empty200"),
    ),
    (
        ("pubmed/esearch", "short-count"),
        ("europepmc/search", "error-json"),
        ("feeds/journals", "error-json"),
    ),
    (
        ("pubmed/efetch", "empty200"),
        ("europepmc/search", "truncated"),
        ("feeds/journals", "truncated"),
    ),
    (
        ("pubmed/efetch", "truncated"),
        ("europepmc/search", "short-count"),
        ("feeds/journals", "503"),
    ),
)
FAILING = {"pubmed": "failing", "europepmc": "failing", "journals": "failing", "pubmed_rss": "ok"}


def test_a_failed_source_says_so_and_its_watermark_stays(scene):
    ready = scene.service.run("poll")
    assert ready.returncode == 0, ready.stdout + ready.stderr
    scene.world.release(3)  # there is news that a fault must not hide
    before = watermarks(scene)
    for faults in ROUNDS:
        stand_ins = {"feeds": scene.standins.feeds, "pubmed": scene.standins.pubmed}
        stand_ins["europepmc"] = scene.standins.europepmc
        for endpoint, kind in faults:
            stand_ins[endpoint.split("/")[0]].fault(endpoint, kind, times=None)
        polled = scene.service.run("poll")
        for stand_in in stand_ins.values():
            stand_in.clear()
        assert polled.returncode == 1, (faults, polled.stdout)
        assert watermarks(scene) == before, faults
        sources = scene.service.json("status", "--json")["sources"]
        assert {s["name"]: s["state"] for s in sources if s["name"] in FAILING} == FAILING, faults
        for source in (s for s in sources if s["state"] == "failing"):
            assert source["error"]
            assert "stand-in" not in source["error"]  # never a word from upstream
            assert source["next_due"]
    recovered = scene.service.run("poll")
    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
    states = {s["name"]: s["state"] for s in scene.service.json("status", "--json")["sources"]}
    assert {states[name] for name in FAILING} == {"ok"}
    titles = [paper["title"].rstrip(".") for paper in exported(scene, "queue")]
    for key in ("theraplay-second", "cos-follow-up"):
        assert titles.count(scene.world.paper(key).title) == 1
    notice = scene.world.paper("abc-retraction").title  # kept, and never itself to be screened
    assert notice not in titles
    kept = "SELECT lane FROM paper WHERE title LIKE :title"
    assert scene.rows(kept, title=f"{notice}%") == [("notice",)]


def test_a_poll_killed_at_every_commit_ends_as_one_left_alone(scene):
    assert sum(deaths(scene, when) for when in ("before", "after")) > 4
    titles = Counter(paper["title"] for paper in exported(scene, "queue"))
    expected = [key for key, sources in EXPECTED.items() if "journals" in sources]
    assert titles == Counter({scene.world.paper(key).title: 1 for key in expected})
    assert scene.service.run("check").returncode == 0


def deaths(scene, when):
    """Kill a poll at its first commit, the next one at its second …; count until one survives."""
    for commit in count(1):
        done = scene.crashing(when, commit=commit).run("poll", "journals")
        if done.returncode != KILLED:
            assert done.returncode == 0, done.stderr
            return commit - 1
    raise AssertionError("unreachable")


def kill_once(scene, stand_in, endpoint, moment):
    stand_in.on_request(endpoint, lambda request: scene.service.kill(), moment)


def restart(scene, process=None):
    """Stop what runs and start a process in its place, on the same port."""
    scene.service.kill()
    scene.service = process or ForkedService(scene.config, scene.forks)
    scene.service.start()


def died(scene):
    assert scene.service.wait_dead(30) == KILLED


def wait_for_lock(scene):
    """Wait until the database has noticed that a killed process holds its locks no more."""
    if not scene.database.is_sqlite:
        driver.until(
            lambda: scene.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0,
            seconds=20,
            what="PostgreSQL to free the locks",
        )


def wait_until_polled(scene):
    waiting = "SELECT count(*) FROM source WHERE enabled AND last_success_at IS NULL"
    driver.until(lambda: scene.number(waiting) == 0, seconds=120, what="every source to answer")


def wait_until_sent(scene):
    driver.until(lambda: changes_waiting(scene) == 0, seconds=60, what="the mail to go out")


def changes_waiting(scene):
    return scene.number(
        "SELECT count(*) FROM message WHERE kind = 'change' AND state NOT IN ('sent', 'cancelled')"
    )


def claimed(scene):
    return scene.number("SELECT count(*) FROM message WHERE state = 'claimed'")


def told(scene):
    """Count what each reader received of changes, repeats included."""
    return Counter(k.recipient for k in scene.standins.mail.kept if "/u/" in k.text)


def the_mail(scene, recipient, path):
    found = driver.until(
        lambda: mail_with(scene.standins.mail, recipient, path),
        seconds=30,
        what=f"a mail to {recipient}",
    )
    assert isinstance(found, list)
    return found


def exported(scene, what):
    return scene.service.json("export", what, "--format", "json")


def watermarks(scene):
    """How far those queries were read that cannot be answered while a fault lasts.

    A query that needs nothing from a failing endpoint is answered in full, and moves on. A feed's
    mark (ETag) is forgotten meanwhile: what it shows after the repair is read whole.
    """
    found = scene.rows("SELECT source, query_key, position, moved_at FROM watermark")
    kept = {("pubmed", "theraplay"), ("journals", scene.standins.feeds.journals_url)}
    return sorted((r for r in found if r[0] == "europepmc" or r[:2] in kept), key=repr)


def paper_id(scene, key):
    title = scene.world.paper(key).title
    sent = {"bare": title, "stopped": f"{title}."}  # Europe PMC ends a title with a full stop
    ((found,),) = scene.rows("SELECT id FROM paper WHERE title IN (:bare, :stopped)", **sent)
    return found


TABLES = (
    "record", "record_query", "set_aside", "paper", "paper_identifier", "paper_registration",
    "paper_record", "match", "queue_item", "screening", "study", "study_paper", "appraisal",
    "decision", "grade", "gap", "change", "announcement", "message", "subscriber",
)  # fmt: skip


def ledger(scene):
    """Count the rows of everything but polls, jobs and the audit."""
    every = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM \"{t}\"" for t in TABLES)  # noqa: S608 - our own names
    counts = dict(scene.rows(every))
    versions = scene.rows("SELECT id, version, changed_at FROM paper ORDER BY id")
    return counts, versions
