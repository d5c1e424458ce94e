"""The mail sink, sent to as any client would."""

import smtplib
from email.message import EmailMessage

import pytest

from monitor.demo.mailsink import DROP


def message(recipient="reader@example.org", message_id="<1@example.org>"):
    mail = EmailMessage()
    mail["From"], mail["To"] = "gap@example.org", recipient
    mail["Subject"], mail["Message-ID"] = "Élan – invented", message_id
    mail.set_content("Plain words.")
    mail.add_alternative("<p>Marked words.</p>", subtype="html")
    return mail


def send(sink, mail):
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=30) as client:
        client.send_message(mail)


def test_a_message_is_kept_whole(running):
    send(running.mail, message())
    (kept,) = running.mail.to("Reader@example.org")
    assert kept.accepted
    assert (kept.sender, kept.recipient) == ("gap@example.org", "reader@example.org")
    assert (kept.message_id, kept.subject) == ("<1@example.org>", "Élan – invented")
    assert kept.text.strip() == "Plain words."
    assert kept.html.strip() == "<p>Marked words.</p>"


@pytest.mark.parametrize(("reply", "code"), [("451 4.3.0 later", 451), ("550 5.1.1 no", 550)])
def test_a_scripted_refusal_is_answered_once(running, reply, code):
    running.mail.script("reader@example.org", reply)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(running.mail, message())
    assert refused.value.smtp_code == code
    assert running.mail.kept == []
    send(running.mail, message())
    assert len(running.mail.kept) == 1


def test_a_dropped_answer_leaves_the_message_there(running):
    running.mail.script("reader@example.org", DROP)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(running.mail, message())
    assert [kept.accepted for kept in running.mail.kept] == [False]


def test_others_are_not_concerned_by_a_script(running):
    running.mail.script("reader@example.org", "550 no")
    send(running.mail, message("other@example.org"))
    assert len(running.mail.to("other@example.org")) == 1


def test_a_hook_runs_between_the_data_and_the_answer(running):
    answered = []
    running.mail.on_data(lambda kept: answered.append(kept.message_id))
    send(running.mail, message())
    assert answered == ["<1@example.org>"]


def test_a_stopped_sink_comes_back_at_the_same_port(running):
    port = running.mail.port
    running.mail.stop()
    with pytest.raises(ConnectionRefusedError):
        send(running.mail, message())
    running.mail.start()
    assert running.mail.port == port
    send(running.mail, message())


def test_a_long_subject_is_given_as_a_mail_program_shows_it(running):
    mail, words = (
        message(),
        "Theraplay: tier weak for now, may become intermediate, still mixed now",
    )
    del mail["Subject"]
    mail["Subject"] = words
    assert b"Subject:\n " in bytes(mail), "so long that it begins on a line of its own"
    send(running.mail, mail)
    (kept,) = running.mail.to("reader@example.org")
    assert kept.subject == words
