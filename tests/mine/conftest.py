"""The ten on each database, and private views of invented buyers."""

from datetime import timedelta

import pytest
from offers import CATALOGUE  # type: ignore[import-not-found]  # beside this file
from published import ten  # type: ignore[import-not-found]  # tests/support is on pytest's path

from monitor.kernel.settings import parse
from monitor.mine import links
from monitor.mine.tables import Buyer
from monitor.notify.tables import Message, MessageKind


class Views:
    """Opens views as readers do: by asking, then pressing the mailed link's button."""

    def __init__(self, session, settings, at):
        self.session, self.settings, self.at = session, settings, at
        ten(session, CATALOGUE, at)

    def ask(self, name, at=None):
        """Ask for a link; gives the uuid of the newest one mailed."""
        links.ask(self.session, self.settings, address=f"{name}@buyer.example", at=at or self.at)
        self.session.flush()
        return self.mailed()[-1].uuid

    def mailed(self):
        found = self.session.query(Message).filter_by(kind=MessageKind.MY_SERVICES)
        return found.order_by(Message.id).all()

    def open(self, name):
        """Open a view; gives its key."""
        token = links.open_view(self.session, self.ask(name), self.at)
        opened = links.opened(self.session, token, self.at)
        assert opened
        return opened.buyer_key

    def buyers(self):
        return self.session.query(Buyer).all()

    def later(self, **duration):
        self.at += timedelta(**duration)
        return self.at


@pytest.fixture
def views(session, tmp_path, now):
    settings = parse({"mail": {"from_address": "news@example.org"}}, folder=tmp_path)
    return Views(session, settings, now)
