"""A small HTTP client that can be rude: raw bytes, streams of events, and servers that are started and ended."""
import json
import re
import resource
import select
import signal
import socket
import subprocess
import time


class Server:
    """A board_server (or a fake one: cards are then "SECTION VALUE"), fed through its standard input."""

    def __init__(self, program, *options, listen="127.0.0.1:0", limit=None):
        def fewer_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        self.process = subprocess.Popen([program, "--listen", listen, "--from-stdin", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, preexec_fn=fewer_files if limit else None)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read())
        self.port = int(re.search(r":(\d+)/", line).group(1))
        self.host = f"127.0.0.1:{self.port}"

    def feed(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def connect(self, receive_bytes=None):
        sock = socket.socket()
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.settimeout(15)
        sock.connect(("127.0.0.1", self.port))
        return sock

    def raw(self, data, timeout=5):
        """All that is answered until the server closes, or says nothing for a time."""
        with self.connect() as sock:
            try:
                sock.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_all(sock, timeout)

    def get(self, path, method="GET", **headers):
        """status, headers, body"""
        lines = [f"{method} {path} HTTP/1.1"]
        headers = {"Host": self.host, "Connection": "close", **{k.replace("_", "-"): v for k, v in headers.items()}}
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return parse(self.raw("\r\n".join(lines + ["", ""]).encode()))

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def end(self):
        """How it ended, how long that took, and what it said."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, time.monotonic() - start, errors


def read_all(sock, timeout):
    data = b""
    sock.settimeout(timeout)
    try:
        while True:
            more = sock.recv(65536)
            if not more:
                return data
            data += more
            if complete(data):
                sock.settimeout(0.05)
    except (TimeoutError, socket.timeout, ConnectionResetError):
        return data


def complete(data):
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.I)
    return bool(length) and len(body) >= int(length.group(1))


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    status = int(lines[0].split(" ")[1]) if lines[0].startswith("HTTP/1.") else 0
    return status, headers, body


class Stream:
    """A client of /api/stream, over a socket of its own; events are dicts of id, event, data and when they came."""

    def __init__(self, server, query="", last_id=None, receive_bytes=None, **headers):
        self.sock = server.connect(receive_bytes)
        lines = [f"GET /api/stream{query} HTTP/1.1", f"Host: {server.host}", "Accept: text/event-stream"]
        lines += [f"Last-Event-ID: {last_id}"] if last_id else []
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        self.sock.sendall("\r\n".join(lines + ["", ""]).encode())
        self.raw, self.text, self.head, self.ended = b"", "", None, False

    def fill(self, timeout):
        """More of it; False: nothing came, or it has ended."""
        ready, _, _ = select.select([self.sock], [], [], timeout)
        data = self.sock.recv(65536) if ready else b""
        self.ended = self.ended or (bool(ready) and not data)
        self.raw += data
        if self.head is None and b"\r\n\r\n" in self.raw:
            self.head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        if self.head is not None:
            self.unchunk()
        return bool(data)

    def unchunk(self):
        while b"\r\n" in self.raw:
            size, rest = self.raw.split(b"\r\n", 1)
            size = int(size, 16)
            if len(rest) < size + 2:
                return
            assert rest[size:size + 2] == b"\r\n", rest[size:size + 2]
            self.text += rest[:size].decode()
            self.raw = rest[size + 2:]
            self.ended = self.ended or size == 0

    def status(self, timeout=5):
        until = time.monotonic() + timeout
        while self.head is None and not self.ended and time.monotonic() < until:
            self.fill(until - time.monotonic())
        return parse(self.head + b"\r\n\r\n")[0] if self.head else 0

    def next(self, timeout=5, ticks=False):
        """The next event, or None; ticks only where they are asked for."""
        until = time.monotonic() + timeout
        while True:
            while "\n\n" in self.text:
                block, self.text = self.text.split("\n\n", 1)
                event = dict(line.split(": ", 1) for line in block.split("\n"))
                event["at"] = time.monotonic()
                event["data"] = json.loads(event["data"])
                if ticks or event["event"] != "tick":
                    return event
            left = until - time.monotonic()
            if self.ended or left <= 0:
                return None
            self.fill(left)

    def close(self):
        self.sock.close()


def wait_until(fact, timeout=10, what="it"):
    until = time.monotonic() + timeout
    while not fact():
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not happen in {timeout} s")
        select.select([], [], [], 0.02)
    return True


