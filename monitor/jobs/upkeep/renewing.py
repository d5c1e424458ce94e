"""Read papers again that other rules have read: another version's, or another catalogue's.

Reaches no network.
"""

from time import thread_time

from monitor import workflow
from monitor.literature.ingest.reading_ahead import ReadAhead, next_to_read
from monitor.service import Service

# Papers read ahead at once. What they are compared with is read once for all of them.
_AHEAD = 200
# Papers in one transaction, at most and at least: others write in between. With fewer, most of the
# time would go into looking for the next.
_AT_ONCE, _FEWEST = 50, 20
# What a piece should cost under the lock, of the processor: half of what others may wait. Papers that
# belong with many others cost more, so the next piece is as large as the last one could have been.
_HELD_SECONDS = 0.05


def read_old_papers(service: Service) -> None:
    """Read every paper again that the present code and catalogue have not read, some at a time.

    They are read while nothing is locked, and only what came of it is written. One that is killed
    goes on where it stopped: each paper says which rules have read it.
    """
    limit = min(_FEWEST, _AT_ONCE)  # until it is known what a paper costs by these rules
    while ahead := _read_ahead(service):
        left = len(ahead.papers)
        while left > 0:
            if ahead.overtaken:
                with service.database.read() as session:
                    ahead.look_again(session, service.clock())
            piece = min(limit, left)
            with service.database.write() as session:
                began = thread_time()
                workflow.read_by_new_rules(
                    session, service, limit=piece, at=service.clock(), ahead=ahead
                )
            left -= piece
            # of the last piece of these: what a whole one would have taken
            limit = next_limit(limit, (thread_time() - began) * limit / piece)


def _read_ahead(service: Service) -> ReadAhead | None:
    with service.database.read() as session:
        coming = next_to_read(session, service.matcher, limit=_AHEAD, at=service.clock())
    return ReadAhead.of(coming, service.matcher) if coming else None


def next_limit(limit: int, seconds: float) -> int:
    """Say how many papers the next piece may have, by what so many took: at most twice as many.

    >>> next_limit(50, 0.02), next_limit(50, 0.1), next_limit(20, 0.02), next_limit(20, 9.0)
    (50, 25, 40, 20)
    """
    by_cost = int(limit * min(2.0, _HELD_SECONDS / max(seconds, 0.001)))
    return min(max(by_cost, _FEWEST), _AT_ONCE)
