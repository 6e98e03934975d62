# Small tokenizers of the three kinds in which BERT and Llama are published.
import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LINES = [
    "The old boat walked along the quay and counted the lights of the harbour slowly; it didn't sleep.",
    "Anna's gonna wait, said the sailor, well known in the whole harbour, and the lights went out.",
    "It is said that three storms counted 3,141 boats; the old sailor said: wait for the light of the sea!",
]
# What Llama 3 parts text by before bytes are merged.
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def wordpiece(path, cased=False):
    """BERT's own; a published file often asks for truncation and padding, which a reader of whole stories must not obey."""
    lower = "abcdefghijklmnopqrstuvwxyz"
    letters = lower + (lower.upper() + "ïé" if cased else "")
    whole = "the sea boat old light said and of to in three was it wait well known".split() + (["The", "Anna"] if cased else ["anna"])
    parts = ["##" + c for c in letters + "0123456789"] + ["##ing", "##ed", "##s", "##ly", "##our", "##er", "##na"]
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *"0123456789.,'-!?;:", *whole, *parts]
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=not cased)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(vocab[:5])
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(path), pretty=False)
    return len(vocab)


def byte_level(path, kind="llama3"):
    """Llama 3's, or SmolLM2's (digits one by one, GPT-2's pattern, no token before a text)."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    size = 256 + 44
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    trained.train_from_iterator(LINES, trainer)
    vocab, merges = parts_of(trained)
    special = ["<|begin_of_text|>", "<|end_of_text|>"] if kind == "llama3" else ["<|im_start|>", "<|im_end|>"]
    first = len(special) if kind == "smollm" else 0
    ids = {token: i + first for token, i in vocab.items()}
    if kind == "smollm":
        ids = {**{token: i for i, token in enumerate(special)}, **ids}
    tokenizer = Tokenizer(models.BPE(ids, merges, ignore_merges=kind == "llama3"))
    if kind == "llama3":
        split = pre_tokenizers.Split(Regex(LLAMA3), "isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    else:
        digits = pre_tokenizers.Digits(individual_digits=True)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    if kind == "llama3":
        begin = tokenizer.token_to_id(special[0])
        template = processors.TemplateProcessing(single=f"{special[0]} $A", special_tokens=[(special[0], begin)])
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    tokenizer.save(str(path), pretty=False)
    return tokenizer.get_vocab_size()


def metaspace(path, form):
    """Llama 1's and 2's SentencePiece as a tokenizer.json: spaces as ▁ by a normalizer (older files) or a pre-tokenizer."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(LINES, trainers.BpeTrainer(vocab_size=90, show_progress=False))
    vocab, _ = parts_of(trained)
    # SentencePiece has its merged pieces first, then single characters; it merges whatever two pieces make a piece, the
    # pieces in the order of their numbers.
    pieces = [t for t in vocab if len(t) > 1]
    names = ["<unk>", "<s>", "</s>"] + [f"<0x{n:02X}>" for n in range(256)] + pieces + [t for t in vocab if len(t) == 1]
    cuts = [(p[:n], p[n:]) for p in pieces for n in range(1, len(p))]
    merges = [(left, right) for left, right in cuts if left in vocab and right in vocab]
    tokenizer = Tokenizer(
        models.BPE({t: i for i, t in enumerate(names)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    if form == "normalizer":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in names[:3]])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.save(str(path), pretty=False)
    return tokenizer.get_vocab_size()


def parts_of(trained):
    """Vocabulary in the order of its ids, and merges as pairs."""
    model = json.loads(trained.to_str())["model"]
    vocab = dict(sorted(model["vocab"].items(), key=lambda item: item[1]))
    return vocab, [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
