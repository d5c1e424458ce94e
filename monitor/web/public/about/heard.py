"""Who of the sources answers now, and what that means for what pages show: in one or two sentences."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.feeds.queries import SourceState, SourceStatus
from monitor.feeds.sources import SOURCES
from monitor.web import formats
from monitor.web.current import service

_DAY = timedelta(hours=24)


def searched(sources: Sequence[SourceStatus], at: datetime) -> str:
    """Say in one or two sentences who answers, and what that means for what is shown.

    The same verdict as each source's own: one that does not answer now is not among those that do.
    """
    if not sources:
        return "No source is searched: new studies cannot be noticed."
    if not any(source.last_success for source in sources):
        return "No source has answered yet, so nothing published since the review can be shown."
    late = [source for source in sources if not _answers(source, at)]
    count = formats.plural(len(sources), "source")
    words = f"{len(sources) - len(late)} of {count} answered in the last 24 hours"
    failed = any(_is_silent(source) for source in late)
    words += ", not counting any that failed when last asked." if failed else "."
    # those that are only asked about papers held here find none
    finders = [source.title for source in late if _finds(source.name)]
    tellers = [source.title for source in late if SOURCES[source.name].watches]
    if finders:
        words += f" A study that only {formats.either(finders)} would have sent may be missing."
    if tellers:
        words += (
            f" A retraction that only {formats.either(tellers)} would have told may be missing."
        )
    return words


def _finds(name: str) -> bool:
    definition = SOURCES[name]
    return not definition.watches or definition.searched(service().settings)


def _answers(source: SourceStatus, at: datetime) -> bool:
    heard = source.last_success is not None and source.last_success > at - _DAY
    return heard and not _is_silent(source)


def _is_silent(source: SourceStatus) -> bool:
    """Tell whether the table beside says of it that it does not answer."""
    return source.state == SourceState.FAILING or source.failing_since is not None
