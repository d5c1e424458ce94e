"""A mailbox for tests: an IMAP server on loopback that speaks what reading bounces needs, or misbehaves.

It keeps mails by rising numbers, and flags; what is asked for is noted in ``told``.
"""

import base64
import contextlib
import re
import ssl
import time

from listening import MailServer  # type: ignore[import-not-found]  # tests/support is on pytest's path

_FETCH = re.compile(r"(\d+):?(\d*) \(UID\)")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_BODY = re.compile(r"BODY\.PEEK\[\]<0\.(\d+)>")


class ImapServer(MailServer):  # type: ignore[misc]  # found by path, so mypy does not know it
    """Answers one client after another. ``wrong`` names a way to misbehave, or nothing:

    greets with a line that does not end ("endless"), does not greet ("silent"), is no IMAP server
    ("smtp"), is let in before TLS ("preauth"); or at the mail ``at``: announces two gigabytes
    ("huge"), hangs up in the middle of it ("drops"), sends lines without end ("floods"), says NO
    ("no"), sends a byte at a time ("drips").
    """

    def __init__(self, *mails, tls=None, starttls=False, wrong="", at=0, offers="AUTH=PLAIN MOVE"):
        super().__init__()
        self.tls, self.starttls = tls, starttls
        self.wrong, self.at, self.offers = wrong, at, offers
        self.validity, self.next = 7, 1
        self.mails, self.flags = {}, {}
        self.folders: dict[str, dict[int, bytes]] = {"INBOX": {}, "Done": {}}
        self.secret = ("bounces", "s3cret")
        self.told = []
        self.read_only = False
        for mail in mails:
            self.arrives(mail)

    def arrives(self, mail):
        """Keep one mail under the next number."""
        self.mails[self.next], self.flags[self.next] = mail, set()
        self.next += 1

    def rebuild(self):
        """Number all mails anew, as after the mailbox was restored."""
        kept = list(self.mails.values())
        self.validity, self.next, self.mails = self.validity + 1, 1, {}
        for mail in kept:
            self.arrives(mail)

    def meet(self, connection):
        """Talk inside TLS, where it comes first."""
        with contextlib.suppress(OSError):
            if self.tls and not self.starttls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            super().meet(connection)

    def talk(self, connection, lines):
        """Answer one command after the other."""
        self.connection, self.lines = connection, lines
        if self.wrong == "silent":
            time.sleep(2)
            return
        if self.wrong == "endless":
            while True:
                connection.sendall(b"* OK " + b"x" * 65_536)
        greeting = {"smtp": "220 mail.example ESMTP", "preauth": "* PREAUTH hello"}
        self.say(greeting.get(self.wrong, "* OK ready"))
        while (line := self.lines.readline()) and self.answer(line.decode("latin-1").strip()):
            pass
        if self.connection is not connection:
            self.lines.close()
            self.connection.close()  # what STARTTLS put in place

    def say(self, *lines):
        """Send lines."""
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def answer(self, line):
        """Answer one command; False hangs up."""
        tag, _, command = line.partition(" ")
        self.told.append(command)
        word, _, rest = command.replace("UID ", "UID_", 1).partition(" ")
        answer = getattr(self, f"on_{word.lower()}", None)
        done = answer(rest) if answer else "BAD what"
        if done is False:
            return False
        self.say(f"{tag} {done or 'OK done'}")
        if word == "STARTTLS":
            self.connection = self.tls.wrap_socket(self.connection, server_side=True)
            self.lines = self.connection.makefile("rb")
        return word != "LOGOUT"

    def on_logout(self, rest):
        """Take leave."""
        self.say("* BYE")

    def on_capability(self, rest):
        """Say what is offered."""
        plain = self.starttls and not isinstance(self.connection, ssl.SSLSocket)
        self.say(f"* CAPABILITY IMAP4rev1 {'STARTTLS LOGINDISABLED' if plain else self.offers}")

    def on_starttls(self, rest):
        """Go on inside TLS."""

    def on_authenticate(self, rest):
        """Let in who knows name and password."""
        self.say("+ ")
        given = base64.b64decode(self.lines.readline()).decode().split("\0")[1:]
        return "OK in" if tuple(given) == self.secret else "NO [AUTHENTICATIONFAILED] canary"

    def on_login(self, rest):
        """The same in two words."""
        found = _WORD.findall(rest)
        given = tuple(re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in found)
        return "OK in" if given == self.secret else "NO canary"

    def on_select(self, rest):
        """Open the folder."""
        if rest.strip('"') not in self.folders:
            return "NO no such folder"
        self.say(f"* {len(self.mails)} EXISTS", f"* OK [UIDVALIDITY {self.validity}] valid")
        return "OK [READ-ONLY] open" if self.read_only else "OK [READ-WRITE] open"

    def on_examine(self, rest):
        """Open it to be read alone."""
        self.on_select(rest)
        return "OK [READ-ONLY] open" if rest.strip('"') in self.folders else "NO no such folder"

    def on_fetch(self, rest):
        """Tell the numbers of mails at some places."""
        first, last = _FETCH.findall(rest)[0]
        uids = sorted(self.mails)
        self.say("* 1 FETCH (FLAGS (\\Seen))", f"* {len(uids)} FETCH (UID {uids[-1]} MODSEQ (9))")
        for place in range(int(first), int(last or first) + 1):
            self.say(f"* {place} FETCH (UID {uids[place - 1]})")

    def on_uid_fetch(self, rest):
        """Hand out one mail, as much as was asked for."""
        uid = int(rest.split()[0])
        if self.wrong and uid == self.at:
            return self.misbehave(uid)
        if uid in self.mails:
            body = self.mails[uid][: int(_BODY.findall(rest)[0])]
            self.connection.sendall(
                b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (uid, len(body), body)
            )
        return None

    def misbehave(self, uid):
        """Do with one mail what is wrong."""
        if self.wrong == "no":
            return "NO it is broken"
        size = {"huge": 2**31}.get(self.wrong, 5000)
        if self.wrong == "floods":
            while True:
                self.say(*["* 1 FETCH (FLAGS ())"] * 1000)
        self.connection.sendall(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n" % (uid, size))
        while self.wrong == "drips":
            self.connection.sendall(b"x")
            time.sleep(0.05)
        self.connection.sendall(b"x" * 1000)
        return False

    def on_uid_store(self, rest):
        """Mark mails as read."""
        for uid in self._uids(rest):
            self.flags[uid].add("seen")

    def on_uid_move(self, rest):
        """Move mails to another folder; those that are there no more are passed over."""
        folder = rest.split(" ", 1)[1].strip('"')
        if folder not in self.folders:
            return "NO [TRYCREATE] no such folder"
        for uid in self._uids(rest):
            self.folders[folder][uid] = self.mails.pop(uid)
        return None

    def _uids(self, rest):
        return [uid for uid in map(int, rest.split()[0].split(",")) if uid in self.mails]
