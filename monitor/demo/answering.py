"""The scene in which services answer for themselves, and a wave makes itself of what they say."""

import re
from datetime import timedelta

from monitor.demo.on_stage import OnStage
from monitor.demo.people import first
from monitor.demo.stagecraft import quote, say
from monitor.demo.visitor import VisitedPage, Visitor
from monitor.kernel.clock import utcnow
from monitor.kernel.language.uk import london

# each service with the area it is in, and what it offers to how many families
_SERVICES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Ash Imaginary Service", "London", {"ddp": "about 40", "theraplay": "25"}),
    ("Birch Imaginary Service", "Fife", {"vig": "12"}),
    ("Cedar Imaginary Service", "Powys", {}),
)
_OPEN_DAYS = 30


def services_answer_for_themselves(on: OnStage) -> None:
    """Ask three services by mail, let each answer by its link, and close with a draft."""
    say(
        "21. Returns. A wave can be collected here too. An admin brings a list of three invented "
        "services, and each is asked by a mailed link of its own, without an account:"
    )
    listed = on.service.config.parent / "services.csv"
    rows = [f"{name},Invented,{area},{_address(name)}" for name, area, _ in _SERVICES]
    listed.write_text("\n".join(["name,kind,area,address", *rows]), encoding="utf-8")
    quote(_usage(on, "services", "import", str(listed)))
    last_day = (utcnow() + timedelta(days=_OPEN_DAYS)).astimezone(london()).date()
    opening = ("--name", f"Invented returns {last_day.year}", "--closes", last_day.isoformat())
    asks = ("--frame", "Three imaginary services", "--promoter", "An invented network")
    _usage(on, "collect", "open", *opening, *asks)
    quote(_usage(on, "collect", "invite"))
    for name, _, offers in _SERVICES:
        letter = on.letter(_address(name), "/returns/")
        thanks = _answer(Visitor(on.service.address), _link(letter.text), offers)
        said = thanks.fact("Offered")
        quote(f"{name} says: {said}. {first(r'[0-9]+ of [0-9]+ services.*?%[)]', thanks.text)}")
    say("   The admin closes it, and the wave makes itself: a draft, which nobody is told of yet.")
    quote(_usage(on, "collect", "close").partition(": gap-monitor")[0])


def _answer(visitor: Visitor, link: str, offers: dict[str, str]) -> VisitedPage:
    """Fill in the three pages as somebody on a phone would, and send them."""
    page = visitor.submit(visitor.get(link), {"offered": list(offers) or ["none"]})
    if offers:
        page = visitor.submit(page, {f"families-{slug}": said for slug, said in offers.items()})
    return visitor.submit(page, {"measures": ["not measured"], "may_show_area": "yes"})


def _link(text: str) -> str:
    return first(r"https?://[^\s]+/returns/[A-Za-z0-9_-]+", text)


def _address(name: str) -> str:
    return re.sub(r"[^a-z]+", "-", name.lower()) + "@services.example"


def _usage(on: OnStage, *arguments: str) -> str:
    """Run a command about use; gives what it says."""
    done = on.service.run("usage", *arguments)
    if done.returncode:
        raise RuntimeError(f"usage {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout.strip()
