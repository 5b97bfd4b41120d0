"""
phrases: trees of README.md of the folder above, for spaCy; and folded text as its tokens.
"""
import itertools
import json

import spacy
from spacy.tokens import Doc

SENTENCE_END = "\n"
NLP = spacy.blank("en")


def document(text):
    """Tokens are what stands between spaces; a sentence end is a token, which no word of a phrase equals."""
    return Doc(NLP.vocab, words=text.split(" ") if text else [])


def is_word(variant):
    return len(variant) == 1 and "OP" not in variant[0] and isinstance(variant[0]["ORTH"], str)


def variants(term):
    """Token patterns of a term: choices of single words stay one token, longer ones are written out."""
    if isinstance(term, str):
        return [[{"ORTH": term}]]
    kind, *parts = term
    if kind == "seq":
        return [sum(chosen, []) for chosen in itertools.product(*map(variants, parts))]
    if kind == "or":
        every = [variant for part in parts for variant in variants(part)]
        single = [variant[0]["ORTH"] for variant in every if is_word(variant)]
        return [variant for variant in every if not is_word(variant)] + ([[{"ORTH": {"IN": single}}]] if single else [])
    if kind == "opt":
        inner = variants(parts[0])
        single = [[{**variant[0], "OP": "?"}] for variant in inner if len(variant) == 1 and "OP" not in variant[0]]
        return single if len(inner) == 1 and single else [[]] + inner
    if kind == "gap":
        least, most = parts
        return [[{"ORTH": {"NOT_IN": [SENTENCE_END]}}] * least + [{"ORTH": {"NOT_IN": [SENTENCE_END]}, "OP": "?"}] * (most - least)]
    raise SystemExit(f"not a term of a phrase that this peer knows: {term}")


def token_patterns(tree):
    return variants(json.loads(tree))


def words(tree):
    """Of a plain phrase; None where there is more to it."""
    kind, *parts = json.loads(tree)
    return parts if kind == "seq" and all(isinstance(part, str) for part in parts) else None


def by_cue(patterns):
    """Trees by the number of their cue."""
    out = {}
    for tree, cue in patterns:
        out.setdefault(cue, []).append(tree)
    return out
