"""What scenes have in common: to tell the terminal something, and to have a source asked."""

import textwrap

import click

from monitor.demo.on_stage import OnStage

PAGE_SECONDS = 20.0  # until a page shows what was done


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
