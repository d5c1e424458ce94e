"""What people do with the service, step by step, through its pages alone.

Every step fails loudly when a page does not offer what the step needs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.demo.mailsink import MailSink, ReceivedMail
from monitor.demo.visitor import NotOnPage, Page, Visitor

OK = 200
_PAGES = 20  # of the queue, looked through for one paper


class Refused(RuntimeError):  # noqa: N818 - what the service did
    """The service answered a step with something else than success; holds its words."""


@dataclass(frozen=True, slots=True)
class Answers:
    """An appraisal as a person would tick it, in the words of the form."""

    interventions: Sequence[str]
    design: str
    risk_of_bias: str
    risk_reason: str
    outcome_class: str
    outcome: str
    direction: str
    participants: str
    quote: str
    uk: str = "yes"
    developer_led: str = "no"
    count_it: str = "yes"
    reason: str = "It has a comparison group and a measure of attachment."

    def but(self, *, direction: str) -> "Answers":
        """Give the same answers but for the direction."""
        return replace(self, direction=direction)

    def fields(self) -> dict[str, str | Sequence[str]]:
        """Give the form's fields; the risk goes to the field of the design's tool."""
        risk = "risk_rob2" if self.design == "randomised" else "risk_robins"
        return {
            "count_it": self.count_it,
            "reason": self.reason,
            "interventions": self.interventions,
            "design": self.design,
            risk: self.risk_of_bias,
            "risk_reason": self.risk_reason,
            "outcome_class": self.outcome_class,
            "outcome": self.outcome,
            "direction": self.direction,
            "participants": self.participants,
            "uk": self.uk,
            "developer_led": self.developer_led,
            "quote": self.quote,
        }


class Person(Visitor):
    """Somebody with a browser, an address and a password."""

    def __init__(self, service: str, *, name: str, address: str, password: str) -> None:
        super().__init__(service)
        self.name = name
        self.mail = address
        self.password = password

    def accept_link(self, link: str, *, first_admin: bool = False) -> Page:
        """Open a one-time link and set name and password; they are signed in then."""
        values = {"name": self.name, "password": self.password, "again": self.password}
        if first_admin:
            values["address"] = self.mail
        return _good(self.submit(self.get(link), values, having="again"))

    def sign_in(self) -> Page:
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
    ) -> Page:
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

    def preview(self, study: str, answers: Answers) -> Page:
        """Ask what accepting the study with these answers would do; changes nothing."""
        form = self.get(f"{study}/appraise")
        return _good(self.submit(form, answers.fields(), having="count_it", press="preview"))

    def save(self, preview: Page) -> Page:
        """Record the appraisal whose preview is shown."""
        return _good(self.submit(preview, {}, having="count_it", press="save"))

    def appraise(self, study: str, answers: Answers) -> Page:
        """Record an appraisal, after its preview."""
        return self.save(self.preview(study, answers))

    def withdraw(self, study: str, reason: str) -> Page:
        """Stop counting a study that was accepted."""
        return _good(self.submit(self.get(f"{study}/withdraw"), {"reason": reason}))

    def answer_alert(self, alert: str, outcome: str, reason: str) -> Page:
        """Say what is to be done about a retraction, a concern or a correction."""
        values = {"outcome": outcome, "reason": reason}
        return _good(self.submit(self.get(alert), values, having="outcome"))

    def subscribe(self, interventions: Sequence[str]) -> Page:
        """Ask for e-mail on some interventions."""
        values = {"email": self.mail, "interventions": interventions}
        return _good(self.submit(self.get("/subscribe"), values, having="full"))

    def confirm(self, message: ReceivedMail) -> Page:
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


def _good(page: Page) -> Page:
    if page.status != OK:
        raise Refused(f"{page.url} answered {page.status}: {page.text[:1500]}")
    return page
