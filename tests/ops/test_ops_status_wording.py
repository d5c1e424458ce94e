"""Jobs, queue and mail in a line each: what a person reads of them in a terminal."""

from datetime import UTC, datetime

import pytest

from monitor.notify.message_tables import MessageState
from monitor.notify.messages.outbox_status import MANY, OutboxStatus
from monitor.ops.queries import QueueStatus
from monitor.ops.running import JobState, JobStatus
from monitor.ops.status_wording import jobs_line, mail_line, queue_line
from monitor.review.words import OPEN, Stage

SIX = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
EMPTY = OutboxStatus({}, None, None, 0, 0)


def job(state):
    return JobStatus("poll", "Ask the sources", state, None, None, SIX, None, None, SIX)


def test_jobs_are_counted_by_how_they_stand():
    jobs = [job(JobState.ON_TIME)] * 3 + [job(JobState.NEVER), job(JobState.FAILING)]
    assert jobs_line(jobs) == "Jobs: 3 on time, 1 failing and 1 not run yet"
    assert jobs_line([]) == "Jobs: none has run yet"


def test_the_queue_tells_what_waits_and_since_when():
    counts = {Stage.TO_SCREEN: 3, Stage.TO_APPRAISE: 2, Stage.AGREED: 1, Stage.ACCEPTED: 9}
    assert queue_line(QueueStatus(counts, SIX)) == (
        "Queue: papers 3 to screen, 2 to appraise and 1 to decide; "
        "the oldest to screen since 2026-11-20 06:10"
    )
    assert queue_line(QueueStatus({Stage.UNSURE: 1}, None)) == (
        "Queue: papers 1 unsure; nothing to screen"
    )
    assert queue_line(QueueStatus({Stage.EXCLUDED: 4}, None)) == (
        "Queue: no paper waits for a reviewer"
    )


@pytest.mark.parametrize("stage", [*OPEN, Stage.TO_APPRAISE, Stage.DISAGREEMENT, Stage.AGREED])
def test_no_stage_that_waits_for_a_person_is_left_out(stage):
    assert queue_line(QueueStatus({stage: 7}, None)).startswith("Queue: papers 7 ")


def test_mail_tells_what_left_what_waits_and_what_does_not_go():
    assert mail_line(EMPTY) == "Mail: nothing was sent yet; nothing waits"
    waiting = {MessageState.PENDING: 1, MessageState.DEFERRED: 1, MessageState.SENT: 40}
    busy = OutboxStatus(waiting, SIX, SIX, 0, 0)
    assert mail_line(busy) == (
        "Mail: last sent 2026-11-20 06:10; 2 wait, the oldest since 2026-11-20 06:10"
    )
    stuck = busy._replace(counts={MessageState.ON_HOLD: 1}, refused=1, held=2)
    assert mail_line(stuck) == (
        "Mail: last sent 2026-11-20 06:10; nothing waits; 1 on hold; "
        "2 messages are not taken from us; 1 message was refused for good, and nobody has seen it"
    )
    many = EMPTY._replace(counts={MessageState.PENDING: MANY})
    assert mail_line(many).endswith("10,000 or more wait")
