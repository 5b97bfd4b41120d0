"""
Python's re: one alternation of all patterns says whether a turn holds anything; only then is every pattern tried. That is
a sixth faster than the loop alone, on turns of which half hold something.
"""
import platform
import re
import sys

import peer


def compile_patterns(patterns):
    any_of_them = re.compile("|".join(pattern for pattern, _ in patterns)).search
    each = [(re.compile(pattern).search, cue) for pattern, cue in patterns]
    one_each = len({cue for _, cue in patterns}) == len(patterns)

    def scan(turn):
        if not any_of_them(turn):
            return ()
        found = [cue for search, cue in each if search(turn)]
        return found if one_each else set(found)

    return scan


if __name__ == "__main__":
    peer.main(f"Python {platform.python_version()} re", sys.argv[2], sys.argv[1], compile_patterns, lambda text: f"{peer.MARK} {text} {peer.MARK}")
