# What transformers computes inside SmolLM2 (the GGUF file, brought back to floats) and MiniLM on one sentence.
# Packages: those of make_checkpoints.py.
# Run: python make_smollm2.py FILE.gguf FOLDER_OF_MINILM  (writes smollm2_real.ref and minilm.ref beside itself)
#
# SITE.npy: token × (layers · units) of a few layers and of every 6th unit of each (0, 6, 12, …; of FfnHidden every 24th),
# ids.npy: the tokens that the model gets; losses.npy: SmolLM2's −ln p(next token).
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from make_checkpoints import losses, read

here = Path(__file__).parent
SENTENCE = "Marguerite didn't hurry: she counted 27 lanterns along the quay, and every one, she said, was lit for somebody's return."


def keep(name, sites, ids, layers, total, **more):
    out = here / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    np.save(out / "ids.npy", np.array(ids, np.uint32))
    for site, values in sites.items():
        step = 24 if site == "FfnHidden" else 6
        values = values.reshape(len(ids), total, -1)[:, layers, ::step]
        np.save(out / f"{site}.npy", values.reshape(len(ids), -1).astype(np.float32))
    for key, values in more.items():
        np.save(out / f"{key}.npy", values.astype(np.float32))


file = Path(sys.argv[1])
tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
ids = tokenizer(SENTENCE, add_special_tokens=False)["input_ids"]
model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, attn_implementation="eager", dtype=torch.float32).eval()
sites, result = read(model, ids)
wanted = ("FfnOut", "FfnHidden", "Residual", "AttnQ", "AttnZ", "AttnQk")
keep("smollm2_real.ref", {s: sites[s] for s in wanted}, ids, [0, 14, 29], 30, losses=losses(result.logits[0, :-1], ids[1:]))
print(tokenizer.convert_ids_to_tokens(ids))

folder = Path(sys.argv[2])
ids = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")).encode(SENTENCE)
ids = ids[: ids.index(102) + 1]
model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32, add_pooling_layer=False).eval()
sites, _ = read(model, ids)
keep("minilm.ref", sites, ids, [0, 2, 5], 6)
print(len(ids))
