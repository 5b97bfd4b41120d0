"""
world: what a scenario has: a cluster, topics of its own, processes, and the questions that every scenario asks.
"""

import json
import os
import random

from confluent_kafka import KafkaException

import oracle
from cluster import COMPACTED_SOON, Client, wait_for
from feed import Feed
from serve import Serve

PARTITIONS = 4
# Nothing may stand still for longer while faults happen. Twice the longest that Kafka itself needs: a session that ends, then a rebalance.
PROGRESS_S = 30.0
SETTLE_S = 60.0
# Conversations go on by seconds; the clock of their events is what closes them.
SETTINGS = {"tick": "200ms", "session": "2s", "poll_interval": "6s", "idle.chat": "5m", "idle.call": "5m", "idle.email": "5m",
            "idle.social": "5m", "clock.quiet": "1h", "watch": "false", "threads": "1", "limits.prefetch": "16M"}
BIG_BYTES = 8 << 20
MANIFEST = b"\0manifest"


class Fault(Exception):
    """What a scenario is there to find."""


class World:
    def __init__(self, program, address, folder, name, seed, long, cluster=None):
        self.program, self.address, self.folder, self.name, self.long = program, address, folder, name, long
        self.seed = f"{seed}-{name}"
        self.rng = random.Random(self.seed)
        self.client = Client(address)
        self.cluster = cluster
        self.topic = self.group = self.seen = None
        self.serves = []
        self.count = 0
        self.events = self.interactions = self.dead = self.faults_made = 0
        os.makedirs(folder, exist_ok=True)

    # ---- making

    def topics(self, compacted_soon=False):
        """A fresh input topic, and a group; its other topics are serve's to make, unless they are to be compacted at once."""
        self.count += 1
        self.topic = self.group = f"{self.name}-{self.count}"
        self.seen = self._state_seen = [0] * PARTITIONS
        self._manifests = [(0, 0)] * PARTITIONS
        self.client.create(self.topic, PARTITIONS, **{"max.message.bytes": BIG_BYTES})
        if compacted_soon:
            for suffix in ("-state", "-scores"):
                self.client.create(self.topic + suffix, PARTITIONS, **COMPACTED_SOON)

    def serve(self, name, settings=None, environment=None, sinks=()):
        serve = Serve(self.program, self.folder, f"{self.topic}-{name}", self.address, self.topic, self.group,
                      {**SETTINGS, **(settings or {})}, environment, sinks)
        self.serves.append(serve)
        return serve

    def feed(self, **options):
        return Feed(self.client, self.topic, PARTITIONS, f"{self.seed}-{self.count}", prefix=self.topic, **options)

    def clean_up(self):
        for serve in self.serves:
            if serve.running():
                serve.resume()
                serve.process.kill()
                serve.process.wait()

    def counts(self):
        return (f"{self.faults_made} faults made, {self.events} events, {self.interactions} interactions, {self.dead} dead letters")

    # ---- asking

    def committed(self):
        try:
            return self.client.committed(self.group, self.topic)
        except KafkaException:
            return None  # the broker is away

    def ends(self):
        """What was produced until now, a partition; waits for a broker that is away."""
        def known():
            try:
                return [high for _, high in self.client.ends(self.topic)]
            except KafkaException:
                return None

        return wait_for(known, "the broker does not come back")

    def has_reached(self, targets):
        committed = self.committed()
        return committed is not None and all(max(at, 0) >= target for at, target in zip(committed, targets))

    def reach(self, targets, seconds, what):
        """Until each partition is committed up to its target."""
        def reached():
            self.check()
            return self.has_reached(targets)

        try:
            wait_for(reached, "", seconds, pause=0.1)
        except TimeoutError:
            raise Fault(f"no progress for {seconds:.0f} s {what}: committed {self.committed()} of {targets}") from None

    def progress(self, what, everywhere=False):
        """What was produced until now is committed: of all partitions, or (cheaper) of one at least."""
        if everywhere:
            self.reach(self.ends(), PROGRESS_S, what)
            return
        before = wait_for(self.committed, "the broker does not come back")

        def advanced():
            self.check()
            now = self.committed()
            return now is not None and sum(now) > sum(before)

        try:
            wait_for(advanced, "", PROGRESS_S, pause=0.1)
        except TimeoutError:
            raise Fault(f"no progress for {PROGRESS_S:.0f} s {what}: committed {before}") from None

    def check(self):
        """No process ended by itself."""
        for serve in self.serves:
            if serve.expected:
                serve.check()

    def settle(self, committed_only=False):
        """All input is committed; then every process stops in good order, and states hold all of it."""
        ends = self.ends()
        self.reach(ends, SETTLE_S, "after the last event")
        for serve in self.serves:
            if serve.running():
                serve.wait_ready().stop()
        positions = self.positions(committed_only)
        if positions != ends:
            raise Fault(f"states are at {positions}, the topic ends at {ends}")

    def read(self, suffix="", committed_only=False, start=None):
        name = self.topic + suffix
        return self.client.read(name, committed_only, start) if self.client.partitions(name) else []

    def positions(self, committed_only=False):
        """What the last manifest of each partition says: the next offset to be read. One of an older owner does not count."""
        start, self._state_seen = self._state_seen, [high for _, high in self.client.ends(self.topic + "-state")]
        for record in self.read("-state", committed_only, start):
            if record.key == MANIFEST and record.value is not None:
                manifest = json.loads(record.value)
                mark = (manifest["epoch"], manifest["position"])
                self._manifests[record.partition] = max(self._manifests[record.partition], mark)
        return [position for _, position in self._manifests]

    def commits_are_backed(self):
        """The group is never told more than what states hold."""
        committed = wait_for(self.committed, "the broker does not come back")
        positions = self.positions()
        if any(max(at, 0) > position for at, position in zip(committed, positions)):
            raise Fault(f"the group is at {committed}, but states are at {positions}")

    def verdict(self, committed_only=False, prefix=b""):
        """
        Faults of all that was written, against all that was read. prefix: of interactions that begin so; their events must be all that
        came since the last call.
        """
        records = self.read(start=self.seen)
        self.seen = self.ends()
        scores = [record for record in self.read("-scores", committed_only) if record.key.startswith(prefix)]
        truth = oracle.Truth(self.program, records, self.folder)
        places = {(record.partition, record.offset) for record in records}
        dead = [record for record in self.read("-dead-letter", committed_only)
                if tuple(map(int, record.key.split(b"-"))) in places]
        self.events += len(records)
        self.interactions += len(truth.cards)
        self.dead += len(dead)
        faults = oracle.compare(truth, scores, records, dead)
        return faults + (oracle.doubled(scores) if committed_only else [])

    def demand(self, faults, what=""):
        if faults:
            raise Fault(f"{len(faults)} faults{what}:\n    {oracle.told(faults)}")
