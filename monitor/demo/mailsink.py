"""An SMTP server on loopback that keeps every message. Delivers nothing anywhere.

Its replies are scripted per recipient, so that tests see refusals, delays and lost answers.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

DROP = "drop"  # keep the message, then cut the connection without a reply


@dataclass(frozen=True)  # without slots: what is parsed once is kept
class ReceivedMail:
    """One message as received, with its envelope. ``accepted``: answered with 250."""

    sender: str
    recipient: str
    raw: bytes
    accepted: bool

    @cached_property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        """Its subject, as a mail program shows it: a long one begins on a line of its own."""
        return str(self.message["Subject"]).strip()

    @cached_property
    def text(self) -> str:
        """Its plain text part."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def html(self) -> str:
        """Its HTML part."""
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part else ""


class MailSink:
    """The sink. Use as a context manager; ``port`` is free to every start."""

    def __init__(self) -> None:
        self.kept: list[ReceivedMail] = []
        self._replies: dict[str, list[str]] = {}
        self._hooks: list[Callable[[ReceivedMail], None]] = []
        self._controller: _Controller | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The port it listens on; 0 until it was started. It survives a stop."""
        return self._port

    def start(self) -> None:
        """Listen on 127.0.0.1, on the port of before or on any free one."""
        self._controller = _Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()
        self._port = self._controller.port

    def stop(self) -> None:
        """Close the port; the messages stay."""
        if self._controller:
            self._controller.stop()
        self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def script(self, recipient: str, *replies: str) -> None:
        """Answer the next messages to ``recipient`` so: "451 …", "550 …" or ``DROP``."""
        self._replies.setdefault(recipient.lower(), []).extend(replies)

    def on_data(self, hook: Callable[[ReceivedMail], None]) -> None:
        """Call ``hook`` once a message was received whole, before it is answered."""
        self._hooks.append(hook)

    def keep_copies(self, folder: Path) -> None:
        """Write each message to ``folder``, named as the service's own mailbox names it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

        def keep(kept: ReceivedMail) -> None:
            name = kept.message_id.strip("<>").partition("@")[0]
            (folder / Path(f"{name}.eml").name).write_bytes(kept.raw)

        self.on_data(keep)

    def clear(self) -> None:
        """Forget hooks and scripted replies; the messages stay."""
        self._hooks.clear()
        self._replies.clear()

    def to(self, recipient: str) -> list[ReceivedMail]:
        """List the messages to one recipient that were taken: accepted, or dropped after DATA."""
        return [kept for kept in self.kept if kept.recipient == recipient.lower()]

    def receive(self, envelope: Envelope) -> str:
        """Keep a message and choose the reply. Runs outside the server's loop: hooks may block."""
        recipients = [str(address).lower() for address in envelope.rcpt_tos]
        recipient = ", ".join(recipients)
        waiting = self._replies.get(recipient)
        reply = waiting.pop(0) if waiting else "250 2.0.0 kept"
        raw = bytes(envelope.content or b"") if not isinstance(envelope.content, str) else b""
        kept = ReceivedMail(
            str(envelope.mail_from or ""), recipient, raw, accepted=reply.startswith("250")
        )
        if reply.startswith("250") or reply == DROP:
            self.kept.append(kept)
        for hook in list(self._hooks):
            hook(kept)
        return reply


class _Controller(Controller):
    def __init__(self, sink: MailSink, **options: Any) -> None:  # noqa: ANN401 - the base's options
        super().__init__(_Handler(sink), enable_SMTPUTF8=False, **options)

    def _trigger_server(self) -> None:
        """Connect to the port that was really taken, not to the 0 that was asked for."""
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's own


class _Handler:
    """What aiosmtpd asks."""

    def __init__(self, sink: MailSink) -> None:
        self.sink = sink

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002 - aiosmtpd's signature
        envelope: Envelope,
    ) -> str:
        """Keep the message and answer as scripted."""
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(None, self.sink.receive, envelope)
        if reply == DROP:
            assert isinstance(server.transport, asyncio.WriteTransport)  # noqa: S101 - for mypy
            server.transport.abort()
            raise ConnectionResetError
        return reply
