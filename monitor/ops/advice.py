"""What the settings leave open that somebody who runs the service should decide. Pure.

Nothing here stops anything: it is told by ``gap-monitor check``, at the start, and on Status.
"""

from monitor.kernel.settings import Settings

NO_CONTACT = (
    "No contact is given: readers are not told whom to write to about privacy, accessibility or a "
    "mistake. Set contact in [web] to an e-mail address or a page."
)
NO_PROXY = (
    "The public address is https, so a reverse proxy stands in front, and the settings do not name "
    "it: every visitor seems to come from the proxy, and limits count them all as one. Set "
    "trusted_proxies in [web] to its address (docs/proxy.md)."
)


def advice(settings: Settings) -> list[str]:
    """List what is left open, one sentence or two for each."""
    web = settings.web
    sentences = [] if web.contact else [NO_CONTACT]
    if web.public_url.startswith("https:") and not web.trusted_proxies:
        sentences.append(NO_PROXY)
    return sentences
