"""`gap-monitor feeds`: every feed, how it stands, and no key."""

import json

from click.testing import CliRunner

from monitor.cli import commands

CONFIG = """
[sources.journals]
feeds = [{name = "A journal", url = "https://journal.example/rss?token=T0"}]
"""


def test_feeds_are_listed_without_their_keys(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(commands, ["--config", str(config), *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    run("init")
    assert run("feeds") == (
        "journals: A journal (settings): never; heard from: never; "
        "https://journal.example/rss?token=…\n"
    )
    (feed,) = json.loads(run("feeds", "--json"))
    assert (feed["name"], feed["state"], feed["id"]) == ("A journal", "never", None)
    assert feed["url"] == "https://journal.example/rss?token=…"
