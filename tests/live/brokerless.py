"""brokerless: the broker goes away while it runs. One after the other: there is one broker for all."""

import signal
import time

from world import conversation, demand, event

# An open conversation closes by the wall clock, so that there is something to write while nothing can be read.
CLOSES = {"idle.chat": "300ms", "clock.quiet": "1s", "clock.lateness": "100ms"}
PATIENT = {**CLOSES, "session": "5s"}


def without_broker(world, settings):
    """A run that will have something to write, and nobody to take it."""
    world.make(2)
    serve = world.serve(settings=settings).ready()
    world.say(event("a", 1), event("a", 2, "agent", "Hello, I am so sorry."))
    serve.counts(events=2, flushes=1)
    world.cluster.kill9()
    return serve


def writing(world, settings):
    """In a flush that nobody answers: the counters stand still."""
    serve = without_broker(world, settings)
    serve.until(lambda: time.time() * 1000 - serve.counters()["at"] > 1000, "it waits in a flush")
    return serve


def ends_and_is_continued(world, settings):
    """It ends in time, and the next run does what is left."""
    writing(world, settings).stop().says("ended without the last flush, the next run does it again")
    again = world.serve(settings=settings).says("waiting for one")
    world.cluster.restart()
    again.ready()
    world.final(again, "a")
    again.stop()


def broker_away(world):
    """Told once, and tried again; nothing is lost, whether the session outlives it or not."""
    # whether the flush or the session gives up first is the machine's to say; that a flush which fails is told, disks.py looks at
    serve = without_broker(world, CLOSES).says("2 partitions lost")
    world.cluster.restart()
    world.say(*conversation("b"), *conversation("c"), partition=1)
    cards = world.final(serve, "a", "b", "c")
    demand(cards["a"]["turns"]["customer"] == 1 and cards["a"]["turns"]["agent"] == 1, f"a: {cards['a']['turns']}")
    demand(cards["b"]["turns"]["customer"] == 2, f"b: {cards['b']['turns']}")
    serve.stop().says("drained")


def broker_away_sigterm(world):
    ends_and_is_continued(world, PATIENT)


def broker_away_sigterm_transactions(world):
    ends_and_is_continued(world, {**PATIENT, "delivery": "transactional"})


def broker_away_sigterm_lost(world):
    """Without partitions, and without a broker."""
    serve = without_broker(world, CLOSES).says("2 partitions lost")
    serve.stop().says("ended without partitions").never_says("drained")
    world.cluster.restart()
    again = world.serve(settings=CLOSES).ready()
    world.final(again, "a")
    again.stop()


def handled(serve):
    """No signal waits to be taken: of two that wait, one would be lost."""
    with open(f"/proc/{serve.process.pid}/status", encoding="utf-8") as status:
        return not any(int(line.split()[1], 16) for line in status if line.startswith(("SigPnd", "ShdPnd")))


def third_signal(world):
    """Who asks three times does not want to wait."""
    serve = writing(world, PATIENT)
    for _ in range(2):
        serve.process.send_signal(signal.SIGTERM)
        serve.until(lambda: handled(serve), "the signal is taken")
    demand(serve.running(), "the second signal ended it")
    serve.process.send_signal(signal.SIGTERM)
    serve.exits(-signal.SIGTERM, seconds=1)


DAYS = [broker_away, broker_away_sigterm, broker_away_sigterm_transactions, broker_away_sigterm_lost, third_signal]
