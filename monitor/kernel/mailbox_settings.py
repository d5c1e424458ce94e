"""Settings of the mailbox in which mail that came back is read."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from monitor.kernel import addresses
from monitor.kernel.source_settings import SettingsSection


class Tls(StrEnum):
    """How the connection to a mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Then(StrEnum):
    """What is done in the mailbox with a bounce that was taken in."""

    KEEP = "keep"
    SEEN = "seen"
    MOVE = "move"


class ImapSettings(SettingsSection):
    """The mailbox where mail that cannot be delivered comes back to, read over IMAP (docs/mail.md)."""

    host: str = Field("", description="its server; empty: no mailbox is read")
    port: int = Field(993, ge=1, le=65535, description="its port")
    tls: Tls = Field(
        Tls.TLS,
        description='"tls", "starttls", or "none", which is taken on this machine alone',
    )
    username: str = Field("", max_length=300, description="user name there")
    password_file: Path | None = Field(
        None, description="file that holds the password; readable by its owner only"
    )
    folder: str = Field("INBOX", description="the folder that is read, as its server writes it")
    every_minutes: float = Field(15, ge=1, le=24 * 60, description="minutes between readings")
    then: Then = Field(
        Then.KEEP,
        description="what is done there with a bounce that was taken in; nothing is ever deleted, and "
        'all other mail stays as it is: "keep" leaves it as it is, "seen" marks it as read, "move" '
        "puts it into the folder move_to",
    )
    move_to: str = Field("", description='the folder that "move" puts it into; it must be there')

    @field_validator("folder", "move_to")
    @classmethod
    def _as_its_server_writes_it(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()) or set(value) & set('"\\'):
            raise ValueError(
                "must be the folder’s name as its IMAP server lists it: plain ASCII without quotes, "
                "such as INBOX or Entw&APw-rfe"
            )
        return value

    @field_validator("host")
    @classmethod
    def _a_server(cls, value: str) -> str:
        return addresses.check_server(value) if value else value

    @field_validator("username")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line without control characters")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.host:
            return self
        if not self.folder:
            raise ValueError("folder: name the folder to be read, such as INBOX")
        if not self.username:
            raise ValueError("username: name the user who signs in at host")
        if self.password_file is None:
            raise ValueError("password_file: name the file that holds the password")
        if self.tls is Tls.NONE and not addresses.is_this_machine(self.host):
            raise ValueError(
                'tls: "none" would send the password in clear: use "tls" or "starttls"'
            )
        if self.then is Then.MOVE and self.move_to in {"", self.folder}:
            raise ValueError('move_to: name another folder than "folder", or set then to "seen"')
        return self
