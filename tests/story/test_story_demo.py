"""`gap-monitor demo` plays to its end, tells what happened, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import compiled_templates  # type: ignore[import-not-found]  # tests/support is on pytest's path
import pytest
import requests

pytestmark = pytest.mark.story

PLAYING = Path(__file__).with_name("playing.py")


def test_the_demonstration_plays_to_its_end(tmp_path, forks):
    played = forks.run(
        [str(PLAYING), "demo", "--no-keep", "--pace", "0"],
        environment=environment(tmp_path, forks),
        folder=tmp_path,
        seconds=1_800,  # Crossref allows three lists a second; a busy machine takes its time
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert list(tmp_path.iterdir()) == []  # nothing is left behind
    assert re.match(r"The demonstration is at http://127\.0\.0\.1:\d+: open it now", played.stdout)
    scenes = re.findall(r"^(\d+)\. ", played.stdout, re.MULTILINE)
    assert scenes == [str(n) for n in range(1, 22)]
    # what is quoted stands behind a mark, wherever its lines were broken
    flat = " ".join(re.sub(r"^ +\| ", "", played.stdout, flags=re.MULTILINE).split())
    assert "every paper, study, person and date of change here is invented" in flat
    assert "23 papers wait for reviewers" in flat
    assert "Reported: Direction only: the group studied. Risk of bias: Some concerns" in flat
    assert "Evidence tier: now Weak" in flat
    assert "41 of 43 answers are the same. 1 differs and has to be settled." in flat
    assert "Worked out: 0.33 (0.02 to 0.64). Risk of bias: Low" in flat
    assert (
        "receives “Circle of Security: tier still strong, findings now positive to 2021, "
        "little or no difference since”"
    ) in flat
    assert "Findings moved from generally positive to “positive to 2021, little or no" in flat
    assert "Correction: Theraplay" in flat
    assert "Europe PMC is not answering" in flat
    assert "its page names NCT00000031" in flat
    assert "Expression of concern in 10.5555/gap-monitor.030" in flat
    assert "Editors have voiced concern about a paper of Inventley" in flat
    assert "Why it is no longer counted: Retracted: Crossref says so, in the notice" in flat
    assert "A paper of Inventley" in flat.partition("14. Retraction")[2]
    unseen = flat.partition("13. Retraction")[2].partition("14. Retraction")[0]
    assert "A paper of this study is retracted," in unseen
    assert "exclude the study, wait, or go on with a reason" in unseen
    assert "A report of this study is retracted," in unseen
    _assert_further_papers_come(flat)
    _assert_gaps_move(flat)


def _assert_further_papers_come(flat):
    further = flat.partition("15. Looking further")[2]
    assert "Theraplay with invented adoptive families" in further
    assert '("dyadic developmental psychotherapy" or' in further
    assert "Dyadic Developmental Psychotherapy in invented schools" in further
    assert "known studies are in one source only." in further


def _assert_gaps_move(flat):
    three = flat.partition("17. One trial")[2].partition("18. Head to head")[0]
    more = "More used than the findings support"
    said = (
        ("Under-researched", "Benefit", "trials now show a benefit"),
        (more, "Little or no difference", "trials now show little or no difference"),
        (more, "Favours the comparison", "findings now favour the comparison"),
    )
    for part, (gap, found, mailed) in zip(three.split("Overview: ")[1:], said, strict=True):
        assert part.startswith(
            f"{gap}. Evidence: Weak for now; may become intermediate 2–3 studies"
        )
        assert f"Findings: {found} Page: Widely used" in part
        assert mailed in part.partition("Mail: Dyadic Developmental Psychotherapy: ")[2]
    heads = flat.partition("18. Head to head")[2].partition("19. Use")[0]
    place = "for children’s attachment, against another of the ten interventions."
    assert f"WWW: Probable benefit {place}" in heads
    assert "standardised difference 0.41" in heads
    assert f"PIP: Favours the comparison {place}" in heads
    assert "standardised difference −0.41" in heads
    assert "usual care or the like" not in heads  # the pool of usual care
    use = flat.partition("19. Use")[2]
    assert "Use changes: none; gaps that move: none; 10 new figures." in use
    assert "Use changes: vipp; gaps that move: vipp; 9 new figures." in use
    assert "1 reader told" in use
    assert "use now 14.0%, was 6.6%" in use
    assert "The gap: Was “under-used”, now “aligned”" in use
    returns = flat.partition("21. Returns")[2]
    assert "The list is in: 3 added" in returns
    assert "3 services invited." in returns
    assert "Ash Imaginary Service says: DDP and Theraplay. 1 of 3 services have" in returns
    assert "Cedar Imaginary Service says: None of the ten. 3 of 3 services have" in returns
    assert re.search(r"is closed. Its wave is \d+, a draft of 3 services", returns)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_demonstration_and_leaves_nothing(tmp_path, forks, number):
    with tempfile.TemporaryFile("w+") as err:
        begin = started if number is signal.SIGTERM else forked
        played = begin(["demo", "--port", "0"], tmp_path, forks, err)
        assert played.stdout is not None
        try:
            address = until_somebody_has_confirmed(played.stdout, tmp_path)
            played.send_signal(number)
            assert played.wait(300) in ({0} if number is not signal.SIGINT else {0, 2})
        finally:
            played.kill()
            played.wait(20)
            played.stdout.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)


def started(arguments, folder, forks, err):
    """Start the command as people do; it starts the service the same way."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "monitor", *arguments],
        cwd=folder,
        env={"PATH": "", "TMPDIR": str(folder), "PYTHONPATH": "", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=err,
        text=True,
    )


def forked(arguments, folder, forks, err):
    """Fork the command; its service is forked as well."""
    return forks.start(
        [str(PLAYING), *arguments],
        environment=environment(folder, forks),
        stderr=err,
        folder=folder,
    )


def environment(folder, forks):
    """Give what a process needs here: where it may write, who forks, and templates that are compiled."""
    compiled = {compiled_templates.FOLDER: os.environ[compiled_templates.FOLDER]}
    return {"PATH": "", "TMPDIR": str(folder), "PYTHONPATH": "", **forks.environment, **compiled}


def until_somebody_has_confirmed(printed, folder):
    """Follow the play to its second scene; gives the address of its service, which answers."""
    first = printed.readline()
    address = first.removeprefix("The demonstration is at ").partition(": open")[0]
    assert requests.get(address, timeout=10).ok, first
    for line in printed:
        if line.startswith("2. A commissioner"):
            break
    (made,) = folder.iterdir()
    kept = list((made / "var" / "mail").glob("*.eml"))
    assert any(b"text/html" in one.read_bytes() for one in kept)
    return address
