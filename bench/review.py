"""How long the server works on a decision, on each step of an appraisal, and on a large study.

    python bench/review.py [--studies 60] [--followers 500] [--rounds 7] [--only NAME]

Makes a small world in a temporary folder (SQLite), signs two reviewers in, and goes through a study
as they do, in this process: everything but the socket is measured. Prints the middle of the
processor's time in ms, its ratio to a page that is a template and nothing else, and the budget.
Ends with status 1 and names what missed it. The budgets are ms of server time on two quiet cores;
the ratio is what can be compared elsewhere.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor import workflow  # noqa: E402 - found through the path set above
from monitor.accounts import passwords  # noqa: E402 - the same
from monitor.accounts.tables import Role, SignIn, User  # noqa: E402 - the same
from monitor.catalogue import loader  # noqa: E402 - the same
from monitor.catalogue import service as catalogue_service  # noqa: E402 - the same
from monitor.catalogue.words import (  # noqa: E402 - the same
    ArmRole,
    Better,
    ComparatorClass,
    Design,
    EffectType,
    Harms,
    Informant,
    InReview,
    Planned,
    Population,
    ResultClass,
    Unit,
)
from monitor.kernel import settings as settings_module  # noqa: E402 - the same
from monitor.kernel.clock import utcnow  # noqa: E402 - the same
from monitor.kernel.persistence.database import Database  # noqa: E402 - the same
from monitor.literature.matching.matcher import Matcher  # noqa: E402 - the same
from monitor.literature.tables import Match, Paper  # noqa: E402 - the same
from monitor.literature.words import Lane  # noqa: E402 - the same
from monitor.notify.tables import Subscriber, SubscriberState  # noqa: E402 - the same
from monitor.ops import schema  # noqa: E402 - the same
from monitor.review import service as review  # noqa: E402 - the same
from monitor.review.locking import study_of  # noqa: E402 - the same
from monitor.review.queue.screening import ScreeningAnswer  # noqa: E402 - the same
from monitor.review.reading.model import (  # noqa: E402 - the same
    Answered,
    Arm,
    Reading,
    ReadingResult,
    Reported,
    Risk,
)
from monitor.review.words import ScreeningVerdict  # noqa: E402 - the same
from monitor.service import Service  # noqa: E402 - the same
from monitor.web.app import create_app  # noqa: E402 - the same

SLUG, YARDSTICK = "vipp", "/accessibility"
RESULTS = 40
TOKENS = map("bench-{}".format, count(1))
# every domain of RoB 2 comes to low
LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "N", "2.6": "Y", "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip
ABSTRACT = "In this invented trial 90 families were randomly assigned. Security was measured. " * 12


class World:
    """A service with people, counted studies and followers."""

    def __init__(self, folder: Path, studies: int, followers: int) -> None:
        catalogue = loader.load()
        database = Database(f"sqlite:///{folder}/bench.sqlite3")
        settings = settings_module.parse(
            {"review": {"lead_above_readers": 1_000_000}}, folder=folder
        )
        secret = b"a secret of a bench, 32 bytes ok"
        self.service = Service(settings, database, catalogue, Matcher(catalogue), secret)
        self.database, self.at = database, utcnow()
        schema.migrate(database)
        with database.write() as session:
            catalogue_service.sync(session, catalogue, self.at)
            workflow.publish_baseline(session, self.service, at=self.at)
            self.people = [
                User(address=f"{n}@example.org", name=n, role=Role.LEAD, created_at=self.at)
                for n in ("Ann Example", "Ben Example")
            ]
            session.add_all(self.people)
            session.add_all(_follower(number, self.at) for number in range(followers))
        for number in range(studies):
            self.decide(self.study(f"An invented trial, number {number}"), _reading(2))
        self.clients = [self._signed_in(person) for person in self.people]

    def _signed_in(self, person: User) -> FlaskClient:
        token = passwords.new_token()
        with self.database.write() as session:
            session.add(
                SignIn(
                    token_hash=passwords.token_hash(token),
                    user_id=person.id,
                    started_at=self.at,
                    last_seen_at=self.at,
                )
            )
        if not hasattr(self, "app"):
            self.app = create_app(self.service)
        client = self.app.test_client()
        client.set_cookie("session", token)
        return client

    def study(self, title: str) -> int:
        """Include a paper of its own."""
        with self.database.write() as session:
            paper = Paper(
                title=title, abstract=ABSTRACT, authors=["Example A", "Other B"], year=2026,
                publication_types=[], keywords=[], read_by=1, lane=Lane.EVALUATED, version=1,
                first_seen_at=self.at, changed_at=self.at,
            )  # fmt: skip
            session.add(paper)
            session.flush()
            session.add(
                Match(
                    paper_id=paper.id, slug=SLUG, variant=None, words="VIPP", field="title",
                    start=0, rule="abbreviation",
                )
            )  # fmt: skip
            review.enqueue(session, [paper.id], at=self.at)
            answer = ScreeningAnswer(ScreeningVerdict.INCLUDE, 1, interventions=[SLUG])
            workflow.screen(
                session,
                paper_id=paper.id,
                token=next(TOKENS),
                by=self.people[0],
                answer=answer,
                at=self.at,
            )
            study_id = study_of(session, paper.id)
        assert study_id is not None  # noqa: S101 - it was included
        return study_id

    def hand_in(self, study_id: int, reading: Reading, whose: int) -> int | None:
        """Let one of the two hand a reading in; gives the consensus, once there is one."""
        with self.database.write() as session:
            sent = review.SentDecision(study_id, next(TOKENS), self.people[whose], self.at)
            outcome = workflow.hand_in(session, self.service, sent, reading=reading)
            return outcome.consensus.id if outcome.consensus else None

    def decide(self, study_id: int, reading: Reading) -> None:
        self.hand_in(study_id, reading, 0)
        agreed = self.hand_in(study_id, reading, 1)
        with self.database.write() as session:
            sent = review.SentDecision(study_id, next(TOKENS), self.people[1], self.at)
            workflow.count(session, self.service, sent, consensus_id=agreed or 0)


def _follower(number: int, at: datetime) -> Subscriber:
    return Subscriber(
        address=f"reader{number}@example.org",
        interventions=[SLUG],
        state=SubscriberState.ACTIVE,
        asked_at=at - timedelta(days=1),
        confirmed_at=at - timedelta(days=1),
        purpose="A bench.",
    )


def _reading(results: int) -> Reading:
    """A whole reading of a trial of two groups, each result judged in RoB 2."""
    return Reading(
        count_it=True,
        in_review=InReview.NO,
        in_review_reason="First results in 2026.",
        design=Design.RANDOMISED,
        unit=Unit.PEOPLE,
        harms=Harms.NONE_REPORTED,
        arms=(
            Arm(key="a1", role=ArmRole.EXPERIMENTAL, intervention=SLUG, randomised=60),
            Arm(
                key="a2", role=ArmRole.COMPARATOR, name="Usual care", randomised=60,
                comparator=ComparatorClass.USUAL_CARE,
            ),
        ),
        results=tuple(_result(number) for number in range(1, results + 1)),
    )  # fmt: skip


def _result(number: int) -> ReadingResult:
    answers = {question: Answered(answer=answer) for question, answer in LOW.items()}
    return ReadingResult(
        key=f"r{number}", experimental="a1", comparator="a2", kind=ResultClass.ATTACHMENT,
        outcome=f"Attachment security {number}", measure="Strange Situation", months=6,
        informant=Informant.BLIND_OBSERVER, population=Population.ALL, planned=Planned.PRIMARY,
        better=Better.HIGHER,
        reported=Reported(
            type=EffectType.MEANS, mean_i=3.9, sd_i=1.1, mean_c=3.5, sd_c=1.2, n_i=55, n_c=57,
            quote="Security was 3.9 (1.1) against 3.5 (1.2).",
        ),
        risk=Risk(tool="rob2@2019-08", answers=answers),
    )  # fmt: skip


class Bench:
    """What took how long: ms of the processor, by name."""

    def __init__(self, rounds: int) -> None:
        self.rounds, self.took = rounds, {}
        self.budget: dict[str, float | None] = {}

    took: dict[str, list[float]]

    def time(
        self, name: str, budget: float | None, work: Callable[[], TestResponse]
    ) -> TestResponse:
        """Do something once and keep how long it took."""
        began = time.process_time()
        answer = work()
        self.took.setdefault(name, []).append(1000 * (time.process_time() - began))
        self.budget[name] = budget
        if answer.status_code not in {200, 303}:
            told = re.sub(r"\s+", " ", answer.text)[:2000]
            raise SystemExit(f"{name} answered {answer.status_code}: {told}")
        return answer

    def page(self, name: str, budget: float | None, client: FlaskClient, path: str) -> str:
        for _ in range(self.rounds):
            page = self.time(name, budget, lambda: client.get(path))
        return page.text

    def report(self) -> list[str]:
        """Print all of it; gives what missed its budget."""
        unit = statistics.median(self.took["a template alone"])
        missed = []
        print(f"{'what':<34}{'ms':>8}{'ratio':>8}{'budget':>8}")
        for name, took in self.took.items():
            middle, budget = statistics.median(took), self.budget[name]
            over = budget is not None and middle > budget
            missed += [name] if over else []
            told = f"{budget:>8.0f}" if budget is not None else f"{'':>8}"
            print(
                f"{name:<34}{middle:>8.1f}{middle / unit:>8.1f}{told}{'  missed' if over else ''}"
            )
        return missed


def hidden(page: str, action: str) -> dict[str, str]:
    """Read the hidden fields of a form."""
    form = page[page.index(f'action="{action}"') :]
    form = form[: form.index("</form>")]
    fields = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        if name and value:
            fields[name[1]] = value[1]
    return fields


STEP = 30.0
STUDY = {
    "count_it": "yes", "in_review": "no", "in_review_reason": "First results in 2026.",
    "design": "randomised", "unit": "people", "harms": "none reported", "uk": "yes",
}  # fmt: skip
GROUPS = {
    "a1-role": "experimental", "a1-intervention": SLUG, "a1-name": "", "a1-randomised": "60",
    "a2-role": "comparator", "a2-name": "Usual care", "a2-comparator": "usual care",
    "a2-randomised": "60",
}  # fmt: skip
RESULT = {
    "experimental": "a1", "comparator": "a2", "kind": "attachment", "outcome": "Security",
    "measure": "Strange Situation", "informant": "blind observer", "months": "6",
    "population": "all randomised", "planned": "primary", "type": "means", "better": "higher",
    "n_i": "55", "n_c": "57", "mean_i": "3.9", "sd_i": "1.1", "mean_c": "3.5", "sd_c": "1.2",
    "quote": "Security was 3.9 (1.1) against 3.5 (1.2).",
}  # fmt: skip


def steps(bench: Bench, world: World, number: int) -> None:
    """Go through every step of the form once, as the first of two."""
    study_id = world.study(f"An invented trial to appraise, number {number}")
    client, at = world.clients[0], f"/studies/{study_id}/appraise"

    def send(name: str, path: str, data: dict[str, str]) -> str:
        page = bench.time(f"{name}, opened", STEP, lambda: client.get(path))
        sent = hidden(page.text, path) | data
        answer = bench.time(f"{name}, sent", STEP, lambda: client.post(path, data=sent))
        return str(answer.location)

    send("study", at, STUDY | {"action": "next"})
    send("groups", f"{at}/groups", {"action": "add"})
    send("groups", f"{at}/groups", GROUPS | {"action": "next"})
    send("results", f"{at}/results", {"action": "add"})
    where = send("a result", f"{at}/results/r1", RESULT | {"action": "next"})
    while "/risk" in where:
        if where.endswith("/risk"):
            where = str(client.get(where).location)
        asked = re.findall(r'name="answer-([\w.]+)"', client.get(where).text)
        answers = {f"answer-{question}": LOW[question] for question in asked}
        where = send("a domain", where, answers | {"action": "next"})
    send("hand in", f"{at}/hand-in", {"action": "hand in"})


def decision(bench: Bench, world: World, number: int) -> None:
    """Let a study count, with everything that follows."""
    study_id = world.study(f"An invented trial to decide, number {number}")
    for whose in (0, 1):
        world.hand_in(study_id, _reading(2), whose)
    path, client = f"/studies/{study_id}/counting", world.clients[1]
    page = bench.time("what counting would do", 50.0, lambda: client.get(path))
    sent = hidden(page.text, path) | {"action": "count"}
    bench.time("a decision, with what follows", 50.0, lambda: client.post(path, data=sent))


def large(bench: Bench, world: World) -> None:
    """Open a study of many results, and its form."""
    large_ = world.study("An invented trial of many results")
    world.decide(large_, _reading(RESULTS))
    client = world.clients[0]
    bench.page("40 results, study", 60.0, client, f"/studies/{large_}")
    bench.page("40 results, its papers", None, client, f"/studies/{large_}/papers")
    bench.page("40 results, public page", 60.0, client, f"/interventions/{SLUG}/studies/{large_}")
    again = world.study("Another invented trial of many results")
    world.hand_in(again, _reading(RESULTS), 1)
    at = f"/studies/{again}/appraise"
    bench.page("40 results, list in the form", 60.0, client, f"{at}/results")
    bench.page("40 results, one in the form", 60.0, client, f"{at}/results/r20")
    world.hand_in(again, _reading(RESULTS), 0)
    bench.page("40 results, two side by side", None, client, f"/studies/{again}/compared")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=60, help="that count already")
    parser.add_argument("--followers", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), asked.studies, asked.followers)
        bench = Bench(asked.rounds)
        bench.page("a template alone", None, world.clients[0], YARDSTICK)
        for number in range(asked.rounds):
            steps(bench, world, number)
            decision(bench, world, number)
        large(bench, world)
        missed = bench.report()
    for name in missed:
        print(f"missed its budget: {name}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
