"""Public pages and files, made once for everybody (``web.made``).

What is kept holds nothing of one reader: whoever is signed in gets a page of their own, and a page
with a form, whose token is one browser's, cannot be kept. It is kept packed too: a page holds no
secret that its packed size could give away.
"""

import functools
from collections.abc import Callable, Hashable, Mapping
from typing import ParamSpec, cast

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

from monitor.web import auth, made, noting, packing, tokens, turns
from monitor.web.current import service
from monitor.web.made import Page, Pages, Stands

P = ParamSpec("P")

_TAG_BYTES = 12
_IS_KEPT = "is_rendered_once"


def once(
    by: Callable[[], Hashable] = lambda: None, *, file: bool = False
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Make a public view that is rendered once for all readers who are not signed in.

    ``by`` gives what the page shows beside its path. A view that gives anything else than a string
    is not kept: so it says that what it shows is not how things stand. Of a ``file`` the answer is
    kept, with its head.
    """

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @functools.wraps(view)
        def shown(*args: P.args, **path: P.kwargs) -> ResponseReturnValue:
            asked = by()
            if auth.current_user() is not None or g.get("unknown"):
                with turns.single((auth.session_key(), request.path, asked)):
                    return view(*args, **path)
            turn = turns.single if _is_single(path, asked) else turns.public
            pages = cast(Pages, current_app.extensions["monitor.rendered"])
            render = functools.partial(view, *args, **path)
            make = functools.partial(_page, render, file=file)
            page = made.given(pages, (request.path, asked), turn, make)
            return _sent(page) if isinstance(page, Page) else page

        setattr(shown, _IS_KEPT, True)
        return shown

    return decorate


def is_kept(view: object) -> bool:
    """Tell whether a view's pages are rendered once for everybody."""
    return getattr(view, _IS_KEPT, False)


def _is_single(path: Mapping[str, object], asked: Hashable) -> bool:
    """Tell a page of which there are without end: a filter, a number, what is none of the ten."""
    is_narrowed = asked is not None and bool(request.args)
    of_the_ten = all(
        name == "slug" and value in service().catalogue.slugs for name, value in path.items()
    )
    return is_narrowed or not of_the_ten


def _page(
    render: Callable[[], ResponseReturnValue], stands: Stands, *, file: bool
) -> Page | ResponseReturnValue:
    """Render a page that holds no form: its token would be one browser's, and so would the page.

    Raises:
        RuntimeError: it holds one.
    """
    with tokens.placing() as placed, noting.of_answers(stands.minute) as answers:
        given = render()
    if isinstance(given, str) and (placed or tokens.has_form(given.encode())):
        raise RuntimeError(f"{request.path} is kept for everybody and holds a form’s token")
    return (
        Page.for_all(stands, given, answers)
        if isinstance(given, (str, Response) if file else str)
        else given
    )


def _sent(page: Page) -> Response:
    """Answer with the page, or that the reader's own copy still stands."""
    answer = packing.answer(page.body, page.packed)
    answer.headers.update(page.head)
    answer.headers["Cache-Control"] = "no-cache"
    answer.vary.add("Cookie")
    answer.set_etag(page.digest[: 2 * _TAG_BYTES], weak=True)
    return cast(Response, answer.make_conditional(request))
