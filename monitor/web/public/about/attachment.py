"""What attachment is, what the words of the pages mean, and who uses this: from the catalogue and counts alone."""

from flask import Blueprint, render_template

from monitor.notify import queries as notify
from monitor.notify.readers import answers, helping
from monitor.notify.tables import SubscriberState
from monitor.notify.words import ANSWERS
from monitor.web.current import now, service
from monitor.web.public import rendered

blueprint = Blueprint("attachment", __name__)

_HEADINGS = (
    ("attachment", "Attachment"),
    ("here", "What this service calls things"),
    ("research", "Research"),
)


@blueprint.get("/attachment")
@rendered.once()
def attachment() -> str:
    """Say what it is, what guidelines say of it, and what to read further."""
    return render_template("public/about/attachment.html")


@blueprint.get("/glossary")
@rendered.once()
def glossary() -> str:
    """Say what the words mean, each with its source."""
    return render_template("public/about/glossary.html", headings=_HEADINGS)


@blueprint.get("/who-uses-this")
@rendered.once()
def who() -> str:
    """Say for whom this is, how they use it, how many do, and what readers say became of it."""
    with service().database.read() as session:
        readers = notify.readers(session).get(SubscriberState.ACTIVE, 0)
        totals = helping.shown(session, now())
    return render_template(
        "public/about/who.html",
        readers=readers,
        totals=totals,
        least=answers.LEAST,
        words=ANSWERS,
    )
