"""Who an actor of the ledger is: a person ("user:3"), a job ("job:poll") or the command line ("cli")."""

CLI = "cli"
_USER = "user:"


def of_user(user_id: int) -> str:
    """Name a person as the ledger does.

    >>> of_user(3)
    'user:3'
    """
    return f"{_USER}{user_id}"


def user_id(actor: str | None) -> int | None:
    """Tell which person an actor is; None for a job, the command line or nobody.

    >>> user_id("user:3"), user_id("job:poll"), user_id(None)
    (3, None, None)
    """
    if actor is None or not actor.startswith(_USER):
        return None
    number = actor.removeprefix(_USER)
    return int(number) if number.isascii() and number.isdecimal() else None


def is_user(actor: str | None) -> bool:
    """Tell whether an actor is a person."""
    return user_id(actor) is not None
