"""Values of every feed-forward neuron by transformers, and the texts for benches/activations.rs.
usage: activations.py FOLDER MINILM_FOLDER SMOLLM2_GGUF STORY"""
import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast, logging

logging.set_verbosity_error()
torch.set_num_threads(os.cpu_count())
torch.set_grad_enabled(False)
folder, minilm, gguf, story = map(Path, sys.argv[1:])
words = story.read_text().split()
tokens_wanted = {"minilm-l6": 8192, "smollm2-135m": 2048}
per_word = 200


def load(name):
    if name == "minilm-l6":
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(minilm / "tokenizer.json"))
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
        model = AutoModel.from_pretrained(minilm, dtype=torch.float32, add_pooling_layer=False)
        return tokenizer, model, [layer.output.dense for layer in model.encoder.layer], 2
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).model
    return tokenizer, model, [layer.mlp.down_proj for layer in model.layers], 0


def ids_of(tokenizer, texts):
    return [tokenizer(" ".join(t), add_special_tokens=True)["input_ids"] for t in texts]


def runs(tokenizer, frame, window, wanted):
    """Runs of words, each of as many tokens as fit into a window; some `wanted` tokens together."""
    texts, now, count, total = [], [], frame, 0
    for n in range(10**9):
        word = words[n % len(words)]
        more = len(tokenizer((" " if now else "") + word, add_special_tokens=False)["input_ids"])
        if count + more + 1 > window:
            texts.append(now)
            total += count
            if total > wanted:
                return texts
            now, count = [], frame
        now.append(word)
        count += more


def read(model, ids, batch, pad):
    for start in range(0, len(ids), batch):
        some = ids[start : start + batch]
        longest = max(map(len, some))
        x = torch.tensor([i + [pad] * (longest - len(i)) for i in some])
        mask = torch.tensor([[1] * len(i) + [0] * (longest - len(i)) for i in some])
        model(x, attention_mask=mask)


texts_out, taken = {}, []
for name in ("minilm-l6", "smollm2-135m"):
    tokenizer, model, modules, frame = load(name)
    model.eval()
    hooks = [m.register_forward_hook(lambda m, i, o: taken.append(o)) for m in modules]
    pad = tokenizer.pad_token_id or 0
    for window in (128, 256, 512):
        texts = runs(tokenizer, frame, window, tokens_wanted[name])
        ids = ids_of(tokenizer, texts)
        texts_out[f"{name} {window}"] = texts
        total, best = sum(map(len, ids)), {}
        for batch in (4, 8):
            for _ in range(2):
                taken.clear()
                start = time.perf_counter()
                read(model, ids, batch, pad)
                best[batch] = min(best.get(batch, 1e9), time.perf_counter() - start)
        batch = min(best, key=best.get)
        print(f"peer {name}_{window} {total / best[batch]:.0f} tokens/s (batches of {batch})", flush=True)
    text = words[:per_word]
    texts_out["word by word"] = [text]
    if name == "smollm2-135m" and not (folder / "word_by_word.npy").exists():
        # The habit: each word is read by a pass of its own over all the text so far.
        values, start = [], time.perf_counter()
        for n in range(per_word):
            before = len(tokenizer(" ".join(text[:n]), add_special_tokens=False)["input_ids"]) if n else 0
            ids = tokenizer(" ".join(text[: n + 1]), add_special_tokens=False)["input_ids"]
            taken.clear()
            model(torch.tensor([ids]))
            values.append(np.concatenate([t[0, before:].mean(0).numpy() for t in taken]))
        print(f"peer word_by_word {time.perf_counter() - start:.3f} s for {per_word} words", flush=True)
        np.save(folder / "word_by_word.npy", np.stack(values))
    for hook in hooks:
        hook.remove()
(folder / "texts.json").write_text(json.dumps(texts_out))
print(f"peer peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
