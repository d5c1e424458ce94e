"""Everything that is held of a buyer, for them to take along. Read only by their own view."""

from typing import Any

from sqlalchemy.orm import Session

from monitor.catalogue.loader import Catalogue
from monitor.mine import mail, queries
from monitor.notify.rules import PRIVATE_LINK_LASTS

VERSION = 1


def everything(session: Session, key: str, catalogue: Catalogue) -> dict[str, Any]:
    """Give all rows of a buyer as JSON values; times are UTC, None is not known.

    Raises:
        NotFound: the view was erased.
    """
    buyer = queries.buyer(session, key)
    told = mail.of_buyer(session, buyer.address, catalogue.slugs)
    held = queries.services(session, key)
    return {
        "version": VERSION,
        "address": buyer.address,
        "begun": buyer.began_at.isoformat(),
        "last_opened": buyer.looked_at.isoformat(),
        "opened_before": buyer.looked_before.isoformat() if buyer.looked_before else None,
        "open_since": [began.isoformat() for began in queries.sittings(session, key)],
        "links_work_for_days": PRIVATE_LINK_LASTS.days,
        "services": [
            {
                "name": service.entry.name,
                "group": service.entry.group or None,
                "last_changed": service.changed_at.isoformat(),
                "offers": [
                    {
                        "intervention": slug,
                        "name": catalogue.intervention(slug).name,
                        "families_a_year": service.entry.offers[slug],
                    }
                    for slug in catalogue.slugs
                    if slug in service.entry.offers
                ],
            }
            for service in held
        ],
        "mail": {
            "choice": told.choice.value,
            "follows": list(told.interventions),
            "agreed_to": told.purpose or None,
            "since": told.since.isoformat() if told.since else None,
        },
    }
