"""Groups that load a command when it is asked for, so that none waits for what another needs."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from monitor.kernel.process.garbage import spare_loaded


class LoadingGroup(click.Group):
    """A group whose commands stand in ``modules`` of this package; each adds itself when loaded."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **kwargs)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands, loaded or not."""
        return sorted(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command, loaded now if it was not; None where there is none of the name."""
        if cmd_name in self.modules and cmd_name not in self.commands:
            with _no_collecting():
                import_module(f"{__package__}.{self.modules[cmd_name]}")
        return super().get_command(ctx, cmd_name)


@contextmanager
def _no_collecting() -> Iterator[None]:
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
