"""What every scene of the demonstration works with: the world, its stand-ins, the service, the people."""

from dataclasses import dataclass

from monitor.demo import driver
from monitor.demo.driver import ServiceProcess
from monitor.demo.mailsink import ReceivedMail
from monitor.demo.people import Person, mail_with
from monitor.demo.standins import StandIns
from monitor.demo.world import World

_MAIL_SECONDS = 300.0  # however busy the machine; whoever waits in vain has a fault to report


@dataclass(frozen=True, slots=True)
class OnStage:
    """Everything on stage: the world, its stand-ins, the service, the people."""

    world: World
    standins: StandIns
    service: ServiceProcess
    people: dict[str, Person]
    pace: float

    def title(self, key: str) -> str:
        """Give the title of an invented paper."""
        return self.world.paper(key).title

    def letter(self, recipient: str, path: str, *, after: int = 0) -> ReceivedMail:
        """Wait for the next mail to somebody that links to ``path``."""
        letters = driver.until(
            lambda: mail_with(self.standins.mail, recipient, path)[after:],
            seconds=_MAIL_SECONDS,
            what=f"a mail to {recipient}",
        )
        letter: ReceivedMail = letters[0]
        return letter
