# Texts that are hard on tokenizers, what the Python package `tokenizers` makes of them, and which word each token belongs to.
# Packages: tokenizers 0.23.3, gguf 0.19.0.
# Run: python make_tokens.py FOLDER_OF_MINILM SMOLLM2.gguf  (after ../checkpoints/make_checkpoints.py; writes beside itself)
#
# texts.json        the texts
# NAME.json         {"ids": for each text, "offsets": for each text, [start, end] in bytes of UTF-8}, tokens around a text included
# words.json        lists of words; a text is a list's words joined by single spaces
# NAME.words.json   for each list {"owners": for each token (none around the text) the number of its word or null,
#                   "unmatched": words that are no token when they stand alone}
import json
import sys
from pathlib import Path

import gguf
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

here = Path(__file__).parent
TEXTS = [
    "I don't know what she's gonna do; they'd've gone, y'all'll see, 'tis O'Neill's.",
    "I DON'T KNOW WHAT SHE'S GONNA DO, THEY'LL SAY WE'RE LATE AND I'VE BEEN.",
    "well-known mother-in-law, twenty-seven—no, twenty–eight… half-",
    "3,141.59 1984 27 10000 007 1e-5 12:30 50% $4.99 £3 ½ x² 5th 3D B2B ١٢٣ Ⅳ",
    "café naïve Zoë São-Paulo façade Ångström İstanbul ẞ straße ﬁne",
    "cafe\u0301 nai\u0308ve A\u030angstro\u0308m e\u0301e\u0301 q\u0323\u0307",
    "海の向こう 我想去中国 안녕하세요 ไทย हिन्दी עברית",
    "مرحبا بالعالم، كيف حالك؟",
    "🙂 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 é🙂e 🇩🇪",
    "a\u0000b \u0007 \u200b c\u200dd \ufeffe \u00ad f\u00adg \ufffd",
    "tabs\tand\nlines\r\n\n\nand    many     spaces  \u00a0\u3000end ",
    " a space before, and one after ",
    "snake_case __init__ a__b _x_ https://example.org/a?b=c&d=%20#e mail@example.com C:\\dir\\file.txt",
    "<s> [CLS] </s> [SEP] <unk> [UNK] <|endoftext|> <|im_start|> <0x0A> ##ing ▁a Ġb",
    "supercalifragilisticexpialidocious " + "z" * 120 + " pneumonoultramicroscopic",
    "\"Quoted,\" 'single' “curly” ‘ones’ «guillemets» (round) [square] {curly} ¿que? ¡si!",
    "",
    " ",
    "a",
    "The old boat didn't sleep; Anna's gonna wait: three lights said of it!",
]
WORDS = [
    "don't gonna Anna's they'd've 'tis o'clock rock'n'roll".split(),
    "twenty-seven mother-in-law well- -known — – … - -- --- !?! ...".split(),
    "27 3,141 007 1984. 50% ½ x² 5th ١٢٣".split(),
    "café naïve Zoë cafe\u0301 e\u0301 \u0301 İstanbul ﬁne ẞ".split(),
    "海 中国 안녕 ไทย हिन्दी עברית مرحبا the end".split(),
    "🙂 👩‍👩‍👧‍👦 👍🏽 a🙂b 🇩🇪 the end".split(),
    ["the", "", "old", "", "", "boat", ""],
    ["", "the", "old"],
    ["New York", "is", "a  big   city", " boat ", "\tsea", "end"],
    ["the", "\u0007", "old", "\u200b", "boat", "\ufeff", "sea", "\u00ad", "light", "a\u0000b"],
    ["the", " ", "old", "\u00a0", "boat", "\n", "sea"],
    ["<unk>", "[UNK]", "[SEP]", "</s>", "<|endoftext|>", "the", "[MASK]", "end"],
    ["the", "z" * 120, "old", "snake_case", "https://example.org/a?b=c", "_", "__init__"],
    "The old boat didn't sleep; Anna's gonna wait: three lights said of it!".split(),
]


def in_bytes(text, offsets):
    """Python counts characters."""
    ends = [0]
    for c in text:
        ends.append(ends[-1] + len(c.encode()))
    return [[ends[a], ends[b]] for a, b in offsets]


def owner(text, words, span):
    """The word with which a token shares most bytes, white space at its ends left out; the first of equals."""
    a, b = span
    while a < b and text[a].isspace():
        a += 1
    while b > a and text[b - 1].isspace():
        b -= 1
    best, most, at = None, 0, 0
    for n, word in enumerate(words):
        shared = text[max(a, at):max(min(b, at + len(word)), max(a, at))]
        if len(shared.encode()) > most:
            best, most = n, len(shared.encode())
        at += len(word) + 1
    return best


def write(name, tokenizer):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    read = [tokenizer.encode(t) for t in TEXTS]
    found = {"ids": [e.ids for e in read], "offsets": [in_bytes(t, e.offsets) for t, e in zip(TEXTS, read)]}
    (here / f"{name}.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
    lists = []
    for words in WORDS:
        text = " ".join(words)
        spans = tokenizer.encode(text, add_special_tokens=False).offsets
        # A piece of white space may be a token, but is none of a word.
        alone = [tokenizer.encode(w, add_special_tokens=False) for w in words]
        silent = [n for n, (w, e) in enumerate(zip(words, alone)) if not any(w[a:b].strip() for a, b in e.offsets)]
        lists.append({"owners": [owner(text, words, s) for s in spans], "unmatched": silent})
    (here / f"{name}.words.json").write_text(json.dumps(lists, separators=(",", ":")) + "\n")
    print(name, sum(map(len, found["ids"])), [entry["unmatched"] for entry in lists])


def smollm2(file):
    """As its tokenizer.json: digits one by one, then GPT-2's pattern and bytes; control tokens are found whole."""
    fields = gguf.GGUFReader(file).fields
    tokens, merges, kinds = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "merges", "token_type"))
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, [tuple(m.split(" ")) for m in merges]))
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, kinds) if k == 3])
    return tokenizer


checkpoints = here.parent / "checkpoints"
(here / "texts.json").write_text(json.dumps(TEXTS, indent=0) + "\n")
(here / "words.json").write_text(json.dumps(WORDS, indent=0) + "\n")
write("minilm", Tokenizer.from_file(str(Path(sys.argv[1]) / "tokenizer.json")))
write("smollm2", smollm2(sys.argv[2]))
for name in ("bert_masked", "bert_cased", "llama1", "llama2", "llama3"):
    write(name, Tokenizer.from_file(str(checkpoints / name / "tokenizer.json")))
