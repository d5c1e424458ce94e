"""Which records of many are one paper: candidates by key, judged pair by pair, put together. Pure.

Groups do not depend on the order of the records. One that holds two records which contradict each
other is never certain.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from monitor.feeds.records import Citation
from monitor.literature.dedup.fingerprint import Fingerprint, fingerprint
from monitor.literature.dedup.title_likeness import telling
from monitor.literature.dedup.verdict import PairVerdict, compare

Pair = tuple[int, int]  # the smaller first
Made = tuple[list[int], bool, str]  # records that are distinct, certain, reason

_BEGINNING = 24  # letters of a title
_NEIGHBOURS = 12  # compared with each record where very many share a key
_CHECKED = 40  # records of a group that all others of it are held against

_BRIDGE = "the same as two records that contradict each other"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Records (by their index) that are one paper, or may be; ``certain`` would merge by itself."""

    indices: tuple[int, ...]
    certain: bool
    reason: str


def stored_keys(record: Fingerprint) -> frozenset[int]:
    """Give the keys of title and place as signed numbers of 64 bits, to be kept with a paper.

    Those of identifiers are left out: papers are found by these anyway.
    """
    return frozenset(
        [int.from_bytes(_hashed(key), "big", signed=True) for key in _words_keys(record)]
    )


def keys(record: Fingerprint) -> Iterator[tuple[str, ...]]:
    """Give the same keys unshortened: fast, but of any length."""
    for doi in record.dois:
        yield "d", doi
    for number in record.numbers:
        yield "n", number.scheme, number.value
    yield from _words_keys(record)


def _words_keys(record: Fingerprint) -> Iterator[tuple[str, ...]]:
    """Give those of what is printed: the title, and the place in a journal."""
    yield from _title_keys(record)
    if record.volume and record.pages.first:
        for name in record.first:
            yield "p", record.volume, record.pages.first, name


def _title_keys(record: Fingerprint) -> Iterator[tuple[str, ...]]:
    """Give the keys of a title; one that many papers bear only with an author and the year."""
    title = record.squeezed
    if not title:
        return
    if not telling(title):
        for name in record.first or ("",):
            yield "s", title, name, str(record.year)
        return
    yield "t", title
    for name in record.first:
        yield "b", title[:_BEGINNING], name
        yield "e", title[-_BEGINNING:], name


def clusters(records: Iterable[Citation]) -> list[Cluster]:
    """Group the records that are one paper, or may be; each group has two or more.

    Certain groups share no record. A doubtful one names all records of the papers it would join.
    Of each record only what is compared is kept, so that a file can be read as a stream.
    """
    copies: dict[Fingerprint, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        copies[fingerprint(record)].append(index)
    distinct = list(copies)
    judged = {pair: compare(distinct[pair[0]], distinct[pair[1]]) for pair in _pairs(distinct)}
    papers = _papers(distinct, judged)
    alone = {
        node: compare(record, record)
        for node, record in enumerate(distinct)
        if len(copies[record]) > 1
    }
    made = [*_certain(papers, judged, alone), *_doubtful(papers, judged, alone)]
    return [
        Cluster(tuple(sorted(i for node in nodes for i in copies[distinct[node]])), certain, reason)
        for nodes, certain, reason in made
    ]


def _pairs(distinct: Sequence[Fingerprint]) -> set[Pair]:
    """Give every two records that share a key; near neighbours alone where very many do."""
    sharing: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for node, record in enumerate(distinct):
        for key in keys(record):
            sharing[key].append(node)
    pairs: set[Pair] = set()
    for nodes in sharing.values():
        if len(nodes) <= _NEIGHBOURS:
            pairs.update(combinations(nodes, 2))
        else:
            ordered = sorted(nodes, key=lambda node: _content(distinct[node]))
            for place, node in enumerate(ordered):
                near = ordered[place + 1 : place + 1 + _NEIGHBOURS]
                pairs.update((min(node, n), max(node, n)) for n in near)
    return pairs


def _content(one: Fingerprint) -> tuple[str, ...]:
    """Give an order of records that does not depend on the order they came in."""
    sets = (sorted(one.dois), sorted(map(str, one.numbers)), sorted(one.names), sorted(one.first))
    places = (one.volume, one.pages, one.issue, one.journal, one.kind, one.words, one.comment)
    return (one.squeezed, str(one.year), *map(str, places), *map(str, sets))


def _papers(distinct: Sequence[Fingerprint], judged: Mapping[Pair, PairVerdict]) -> list[list[int]]:
    """Put together what is the same; a record that would bridge a contradiction bridges nothing."""
    same = [pair for pair, judgement in judged.items() if judgement.verdict == "same"]
    joined = _joined(range(len(distinct)), same)
    paper_of = _places(joined)
    inside: dict[int, list[Pair]] = defaultdict(list)
    for pair in same:
        inside[paper_of[pair[0]]].append(pair)
    return [
        part
        for place, nodes in enumerate(joined)
        for part in _consistent(nodes, inside[place], distinct, judged)
    ]


def _consistent(
    nodes: list[int],
    same: Iterable[Pair],
    distinct: Sequence[Fingerprint],
    judged: Mapping[Pair, PairVerdict],
) -> list[list[int]]:
    """Part what was joined until no part holds a contradiction."""
    against = _contradictions(nodes, distinct, judged)
    if not against:
        return [nodes]
    # what contradicts one of two and not the other is bridged by them
    kept = [(first, second) for first, second in same if against.get(first) == against.get(second)]
    parts = []
    for part in _joined(nodes, kept):
        clean = not _contradictions(part, distinct, judged)
        parts.extend([part] if clean else [[node] for node in part])
    return parts


def _contradictions(
    nodes: Sequence[int], distinct: Sequence[Fingerprint], judged: Mapping[Pair, PairVerdict]
) -> dict[int, set[int]]:
    """Give, for each record of a group that cannot be one paper with another, those others.

    All are held against the first so many: a paper is hardly written in more ways than that.
    """
    if len(nodes) <= 2:  # noqa: PLR2004 - a pair has been judged
        return {}
    ordered = nodes
    if len(nodes) > _CHECKED:
        ordered = sorted(nodes, key=lambda node: _content(distinct[node]))
    against: dict[int, set[int]] = defaultdict(set)
    for place, node in enumerate(ordered[:_CHECKED]):
        for other in ordered[place + 1 :]:
            pair = (min(node, other), max(node, other))
            judgement = judged.get(pair) or compare(distinct[node], distinct[other])
            if not judgement.bridged:
                against[node].add(other)
                against[other].add(node)
    return against


def _joined(nodes: Iterable[int], pairs: Iterable[Pair]) -> list[list[int]]:
    """Give the connected parts, each in order; a node by itself is a part too."""
    parent = {node: node for node in nodes}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for left, right in pairs:
        first, second = sorted((root(left), root(right)))
        parent[second] = first
    parts: dict[int, list[int]] = defaultdict(list)
    for node in parent:
        parts[root(node)].append(node)
    return list(parts.values())


def _certain(
    papers: Sequence[list[int]],
    judged: Mapping[Pair, PairVerdict],
    alone: Mapping[int, PairVerdict],
) -> Iterator[Made]:
    paper_of = _places(papers)
    reasons: dict[int, list[str]] = defaultdict(list)
    for (first, second), judgement in judged.items():
        if paper_of[first] == paper_of[second] and judgement.verdict == "same":
            reasons[paper_of[first]].append(judgement.reason)
    for place, nodes in enumerate(papers):
        said = reasons[place] or [alone[node].reason for node in nodes if node in alone]
        if len(nodes) > 1 or (nodes[0] in alone and alone[nodes[0]].verdict == "same"):
            yield nodes, True, _most_said(said)


def _doubtful(
    papers: Sequence[list[int]],
    judged: Mapping[Pair, PairVerdict],
    alone: Mapping[int, PairVerdict],
) -> Iterator[Made]:
    paper_of = _places(papers)
    reasons: dict[int, list[str]] = defaultdict(list)
    links = []
    for (first, second), judgement in judged.items():
        a, b = paper_of[first], paper_of[second]
        if a != b and judgement.verdict != "different":
            links.append((a, b))
            reasons[a].append(_BRIDGE if judgement.verdict == "same" else judgement.reason)
    for parts in _joined(range(len(papers)), links):
        nodes = [node for part in parts for node in papers[part]]
        if len(parts) > 1:
            yield nodes, False, _most_said([r for part in parts for r in reasons[part]])
        elif len(nodes) == 1 and nodes[0] in alone and alone[nodes[0]].verdict != "same":
            yield nodes, False, alone[nodes[0]].reason


def _places(papers: Iterable[list[int]]) -> dict[int, int]:
    return {node: place for place, nodes in enumerate(papers) for node in nodes}


def _most_said(reasons: Iterable[str]) -> str:
    """Give the reason that holds for most pairs."""
    counts = Counter(reasons)
    return min(counts, key=lambda reason: (-counts[reason], reason))


def _hashed(key: tuple[str, ...]) -> bytes:
    return hashlib.blake2b("\0".join(key).encode("utf-8", "replace"), digest_size=8).digest()
