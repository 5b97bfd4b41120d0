"""
spaCy's PhraseMatcher: plain phrases as runs of tokens. It knows neither gaps nor choices. A document is made of every turn, in
the measured time, as for Matcher.
"""
import sys

import peer
import phrases
import spacy
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc


def compile_patterns(patterns):
    matcher, cue_of = PhraseMatcher(phrases.NLP.vocab), {}
    for cue, trees in phrases.by_cue(patterns).items():
        runs = [phrases.words(tree) for tree in trees]
        if None in runs:
            raise SystemExit("a phrase with gaps or choices is none for PhraseMatcher")
        matcher.add(str(cue), [Doc(phrases.NLP.vocab, words=run) for run in runs])
        cue_of[phrases.NLP.vocab.strings[str(cue)]] = cue
    return lambda turn: {cue_of[match[0]] for match in matcher(phrases.document(turn))}


if __name__ == "__main__":
    peer.main(f"spaCy {spacy.__version__} PhraseMatcher", sys.argv[3], sys.argv[1], compile_patterns, str)
