"""Mail written into a folder instead of sent: one file a message. For trying out, and for demonstrations."""

import contextlib
import os
import re
from pathlib import Path

from monitor.kernel.errors import MailFault, ServerUnavailable

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MailboxTransport:
    """Writes each message as ``<uuid>.eml``. Written twice, it is still one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: bytes, sender: str, recipient: str, uuid: str) -> str:  # noqa: ARG002 - the Transport's shape
        """Write one message, whole or not at all.

        Raises:
            ServerUnavailable: the folder cannot be written to.
        """
        path = mailbox_path(self.folder, uuid)
        temporary = path.with_name(f".{uuid}.{os.getpid()}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_through(temporary, message)
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            words = f"The mail cannot be written to {self.folder} ({error.strerror})"
            raise ServerUnavailable(words, kind=MailFault.NOT_WRITTEN) from error
        return f"Written to {path.name}"


def mailbox_path(folder: Path, uuid: str) -> Path:
    """Give the file of a message.

    Raises:
        ValueError: it is not a message's uuid.
    """
    if not _UUID.fullmatch(uuid):
        raise ValueError(f"not a message's uuid: {uuid!r}")
    return folder / f"{uuid}.eml"


def written(folder: Path) -> list[str]:
    """List the uuids of the messages that were written to a folder; none where there is no folder."""
    return sorted(path.stem for path in folder.glob("*.eml") if _UUID.fullmatch(path.stem))


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
