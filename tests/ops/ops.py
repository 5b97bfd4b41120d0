#!/usr/bin/python3
"""`caremeter replay`, `rekey` and `erase` on a real broker.

  ops.py PROGRAM [--only NAME,...] [--keep]

Each case is told as one line, passed or failed; the last line counts them. Exits 0 where all passed, 77 where no broker can be had.
"""

import argparse
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
sys.path[:0] = [HERE, KAFKA, os.path.join(HERE, "..", "chaos")]

SKIPPED = 77


def cases():
    import erasing
    import rekeying
    import replaying

    return replaying.CASES + rekeying.CASES + erasing.CASES


def one(case, program, cluster, folder):
    from bench import Bench

    bench = Bench(program, cluster, os.path.join(folder, case.__name__), case.__name__)
    began = time.monotonic()
    try:
        case(bench)
        result = None
    except Exception as error:  # of whatever kind: it did not pass
        result = f"{type(error).__name__}: {error}"
        if os.environ.get("CAREMETER_TEST_TRACE"):
            traceback.print_exc()
    finally:
        bench.clean_up()
    print(f"{case.__name__}: {'passed' if result is None else 'failed: ' + result} ({time.monotonic() - began:.1f} s)", flush=True)
    return result is None


def all_of_them(arguments):
    from brokers import Cluster

    wanted = set(arguments.only.split(",")) if arguments.only else None
    chosen = [case for case in cases() if wanted is None or case.__name__ in wanted]
    if wanted and wanted != {case.__name__ for case in chosen}:
        print("ops: no such case", file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="caremeter-ops-")
    program = os.path.realpath(arguments.program)
    with Cluster.start(f"ops-{os.getpid()}") as cluster:
        results = [one(case, program, cluster, folder) for case in chosen]
    print(f"ops: {results.count(True)} passed, {results.count(False)} failed")
    if arguments.keep or not all(results):
        print(f"ops: what was said is in {folder}")
    else:
        shutil.rmtree(folder)
    return 0 if all(results) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("program")
    parser.add_argument("--only")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    if subprocess.run([os.path.join(KAFKA, "setup"), "--quiet"], stdin=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: no broker can be had for tests of replay, rekey and erase")
        return SKIPPED
    return all_of_them(arguments)


if __name__ == "__main__":
    sys.exit(main())
