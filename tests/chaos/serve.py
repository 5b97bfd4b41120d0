"""
serve: one process of `caremeter serve`, to be killed, stopped, paused and started again.
"""

import json
import os
import signal
import subprocess

from cluster import wait_for

READY_S = 60.0
STOP_S = 30.0
READY = b"caremeter: ready"


class Died(Exception):
    """The process ended by itself."""


class Serve:
    def __init__(self, program, folder, name, address, topic, group, settings=None, environment=None,
                 sinks=()):
        self.name, self.folder = name, folder
        self.errors = os.path.join(folder, f"{name}.stderr")
        self.counters_file = os.path.join(folder, f"{name}.counters.json")
        self.command = [program, "serve", "--source", f"kafka://{address}/{topic}", "--sink", f"kafka://{address}/{topic}-scores",
                        "--group", group, "--pack", "customer-care", "--counters", self.counters_file]
        for sink in sinks:
            self.command += ["--sink", sink]
        for key, value in (settings or {}).items():
            self.command += ["--set", f"{key}={value}"]
        self.environment = environment or {}
        self.process = None
        self.expected = False  # to be running
        self._log_start = 0

    def start(self, environment=None):
        """environment: for this start only."""
        with open(self.errors, "ab") as errors:
            self._log_start = errors.tell()
            # It must not outlive us, however we end. setpriv becomes the program: its pid is the program's.
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.command], stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors, env={**os.environ, **self.environment, **(environment or {})})
        self.expected = True
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def code(self):
        """Exit code, negative for a signal; None while it runs."""
        return self.process.poll()

    def said(self):
        """Since the last start."""
        with open(self.errors, "rb") as errors:
            errors.seek(self._log_start)
            return errors.read()

    def check(self):
        if not self.running():
            raise Died(f"{self.name} ended by itself ({self.code()}):\n{self.said()[-2000:].decode(errors='replace')}")

    def is_ready(self):
        self.check()
        return READY in self.said()

    def wait_ready(self, seconds=READY_S):
        wait_for(self.is_ready, f"{self.name} is not ready after {seconds:.0f} s: {self.errors}", seconds)
        return self

    def kill9(self):
        self.check()
        self.expected = False
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; it must write what it holds and exit 0."""
        self.check()
        self.expected = False
        self.process.terminate()
        try:
            code = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} did not stop within {STOP_S:.0f} s: {self.errors}") from None
        if code != 0:
            raise Died(f"{self.name} exited {code} at SIGTERM:\n{self.said()[-2000:].decode(errors='replace')}")

    def pause(self):
        self.check()
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def counters(self):
        try:
            with open(self.counters_file, encoding="utf-8") as text:
                return json.load(text)
        except FileNotFoundError:
            return {}
