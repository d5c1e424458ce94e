"""What attachment is, in plain words, with the ten in a sentence each: from the catalogue alone."""

from flask import Blueprint, render_template

from monitor.web.public import rendered

blueprint = Blueprint("attachment", __name__)


@blueprint.get("/attachment")
@rendered.once()
def attachment() -> str:
    """Say what it is, what guidelines say of it, and what to read further."""
    return render_template("public/attachment.html")
