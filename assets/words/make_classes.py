# Writes classes.tsv: the word class of the words of english.tsv, by WordNet 3.0 and a list of function words, beside itself.
# Needs: Python; apt-get download (Debian's package wordnet-base 1:3.0) and dpkg-deb, or its folder usr/share/wordnet as an argument.
# Usage: python assets/words/make_classes.py [folder of WordNet's files]
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

here = Path(__file__).parent
# Closed classes: articles and determiners, pronouns, prepositions, conjunctions, auxiliaries, particles, question words.
FUNCTION = """
a an the this that these those my your his her its our their each every either neither some any no all both half such what which whose
i you he she it we they me him us them mine yours hers ours theirs myself yourself himself herself itself ourselves yourselves themselves
who whom whoever whatever whichever someone somebody something anyone anybody anything everyone everybody everything nobody nothing none one oneself
about above across after against along amid among amongst around as at before behind below beneath beside besides between beyond by despite down during
except for from in inside into like near of off on onto opposite out outside over past per since than through throughout till to toward towards under
underneath until unto up upon via versus with within without
and or but nor so yet if because although though while whereas unless whether lest once
be am is are was were been being do does did doing done have has had having will would shall should can could may might must ought need dare
not n't 's 'll 're 've 'd 'm when where why how there here then too also
""".split()

with tempfile.TemporaryDirectory() as work:
    if len(sys.argv) > 1:
        wordnet = Path(sys.argv[1])
    else:
        subprocess.run(["apt-get", "download", "-qq", "wordnet-base"], check=True, cwd=work)
        (package,) = Path(work).glob("wordnet-base_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, work], check=True)
        wordnet = Path(work) / "usr/share/wordnet"
    # How often each lemma is used as which part of speech in the texts that WordNet's authors tagged, and its number of senses.
    uses, senses, irregular = defaultdict(int), {}, defaultdict(list)
    for line in (wordnet / "cntlist.rev").read_text(encoding="latin-1").splitlines():
        key, _, count = line.split()
        lemma, rest = key.split("%")
        uses[lemma, {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}[rest[0]]] += int(count)
    for pos in ("noun", "verb", "adj", "adv"):
        for line in (wordnet / f"index.{pos}").read_text(encoding="latin-1").splitlines():
            if not line.startswith("  "):
                lemma, _, count, *_ = line.split()
                senses[lemma, pos] = int(count)
        for line in (wordnet / f"{pos}.exc").read_text(encoding="latin-1").splitlines():
            form, *lemmas = line.split()
            irregular[form, pos] += lemmas

# The endings that WordNet's own look-up takes off.
ENDINGS = {
    "noun": [("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")],
    "verb": [("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")],
    "adj": [("er", ""), ("est", ""), ("er", "e"), ("est", "e")],
    "adv": [],
}


def lemmas(word, pos):
    found = [lemma for lemma in irregular.get((word, pos), []) if (lemma, pos) in senses]
    if not found:
        bases = [word[: -len(end)] + new for end, new in ENDINGS[pos] if word.endswith(end) and len(word) > len(end) + 1]
        found = [base for base in bases if (base, pos) in senses]
    return found + ([word] if (word, pos) in senses else [])


def word_class(word):
    parts = re.split("(?=')", word)
    if word in FUNCTION or (len(parts) > 1 and parts[0] in FUNCTION) or word.endswith("n't"):
        return "function"
    word = parts[0]
    best = None
    for order, pos in enumerate(("noun", "verb", "adj", "adv")):
        for lemma in lemmas(word, pos):
            rank = (uses[lemma, pos], senses[lemma, pos], -order)
            if best is None or rank > best[0]:
                best = (rank, pos)
    return best and best[1]


classes = defaultdict(list)
for line in (here / "english.tsv").read_text(encoding="utf-8").splitlines():
    for word in line.split("\t")[1].split():
        found = any(letter.isalpha() for letter in word) and word_class(word)
        if found:
            classes[found].append(word)
for word in FUNCTION:
    if word not in classes["function"]:
        classes["function"].append(word)
text = "".join(f"{name}\t{' '.join(classes[name])}\n" for name in ("function", "noun", "verb", "adj", "adv"))
(here / "classes.tsv").write_text(text, encoding="utf-8")
print({name: len(words) for name, words in classes.items()})
