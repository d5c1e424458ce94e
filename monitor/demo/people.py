"""What people do with the service, step by step, through its pages alone.

Every step fails loudly when a page does not offer what the step needs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.demo.mailsink import MailSink, ReceivedMail
from monitor.demo.visitor import NotOnPage, VisitedPage, Visitor

OK = 200
_PAGES = 20  # of the queue, looked through for one paper
# how the steps of an appraisal name their parts
_GROUP = r"(a\d+)-role"
_ASKED = r"answer-(.+)"
_RESULT = r"/studies/\d+/appraise/results/r\d+"


class Refused(RuntimeError):  # noqa: N818 - what the service did
    """The service answered a step with something else than success; holds its words."""


@dataclass(frozen=True, slots=True)
class EnteredResult:
    """One result as a person would enter it: the fields of its page, and what is answered in the tool.

    ``risk`` holds an answer to each question of the tool that can be asked, by its number.
    """

    fields: Mapping[str, str]
    risk: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TickedAnswers:
    """An appraisal as a person would tick it, in the words of the form, page by page."""

    study: Mapping[str, str]
    groups: Sequence[Mapping[str, str]]
    results: Sequence[EnteredResult]

    def but(self, **risk: str) -> "TickedAnswers":
        """Give the same answers but for some in the first result's tool: ``but(**{"1.2": "NI"})``."""
        changed, *others = self.results
        return replace(self, results=(replace(changed, risk={**changed.risk, **risk}), *others))


class Person(Visitor):
    """Somebody with a browser, an address and a password."""

    def __init__(self, service: str, *, name: str, address: str, password: str) -> None:
        super().__init__(service)
        self.name = name
        self.mail = address
        self.password = password

    def accept_link(self, link: str, *, first_admin: bool = False) -> VisitedPage:
        """Open a one-time link and set name and password; they are signed in then."""
        values = {"name": self.name, "password": self.password, "again": self.password}
        if first_admin:
            values["address"] = self.mail
        return _good(self.submit(self.get(link), values, having="again"))

    def sign_in(self) -> VisitedPage:
        """Sign in with address and password."""
        values = {"address": self.mail, "password": self.password}
        return _good(self.submit(self.get("/sign-in"), values, having="password"))

    def add_person(self, name: str, address: str, role: str) -> str:
        """As an admin: add somebody; gives their one-time link."""
        values = {"name": name, "address": address, "role": role}
        page = _good(self.submit(self.get("/people"), values, having="role"))
        return first(r"https?://\S+/welcome/[\w-]+", page.text)

    def find_paper(self, title: str, stage: str = "to screen") -> str:
        """Find a paper in one lane of the queue by its title; gives its path.

        Raises:
            NotOnPage: it is not there.
        """
        path, seen = f"/queue?stage={stage.replace(' ', '+')}", ""
        for _ in range(_PAGES):
            page = _good(self.get(path))
            seen = page.text
            for target, said in page.links(r"/(papers|studies)/\d+(/appraise)?"):
                if title.casefold() in said.casefold():
                    return target
            if not (more := page.named("Next papers")):
                break
            path = more
        raise NotOnPage(f"{title!r} is not in the lane {stage!r}: {seen[:1500]}")

    def screen(
        self,
        paper: str,
        verdict: str,
        *,
        interventions: Sequence[str] | None = None,
        reason: str | None = None,
    ) -> VisitedPage:
        """Screen a paper."""
        values: dict[str, str | Sequence[str]] = {"verdict": verdict}
        if interventions is not None:
            values["interventions"] = interventions
        if reason is not None:
            values["reason"] = reason
        return _good(self.submit(self.get(paper), values, having="verdict"))

    def study_of(self, paper: str) -> str:
        """Give the path of the study that a paper became part of."""
        links = self.get(paper).links(r"/studies/\d+(/appraise)?")
        if not links:
            raise NotOnPage(f"{paper} names no study")
        return links[0][0].removesuffix("/appraise")

    def answer(self, study: str, answers: TickedAnswers) -> VisitedPage:
        """Go through the steps of an appraisal, from the study to the last check; hands nothing in."""
        first_step = self.get(f"{study}/appraise")
        page = _good(self.submit(first_step, answers.study, having="count_it", press="next"))
        page = self._groups(page, answers.groups)
        for number, result in enumerate(answers.results):
            page = self._result(self.get(f"{study}/appraise/results"), number, result)
        return _good(self.get(f"{study}/appraise/hand-in"))

    def _groups(self, page: VisitedPage, groups: Sequence[Mapping[str, str]]) -> VisitedPage:
        while len(keys := page.keys(_GROUP)) < len(groups):
            page = _good(self.submit(page, {}, having="version", press="add"))
        said = {
            f"{key}-{name}": value
            for key, group in zip(keys, groups, strict=True)
            for name, value in group.items()
        }
        return _good(self.submit(page, said, having="version", press="next"))

    def _result(self, page: VisitedPage, number: int, result: EnteredResult) -> VisitedPage:
        """Enter one result and answer its tool, domain by domain; ends on the list of results."""
        there = list(dict.fromkeys(path for path, _ in page.links(_RESULT)))
        if number < len(there):
            page = _good(self.get(there[number]))
        else:
            page = _good(self.submit(page, {}, having="version", press="add"))
        page = _good(self.submit(page, result.fields, having="outcome", press="next"))
        while "/risk/" in page.path:
            asked = {f"answer-{question}": result.risk[question] for question in page.keys(_ASKED)}
            page = _good(self.submit(page, asked, having="version", press="next"))
        return page

    def hand_in(self, checked: VisitedPage) -> VisitedPage:
        """Hand in the appraisal whose last check is shown."""
        return _good(self.submit(checked, {}, having="token", press="hand in"))

    def appraise(self, study: str, answers: TickedAnswers) -> VisitedPage:
        """Give a whole appraisal and hand it in; gives the page after it."""
        return self.hand_in(self.answer(study, answers))

    def settle(self, study: str, chosen: Mapping[str, str]) -> VisitedPage:
        """Choose what stands where two differ, and hand in the whole; gives the page after it."""
        return self.hand_in(_good(self.submit(self.get(f"{study}/compared"), chosen)))

    def count(self, shown: VisitedPage) -> VisitedPage:
        """Decide the study whose effects are shown."""
        return _good(self.submit(shown, {}, having="consensus", press="count"))

    def withdraw(self, study: str, reason: str) -> VisitedPage:
        """Stop counting a study that was accepted."""
        return _good(self.submit(self.get(f"{study}/withdraw"), {"reason": reason}))

    def answer_alert(self, alert: str, outcome: str, reason: str) -> VisitedPage:
        """Say what is to be done about a retraction, a concern or a correction."""
        values = {"outcome": outcome, "reason": reason}
        return _good(self.submit(self.get(alert), values, having="outcome"))

    def subscribe(self, interventions: Sequence[str], often: str = "each change") -> VisitedPage:
        """Ask for e-mail on some interventions."""
        values = {"email": self.mail, "interventions": interventions, "often": often}
        return _good(self.submit(self.get("/subscribe"), values, having="full"))

    def confirm(self, message: ReceivedMail) -> VisitedPage:
        """Follow the link of the confirming mail and press the button."""
        link = first(r"https?://\S+/confirm/[\w.~%-]+", message.text)
        return _good(self.submit(_good(self.get(link)), {}, having="csrf_token"))


def mail_with(sink: MailSink, recipient: str, path: str) -> list[ReceivedMail]:
    """List the messages to one reader whose text holds a link with ``path`` in it."""
    return [kept for kept in sink.to(recipient) if path in kept.text]


def first(pattern: str, text: str) -> str:
    """Give the first match of a pattern.

    Raises:
        NotOnPage: there is none.
    """
    match = re.search(pattern, text)
    if match is None:
        raise NotOnPage(f"nothing like {pattern} in: {text[:1500]}")
    return match[0]


def _good(page: VisitedPage) -> VisitedPage:
    if page.status != OK:
        raise Refused(f"{page.url} answered {page.status}: {page.text[:1500]}")
    return page
