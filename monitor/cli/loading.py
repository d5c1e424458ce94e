"""Groups that load a command when it is asked for, so that none waits for what another needs."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from monitor.kernel.process.garbage import spare_loaded


class LoadingGroup(click.Group):
    """A group whose commands stand in ``modules`` of this package; each adds itself when loaded.

    ``says``: what the list of them says of each, which is its help's first sentence; where it is not
    given, all are loaded to be listed.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - click's own
        modules: Mapping[str, str],
        says: Mapping[str, str] | None = None,
        **kwargs: Any,  # noqa: ANN401 - the same
    ) -> None:
        super().__init__(*args, **kwargs)
        self.modules, self.says = modules, says

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands, loaded or not."""
        return sorted(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command, loaded now if it was not; None where there is none of the name."""
        if cmd_name in self.modules and cmd_name not in self.commands:
            with without_collecting():
                import_module(f"{__package__}.{self.modules[cmd_name]}")
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with what each does, without loading any."""
        if self.says is None:
            super().format_commands(ctx, formatter)
            return
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))  # as click leaves it
        told = [click.Command(name, help=self.says[name]) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(str(command.name), command.get_short_help_str(limit)) for command in told]
            )


@contextmanager
def without_collecting() -> Iterator[None]:
    """Load modules without looking for garbage: there is none, and looking took a sixth of a start.

    What is loaded stays as long as the process: it is never looked through again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        spare_loaded()
    finally:
        if was_on:
            gc.enable()
