"""Jobs, queue and mail in a line each, for a terminal: what the status page says of them. Pure."""

from collections import Counter
from collections.abc import Sequence

from monitor.kernel.language.english import listed, plural
from monitor.kernel.language.uk import minute
from monitor.notify.message_tables import MessageState
from monitor.notify.messages.outbox_status import MANY, WAITING, OutboxStatus
from monitor.ops.queries import QueueStatus
from monitor.ops.running import JobState, JobStatus
from monitor.review.words import Stage

# what waits for a reviewer, in the order of the work, as the lanes of the queue are called
_WORK = {
    Stage.TO_SCREEN: "to screen",
    Stage.UNSURE: "unsure",
    Stage.TO_APPRAISE: "to appraise",
    Stage.DISAGREEMENT: "in disagreement",
    Stage.AGREED: "to decide",
}


def jobs_line(jobs: Sequence[JobStatus]) -> str:
    """Say how many jobs stand how."""
    if not jobs:
        return "Jobs: none has run yet"
    standing = Counter(job.state for job in jobs)
    words = {state: state.value for state in JobState} | {JobState.NEVER: "not run yet"}
    return f"Jobs: {listed([f'{standing[state]} {words[state]}' for state in JobState if standing[state]])}"


def queue_line(queue: QueueStatus) -> str:
    """Say how many papers wait for what, and since when the oldest waits to be screened."""
    waiting = [f"{n} {words}" for stage, words in _WORK.items() if (n := queue.counts.get(stage))]
    if not waiting:
        return "Queue: no paper waits for a reviewer"
    oldest = queue.oldest_at
    since = f"the oldest to screen since {minute(oldest)}" if oldest else "nothing to screen"
    return f"Queue: papers {listed(waiting)}; {since}"


def mail_line(outbox: OutboxStatus) -> str:
    """Say when mail last left, what waits, and what does not go."""
    sent = outbox.last_sent_at
    parts = [f"last sent {minute(sent)}" if sent else "nothing was sent yet", _waiting(outbox)]
    if on_hold := outbox.counts.get(MessageState.ON_HOLD):
        parts.append(f"{_number(on_hold)} on hold")
    if outbox.held:
        parts.append(f"{plural(outbox.held, 'message is', 'messages are')} not taken from us")
    if outbox.refused:
        refused = plural(outbox.refused, "message was", "messages were")
        parts.append(f"{refused} refused for good, and nobody has seen it")
    return f"Mail: {'; '.join(parts)}"


def _waiting(outbox: OutboxStatus) -> str:
    waiting = sum(outbox.counts.get(state, 0) for state in WAITING)
    if not waiting:
        return "nothing waits"
    oldest = outbox.oldest_waiting_at
    since = f", the oldest since {minute(oldest)}" if oldest else ""
    return f"{_number(waiting)} {'waits' if waiting == 1 else 'wait'}{since}"


def _number(count: int) -> str:
    """Write a count of which no more than ``MANY`` are counted."""
    return f"{MANY - 1:,} or more" if count >= MANY else f"{count:,}"
