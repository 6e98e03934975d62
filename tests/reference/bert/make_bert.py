# A tiny BERT of random weights and what transformers computes inside it, and MiniLM's FfnOut on one sentence:
# references for tests/api/words.rs. Packages: transformers 5.23.0, torch 2.15.0, tokenizers 0.23.3, safetensors, numpy.
# Run: python make_bert.py FOLDER_OF_MINILM  (writes beside itself)
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

here = Path(__file__).parent
torch.manual_seed(7)


def tiny_tokenizer(path):
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = "the sea harbour boat old walked counted slowly said and of to in three quick storm was her it light".split()
    parts = ["##" + c for c in letters + "0123456789"] + ["##ing", "##ed", "##s", "##ly", "##our", "##er"]
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(letters) + list("0123456789.,'-!?") + words + parts + ["海"]
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    # A published tokenizer.json often asks for truncation and padding; a reader of whole stories must not obey.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(path), pretty=False)
    return len(vocab)


def word_values(model, tokenizer, words, site):
    """word x layer x unit: mean over the sub-tokens of each word, by offsets in the words joined by spaces."""
    taken = {}
    for n, layer in enumerate(model.encoder.layer):
        module = layer.output.dense if site == "FfnOut" else layer.intermediate
        module.register_forward_hook(lambda m, i, o, n=n: taken.__setitem__(n, o[0].detach().numpy()))
    text = " ".join(words)
    encoded = tokenizer(text, return_offsets_mapping=True, return_tensors="pt", truncation=False, padding=False)
    with torch.no_grad():
        model(encoded["input_ids"], attention_mask=encoded["attention_mask"])
    starts = np.cumsum([0] + [len(w) + 1 for w in words])
    offsets = encoded["offset_mapping"][0].numpy()
    owner = np.where(offsets[:, 1] > offsets[:, 0], np.searchsorted(starts, offsets[:, 0], side="right") - 1, -1)
    print(site, len(owner), "tokens", [tokenizer.convert_ids_to_tokens(int(i)) for i in encoded["input_ids"][0]])
    layers = [np.stack([taken[n][owner == w].mean(0) for w in range(len(words))]) for n in sorted(taken)]
    return np.stack(layers, axis=1).astype(np.float32)


folder = here / "tiny"
folder.mkdir(exist_ok=True)
size = tiny_tokenizer(folder / "tokenizer.json")
config = BertConfig(
    vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
    max_position_embeddings=40, attn_implementation="eager",
)
model = BertModel(config, add_pooling_layer=False).eval()
for p in model.parameters():
    # Wider than the usual start, so that biases, LayerNorm weights and the softmax all matter.
    torch.nn.init.normal_(p, 0.0, 0.35)
save_file({k: v.contiguous() for k, v in model.state_dict().items() if "position_ids" not in k}, folder / "model.safetensors")
(folder / "config.json").write_text(json.dumps(config.to_dict(), indent=1, sort_keys=True, default=str))
tiny = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]", unk_token="[UNK]")
words = "The old boat, slowly counted, wasn't in the harbour; three storms said: 42!".split()
for site in ("FfnOut", "FfnHidden"):
    np.save(here / f"tiny_{site}.npy", word_values(model, tiny, words, site).reshape(len(words), -1))
model = BertModel(config, add_pooling_layer=False)

minilm = Path(sys.argv[1])
model = BertModel.from_pretrained(minilm, attn_implementation="eager").eval()
fast = PreTrainedTokenizerFast(tokenizer_file=str(minilm / "tokenizer.json"), pad_token="[PAD]", unk_token="[UNK]")
words = "Marguerite didn't hurry: she counted twenty-seven lanterns along the quay, and every one of them, she said, was lit for somebody's return.".split()
values = word_values(model, fast, words, "FfnOut")
np.save(here / "minilm_FfnOut_layers_0_2_5.npy", values[:, [0, 2, 5]].reshape(len(words), -1))
