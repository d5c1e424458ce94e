"""Every page, wide and narrow: axe finds nothing, the console is silent, nothing leaves the host."""

import io
from datetime import timedelta

import accessibility  # type: ignore[import-not-found]  # beside this file
import pytest
import service_returns as returns  # type: ignore[import-not-found]  # on pytest's path
import waves  # type: ignore[import-not-found]  # on pytest's path
from appraising import press  # type: ignore[import-not-found]  # beside this file
from pypdf import PdfReader
from readings import reading_of  # type: ignore[import-not-found]  # on pytest's path
from sqlalchemy import select
from trials_with_effects import (  # type: ignore[import-not-found]  # on pytest's path
    CONCERNS,
    HIGH,
    result,
    sign,
    smd,
    trial,
)

from monitor import story_of_papers, workflow
from monitor.accounts import service as accounts
from monitor.accounts.tables import Role
from monitor.feeds import service as feeds
from monitor.feeds.added import service as subscriptions
from monitor.feeds.records import Answer, Citation, FetchedRecord, Identifier, UnreadableRecord
from monitor.feeds.tables import Comparison, Incident
from monitor.feeds.watermarks import Query, Watermark
from monitor.kernel.errors import SourceError, SourceFault
from monitor.literature.papers import queries as literature
from monitor.literature.words import PaperRole
from monitor.mine import links
from monitor.mine import service as own_services
from monitor.mine.rules import ServiceEntry
from monitor.notify import queries as mail
from monitor.notify.digests import making
from monitor.notify.messages.queueing import queue
from monitor.notify.readers import helping, tokens
from monitor.notify.tables import (
    Digest,
    Message,
    MessageKind,
    MessageState,
    ReaderTerms,
    ReturnedMail,
    Subscriber,
    SubscriberState,
)
from monitor.notify.words import BounceWeight
from monitor.review import service as review
from monitor.review.family import compare as families
from monitor.review.pairs import compare
from monitor.review.words import ScreeningVerdict

pytestmark = pytest.mark.browser
USUAL, NARROW = 1100, 360
SECRET = b"a secret of tests, 32 bytes long"

PUBLIC = {
    "public.overview": "/",
    "public.interventions": "/interventions",
    "interventions.intervention": "/interventions/ddp",
    "interventions.study": "/interventions/ddp/studies/{ddp}",
    "findings.findings": "/interventions/theraplay/findings",
    "memos.today": "/interventions/theraplay/memo",
    "memos.of_day": "/interventions/ddp/memo/2026-11-23",
    "use.all_ten": "/use",
    "use.one": "/use/vipp",
    "side_by_side.compare": "/interventions/compare?one=ddp&other=theraplay",
    "changes.listed": "/changes",
    "why.change": "/changes/11",
    "public.method": "/method",
    "attachment.attachment": "/attachment",
    "attachment.glossary": "/glossary",
    "attachment.who": "/who-uses-this",
    "priorities.listed": "/priorities",
    "history.past": "/history",
    "coverage.coverage": "/coverage",
    "public.privacy": "/privacy",
    "public.accessibility": "/accessibility",
    "subscribe.form": "/subscribe",
    "subscribe.confirm_form": "/confirm/{confirm}",
    "subscribe.unsubscribe_form": "/u/{unsubscribe}",
    "subscribe.choices_form": "/choices/{choices}",
    "mailed.mailed": "/m/{view}",
    "own_data.form": "/own-data",
    "own_data.shown": "/own-data/{own}",
    "own_data.ask_erase": "/own-data/{own}/erase",
    "helped.ask": "/helped/{helped}",
    "my_services.form": "/my-services",
    "my_services.open_form": "/mine/open/{mine}",
    "returning.start": "/returns/{begun}",
    "returning.step": "/returns/{begun}/counts",
    "returning.ask_stop": "/returns/{begun}/stop",
    "account.sign_in": "/sign-in?next=/queue",
    "account.welcome": "/welcome/{welcome}",
}
# behind a mailed link, whoever is signed in
PRIVATE = {
    "mine.view": "/mine",
    "mine.ask_erase": "/mine/erase",
    "own_services.new": "/mine/services/new",
    "own_services.one": "/mine/services/{service}",
    "own_services.table": "/mine/table",
    "own_memo.page": "/mine/memo",
}
STAFF = {
    "review.queue": "/queue",
    "kept.listing": "/papers",
    "searches.queries": "/queries",
    "review.paper": "/papers/{cosp}",
    "studies.study": "/studies/{ddp}",
    "families.papers": "/studies/{ddp}/papers",
    "families.paper": "/studies/{ddp}/papers/{cosp}",
    "families.split": "/studies/{ddp}/split",
    "families.merge": "/studies/{ddp}/merge/{differ}",
    "families.undo": "/regroupings/{regrouping}/undo",
    "appraise.study": "/studies/{ddp2}/appraise",
    "appraise.arms": "/studies/{ddp2}/appraise/groups",
    "results.listed": "/studies/{ddp2}/appraise/results",
    "results.result": "/studies/{ddp2}/appraise/results/r1",
    "risk.first": "/studies/{ddp2}/appraise/results/r1/risk",
    "risk.part": "/studies/{ddp2}/appraise/results/r1/risk/D2",
    "appraise.hand_in": "/studies/{ddp2}/appraise/hand-in",
    "settle.agreement_page": "/agreement",
    "settle.compared": "/studies/{differ}/compared",
    "settle.effects_page": "/studies/{agreed}/counting",
    "studies.withdraw": "/studies/{ddp}/withdraw",
    "comparing.waiting": "/compare",
    "comparing.pair": "/compare/1",
    "comparing.parting": "/merges/{merge}/undo",
    "alerts.alerts": "/alerts",
    "alerts.alert": "/alerts/1",
    "certainty.listed": "/certainty",
    "certainty.label": "/certainty/ddp/attachment",
    "trials.trials": "/trials",
    "imports.files": "/import",
    "imports.file": "/import/{file}",
    "admin.status": "/status",
    "days.choose": "/status/days",
    "days.day": "/status/days/2026-11-23",
    "baseline.table": "/status/baseline",
    "feeds.feeds": "/status/feeds",
    "feeds.ask_remove": "/status/feeds/{feed}/remove",
    "waves.listing": "/waves",
    "waves.wave": "/waves/{draft}",
    "waves.ask_withdraw": "/waves/{wave}/withdraw",
    "collections.services": "/services",
    "collections.listing": "/collections",
    "collections.collection": "/collections/{collection}",
    "admin.mail": "/mail",
    "admin.letter": "/mail/{mail}",
    "digests.ask": "/mail/next",
    "digests.next_one": "/mail/next/{reader}",
    "outbox.ask": "/mail/{mail}/do",
    "outbox.digest": "/mail/digests/{digest}",
    "admin.people": "/people",
    "admin.ask_disable": "/people/{person}/disable",
    "admin.ask_link": "/people/{person}/link",
    "own.account": "/account",
}
# what the same pages look like in other states
MORE_PUBLIC = (
    *("/changes?kind=findings&intervention=ddp", "/changes?kind=nope"),
    *("/interventions/compare", "/interventions/compare?one=cos&other=cos"),
    *("/no-such-page", "/interventions/cos", "/interventions/icp", "/use/ddp"),
    "/interventions/icp/findings",
    "/returns/{begun}/measures",
    "/returns/{returned}",
)
MORE_STAFF = (
    "/queue?stage=to+appraise",
    "/queue?stage=disagreement",
    "/queue?stage=accepted",
    "/queue?stage=not+counted",
    "/queue?intervention=vipp",
    "/papers/{hostile}",
    "/papers/{follow}",
    "/papers/{unsure}",
    "/papers/{excluded}",
    "/papers/{none}",
    "/studies/{differ}",
    "/studies/{half}",
    "/studies/{withdrawn}",
    "/studies/{differ}/appraise",
    "/studies/{differ}/appraise/hand-in",
    "/studies/{half}/appraise/groups",
    "/studies/{half}/appraise/results",
    "/studies/{half}/appraise/hand-in",
    "/studies/{ddp2}/appraise/results/r1/risk/overall",
    "/studies/{ddp}/papers/{follow}",
    "/studies/{ddp}/papers?find=40000003",
    "/studies/{agreed}",
    "/studies/{agreed}/compared",
    "/studies/999",
    "/status/days?day=2026-02-31",
    "/import/{pdf}",
    "/people/{me}/disable",
    "/waves/{wave}",
    "/waves/1",
)
FILES = {
    "own_data.data",
    *("findings.table", "findings.drawing", "findings.picture"),
    *("memos.as_pdf", "own_memo.as_pdf"),
    *("changes.table", "atom.of_all", "atom.of_one", "history.table", "side_by_side.table"),
    *("downloads.ten", "downloads.studies", "downloads.use"),
    "waves.blank",
    *("priorities.as_csv", "coverage.studies"),
    *("own_downloads.gap_table", "own_downloads.services_table", "own_downloads.everything"),
}
NO_PAGE = {
    *(
        "static",
        "public.healthz",
        "crawlers.robots",
        "crawlers.sitemap",
        "review.record",
        "admin.letter_html",
        "digests.next_html",
        "own_data.asked_before",
        "waves.blank",
    ),
    *FILES,
}


@pytest.fixture(scope="session")
def original(original, copied, tmp_path_factory):
    """The filled world with more in it; made once as well: it takes seconds of work."""
    folder = tmp_path_factory.mktemp("fuller")
    world = copied(original, folder)
    world.names = with_more(world)
    world.database.dispose()  # nothing of it is left in a log beside the file
    return world, folder


@pytest.fixture
def names(site):
    """What stands for what in the addresses above."""
    return site.world.names


def with_more(world):
    """Add what the filled world has not; gives the names of all."""
    with world.database.write() as session:
        _, link = accounts.create_user(
            session,
            address="new@example.org",
            name="New Example",
            role=Role.REVIEWER,
            by="cli",
            at=world.at,
        )
        feed = subscriptions.add(
            session,
            world.service.settings,
            source="journals",
            name="An invented journal",
            url="https://journal.example/rss?token=T0",
            by="user:1",
            at=world.at,
        )
        reader = making.reader_at(session, "reader@example.org").id
        sent = {m.kind.value: m.uuid for m in mail.messages(session) if m.sent_at}
        question = asked_whether_it_helped(session, world, reader)
        papers = (world.papers["hostile"], world.papers["possible"])
        seen = compare.seen(*(literature.paper(session, paper) for paper in papers))
        merge = story_of_papers.merge_papers(
            session,
            world.service,
            papers=papers,
            version=seen,
            by=world.ada,
            at=world.at,
        ).merge
        assert merge
        wave = waves.first(session, world.at)
        workflow.publish_wave(session, world.service, wave_id=wave.id, by=waves.BY, at=world.at)
        draft = waves.later(session, world.at)
        own, service = entered(session, world)
        attach = review.Attach(world.studies["ddp"], world.papers["follow"], PaperRole.FOLLOW_UP)
        form = review.Form(
            next(world.tokens),
            families.version(session, attach),
            "The same families, four years on",
            world.ada,
            world.at,
        )
        moved = story_of_papers.regroup(session, world.service, attach, form).regrouping
        assert moved
        digest = to_be_approved(session, world, sent["change"])
        link_of_own = link_to_what_is_held(session, world)
    agreed(world)
    with_effects(world)
    collection = with_returns(world)
    return {
        **world.papers,
        **world.studies,
        "ddp2": world.studies["ddp2"],
        "cosp": world.papers["cosp"],
        "excluded": world.papers["excluded"],
        "person": world.cat.id,
        "file": min(world.files.values()),
        "pdf": world.files["mine.pdf"],
        "me": world.ada.id,
        "wave": wave.id,
        "draft": draft.id,
        "collection": collection,
        "begun": "Birch-0",
        "returned": "Ash-0",
        "feed": feed,
        "merge": merge.id,
        "regrouping": moved.id,
        "mail": sent["change"],
        "digest": digest,
        "confirm": tokens.confirm_token(SECRET, sent["confirm"]),
        "unsubscribe": tokens.unsubscribe_token(SECRET, sent["change"]),
        "choices": tokens.choices_token(SECRET, sent["change"]),
        "view": tokens.view_token(SECRET, sent["change"]),
        "reader": reader,
        "helped": tokens.helped_token(SECRET, question),
        "mine": tokens.my_services_token(SECRET, own),
        "own": tokens.own_data_token(SECRET, link_of_own),
        "service": service,
        "welcome": link,
    }


def link_to_what_is_held(session, world):
    """Mail a reader the link to what is held of them; gives its message."""
    message = queue(
        session,
        world.service.settings,
        MessageKind.OWN_DATA,
        "reader@example.org",
        context={},
        at=world.service.clock(),
    )
    session.flush()
    return message.uuid


def to_be_approved(session, world, reader_of):
    """Let a digest wait for approval, a bounce be known, and a reader be let go; gives the digest."""
    digest = Digest(key="an invented one", content={}, at=world.at, awaits_since=world.at)
    told = session.scalars(select(Message).where(Message.uuid == reader_of)).one()
    session.add(digest)
    message = queue(
        session, world.service.settings, MessageKind.DIGEST, told.address, context={}, at=world.at
    )
    session.flush()
    message.state, message.digest_id = MessageState.ON_HOLD, digest.id
    back = {
        "weight": BounceWeight.GONE,
        "status": "5.1.1",
        "words": "550 no such user",
        "at": world.at,
    }
    session.add(ReturnedMail(message_id=told.id, **back))
    said = "550 5.1.1 no such user, says a-server-with-a-very-long-name.reader.example.org"
    gone = {"address": "gone@reader.example", "state": SubscriberState.DEAD, "dead_at": world.at}
    asked = {"interventions": ["cos"], "purpose": "news", "asked_at": world.at}
    session.add(Subscriber(**gone, **asked, dead_because=said))
    session.flush()
    return digest.id


def entered(session, world):
    """Enter a buyer's services of two groups; gives the uuid of their link, and a service's id."""
    links.ask(session, world.service.settings, address="board@buyer.example", at=world.at)
    session.flush()
    own = next(m.uuid for m in mail.messages(session) if m.address == "board@buyer.example")
    opened = links.opened(session, links.open_view(session, own, world.at), world.at)
    assert opened
    two = (
        ServiceEntry("North team", "Acute", {"ddp": 60, "icp": None}),
        ServiceEntry("Hub", "", {"vipp": 20}),
    )
    first, _ = (own_services.add(session, opened.buyer_key, one, world.at) for one in two)
    return own, first


def asked_whether_it_helped(session, world, reader):
    """Let a reader be asked about the change they were told of; gives the uuid of the question."""
    session.get_one(ReaderTerms, reader).may_be_asked = True
    asked_at = world.at + timedelta(days=91)
    assert helping.ask_next(session, world.service.settings, asked_at) == 1
    return next(m.uuid for m in mail.messages(session) if m.kind is MessageKind.HELPED)


def with_returns(world):
    """Ask three services: one has answered, one has begun; gives the collection."""
    with world.database.write() as session:
        returns.bring(session, world.at, "Ash", "Birch", "Cedar")
        found = returns.open_one(session, world.at, name="Services 2030")
        returns.invite(session, found, world.at)
        returns.answer(session, "Ash-0", world.at, "ddp", families={"ddp": 40})
        returns.begin(session, "Birch-0", world.at, "vig", "ddp")
    return found.id


def agreed(world):
    """Let two agree on a study that nobody has let count yet, and begin an appraisal of another."""
    title = "Dyadic Developmental Psychotherapy at a nursery: an invented trial"
    world.arrive("pubmed", agreed=Citation(title, identifiers=(Identifier("pmid", "40000020"),)))
    world.screen("agreed", ScreeningVerdict.INCLUDE, world.ann)
    reading = reading_of(world.judgement)
    with world.database.write() as session:
        for user in (world.ann, world.ben):
            sent = review.SentDecision(world.studies["agreed"], next(world.tokens), user, world.at)
            workflow.hand_in(session, world.service, sent, reading=reading)
        review.keep_draft(
            session,
            study_id=world.studies["ddp2"],
            by=world.ada,
            reading=reading,
            version=0,
            at=world.at,
        )


def with_effects(world):
    """Let trials of Theraplay count whose results have sizes, signs, and a high risk of bias."""
    trials = (
        trial("theraplay", result(smd(0.5)), uk=True),
        trial("theraplay", result(smd(2.4, 9), risk=CONCERNS), developers=True),
        trial("theraplay", result(smd(0.9), risk=HIGH)),
        trial("theraplay", result(sign(1))),
    )
    names = [f"played{number}" for number in range(len(trials))]
    world.arrive(
        "pubmed",
        **{
            name: Citation(
                f"Theraplay, an invented trial called {name}",
                identifiers=(Identifier("pmid", f"4100000{number}"),),
            )
            for number, name in enumerate(names)
        },
    )
    for name, reading in zip(names, trials, strict=True):
        world.screen(name, ScreeningVerdict.INCLUDE, world.ann, interventions=("theraplay",))
        for user in (world.ann, world.ben):
            world.appraise(name, user, reading)


def test_every_page_of_the_application_is_looked_at(site):
    from monitor.web.app import create_app

    service = site.world.service
    app = create_app(service)
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert pages - NO_PAGE == set(PUBLIC) | set(STAFF) | set(PRIVATE)


def test_public_pages_hold_for_everybody(site, open_browser, names):
    check(site, open_browser(), names, [*PUBLIC.values(), *MORE_PUBLIC])


def test_private_pages_hold_for_everybody(site, open_browser, names):
    page = open_browser()
    page.goto(site.address + PUBLIC["my_services.open_form"].format(**names))
    press(page, "button", name="Open My services")
    check(site, page, names, PRIVATE.values())
    trouble = watch(site, page)
    page.goto(f"{site.address}/mine/services/new")
    page.get_by_label("Families a year: Theraplay").fill("many")
    press(page, "button", name="Add the service")
    assert page.get_by_role("alert").is_visible()
    trouble += problems_at_both_widths(page, "a service with everything to mend")
    assert not trouble, "\n".join(trouble)


def test_staff_pages_hold_for_everybody(site, open_browser, names):
    page = open_browser(site.world.ada)
    check(site, page, names, [*STAFF.values(), *MORE_STAFF])


ON_PAPER = (
    *("/", "/interventions/theraplay", "/interventions/theraplay/findings", "/use", "/changes"),
    *("/changes/14", "/interventions/compare?one=ddp&other=theraplay", "/history", "/priorities"),
)


@pytest.mark.usefixtures("arial")
def test_pages_hold_on_paper(site, open_browser, names):
    """A4 is 794 pixels wide: nothing is cut off, and what only a screen has use for is gone."""
    page = open_browser(own=True)
    for path in ON_PAPER:
        page.goto(site.address + path)
        assert not paper(page) & {"Skip to main content", "Sign in", "Get updates"}, path
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 794 - 2 * 60, "height": 1000})
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, path
        page.emulate_media(media="null")
        page.set_viewport_size({"width": 1100, "height": 1000})
    page.goto(site.address + PUBLIC["my_services.open_form"].format(**names))
    press(page, "button", name="Open My services")
    slugs = [one.slug for one in site.world.service.catalogue.interventions]
    for path in (*(f"/interventions/{slug}/memo" for slug in slugs), "/mine/memo"):
        page.goto(site.address + path)
        told = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
        assert len(told.pages) == 1, path
        assert "What would change" in told.pages[0].extract_text()


def paper(page):
    """Give the lines of a page as it is printed."""
    told = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    return {line.strip() for one in told.pages for line in one.extract_text().splitlines()}


def test_pages_that_answer_a_form_hold_too(site, open_browser, names):
    page = open_browser(site.world.ada)
    trouble = watch(site, page)
    for path, name in (
        ("/papers/{cosp}", "Save and open next"),
        ("/studies/{differ}/compared", "and check the whole"),
        ("/studies/{ddp}/withdraw", "Withdraw this study"),
        ("/status/feeds", "Try it"),
        ("/people", "Add and make the link"),
    ):
        page.goto(site.address + path.format(**names))
        press(page, "button", name=name)
        assert page.get_by_role("alert").is_visible()
        trouble += problems_at_both_widths(page, f"{path} with nothing filled in")
    page.goto(f"{site.address}/people")
    page.get_by_label("Name", exact=True).fill("Dora Example")
    page.get_by_label("E-mail address").fill("dora@example.org")
    page.get_by_label("Reviewer: screens and appraises").check()
    press(page, "button", name="Add and make the link")
    trouble += problems_at_both_widths(page, "the one-time link")
    assert not trouble, "\n".join(trouble)


@pytest.mark.parametrize("width", [1100, 360])
def test_text_comes_back_when_the_session_ended(site, open_browser, names, width):
    page = open_browser(site.world.ann, width=width)
    trouble = watch(site, page)
    page.goto(site.address + f"/papers/{names['cosp']}")
    page.get_by_label("Note for the record (optional)").fill("Typed at length")
    page.context.clear_cookies(name="session")
    press(page, "button", name="Save and open next")
    trouble += problems(page, "signed out with a draft")
    page.get_by_label("E-mail address").fill("ann@example.org")
    page.get_by_label("Password").fill(site.world.password)
    press(page, "button", name="Sign in", exact=True)
    trouble += problems(page, "signed in with a draft")
    press(page, "button", name="Back to the form")
    assert page.get_by_label("Note for the record (optional)").input_value() == "Typed at length"
    assert not trouble, "\n".join(trouble)


def test_a_day_holds_with_everything_unfolded(site, open_browser):
    a_busy_day(site.world)
    trouble = []
    for width in (1100, 360):
        page = open_browser(site.world.ada, width=width)
        said = watch(site, page)
        page.goto(f"{site.address}/status")
        press(page, "link", name="Day by day")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.get_by_text("invented outage").first.is_visible()
        trouble += said + problems(page, "a day, unfolded")
    assert not trouble, "\n".join(trouble)
    plain = open_browser(site.world.ada, javascript=False)
    plain.goto(f"{site.address}/status/days")
    plain.get_by_label("Another day").fill("2026-10-25")
    press(plain, "button", name="Show")
    assert plain.url.endswith("/status/days/2026-10-25")
    press(plain, "link", name="Day after")
    assert "26 October 2026 was before the service began" in plain.locator("h1").inner_text()


@pytest.mark.parametrize(("width", "rule"), [(NARROW, "scrolls sideways"), (480, "image-alt")])
def test_a_page_that_does_not_hold_is_noticed(site, open_browser, width, rule):
    page = open_browser(width=width)
    trouble = watch(site, page)
    page.goto(site.address)
    page.set_content("<h1>One</h1><h1>Two</h1><img src='//elsewhere.example/x.png' width=500>")
    said = " ".join(problems(page, "a broken page"))
    assert rule in said
    assert "scrolls sideways" in said
    assert "2 main headings" in said
    assert "elsewhere.example" in " ".join(trouble)


def test_a_page_too_wide_for_a_telephone_is_noticed_from_a_desk(site, open_browser):
    page = open_browser()
    page.goto(site.address)
    # a width by attribute: what the page's policy lets in
    page.set_content("<h1>One</h1><hr width=500>")
    said = problems_at_both_widths(page, "a wide page")
    assert [one for one in said if "sideways" in one] == ["a wide page at 360: scrolls sideways"]


def a_busy_day(world):
    """Let one poll of PubMed fail in part, and note a comparison and an incident."""
    vipp, ddp = (Query(key, "an invented query " * 30, key) for key in ("vipp", "ddp"))
    effort, at = feeds.Effort(world.at, 1.5, 3), world.at
    error = SourceError(SourceFault.UNREACHABLE, "an invented outage")
    record = FetchedRecord("long", b"", "text/xml", Citation("Invented title " * 12))
    numbers = {"listed": 3, "older": 0, "held": 1, "missed": 2, "fetched": 1, "vanished": 1}
    with world.database.write() as session:
        lease = feeds.lease(session, "pubmed", at, 60, take_over=True)
        poll = feeds.start_poll(session, lease, at)
        unreadable = (UnreadableRecord("x" * 90, b"?", "has no title"),)
        answer = Answer(ddp, (record,), Watermark("2026-11-23"), unreadable, declared=1)
        feeds.store(session, lease, poll, [answer], at, effort=effort)
        feeds.note_failure(session, lease, poll, vipp, error, at, effort=effort)
        feeds.fail(session, lease, poll, error, at=at)
        told = {"opened_at": at, "last_seen_at": at, "reminded_at": at}
        session.add(Incident(source="pubmed", topic="poll", kind="x", message="y", **told))
        found = {"query_key": "ddp", "query_hash": ddp.hash, "at": at, "alarm": "fewer"}
        session.add(Comparison(poll_id=poll, source="pubmed", **found, **numbers))


def check(site, page, names, paths):
    trouble = watch(site, page)
    for path in paths:
        page.goto(site.address + path.format(**names))
        trouble.extend(problems_at_both_widths(page, path))
    assert not trouble, "\n".join(trouble)


def watch(site, page):
    """Note what the console says and what leaves the host, from now on."""
    trouble: list[str] = []

    def said(message):
        # a page that answers 4xx on purpose is named by the browser; axe's own message to a frame
        # that runs no script is not the page's
        expected = (
            "Failed to load resource: the server responded",
            "Failed to execute 'postMessage'",
        )
        if message.type in {"error", "warning"} and not message.text.startswith(expected):
            trouble.append(f"{page.url}: console: {message.text}")

    def asked(request):
        if not request.url.startswith(site.address):
            trouble.append(f"{page.url}: asked {request.url}")

    def interrupted(dialog):
        trouble.append(f"{page.url}: dialog {dialog.message}")
        dialog.dismiss()

    site.listen(page, "console", said)
    site.listen(page, "request", asked)
    site.listen(page, "pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
    site.listen(page, "dialog", interrupted)
    return trouble


def problems_at_both_widths(page, where):
    """Look at one page as a desk shows it and as a telephone does; leaves it at the other width.

    No script of ours asks for the width, so a window made narrow shows what one opened narrow does,
    and the next page is opened at the width that this one was left at.
    """
    found = problems(page, where)
    size = page.viewport_size
    other = USUAL if size["width"] == NARROW else NARROW
    page.set_viewport_size(size | {"width": other})
    return found + problems(page, where)


def problems(page, where):
    """Look at one page: sideways scroll and one heading; axe's rules once, at the usual width.

    What axe finds depends on the page and not on its width; it is most of the time.
    """
    width = page.viewport_size["width"]
    broken_rules = [] if width == NARROW else accessibility.broken(page, runOnly=accessibility.TAGS)
    found = [
        f"{where} at {width}: {broken['id']}: {[node['target'] for node in broken['nodes']][:4]}"
        for broken in broken_rules
    ]
    scrolls, headings = page.evaluate(_LAYOUT)
    if scrolls:
        found.append(f"{where} at {width}: scrolls sideways")
    if headings != 1:
        found.append(f"{where} at {width}: {headings} main headings")
    return found


_LAYOUT = """[
  document.documentElement.scrollWidth > document.documentElement.clientWidth,
  document.querySelectorAll("h1").length,
]"""
