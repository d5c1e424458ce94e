"""Settings: one TOML file, every key declared here with its default and a line of help.

``config.example.toml`` is rendered from these models; a test holds the two together.
Reads the file and secrets beside it; never the environment, never a default secret.
"""

import codecs
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from sqlalchemy import make_url

from monitor.kernel import addresses, database_address
from monitor.kernel.errors import ConfigError
from monitor.kernel.mailbox_settings import ImapSettings, Tls
from monitor.kernel.private_files import refuse_open_to_others
from monitor.kernel.source_settings import (
    FeedSourceSettings,
    OtherSourceSettings,
    SettingsSection,
    SourceSettings,
    SourcesSettings,
    UsageSettings,
)

# of the 64 octets of a local part (RFC 5321), what notify.smtp.envelopes adds leaves these
_LONGEST_BOUNCE_NAME = 21
_OUTSIDE = r"^(https://\S+|http://(127\.0\.0\.1|localhost|\[::1\])[:/]\S*)?$"


class DatabaseSettings(SettingsSection):
    """Where everything is kept."""

    url: str = Field(
        database_address.DEFAULT,
        description="SQLAlchemy URL; a relative SQLite path starts at this file's folder. "
        "PostgreSQL: postgresql+psycopg://user@host/name",
    )

    @field_validator("url")
    @classmethod
    def _known(cls, value: str) -> str:
        return database_address.check(value)


class WebSettings(SettingsSection):
    """The pages."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes any free one")
    public_url: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^\s?#]+$",
        description="how readers reach the service, with the path it stands below, if any; every "
        "link in a mail starts with it. Where it is not set it follows host and port",
    )
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description="reverse proxies in front, as addresses or networks, such as "
        '["127.0.0.1", "10.0.0.0/8"]: only they are believed whom they speak for (docs/proxy.md)',
    )
    contact: str = Field(
        "",
        max_length=300,
        description="where readers reach the people who run this service: an e-mail address, or a "
        "page's https address; stands in the footer, on Privacy and Accessibility, and in mails",
    )
    notice: str = Field(
        "", max_length=300, description="a sentence shown on top of every page and mail"
    )
    max_upload_mb: int = Field(
        32, ge=1, le=200, description="largest file of references people may bring, in MiB"
    )
    longest_page_seconds: float = Field(
        10,
        ge=0.1,
        le=300,
        description="how long a page may read the database before it gives up; seeing before that "
        "whether it has changed may take half as long",
    )
    large_pages_at_once: int = Field(
        4, ge=1, le=16, description="large pages for staff made at once; as many more may wait"
    )

    @model_validator(mode="after")
    def _follows_the_port(self) -> Self:
        """Let links follow ``host`` and ``port``, as they were understood, where no public address is set."""
        if "public_url" not in self.model_fields_set:
            link = f"http://{addresses.in_link(self.host)}:{self.port}"
            object.__setattr__(self, "public_url", link)  # it is frozen once it is handed out
        return self

    @field_validator("host")
    @classmethod
    def _a_name_or_an_address(cls, value: str) -> str:
        return addresses.check_host(value)

    @field_validator("public_url")
    @classmethod
    def _a_host_alone(cls, value: str) -> str:
        return addresses.check_public_url(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses_or_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(addresses.check_network(one) for one in value)

    @field_validator("contact")
    @classmethod
    def _reachable(cls, value: str) -> str:
        return addresses.check_contact(value)


class MailTransport(StrEnum):
    """How mail leaves."""

    MAILBOX = "mailbox"
    SMTP = "smtp"


class MailSettings(SettingsSection):
    """Mail to readers and admins."""

    transport: MailTransport = Field(
        MailTransport.MAILBOX,
        description='"mailbox" writes .eml files under var/mail/ and shows them to admins; '
        '"smtp" sends',
    )
    host: str = Field("localhost", description="mail server")
    port: int = Field(587, ge=1, le=65535, description="its port")
    tls: Tls = Field(Tls.STARTTLS, description='"none", "starttls" or "tls"')
    username: str = Field("", description="user name there; empty signs in nowhere")
    password_file: Path | None = Field(
        None, description="file that holds the password; readable by its owner only"
    )
    from_address: str = Field("gap-monitor@localhost", description="sender of every message")
    bounce_address: str = Field(
        "",
        description="where mail that cannot be delivered comes back to, such as bounces@example.org; "
        "its server must deliver bounces+ANYTHING@example.org there too. Each message then has an "
        "envelope sender of its own, which proves a bounce (docs/mail.md). Empty: from_address",
    )
    connections: int = Field(
        4,
        ge=1,
        le=16,
        description="connections to the mail server at once, at most, while much mail waits; "
        "a server that allows fewer is sent to over fewer",
    )
    per_minute: int = Field(
        0,
        ge=0,
        le=100_000,
        description="how many e-mails a minute the mail server is handed at most, whatever waits; 0: "
        "as many as it takes",
    )
    interruptions: int = Field(
        1,
        ge=0,
        le=100,
        description="how many e-mails a quarter, at most, interrupt a reader who asks for what "
        "matters most at once; the rest is in their monthly digest. Downgrades, retractions and "
        "corrections pass. Readers keep the number that stood on the page when they chose",
    )

    dkim_selector: str = Field(
        "",
        pattern=r"^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)?$",
        description="name of the record SELECTOR._domainkey.DOMAIN that holds the public key mail is "
        "signed with, here or by the mail server",
    )
    dkim_key_file: Path | None = Field(
        None,
        description="file that holds the RSA private key (PEM) to sign mail with, for the domain of "
        "from_address; readable by its owner only. Leave it out where the mail server signs",
    )
    approve_digests: bool = Field(
        default=False,
        description="whether a digest goes only when an admin has approved it, under Mail or with "
        "`gap-monitor mail approve`; what is told at once goes as always",
    )
    imap: ImapSettings = ImapSettings()

    @field_validator("host")
    @classmethod
    def _a_server(cls, value: str) -> str:
        return addresses.check_server(value)

    @field_validator("from_address", "bounce_address")
    @classmethod
    def _one_address(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "bounce_address":
            return value
        if not addresses.is_mail_address(value):
            raise ValueError("must be one plain address, such as news@example.org")
        return value

    @field_validator("bounce_address")
    @classmethod
    def _room_for_a_token(cls, value: str) -> str:
        if len(value.rpartition("@")[0]) > _LONGEST_BOUNCE_NAME:
            raise ValueError(f"may have at most {_LONGEST_BOUNCE_NAME} characters before the @")
        return value


class ReviewSettings(SettingsSection):
    """Appraisals and what they decide."""

    lead_above_readers: int = Field(
        100,
        ge=0,
        description="where counting a study would tell more readers than this by mail, a lead "
        "reviewer or an admin confirms it",
    )


class WatchSettings(SettingsSection):
    """An address outside that raises an alarm when it hears from us no more: a dead man's switch."""

    ping_url: str = Field(
        "",
        pattern=_OUTSIDE,
        description="asked every 5 minutes while mail leaves and every job runs, such as "
        "https://hc-ping.example/UUID; let it raise an alarm after half an hour of silence",
    )
    trouble_url: str = Field(
        "",
        pattern=_OUTSIDE,
        description="asked every 5 minutes while they do not, where the service outside has such an address",
    )


class Settings(SettingsSection):
    """Every setting, and the folder of the file they came from."""

    database: DatabaseSettings = DatabaseSettings()
    web: WebSettings = WebSettings()
    mail: MailSettings = MailSettings()
    review: ReviewSettings = ReviewSettings()
    watch: WatchSettings = WatchSettings()
    usage: UsageSettings = UsageSettings()
    sources: SourcesSettings = SourcesSettings()
    folder: Annotated[Path, Field(exclude=True)] = Path()

    @property
    def var(self) -> Path:
        """The folder of everything written."""
        return self.folder / "var"

    @property
    def database_url(self) -> str:
        """The database's URL with a relative SQLite path made absolute."""
        url = make_url(self.database.url)
        if url.get_backend_name() != "sqlite" or not url.database:
            return self.database.url
        path = (self.folder / url.database).resolve()
        return url.set(database=str(path)).render_as_string(hide_password=False)

    def source(self, name: str) -> SourceSettings | FeedSourceSettings:
        """Give one source's settings; the defaults where nothing is said of it."""
        section = getattr(self.sources, name, None)
        if isinstance(section, SourceSettings | FeedSourceSettings):
            return section
        return self.sources.others.get(name, OtherSourceSettings())

    def secret(self, path: Path | None) -> str | None:
        """Read one secret file, named relative to the configuration's folder.

        Raises:
            ConfigError: the file cannot be read, is empty, or can be read by others.
        """
        if path is None:
            return None
        full = self.folder / path
        try:
            refuse_open_to_others(full)
            value = _text(full.read_bytes()).strip()
        except OSError as error:
            raise ConfigError(f"cannot read the secret file {full}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"the secret file {full} is not UTF-8 text") from error
        if not value:
            raise ConfigError(f"the secret file {full} is empty")
        return value


def load(path: Path) -> Settings:
    """Read the settings from a TOML file.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or a setting is wrong; names each
            wrong key and what it takes.
    """
    try:
        data = tomllib.loads(_text(path.read_bytes()))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    return parse(data, folder=path.resolve().parent, where=str(path))


def _text(content: bytes) -> str:
    """Read a file that a person wrote; editors on Windows put a byte-order mark before it."""
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if content.startswith(marks) and content not in marks:
        text = content.decode("utf-16")
    else:
        text = content.decode("utf-8-sig")
    return text.replace("\r\n", "\n")


def parse(data: dict[str, Any], *, folder: Path, where: str = "settings") -> Settings:
    """Check settings already read.

    Raises:
        ConfigError: names each wrong key.
    """
    if "folder" in data:
        raise ConfigError(f"{where}: folder: unknown setting")
    # pydantic takes true for 1: a number that nobody meant
    wrong = dict.fromkeys(_truths(Settings, data), "must be a number, not true or false")
    try:
        settings = Settings.model_validate({**data, "folder": folder})
    except ValidationError as error:
        for each in error.errors():
            wrong.setdefault(_key(each["loc"]), _message(each))
        raise ConfigError(_told(where, wrong)) from error
    if wrong:
        raise ConfigError(_told(where, wrong))
    return settings


def _told(where: str, wrong: dict[str, str]) -> str:
    return "\n".join(f"{where}: {key}: {words}" for key, words in wrong.items())


def _truths(section: type[BaseModel], data: dict[str, Any]) -> Iterator[str]:
    """Name each setting that is a number and was given as true or false."""
    for name, value in data.items():
        kind = section.model_fields[name].annotation if name in section.model_fields else None
        if isinstance(value, bool) and {int, float} & {kind, *get_args(kind)}:
            yield name
        elif isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{name}.{key}" for key in _truths(kind, value))


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _message(error: Any) -> str:  # noqa: ANN401 - pydantic's own dictionary
    if error["type"] == "extra_forbidden":
        return "unknown setting; config.example.toml lists them all"
    if error["type"] == "tuple_type":
        return 'must be a list, such as ["first", "second"]'
    if error["type"] == "string_pattern_mismatch":
        return _as_written(error["ctx"]["pattern"])
    return str(error["msg"]).removeprefix("Value error, ")


def _as_written(pattern: str) -> str:
    """Say what a text that has a pattern must look like: a day, or an address."""
    if "A-Za-z0-9-" in pattern:
        return "must be a name of letters, digits and -, such as mail2026"
    if "http" not in pattern:
        return "must be a day, such as 2020-01-31"
    if pattern.startswith("^https://"):
        return "must be an address that starts with https://, without spaces"
    without = "spaces, ? or #" if "?#" in pattern else "spaces"
    return f"must be an address that starts with https:// or http://, without {without}"
