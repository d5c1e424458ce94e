"""The last scenes: papers that only one source holds, and one that only a file brings."""

import textwrap

from monitor.demo import driver
from monitor.demo.on_stage import OnStage
from monitor.demo.people import Person, first
from monitor.demo.stagecraft import PAGE_SECONDS, poll, quote, say
from monitor.demo.visitor import NotOnPage
from monitor.demo.world import InventedPaper


def only_openalex_holds_it(on: OnStage) -> None:
    """Find a paper that no other source takes up, and see that nobody else could have."""
    on.world.release(8)
    poll(on, "openalex")
    ada, title = on.people["ada"], on.title("theraplay-adoption")
    paper = driver.until(
        lambda: _found(ada, title),
        seconds=PAGE_SECONDS,
        what="the paper that OpenAlex alone holds",
    )
    ada.screen(paper, "include", interventions=["theraplay"])
    say("15. Looking further. A play-therapy journal is in no other source than OpenAlex. Its new")
    say("   paper is queued, and Ada includes it:")
    quote(title)


def a_file_brings_it(on: OnStage) -> None:
    """Print what to search for, bring the export of a database, and show what each source holds."""
    strings = on.service.json("queries", "--source", "psycinfo", "--json")
    ovid = next(
        string
        for string in strings
        if (string["platform"], string["intervention"]) == ("Ovid", "ddp")
    )
    say(
        "16. By file. PsycINFO may not be asked by a program. Gap Monitor prints what to search for:"
    )
    quote(textwrap.shorten(ovid["query"], 160, placeholder=" …"))
    paper = on.world.paper("ddp-thesis")
    export = on.service.config.parent / "psycinfo.ris"
    export.write_text(_as_ris(paper), encoding="utf-8")
    brought = on.service.run("import", str(export), "--source", "psycinfo")
    if brought.returncode:
        raise RuntimeError(f"the export could not be brought in: {brought.stdout}{brought.stderr}")
    ada = on.people["ada"]
    ada.screen(ada.find_paper(paper.title), "include", interventions=["ddp"])
    say("   Ada searches, exports, and brings the file. It holds a paper that no source has sent:")
    quote(paper.title)
    page = on.people["commissioner"].get("/coverage")
    say("   What each source holds of the studies known is public:")
    quote(first(r"\d+ of \d+ known studies are in one source only\.", page.text))


def _found(person: Person, title: str) -> str | None:
    try:
        return person.find_paper(title)
    except NotOnPage:
        return None


def _as_ris(paper: InventedPaper) -> str:
    """Write a paper as a database exports it."""
    family, given = paper.authors[0]
    lines = [
        ("TY", "JOUR"),
        ("TI", paper.title),
        ("AU", f"{family}, {given}"),
        ("JO", paper.journal),
        ("PY", str(paper.entered.year)),
        ("DA", f"{paper.entered:%Y/%m/%d}"),
        ("AB", " ".join(paper.abstract)),
        ("DB", "APA PsycInfo"),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {said}\n" for tag, said in lines)
