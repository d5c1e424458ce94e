"""Bounces as mail servers write them; whom they are of is their test's own."""

FORGED_ID = "<00000000-0000-4000-8000-000000000000@example.org>"


def dsn(
    address,
    message_id,
    *,
    status="5.1.1",
    action="failed",
    diagnostic="smtp; 550 5.1.1 <x>: Recipient address rejected: User unknown",
    to="news@example.org",
    envid="",
    original="message/rfc822",
):
    """As Postfix writes it (RFC 3464)."""
    envelope = f"Original-Envelope-Id: {envid}\n" if envid else ""
    returned = (
        f"From: news@example.org\nTo: {address}\nMessage-ID: {message_id}\nSubject: A change\n"
    )
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="B.1/mx.example"

This is a MIME-encapsulated message.

--B.1/mx.example
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B.1/mx.example
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
{envelope}Arrival-Date: Mon, 23 Nov 2026 06:10:00 +0000

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.reader.example
Diagnostic-Code: {diagnostic}

--B.1/mx.example
Content-Type: {original}

{returned}
--B.1/mx.example--
""".encode()


def global_dsn(address, message_id):
    """As RFC 6533 has it, with addresses beyond ASCII."""
    return (
        dsn(address, message_id, original="message/global-headers")
        .replace(b"message/delivery-status", b"message/global-delivery-status")
        .replace(b"rfc822; " + address.encode(), b"utf-8; " + address.encode())
    )


def exim(address, message_id, *, said="550 5.1.1 no such user"):
    """As Exim wrote it before it knew RFC 3464."""
    return f"""\
X-Failed-Recipients: {address}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: news@example.org
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {address}
    SMTP error from remote mail server after RCPT TO:<{address}>:
    host mail.reader.example [192.0.2.1]: {said}

------ This is a copy of the message, including all the headers. ------

From: news@example.org
To: {address}
Message-ID: {message_id}

Hello
""".encode()


def qmail(address, message_id):
    """As qmail writes it (QSBMF)."""
    return f"""\
From: MAILER-DAEMON@mx.example
To: news@example.org
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{address}>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 unknown user
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Return-Path: <news@example.org>
From: news@example.org
To: {address}
Message-ID: {message_id}

Hello
""".encode()
