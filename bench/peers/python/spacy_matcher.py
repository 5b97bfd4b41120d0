"""
spaCy's Matcher: phrases as patterns over tokens. A document is made of every turn, in the measured time:
it is what the matcher needs, as our own engine needs its words split.
"""
import sys

import peer
import phrases
import spacy
from spacy.matcher import Matcher


def compile_patterns(patterns):
    matcher, cue_of = Matcher(phrases.NLP.vocab, validate=False), {}
    for cue, trees in phrases.by_cue(patterns).items():
        matcher.add(str(cue), [variant for tree in trees for variant in phrases.token_patterns(tree)])
        cue_of[phrases.NLP.vocab.strings[str(cue)]] = cue
    return lambda turn: {cue_of[match[0]] for match in matcher(phrases.document(turn))}


if __name__ == "__main__":
    peer.main(f"spaCy {spacy.__version__} Matcher", sys.argv[3], sys.argv[1], compile_patterns, str)
