"""The log, as every module writes to it: structlog is loaded with the first line, and most commands write none."""

import threading
from collections.abc import Callable
from typing import Any


class EventLog:
    """Takes what happens: a word of it, such as "mail.sent", with its fields."""

    def __init__(self) -> None:
        self._prepare: Callable[[], None] | None = None
        self._preparing = threading.Lock()

    def prepared_by(self, prepare: Callable[[], None] | None) -> None:
        """Let this set structlog up before the next line is written; None: it stays as it is."""
        self._prepare = prepare

    def set_up(self) -> None:
        """Set structlog up now, where that still waits for a line.

        What runs for long does it at its start: later there may be no file left to open.
        """
        if self._prepare is None:
            return
        with self._preparing:
            if self._prepare is not None:
                self._prepare()
                self._prepare = None

    def info(self, event: str, **fields: object) -> None:
        """Write what went as it should."""
        self._logger().info(event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Write what somebody should look at."""
        self._logger().warning(event, **fields)

    def error(self, event: str, **fields: object) -> None:
        """Write what is wrong."""
        self._logger().error(event, **fields)

    def exception(self, event: str, **fields: object) -> None:
        """Write what is wrong, with the traceback of the error that is being handled."""
        self._logger().exception(event, **fields)

    def _logger(self) -> Any:  # noqa: ANN401 - structlog's own, of whatever class it was set up with
        self.set_up()
        import structlog  # noqa: PLC0415 - see above

        return structlog.get_logger()


log = EventLog()
