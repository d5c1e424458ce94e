"""Makes each message of a pass ready to be handed over: its bytes, signed where asked, and its envelope sender."""

from monitor.kernel.settings import Settings
from monitor.notify.messages.claiming import Claimed
from monitor.notify.smtp import envelopes, signing
from monitor.notify.smtp.opening import plain_address
from monitor.notify.writing.mail_merge import MailMerge


class Franking:
    """Makes the messages of one pass ready. May be used by several threads."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self._mail, self._secret = settings.mail, secret
        self._merge = MailMerge(settings, secret)
        self._sign = signing.signer(settings)

    def frank(self, claimed: Claimed) -> tuple[str, bytes]:
        """Give one message's envelope sender, and the message whole.

        Raises:
            DeliveryRefused: its address is not one plain address, however it got here.
        """
        plain_address(claimed.address)
        message = self._merge.write(claimed)
        return self._sender(claimed), self._sign(message) if self._sign else message

    def _sender(self, claimed: Claimed) -> str:
        if not self._mail.bounce_address:
            return self._mail.from_address
        return envelopes.sender_of(self._secret, self._mail.bounce_address, claimed.uuid)
