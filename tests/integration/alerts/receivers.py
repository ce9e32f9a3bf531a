"""Those who are told: a mail server and an HTTP server that keep what they are sent."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Post:
    """One request: its path, its headers in small letters, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are the statuses of the next requests; after them every one is a 200. So many as `holding` get no answer. A challenge is
    answered with the `secret`.
    """

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    holding: int = 0
    secret: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.posts.append(Post(first.split()[1], headers, body))
        if self.holding:
            self.holding -= 1
            await reader.read()  # until the other side is gone
            writer.close()
            return
        status = self.answers.pop(0) if self.answers else 200
        challenge = json.loads(body).get("challenge", "")
        response = hmac.new(self.secret.encode(), challenge.encode(), hashlib.sha256).hexdigest()
        said = json.dumps({"response": response}).encode() if challenge else b""
        location = "location: http://169.254.169.254/\r\n" if status == 302 else ""
        writer.write(
            f"HTTP/1.1 {status} x\r\n{location}content-length: {len(said)}\r\nconnection: close\r\n\r\n".encode() + said
        )
        await writer.drain()
        writer.close()


@dataclass
class MailServer:
    """Takes every message, unless it `refuses`."""

    port: int = 0
    refuses: bool = False
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 hello")
        to: list[str] = []
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                say("250 hello")
            elif verb == "RCPT":
                to.append(line.partition("<")[2].partition(">")[0])
                say("550 no" if self.refuses else "250 ok")
            elif verb == "DATA":
                say("354 go on")
                data = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                message = message_from_bytes(data, policy=policy.default)
                assert isinstance(message, EmailMessage)
                self.mails.append((to, message))
                to = []
                say("250 kept")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """An HTTP server on a free port of this machine."""
    one = Receiver()
    async with await asyncio.start_server(one.serve, "127.0.0.1", 0) as server:
        one.port = server.sockets[0].getsockname()[1]
        yield one


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """An SMTP server on a free port of this machine."""
    one = MailServer()
    async with await asyncio.start_server(one.serve, "127.0.0.1", 0) as server:
        one.port = server.sockets[0].getsockname()[1]
        yield one
