"""Stands in for ``gap-monitor`` where a script calls it by its path: the program, forked.

Asks the fork server of a test, whose door the environment's ``FORKS`` names, for the process, hands
it its own output, passes signals on, and ends as the process did. Knows the standard library only:
to start it is a hundredth of what the program's imports take.
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

PASSED_ON = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Run the program with the arguments that were given; gives its exit status."""
    read, write = os.pipe()
    request = {
        "command": ["-m", "monitor", *sys.argv[1:]],
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "session": False,
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.connect(os.environ["FORKS"])
        socket.send_fds(door, [json.dumps(request).encode()], [1, 2, write])
    os.close(write)
    with os.fdopen(read) as told:
        process = int(told.readline())

        def pass_on(number: int, frame: FrameType | None) -> None:
            os.kill(process, number)

        for number in PASSED_ON:
            signal.signal(number, pass_on)
        status = int(told.readline())
    if status < 0:
        for number in PASSED_ON:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main())
