"""
answers: a program that serves the wallboard, and what it answers. Standard library only.
"""

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

START_S = 30.0
END_S = 10.0
ANSWER_S = 10.0
ROOT = pathlib.Path(__file__).resolve().parents[2]
ADDRESS = re.compile(rb"http://(\[[0-9a-f:]+\]|[0-9.]+):([0-9]+)/")


class Fault(Exception):
    """What a test is there to find."""


def demand(fact, otherwise):
    if not fact:
        raise Fault(otherwise)


class Program:
    """One process that says `http://ADDRESS/` when it listens. With it: started, and ended by SIGTERM, exit code 0."""

    def __init__(self, *command, stdin=subprocess.DEVNULL):
        self.command, self.stdin = [str(part) for part in command], stdin
        self.said_file = tempfile.TemporaryFile()
        self.process = None

    def __enter__(self):
        # It must not outlive us, however we end.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.command], stdin=self.stdin, stdout=self.said_file,
                                        stderr=self.said_file, env={**os.environ, "NO_COLOR": "1"})
        self.host, self.port = self.until(lambda: self.address(), "it says where it listens", START_S)
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = f"not within {END_S:.0f} s of SIGTERM"
        if kind is None:
            demand(code == 0, f"{self.command[0]} ended: {code}; it said:\n{self.said()}")

    def said(self):
        return os.pread(self.said_file.fileno(), 1 << 20, 0).decode(errors="replace")

    def address(self):
        found = ADDRESS.search(os.pread(self.said_file.fileno(), 1 << 20, 0))
        return found and (found[1].decode().strip("[]"), int(found[2]))

    def until(self, fact, what, seconds=ANSWER_S):
        """Wait for a fact; a process that has ended brings none."""
        end = time.monotonic() + seconds
        while not (found := fact()):
            demand(self.process.poll() is None, f"{self.command[0]} ended ({self.process.returncode}) before {what}; it said:\n{self.said()}")
            demand(time.monotonic() < end, f"not within {seconds:.0f} s: {what}; it said:\n{self.said()[-2000:]}")
            time.sleep(0.02)
        return found

    def get(self, path, headers=None, method="GET"):
        """(status, headers, body)."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_S)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def json(self, path, status=200):
        got, headers, body = self.get(path)
        demand(got == status, f"{path}: {got} instead of {status}: {body[:300]!r}")
        demand(headers.get("Content-Type", "").startswith("application/json"), f"{path}: Content-Type is {headers.get('Content-Type')}")
        return json.loads(body)

    def stream(self, path="/api/stream", headers=None):
        return Stream(self.host, self.port, path, headers or {})


def serving(program, folder, *settings):
    """The command that scores the conversations we ship, from a file, for a wallboard on a free port."""
    events = os.path.join(folder, "events.ndjson")
    with open(events, "wb") as out:
        for part in sorted((ROOT / "demo/conversations").glob("*.ndjson")):
            out.write(part.read_bytes())
    command = [program, "serve", "--source", events, "--sink", "null:", "--listen", "127.0.0.1:0", "--set", "watch=false", "--set", "tick=50ms"]
    return command + [word for setting in settings for word in ("--set", setting)]


class Stream:
    """Server-sent events as (event, id, data), one after the other; id is None where an event has none."""

    def __init__(self, host, port, path, headers):
        self.connection = http.client.HTTPConnection(host, port, timeout=ANSWER_S)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        demand(self.answer.status == 200, f"{path}: {self.answer.status}")
        demand(self.answer.headers["Content-Type"].startswith("text/event-stream"), f"{path}: {self.answer.headers['Content-Type']}")
        self.retry = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        event = {"event": "message", "id": None, "data": []}
        while line := self.answer.readline():
            text = line.decode("utf-8").rstrip("\n")
            if not text:
                if event["data"]:
                    return event["event"], event["id"], json.loads("\n".join(event["data"]))
                continue
            name, _, value = text.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                event["data"].append(value)
            elif name == "retry":
                self.retry = int(value)
            elif name in ("event", "id"):
                event[name] = value
            else:
                demand(name == "", f"a stream says {text!r}")
        raise Fault("the stream ended")
