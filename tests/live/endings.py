"""endings: SIGTERM, whatever is going on."""

import signal

from cluster import Record
from world import conversation, demand


def sigterm_waiting(world):
    """For a broker that is not there."""
    serve = world.serve(address="127.0.0.1:9").says("waiting for one")
    serve.stop().says("ended before anything was read")
    serve.says_once("waiting for one")


def sigterm_restoring(world):
    world.make()
    world.make(1, "-state", **{"cleanup.policy": "compact"})
    world.put(*[Record(0, b"gone-%d" % i, None, (("o", b"1"), ("e", b"1"))) for i in range(300000)], suffix="-state")
    serve = world.serve(settings={"tick": "10ms"})
    serve.until(lambda: serve.counters().get("partitions") == 1, "a partition is taken over")
    serve.stop()
    demand(serve.counters()["running"] == 0, "it was through before it was told to end")
    serve.never_says("caremeter: ready")


def sigterm_twice(world):
    """As once: whoever sends it to a group of processes sends it twice."""
    world.make()
    serve = world.serve().ready()
    world.say(*conversation("a"))
    serve.counts(events=4)
    serve.stop(times=2).says("drained")
    demand(world.cards()["a"]["status"] == "final", "what was read is not written")


def interrupt(world):
    """Ctrl-C is a SIGTERM."""
    world.make()
    serve = world.serve().ready()
    serve.process.send_signal(signal.SIGINT)
    serve.exits(0, seconds=5).says("drained")


DAYS = [sigterm_restoring, sigterm_waiting, sigterm_twice, interrupt]
