"""The address of a feed as somebody typed it: checked, in one form, shown without its secrets. Pure.

Checks what can be told from the text. Where it leads is checked by every connection, each time.
"""

from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from monitor.kernel.errors import InvalidInput

FIELD = "url"
LONGEST = 1_000
_PORTS = {"http": 80, "https": 443}
_SAFE = "/%:@!$&'()*+,;=~?"


def normalised(typed: str) -> str:
    """Give the one form of a feed's address, so that two ways of writing it are one feed.

    >>> normalised(" HTTPS://Journal.Example:443?id=7#top ")
    'https://journal.example/?id=7'

    Raises:
        InvalidInput: it is no address that a feed may have; ``field`` is "url".
    """
    text = typed.strip()
    if not text:
        raise _refused("Give the feed’s address, such as https://journal.example/rss")
    if len(text) > LONGEST:
        raise _refused(f"The address is too long: {LONGEST:,} characters at most")
    if not text.isprintable() or any(character.isspace() for character in text):
        raise _refused("The address holds a space or a character that cannot be seen")
    parts = _split(text)
    if parts.username is not None or parts.password is not None:
        raise _refused("The address must not hold a user name or password before an “@”")
    path = quote(parts.path or "/", safe=_SAFE)
    query = quote(parts.query, safe=_SAFE)
    return urlunsplit((parts.scheme, _host(parts), path, query, ""))


def without_secrets(url: str) -> str:
    """Give an address with the values of its query left out: one of them may be a key.

    >>> without_secrets("https://journal.example/rss?issue=new&token=T0&T1")
    'https://journal.example/rss?issue=…&token=…&…'
    """
    head, asks, query = url.partition("?")
    fields = [field.partition("=") for field in query.split("&")] if query else []
    shown = "&".join(f"{name}=…" if equals else "…" for name, equals, _ in fields)
    return f"{head}{asks}{shown}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is no port
    except ValueError:
        raise _refused(
            "This is not a web address: look for a missing or a stray character"
        ) from None
    if parts.scheme not in _PORTS:
        raise _refused("The address must start with https:// or http://")
    if not parts.hostname:
        raise _refused("The address names no host, such as journal.example")
    return parts


def _host(parts: SplitResult) -> str:
    """Give host and port in their one form: lower case, letters as names are sent, no usual port."""
    name = (parts.hostname or "").rstrip(".")
    try:
        host = name if ":" in name else name.encode("idna").decode("ascii")
    except UnicodeError:
        raise _refused("The host in the address is not one that can exist") from None
    if not host:
        raise _refused("The address names no host, such as journal.example")
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in {None, _PORTS[parts.scheme]} else f"{host}:{parts.port}"


def _refused(message: str) -> InvalidInput:
    return InvalidInput(message, field=FIELD)
