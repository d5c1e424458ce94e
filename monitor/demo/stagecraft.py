"""What scenes have in common: to tell the terminal, to have a source asked, to find a study."""

import textwrap

import click

from monitor.demo.on_stage import OnStage

PAGE_SECONDS = 120.0  # until a page shows what was done, however busy the machine


def say(text: str) -> None:
    """Tell the terminal a plain sentence."""
    click.echo(textwrap.fill(text, 88, subsequent_indent="  "))


def poll(on: OnStage, source: str) -> None:
    """Ask a source now.

    Raises:
        RuntimeError: it could not be polled; holds the command's words.
    """
    polled = on.service.run("poll", source)
    if polled.returncode:
        raise RuntimeError(f"{source} could not be polled: {polled.stdout}{polled.stderr}")


def quote(text: str) -> None:
    """Show the terminal what a page or a mail says, behind a mark."""
    click.echo(textwrap.fill(text, 84, initial_indent="   | ", subsequent_indent="   | "))


def study_of(on: OnStage, key: str, stage: str = "to appraise") -> str:
    """Find a study by the title of its paper; gives its path."""
    ada = on.people["ada"]
    found = ada.find_paper(on.title(key), stage)
    return found.removesuffix("/appraise") if "/studies/" in found else ada.study_of(found)


def newest_change(on: OnStage) -> str:
    """Read what the public page of the newest change opens with."""
    reader = on.people["commissioner"]
    newest, _ = reader.get("/changes").links(r"/changes/\d+")[0]
    return reader.get(newest).heading
