"""packs: rules that change while it runs."""

import os
import signal

from world import conversation, demand, end, event


def rewrite(folder, *changes):
    """All at once: what watches takes what it sees."""
    path = os.path.join(folder, "pack.yaml")
    with open(path, encoding="utf-8") as text:
        rules = text.read()
    for old, new in changes:
        demand(old in rules, f"the pack has no {old!r}")
        rules = rules.replace(old, new)
    with open(path + ".new", "w", encoding="utf-8") as text:
        text.write(rules)
    os.replace(path + ".new", path)


def changes(world, watch):
    """Broken, the old one stays; mended and newer, conversations that begin then go by it, and those that are under way by the old one."""
    folder = world.own_pack()
    world.make()
    # long enough for a busy machine: whoever takes over a conversation has no old rules
    serve = world.serve("--pack", folder, settings={"watch": str(watch).lower(), "session": "20s", "poll_interval": "60s"}).ready()

    def changed():
        if not watch:
            serve.process.send_signal(signal.SIGHUP)

    world.say(event("before", 1))
    serve.counts(events=1, flushes=1)
    rewrite(folder, ("version: 1.0.0", "version: 1.0.0\nnonsense: ["))
    changed()
    serve.says("packs not reloaded: the old ones stay").says("pack.yaml:").counts(reload_failures=1)
    demand(serve.counters()["reloads"] == 0, "a broken pack was taken")
    rewrite(folder, ("version: 1.0.0\nnonsense: [", "version: 2.0.0"), ("weight: 40", "weight: 50"))
    changed()
    serve.says("packs reloaded").counts(reloads=1)
    world.say(event("before", 2, "agent", "Hello"), end("before", 3), *conversation("after"))
    cards = world.final(serve, "before", "after")
    old, new = cards["before"]["pack"], cards["after"]["pack"]
    demand((old["version"], new["version"]) == ("1.0.0", "2.0.0") and old["hash"] != new["hash"], f"{old} {new}")
    demand("pack_mixed" not in cards["before"]["flags"], "a conversation was judged by two packs")
    serve.stop()


def pack_changes_sighup(world):
    changes(world, False)


def pack_changes_watched(world):
    changes(world, True)


DAYS = [pack_changes_watched, pack_changes_sighup]
