"""
scenarios: what may happen to processes and brokers. Each is a function of a World that raises where something is lost, doubled or stands still.

(short, long) are how often it happens in every run and in a long one.
"""

import itertools
import random
import subprocess

import oracle
from cluster import Record, wait_for
from generator import BEGIN_MS, Stream, sweepers
from world import PARTITIONS, Fault

DIE_S = 20.0
PAUSE = 0.02
DAY_MS = 24 * 3600 * 1000


class Pump:
    """Events when they are asked for, not by the clock; a prefix of its own for the interactions, so that they can be told apart."""

    def __init__(self, world, name, begin_ms=BEGIN_MS):
        self.world = world
        self.prefix = f"{world.topic}-{name}"
        self.stream = Stream(f"{world.seed}-{self.prefix}", self.prefix, begin_ms=begin_ms)

    def send(self, count):
        self._produce(itertools.islice(self.stream, count))

    def finish(self):
        """The rest, and what closes all. Returns when the next one may begin."""
        self.stream.close()
        self._produce(self.stream)
        at = self.stream.newest_ms + DAY_MS // 8
        self.world.client.produce(self.world.topic, [Record(*each) for each in sweepers(self.prefix, PARTITIONS, at)])
        return at + DAY_MS // 8

    def _produce(self, events):
        self.world.client.produce(self.world.topic, [Record(None, key, line) for key, line in events])


def crash_loop(world, serves, feed, kills, each=(150, 2500)):
    """Kill one of them at any moment and start it again, so often."""
    for number in range(1, kills + 1):
        feed.wait_more(world.rng.randint(*each))
        victim = world.rng.choice(serves)
        victim.kill9()
        victim.start()
        world.faults_made += 1
        if number % 10 == 0:
            world.progress(f"after {number} kills")
            world.commits_are_backed()


def kill9(world, kills=(60, 1000)):
    """Two processes, one of them killed again and again; by turns known to the group by name (back at once) and not (after the session)."""
    world.topics()
    kills = kills[world.long]
    feed = world.feed().start()
    named = {name: world.serve(name, {"kafka.group.instance.id": f"{world.group}-{name}"}).start() for name in "ab"}
    crash_loop(world, list(named.values()), feed, kills * 3 // 4)
    for serve in named.values():
        serve.wait_ready().stop()
    nameless = [world.serve(name).start() for name in "cd"]
    crash_loop(world, nameless, feed, kills - kills * 3 // 4)
    feed.finish()
    world.settle()
    world.demand(world.verdict())


def transactional(world, kills=(15, 300)):
    """As kill9, with transactions: who reads what is committed sees no final scorecard twice."""
    world.topics()
    feed = world.feed(rate=1000).start()
    serves = [world.serve(name, {"delivery": "transactional"}).start() for name in "ab"]
    crash_loop(world, serves, feed, kills[world.long])
    feed.finish()
    world.settle(committed_only=True)
    world.demand(world.verdict(committed_only=True))


# ---- at named places

def names(world):
    found = subprocess.run([world.program, "serve", "--failpoints"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if found.returncode != 0 or not found.stdout.split():
        raise Fault("serve --failpoints lists none: a build with -DCAREMETER_TESTS=ON is needed")
    return found.stdout.split()


def died(serve, until, seconds=DIE_S):
    """Did it die at its failpoint before something else came true?"""
    def decided():
        return not serve.running() or until()

    wait_for(decided, f"{serve.name} neither dies nor gets on: {serve.errors}", seconds, pause=PAUSE)
    if serve.running():
        return False
    if serve.code() != -9:
        serve.check()
    serve.expected = False
    return True


def committed_all(world):
    """Is what was produced until this call committed?"""
    targets = world.ends()
    return lambda: world.has_reached(targets)


def drive(world, pump, victim, helper):
    """Everything that leads past a failpoint: events, a partition given away, one taken back, the end. True: it died there."""
    pump.send(400)
    if died(victim, committed_all(world)):
        return True
    helper.start()
    pump.send(400)
    everything = committed_all(world)
    if died(victim, lambda: helper.is_ready() and everything()):
        return True
    victim.expected = False
    victim.process.terminate()
    wait_for(lambda: not victim.running(), f"{victim.name} does not end at SIGTERM: {victim.errors}", DIE_S, pause=PAUSE)
    if victim.code() not in (0, -9):
        victim.check()
    return victim.code() == -9


def failpoints(world, times=(3, 50)):
    """Die at each named place, some times at the first passage and some later; nothing is lost there."""
    world.topics()
    begin_ms = BEGIN_MS
    # known to the group by name: who comes after a death need not wait for the session to end
    named = {"kafka.group.instance.id": world.group}
    for name in names(world):
        pump = Pump(world, name, begin_ms)
        victim = world.serve(f"{name}-victim", named, sinks=[f"{world.folder}/{name}.ndjson"])
        helper, last = world.serve(f"{name}-helper"), world.serve(f"{name}-last", named)
        for number in range(times[world.long]):
            passage = 1 if number % 2 == 0 else world.rng.randint(2, 4)
            while True:
                victim.start({"CAREMETER_FAILPOINT": f"{name}:{passage}"})
                reached = drive(world, pump, victim, helper)
                if helper.running():
                    helper.wait_ready().stop()
                if reached:
                    world.faults_made += 1
                    world.commits_are_backed()
                    break
                if passage == 1:
                    raise Fault(f"failpoint {name} is never reached")
                passage = 1  # it does not come by so often in one life
        last.start()
        begin_ms = pump.finish()
        world.settle()
        world.demand(world.verdict(prefix=pump.prefix.encode()), f" after death at {name}")


def control(world, sabotage, batches=6, deaths=6):
    """
    A safeguard is left out, and processes die at the places where that matters: if no fault is found, others would not be found either.
    """
    world.topics()
    places = [name for name in names(world) if name.startswith(("flush", "cards", "state", "manifest"))]
    victim = world.serve("victim", {"kafka.group.instance.id": world.group}, environment={"CAREMETER_SABOTAGE": sabotage})
    begin_ms = BEGIN_MS
    for batch in range(batches):
        pump = Pump(world, f"batch{batch}", begin_ms)
        try:
            for _ in range(deaths):
                victim.start({"CAREMETER_FAILPOINT": f"{world.rng.choice(places)}:{world.rng.randint(1, 4)}"})
                die_somewhere(world, pump, victim)
                world.commits_are_backed()
            victim.start()
            begin_ms = pump.finish()
            world.settle()
            world.demand(world.verdict(prefix=pump.prefix.encode()))
        except Fault as fault:
            found = " ".join(line.strip() for line in str(fault).split("\n")[:2])
            print(f"  {sabotage} was found out: {found[:200]}")
            return
    raise Missed(f"{sabotage}: a safeguard was left out, and nothing was found in {world.faults_made} deaths")


def die_somewhere(world, pump, victim):
    """Events until it dies, whatever it says to have committed."""
    pump.send(300)
    for _ in range(50):
        if died(victim, committed_all(world)):
            world.faults_made += 1
            return
        pump.send(50)
    raise Missed("the process does not come by the places where it flushes")


class Missed(Exception):
    """What a control was to find was not found."""


def no_skip(world):
    """Control: events that a restored state holds already are applied again."""
    control(world, "no-skip")


def no_manifest(world):
    """Control: a partition goes on where the group's commit says."""
    control(world, "no-manifest")


def commit_first(world):
    """Control: offsets are committed before what they stand for is safe."""
    control(world, "commit-first")


# ---- who owns what

def rebalances(world, changes=(30, 1000)):
    """Processes join, leave, come straight back, or fall silent for longer than their session."""
    world.topics()
    feed = world.feed(rate=1000).start()
    serves = [world.serve(name) for name in "abc"]
    serves[0].start().wait_ready()
    for _ in range(changes[world.long]):
        up = [serve for serve in serves if serve.running()]
        down = [serve for serve in serves if not serve.running()]
        kinds = ["join"] * bool(down) * 2 + ["leave", "bounce", "lost"] * (len(up) > 1) + ["bounce"]
        kind, one = world.rng.choice(kinds), world.rng.choice(up)
        if kind == "join":
            one = world.rng.choice(down).start()
        elif kind == "lost":
            one.pause()
            world.progress(f"while {one.name} is silent", everywhere=True)
            one.resume()
        else:
            one.wait_ready().stop()
            if kind == "bounce":
                one.start()
        world.faults_made += 1
        world.progress(f"after {kind} of {one.name}", everywhere=True)
    feed.finish()
    world.settle()
    world.demand(world.verdict())


def zombies(world, times=(5, 200)):
    """A process stands still until others have its partitions and the state was compacted, and then goes on as if nothing had been."""
    world.topics(compacted_soon=True)
    feed = world.feed(rate=1000).start()
    serves = [world.serve(name).start() for name in "ab"]
    for serve in serves:
        serve.wait_ready()
    for number in range(times[world.long]):
        feed.wait_more(world.rng.randint(500, 2000))
        world.progress("before a zombie", everywhere=True)
        zombie = serves[number % 2]
        zombie.pause()
        world.progress(f"while {zombie.name} stands still", everywhere=True)
        for suffix in ("-state", "-scores"):
            world.client.compacted(world.topic + suffix)
        zombie.resume()
        world.faults_made += 1
        world.progress(f"after {zombie.name} goes on", everywhere=True)
    feed.finish()
    world.settle()
    world.demand(world.verdict())


def broker(world, kills=(5, 100)):
    """The broker is killed and comes back (of three, one at a time)."""
    world.topics()
    feed = world.feed(rate=1000).start()
    serves = [world.serve(name).start() for name in "ab"]
    for serve in serves:
        serve.wait_ready()
    for _ in range(kills[world.long]):
        feed.wait_more(world.rng.randint(500, 2000))
        node = world.rng.randint(1, world.cluster.about["nodes"])
        world.cluster.kill9(node)
        if world.cluster.about["nodes"] > 1:
            world.progress(f"without node {node}", everywhere=True)
        world.cluster.restart(node)
        world.faults_made += 1
        world.progress("after the broker came back", everywhere=True)
    feed.finish()
    world.settle()
    world.demand(world.verdict())


def drain(world, times=(5, 100)):
    """SIGTERM among events: what was read is safe and committed, and nothing is read again."""
    world.topics()
    feed = world.feed(rate=3000).start()
    serve = world.serve("a")
    for _ in range(times[world.long]):
        before = world.committed()
        serve.start().wait_ready()
        feed.wait_more(world.rng.randint(200, 3000))
        world.progress("before SIGTERM")
        serve.stop()
        world.faults_made += 1
        committed = world.committed()
        positions = world.positions()
        if positions != committed:
            raise Fault(f"after SIGTERM states are at {positions}, the group at {committed}")
        counters = serve.counters()
        read = sum(after - max(earlier, 0) for earlier, after in zip(before, committed))
        if counters["messages"] != read or counters["skipped"]:
            raise Fault(f"{counters['messages']} messages read, {counters['skipped']} of them skipped, to get on by {read}")
    serve.start()
    feed.finish()
    world.settle()
    world.demand(world.verdict())


def fresh_seed():
    return random.SystemRandom().randrange(1 << 32)
