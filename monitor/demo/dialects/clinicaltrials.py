"""A stand-in of ClinicalTrials.gov's API, version 2: studies page by page, and how old its data are.

Speaks the dialect on its own: shares no code with the reader it serves to test. As the real one,
it states the total on a first page only, gives a token with every page that is full, even where
nothing follows, and answers what it does not know with a 400 in plain text.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from monitor.demo.dialects import registrations, searches
from monitor.demo.dialects.expressions import Document, Test, Unreadable
from monitor.demo.dialects.studyfields import UnknownField, only
from monitor.demo.machinery.exchange import Request, StandInReply, json_reply
from monitor.demo.machinery.faults import Fault
from monitor.demo.machinery.server import StandIn
from monitor.demo.world import World

PATH = "/api/v2"
LARGEST_PAGE = 1000  # more is as much
_PAGE = 10
_FIRST_DAY = date(2026, 1, 1)  # of data without a record
_EVERYTHING = ()
_AREAS = {
    "NCTId": ("id",),
    "SecondaryId": ("id",),
    "BriefTitle": ("title",),
    "OfficialTitle": ("title",),
    "BriefSummary": ("summary",),
    "InterventionName": ("intervention",),
    "InterventionSearch": ("intervention", "title", "summary"),
    "Condition": ("condition",),
    "ConditionSearch": ("condition", "title"),
    "BasicSearch": _EVERYTHING,
    "OverallStatus": ("status",),
    "StdAge": ("ages",),
    "StudyType": ("design",),
    "DesignAllocation": ("design",),
    "Phase": ("design",),
}
_DATES = {
    "LastUpdatePostDate": "edited",
    "StudyFirstPostDate": "registered",
    "StartDate": "started",
}
_SEARCHES = {
    "query.term": "BasicSearch",
    "query.intr": "InterventionSearch",
    "query.cond": "ConditionSearch",
    "query.titles": "BriefTitle",
    "query.id": "NCTId",
    "filter.advanced": "BasicSearch",
}
_SHAPE = {"fields", "format", "markupFormat", "sort", "countTotal", "pageSize", "pageToken"}
_NOT_PART_OF_A_WALK = {"pageToken", "pageSize", "countTotal"}


class ClinicalTrialsStandIn(StandIn):
    """The stand-in. Its data are of the day of the newest record; ``renew`` makes them newer."""

    name = "clinicaltrials"
    own_faults: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "clinicaltrials/studies": frozenset(
            {Fault.SHORT, Fault.FEWER, Fault.REPEATED, Fault.EXPIRED, Fault.NEW_DATA}
        ),
        "clinicaltrials/study": frozenset(),
        "clinicaltrials/version": frozenset({Fault.NEW_DATA}),
    }

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self.world = world
        self.recorded: list[tuple[dict[str, Any], Document]] = []
        self._renewed = 0

    @property
    def base_url(self) -> str:
        """What ``[sources.clinicaltrials] base_url`` takes."""
        return self.root + PATH

    @property
    def data_timestamp(self) -> str:
        """What ``/version`` says, without a zone: it moves with the world and with ``renew``."""
        changes = self.world.changes if self.world else 0
        return f"{self._loaded()}T09:{changes % 60:02}:05"

    def renew(self) -> None:
        """Load the data anew, as happens once a day: the timestamp moves, the records need not."""
        with self._lock:
            self._renewed += 1

    def add_recorded(self, studies: list[dict[str, Any]], *, edited: date) -> list[str]:
        """Serve recorded studies as they are, in answer to every search; gives their numbers."""
        dates = {"edited": edited, "registered": edited, "started": edited}
        numbers = [
            str(study["protocolSection"]["identificationModule"]["nctId"]) for study in studies
        ]
        for study, number in zip(studies, numbers, strict=True):
            self.recorded.append((study, Document({"id": number}, dates, always=True)))
        return numbers

    def studies(self) -> list[tuple[dict[str, Any], Document]]:
        """List what the registry holds now, the last edited first."""
        if self.world is None:
            return list(self.recorded)
        world, loaded = self.world, self._loaded()
        shown = [
            (
                registrations.study(trial, world.reports_of(trial), loaded),
                registrations.searched(trial),
            )
            for trial in world.registered("clinicaltrials")
        ]
        return shown + self.recorded

    def _loaded(self) -> date:
        """Give the day of the data: that of the newest record, and a day more for each renewal."""
        trials = self.world.registered("clinicaltrials") if self.world else []
        days = [trial.edited for trial in trials]
        days += [document.dates["edited"] for _, document in self.recorded]
        return max(days, default=_FIRST_DAY) + timedelta(days=self._renewed)

    def endpoint(self, path: str) -> str | None:
        """Name the endpoint of a path."""
        rest = path.removeprefix(PATH)
        if rest in {"/version", "/studies"}:
            return f"clinicaltrials{rest}"
        return "clinicaltrials/study" if rest.startswith("/studies/NCT") else None

    def answer(self, request: Request) -> StandInReply:
        """Answer in JSON, or in the words of a refusal."""
        if request.fault is Fault.NEW_DATA:
            self.renew()
        if request.endpoint.endswith("/version"):
            return json_reply({"apiVersion": "2.0.5", "dataTimestamp": self.data_timestamp})
        try:
            if request.endpoint.endswith("/study"):
                return self._single(request)
            return self._page(request)
        except _Refused as refused:
            return StandInReply(str(refused).encode(), "text/plain; charset=UTF-8", 400)

    def _single(self, request: Request) -> StandInReply:
        number = request.path.rpartition("/")[2]
        for study, document in self.studies():
            if number in document.texts["id"].split():
                return json_reply(_shaped(study, request.params))
        return StandInReply(
            f"NCT number {number} not found".encode(), "text/plain; charset=UTF-8", 404
        )

    def _page(self, request: Request) -> StandInReply:
        params = request.params
        _check(params)
        studies = self._found(params)
        if request.fault is Fault.FEWER:
            studies = studies[::2]
        start, size = self._place(request)
        page = studies[start : start + size]
        body: dict[str, Any] = {"studies": [_shaped(study, params) for study in page]}
        if params.get("countTotal") == "true" and not params.get("pageToken"):
            body["totalCount"] = len(studies) + (request.fault is Fault.SHORT and not page)
        if len(page) == size:
            body["nextPageToken"] = _token(params, start + size)
        if request.fault is Fault.SHORT:
            body["studies"] = body["studies"][:-1]
        return json_reply(body)

    def _found(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        test = _test(params)
        matches = [(study, document) for study, document in self.studies() if test(document)]
        field, _, direction = params.get("sort", "").partition(":")
        if field and field != "@relevance":
            key = _DATES.get(field)
            if key is None:
                raise _Refused(f"`sort` has incorrect field `{field}`")
            matches.sort(key=lambda each: each[1].dates[key], reverse=direction != "asc")
        return [study for study, _ in matches]

    def _place(self, request: Request) -> tuple[int, int]:
        """Give where the page starts, and how many studies it may have."""
        size = _size(request.params.get("pageSize", ""))
        token = request.params.get("pageToken", "")
        start = _position(request.params, token) if token else 0
        if token and request.fault is Fault.EXPIRED:
            raise _Refused(f"`pageToken` has incorrect format: {token}")
        return (0 if request.fault is Fault.REPEATED else start), size


class _Refused(Exception):  # noqa: N818 - what the registry does
    """A request was refused; holds the words."""


def _check(params: Mapping[str, str]) -> None:
    for name in params:
        if name not in _SEARCHES and name not in _SHAPE and name != "filter.ids":
            raise _Refused(f"`{name}` is unknown parameter")
    if params.get("format", "json") != "json":
        raise _Refused("`format` has incorrect value; this stand-in knows json")


def _test(params: Mapping[str, str]) -> Test:
    """Make the test of all searches and filters together."""
    tests: list[Test] = []
    for name, area in _SEARCHES.items():
        text = params.get(name, "").strip()
        try:
            if text:
                within = f"AREA[{area}]({text})" if name != "filter.advanced" else text
                tests.append(searches.clinicaltrials(within, _AREAS, _DATES))
        except Unreadable as error:
            raise _Refused(f"`{name}` has incorrect syntax: {error}") from error
    if ids := params.get("filter.ids", ""):
        wanted = set(ids.replace("|", ",").replace(" ", "").split(","))
        tests.append(lambda document: bool(wanted & set(document.texts["id"].split())))
    return lambda document: all(test(document) for test in tests)


def _size(text: str) -> int:
    if text and not text.isdigit():
        raise _Refused(f"`pageSize` has incorrect format: {text}")
    return min(int(text or 0) or _PAGE, LARGEST_PAGE)


def _token(params: Mapping[str, str], position: int) -> str:
    """Give a token that only serves the same search."""
    same = {name: value for name, value in params.items() if name not in _NOT_PART_OF_A_WALK}
    digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:12]
    return f"ZVt{digest}_{position:x}"


def _position(params: Mapping[str, str], token: str) -> int:
    try:
        position = int(token.rpartition("_")[2], 16)
    except ValueError:
        position = -1
    if token != _token(params, position):
        raise _Refused(f"`pageToken` has incorrect format: {token}")
    return position


def _shaped(one: Mapping[str, Any], params: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        return only(one, params.get("fields", ""))
    except UnknownField as error:
        raise _Refused(f"`fields` has incorrect field `{error}`") from error
