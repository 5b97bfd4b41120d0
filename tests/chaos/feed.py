"""
feed: keeps events coming, in a thread of its own, at a steady rate, through whatever happens to the broker.
"""

import threading
import time

from cluster import Record, Sender, wait_for
from generator import Stream, sweepers

TICK_S = 0.01
SWEEP_AFTER_MS = 3 * 3600 * 1000


class Feed:
    """Conversations into a topic. Everything but the thread's own loop is for the thread that made it."""

    def __init__(self, client, topic, partitions, seed, rate=1500, prefix="x", ends=0.8):
        self.stream = Stream(seed, prefix, ends)
        self.topic, self.partitions, self.rate, self.prefix = topic, partitions, rate, prefix
        # what counts is what is in the topic, once or twice: it is read back
        self.sender = Sender(client.producer(idempotent=False), topic)
        self.sent = 0
        self._last = threading.Event()
        self._failed = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def _run(self):
        try:
            begin, due = time.monotonic(), 0.0
            while not self._last.is_set():
                due = (time.monotonic() - begin) * self.rate
                while self.sent < due:
                    self._send(*next(self.stream))
                self.sender.producer.poll(0)
                self._last.wait(TICK_S)
        except Exception as error:  # told to the thread that waits
            self._failed = error

    def _send(self, key, line):
        self.sender.send(Record(None, key, line))
        self.sent += 1

    def wait_more(self, count, seconds=60.0):
        """Until so many more events were sent."""
        target = self.sent + count

        def there():
            if self._failed:
                raise self._failed
            return self.sent >= target

        wait_for(there, f"the feed of {self.topic} stands still", seconds, pause=TICK_S)

    def finish(self):
        """End what was begun, close what does not end by itself, and wait until the broker has it all. Returns how many events."""
        self._last.set()
        self._thread.join()
        if self._failed:
            raise self._failed
        self.stream.close()
        for key, line in self.stream:
            self._send(key, line)
        for partition, key, line in sweepers(self.prefix, self.partitions, self.stream.newest_ms + SWEEP_AFTER_MS):
            self.sender.send(Record(partition, key, line))
            self.sent += 1
        self.sender.settle()
        return self.sent
