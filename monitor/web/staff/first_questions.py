"""What the form on an open paper's page asks: written once for all papers that name the same."""

from flask import get_template_attribute
from markupsafe import Markup

from monitor.kernel.remembering import Remembered
from monitor.literature.papers.queries import PaperView
from monitor.web.current import service
from monitor.web.forms import Problems, Typed
from monitor.web.staff import labels

_NAMED = 100  # sets of interventions that papers name, of some four kilobytes
_written: Remembered[Markup] = Remembered(_NAMED)


def untouched(view: PaperView) -> Typed:
    """Give the form as nobody has touched it yet."""
    return Typed([("interventions", slug) for slug in view.named])


def of(view: PaperView, typed: Typed, problems: Problems | None) -> Markup:
    """Write the questions; anew only where somebody has typed anything."""
    named = tuple(view.named)
    if problems or typed != untouched(view):
        return _write(named, typed, problems)
    return _written.get(named, (service().catalogue,), lambda: _write(named, typed, None))


def _write(named: tuple[str, ...], typed: Typed, problems: Problems | None) -> Markup:
    write = get_template_attribute("macros/staff/questions.html", "questions")
    written: Markup = write(list(named), typed, problems, labels)
    return written
