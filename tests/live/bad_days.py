#!/usr/bin/python3
"""What `caremeter serve` does on bad days (docs/serve.md), on a real broker.

  bad_days.py PROGRAM [--only NAME,...] [--jobs N] [--keep]

Each bad day is told as one line, passed or failed; the last line counts them. The program must be a build with tests. Exits 0 where all
passed, 77 where no broker can be had.
"""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True  # the source tree stays clean
HERE = os.path.dirname(os.path.abspath(__file__))
KAFKA = os.path.join(HERE, "..", "kafka")
sys.path[:0] = [HERE, KAFKA]

SKIPPED = 77


def days():
    """Side by side, and those that take the broker away: one after the other, when the others are through."""
    import board
    import brokerless
    import disks
    import endings
    import inputs
    import messages
    import packs
    import starts
    import topics

    together = [day for module in (disks, topics, endings, packs, messages, starts, inputs, board) for day in module.DAYS]
    return together, brokerless.DAYS + board.ALONE


def one(day, program, cluster, folder):
    from world import World

    name = day.__name__
    world = World(program, cluster, os.path.join(folder, name), name)
    began = time.monotonic()
    try:
        day(world)
        result = None
    except Exception as error:  # of whatever kind: it did not pass
        result = f"{type(error).__name__}: {error}"
        if os.environ.get("CAREMETER_TEST_TRACE"):
            traceback.print_exc()
    finally:
        world.clean_up()
    print(f"{name}: {'passed' if result is None else 'failed: ' + result} ({time.monotonic() - began:.1f} s)", flush=True)
    return result is None


def no_secrets(folder):
    """Whatever was printed on any day: the password was not."""
    from secure import PASSWORD
    from starts import WRONG_PASSWORD

    for path, _, files in os.walk(folder):
        for name in files:
            if not name.endswith((".stderr", ".stdout")):
                continue
            with open(os.path.join(path, name), "rb") as text:
                found = text.read()
            if PASSWORD.encode() in found or WRONG_PASSWORD.encode() in found:
                print(f"no_secrets: failed: {os.path.basename(path)}/{name} holds a password", flush=True)
                return False
    print("no_secrets: passed", flush=True)
    return True


def all_of_them(arguments):
    from brokers import Cluster

    together, alone = days()
    if arguments.only:
        wanted = set(arguments.only.split(","))
        unknown = wanted - {day.__name__ for day in together + alone}
        if unknown:
            print(f"bad_days: no such day: {', '.join(sorted(unknown))}", file=sys.stderr)
            return 2
        together, alone = ([day for day in each if day.__name__ in wanted] for each in (together, alone))
    folder = tempfile.mkdtemp(prefix="caremeter-bad-days-")
    program = os.path.realpath(arguments.program)
    with Cluster.start(f"bad-days-{os.getpid()}", secure=True) as cluster:
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(lambda day: one(day, program, cluster, folder), together))
        for day in alone:
            results.append(one(day, program, cluster, folder))
            cluster.restart()
    results.append(no_secrets(folder))
    print(f"bad_days: {results.count(True)} passed, {results.count(False)} failed")
    if arguments.keep or not all(results):
        print(f"bad_days: what was said is in {folder}")
    else:
        shutil.rmtree(folder)
    return 0 if all(results) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("program")
    parser.add_argument("--only")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    if subprocess.run([os.path.join(KAFKA, "setup"), "--quiet"], stdin=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: no broker can be had for tests of bad days")
        return SKIPPED
    return all_of_them(arguments)


if __name__ == "__main__":
    sys.exit(main())
