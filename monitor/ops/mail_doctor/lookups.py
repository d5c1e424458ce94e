"""Looks names up in the DNS. Tells what is not there from what could not be looked up."""

from dataclasses import dataclass

import dns.exception
import dns.resolver

from monitor.notify.rules import plain

SECONDS = 5.0
LONGEST = 4000  # characters of a record
_NONE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """The answers of one name; None where nobody could be asked, and why."""

    answers: tuple[str, ...] | None
    why: str = ""


class Resolver:
    """Asks the resolver of this machine, or one that is named."""

    def __init__(self, server: str | None = None, port: int = 53) -> None:
        self._server, self._port = server, port

    def texts(self, name: str) -> LookupAnswer:
        """Give the TXT records of a name, each as one text."""
        return self._ask(name, "TXT")

    def mail_servers(self, name: str) -> LookupAnswer:
        """Give where mail to a domain goes; its own address where it names no server (RFC 5321, 5.1)."""
        servers = self._ask(name, "MX")
        for kind in ("A", "AAAA"):
            if servers.answers == ():
                servers = self._ask(name, kind)
        return servers

    def _ask(self, name: str, kind: str) -> LookupAnswer:
        try:
            answer = self._resolver().resolve(name, kind, lifetime=SECONDS, search=False)
        except _NONE:
            return LookupAnswer(())
        except (dns.exception.DNSException, OSError) as error:
            return LookupAnswer(None, f"{name} could not be looked up ({type(error).__name__})")
        if kind == "TXT":
            texts = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
            # shown on a screen: no sign of a text may move its cursor
            return LookupAnswer(tuple(plain(text, LONGEST) for text in texts))
        return LookupAnswer(tuple(record.to_text() for record in answer))

    def _resolver(self) -> dns.resolver.Resolver:
        if self._server is None:
            return dns.resolver.Resolver()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [self._server], self._port
        return resolver
