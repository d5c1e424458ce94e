"""Invented services, and a collection that asks them, for tests of several packages."""

from datetime import date

from monitor.catalogue import loader
from monitor.usage.returns import answering, inviting, rules, service, services_list

BY = "admin:1"
HEAD = "name,kind,nation,area,address"
OPENING = {
    "name": "Services 2029",
    "frame": "Invented: every service on an invented list",
    "promoters": ("Example Network of Services",),
    "closes_on": date(2027, 1, 31),
}


def listing(*names, kind="NHS", nation="England", area="London", head=HEAD) -> bytes:
    """Write a list; each service has an address of its own."""
    lines = [
        f"{name},{kind},{nation},{area},{name.lower().replace(' ', '.')}@service.example"
        for name in names
    ]
    return "\n".join([head, *lines]).encode()


def read(data: bytes):
    """Read a list by the areas of the product."""
    return services_list.read(data, loader.load().areas)


def bring(session, at, *names, **changes):
    """Put services on the list."""
    found = read(listing(*names, **changes))
    assert not found.problems, found.problems
    return service.bring_list(session, found, by=BY, at=at)


def open_one(session, at, **changes):
    """Open a collection."""
    return service.open_collection(session, service.Opening(**{**OPENING, **changes}), by=BY, at=at)


def invite(session, collection, at, *, wave=""):
    """Ask everybody, by links whose token is the service's name (and the wave's); gives those asked."""
    asked = inviting.invite(session, collection.id, by=BY, at=at, limit=10_000)
    mailed = [(one, token(wave + one.service, one.reminder), f"{one.return_id}-0") for one in asked]
    inviting.note_links(session, mailed, at=at)
    return asked


def token(name: str, reminder: int = 0) -> str:
    """Give the token of a service's link in these tests."""
    return f"{name}-{reminder}"


def begin(session, token_, at, *offered, version=0):
    """Fill in the first page of a return, and send nothing."""
    slugs = loader.load().slugs
    answering.save(
        session,
        token_,
        lambda before: rules.with_offered(before, offered, slugs),
        version=version,
        at=at,
    )


def answer(
    session, token_, at, *offered, measures=(rules.NOT_MEASURED,), area=True, version=0, **counts
):
    """Fill a return in whole and send it."""
    catalogue = loader.load()

    def whole(before):
        made = rules.with_offered(before, offered or (rules.NONE,), catalogue.slugs)
        made = rules.with_counts(made, counts.get("families", {}), counts.get("trained", {}))
        known = answering.asked_measures(catalogue)
        return rules.with_measures(made, measures, known, may_show_area=area)

    return answering.send(session, catalogue, token_, whole, version=version, at=at)
