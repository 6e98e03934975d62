# Small checkpoints of random weights, one for each form in which BERT and Llama are published, and what transformers
# computes inside them. Packages: transformers 5.24.0, torch 2.15.0, tokenizers 0.23.3, safetensors 0.8.0, gguf 0.19.0.
# Run: python make_checkpoints.py  (writes beside itself; gguf files are made by make_gguf.py)
#
# For each checkpoint NAME: NAME/ is the folder as published (config.json, tokenizer.json, weights) and NAME.ref/ holds
#   ids.npy            the tokens that the model gets, those that frame the text included
#   SITE.npy           token × (layers · units), layers in order
#   logits.npy         Llama: of the last 8 tokens, token × vocabulary; BERT with a head: at the masked position
#   losses.npy         Llama: −ln p(next token) of all tokens but the last; BERT with a head: −ln p(token) of each token
#                      between [CLS] and [SEP], masked alone
#   changed_NAME_Residual.npy   the last block's output when units are changed as checkpoints.json says, and then
#   changed_NAME_logits.npy     the logits at the masked position (BERT), or
#   changed_NAME_losses.npy     −ln p(next token) (Llama)
# checkpoints.json holds the words, the masked positions, and the changes: at all tokens, those that frame the text included.
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedTokenizerFast

from small_tokenizers import byte_level, metaspace, wordpiece

here = Path(__file__).parent
WORDS = "The boat didn't sleep; gonna wait — 3,14 naïve 海 well-known!".split()
TEXT = " ".join(WORDS)
BEGIN, END = ["<s>", "<|begin_of_text|>", "<|im_start|>"], ["</s>", "<|end_of_text|>", "<|im_end|>"]
told = {"words": WORDS, "checkpoints": {}}


# ---- weights

def normal(shape, spread, middle=0.0):
    return middle + spread * torch.randn(shape)


def bert_weights(c, prefix="", head=False, old_names=False):
    h, inner = c["hidden_size"], c["intermediate_size"]
    scale, shift = ("gamma", "beta") if old_names else ("weight", "bias")
    w = {}

    def norm(name):
        w[f"{name}.{scale}"], w[f"{name}.{shift}"] = normal(h, 0.3, 1.0), normal(h, 0.3)

    def dense(name, outputs, inputs):
        w[f"{name}.weight"], w[f"{name}.bias"] = normal((outputs, inputs), 0.3), normal(outputs, 0.3)

    for name, rows in [("word", c["vocab_size"]), ("position", c["max_position_embeddings"]), ("token_type", 2)]:
        w[f"{prefix}embeddings.{name}_embeddings.weight"] = normal((rows, h), 0.35)
    norm(f"{prefix}embeddings.LayerNorm")
    for n in range(c["num_hidden_layers"]):
        layer = f"{prefix}encoder.layer.{n}"
        for name in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]:
            dense(f"{layer}.{name}", h, h)
        norm(f"{layer}.attention.output.LayerNorm")
        dense(f"{layer}.intermediate.dense", inner, h)
        dense(f"{layer}.output.dense", h, inner)
        norm(f"{layer}.output.LayerNorm")
    if head:
        dense("cls.predictions.transform.dense", h, h)
        norm("cls.predictions.transform.LayerNorm")
        w["cls.predictions.bias"] = normal(c["vocab_size"], 0.3)
    return w


def llama_weights(c):
    h, inner, heads, groups = (c[k] for k in ("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads"))
    width = c.get("head_dim") or h // heads
    w = {"model.embed_tokens.weight": normal((c["vocab_size"], h), 0.35), "model.norm.weight": normal(h, 0.25, 1.0)}
    shapes = {
        "self_attn.q_proj": (heads * width, h), "self_attn.k_proj": (groups * width, h), "self_attn.v_proj": (groups * width, h),
        "self_attn.o_proj": (h, heads * width), "mlp.gate_proj": (inner, h), "mlp.up_proj": (inner, h), "mlp.down_proj": (h, inner),
    }
    for n in range(c["num_hidden_layers"]):
        for name, shape in shapes.items():
            w[f"model.layers.{n}.{name}.weight"] = normal(shape, 0.3)
        for name in ["input_layernorm", "post_attention_layernorm"]:
            w[f"model.layers.{n}.{name}.weight"] = normal(h, 0.25, 1.0)
    if not c["tie_word_embeddings"]:
        w["lm_head.weight"] = normal((c["vocab_size"], h), 0.3)
    return w


def write(folder, config, weights, form):
    """form: f32, f16, bf16, sharded (f16 in three files, with an index), bin (f16 in torch's own format)."""
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}.get(form, torch.float16)
    weights = {k: v.to(kind).contiguous() for k, v in weights.items()}
    if form == "bin":
        return torch.save(weights, folder / "pytorch_model.bin")
    if form != "sharded":
        return save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    names = sorted(weights)
    home = {}
    for n in range(3):
        file = f"model-{n + 1:05}-of-00003.safetensors"
        part = {k: weights[k] for k in names[n::3]}
        save_file(part, folder / file, metadata={"format": "pt"})
        home.update(dict.fromkeys(part, file))
    size = sum(v.nbytes for v in weights.values())
    index = {"metadata": {"total_size": size}, "weight_map": home}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


# ---- what is inside

def blocks(model):
    inner = getattr(model, model.base_model_prefix, model)
    return inner.encoder.layer if hasattr(inner, "encoder") else inner.layers


def places(block):
    """Each site's module, and whether the site is what goes into it or what comes out."""
    if hasattr(block, "mlp"):
        a = block.self_attn
        return {
            "FfnOut": (block.mlp.down_proj, "out"), "FfnHidden": (block.mlp.down_proj, "in"), "AttnQ": (a.q_proj, "out"),
            "AttnK": (a.k_proj, "out"), "AttnV": (a.v_proj, "out"), "AttnZ": (a.o_proj, "in"), "Residual": (block, "out"),
        }
    a = getattr(block.attention, "self")
    return {
        "FfnOut": (block.output.dense, "out"), "FfnHidden": (block.intermediate, "out"), "AttnQ": (a.query, "out"),
        "AttnK": (a.key, "out"), "AttnV": (a.value, "out"), "AttnZ": (block.attention.output.dense, "in"), "Residual": (block, "out"),
    }


def listen(module, side, take):
    """take(tensor) → None, or another tensor to go on with."""
    def first(x):
        return x[0] if isinstance(x, tuple) else x

    def put(x, new):
        return None if new is None else (new, *x[1:]) if isinstance(x, tuple) else new

    if side == "in":
        return module.register_forward_pre_hook(lambda m, args: put(args, take(first(args))))
    return module.register_forward_hook(lambda m, args, out: put(out, take(first(out))))


def read(model, ids):
    """{site: token × (layers · units)} and what the model returns."""
    taken, hooks = {}, []
    for n, block in enumerate(blocks(model)):
        for site, (module, side) in places(block).items():
            keep = lambda x, key=(site, n): taken.__setitem__(key, x[0].detach().clone().numpy())
            hooks.append(listen(module, side, keep))
    with torch.no_grad():
        result = model(torch.tensor([ids]))
    for hook in hooks:
        hook.remove()
    layers = len(blocks(model))
    sites = {site: np.concatenate([taken[site, n] for n in range(layers)], axis=1) for site in places(blocks(model)[0])}
    c = model.config
    heads, groups = c.num_attention_heads, getattr(c, "num_key_value_heads", c.num_attention_heads)
    sites["AttnQk"] = np.concatenate([by_key(taken["AttnQ", n], taken["AttnK", n], heads, groups) for n in range(layers)], axis=1)
    return sites, result


def by_key(q, k, heads, groups):
    """q[i, h, d] · mean over i of k[i, group of h, d]"""
    tokens = len(q)
    q, mean = q.reshape(tokens, heads, -1), k.reshape(tokens, groups, -1).mean(0)
    return (q * np.repeat(mean, heads // groups, axis=0)).reshape(tokens, -1)


def change(model, changes):
    """Changes units as the model runs, at all tokens; takes effect for hooks that are set later."""
    hooks = []
    for site, layer, unit, how, value in changes:
        def take(x, unit=unit, how=how, value=value):
            x = x.clone()
            x[..., unit] = x[..., unit] * value if how == "scale" else value
            return x
        module, side = places(blocks(model)[layer])[site]
        hooks.append(listen(module, side, take))
    return hooks


def some_changes(sites, layers):
    """Sets of changes: (site, layer, unit in the layer, how, value); a mean is that over all tokens of the text, unchanged."""
    units = {site: values.shape[1] // layers for site, values in sites.items()}
    mean = lambda site, layer, unit: float(sites[site][:, layer * units[site] + unit].mean())
    last = layers - 1
    sets = {
        "zero": [("FfnHidden", 0, u, "zero", 0.0) for u in (0, 7, 31)] + [("AttnZ", 0, 5, "zero", 0.0)],
        "scale": [("AttnZ", last, 3, "scale", -2.0), ("FfnOut", 0, 11, "scale", 3.0), ("AttnK", 0, 2, "scale", 0.5)],
        "replace": [("AttnQ", 0, 6, "replace", 1.5), ("Residual", 0, 30, "replace", -2.25), ("AttnV", last, 1, "replace", 0.75)],
        "mean": [(s, n, u, "mean", mean(s, n, u)) for s, n, u in [("FfnOut", 0, 4), ("FfnHidden", last, 9), ("Residual", 0, 17)]],
    }
    sets["together"] = [c for name in ("zero", "scale", "replace", "mean") for c in sets[name]]
    return sets


def losses(logits, targets):
    return torch.nn.functional.cross_entropy(logits, torch.tensor(targets), reduction="none").numpy()


def save(folder, **arrays):
    for name, values in arrays.items():
        values = np.asarray(values)
        np.save(folder / f"{name}.npy", values if values.dtype == np.uint32 else values.astype(np.float32))


# What is kept of those that differ from another one only in a detail.
FEW = ("FfnOut", "AttnZ", "AttnQk", "Residual")


def reference(name, model, ids, out, mask=None, with_changes=False, kept=None):
    """Writes all that is known of a model on the text."""
    model = model.eval().float()
    sites, result = read(model, ids)
    layers = len(blocks(model))
    out.mkdir(exist_ok=True)
    save(out, ids=np.array(ids, np.uint32), **{site: values for site, values in sites.items() if site in (kept or sites)})
    note = {"tokens": len(ids)}
    place = len(ids) // 2

    def logits_of(tokens):
        with torch.no_grad():
            return model(torch.tensor([tokens])).logits[0]

    def masked_at(place):
        return logits_of([mask if n == place else t for n, t in enumerate(ids)])[place]

    speaks = hasattr(result, "logits")
    if speaks and mask is None:
        save(out, logits=logits_of(ids)[-8:], losses=losses(logits_of(ids)[:-1], ids[1:]))
    elif speaks:
        note["masked"] = place
        each = [losses(masked_at(n)[None], [ids[n]])[0] for n in range(1, len(ids) - 1)]
        save(out, logits=masked_at(place), losses=np.array(each))
    if with_changes:
        note["changes"] = {}
        for label, changes in some_changes(sites, layers).items():
            hooks = change(model, changes)
            after, _ = read(model, ids)
            save(out, **{f"changed_{label}_Residual": after["Residual"][:, -after["Residual"].shape[1] // layers:]})
            if speaks and mask is None:
                save(out, **{f"changed_{label}_losses": losses(logits_of(ids)[:-1], ids[1:])})
            elif speaks:
                save(out, **{f"changed_{label}_logits": masked_at(place)})
            for hook in hooks:
                hook.remove()
            keys = ("site", "layer", "unit", "how", "value")
            note["changes"][label] = [dict(zip(keys, c)) for c in changes]
    told["checkpoints"][name] = note


# ---- the checkpoints

def bert(name, heads, act="gelu", form="f32", prefix="", head=False, cased=False, old_names=False, kept=None):
    folder = fresh(name)
    size = wordpiece(folder / "tokenizer.json", cased=cased)
    config = {
        "architectures": ["BertForMaskedLM" if head else "BertModel"], "model_type": "bert", "vocab_size": size, "hidden_size": 32,
        "num_hidden_layers": 2, "num_attention_heads": heads, "intermediate_size": 64, "hidden_act": act, "layer_norm_eps": 1e-12,
        "max_position_embeddings": 48, "type_vocab_size": 2, "pad_token_id": 0, "position_embedding_type": "absolute",
        "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02,
    }
    write(folder, config, bert_weights(config, prefix, head, old_names), form)
    fast = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    ids = fast.encode(TEXT)
    if head:
        model = AutoModelForMaskedLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    else:
        model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32, add_pooling_layer=False)
    mask = fast.convert_tokens_to_ids("[MASK]") if head else None
    reference(name, model, ids, here / f"{name}.ref", mask, with_changes=head, kept=kept)


def llama(name, tokenizer, form="f32", heads=4, groups=4, hidden=32, layers=2, tied=False, with_changes=False, kept=None, **more):
    folder = fresh(name)
    size = tokenizer(folder / "tokenizer.json")
    own = Tokenizer.from_file(str(folder / "tokenizer.json"))
    begin, end = (next(own.token_to_id(t) for t in names if own.token_to_id(t) is not None) for names in (BEGIN, END))
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": size, "hidden_size": hidden,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": groups, "intermediate_size": 64,
        "hidden_act": "silu", "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "tie_word_embeddings": tied,
        "bos_token_id": begin, "eos_token_id": end, **more,
    }
    if name == "llama1":
        # The first Llama had no groups, and its configurations do not mention them.
        weights = llama_weights(config)
        del config["num_key_value_heads"]
    else:
        weights = llama_weights(config)
    write(folder, config, weights, form)
    ids = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")).encode(TEXT)
    loaded = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    print(name, AutoConfig.from_pretrained(folder).rope_parameters)
    reference(name, loaded, ids, here / f"{name}.ref", with_changes=with_changes, kept=kept)


def fresh(name):
    for folder in (here / name, here / f"{name}.ref"):
        shutil.rmtree(folder, ignore_errors=True)
    (here / name).mkdir()
    return here / name


def main():
    torch.manual_seed(11)
    bert("bert_1_head", 1, kept=FEW, form="f16")
    # As google-bert/bert-base-uncased is published: with `bert.`, a head, and LayerNorm's old names.
    bert("bert_masked", 4, prefix="bert.", head=True, old_names=True)
    bert("bert_cased", 8, kept=FEW, act="gelu_new", prefix="bert.", cased=True, form="bf16")
    bert("bert_relu", 2, kept=(*FEW, "FfnHidden"), act="relu", form="bin")
    llama("llama1", lambda path: metaspace(path, "normalizer"), kept=FEW, form="f16")
    llama("llama2", lambda path: metaspace(path, "metaspace"), kept=FEW, form="bin", max_position_embeddings=4096, rms_norm_eps=1e-5, rope_theta=10000.0, rope_scaling=None)
    llama("llama2_linear", lambda path: metaspace(path, "metaspace"), kept=FEW, form="bf16", layers=1, max_position_embeddings=8192, rope_scaling={"type": "linear", "factor": 2.5})
    llama("llama3", byte_level, groups=2, with_changes=True, max_position_embeddings=8192, rms_norm_eps=1e-5, rope_theta=500000.0, form="f32")
    # Small numbers, so that the three ranges of wavelengths all occur in a head of so few dimensions.
    scaling = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    llama("llama31", byte_level, groups=2, form="sharded", rms_norm_eps=1e-5, head_dim=12, rope_theta=500.0, rope_scaling={**scaling, "rope_type": "llama3"}, max_position_embeddings=512)
    llama("llama32", byte_level, kept=FEW, groups=1, form="bf16", tied=True, rms_norm_eps=1e-5, head_dim=8, rope_parameters={**scaling, "factor": 32.0, "rope_theta": 400.0, "rope_type": "llama3"}, max_position_embeddings=2048)
    llama("smollm2", lambda path: byte_level(path, kind="smollm"), kept=(*FEW, "AttnQ"), heads=9, groups=3, hidden=36, form="bf16", tied=True, rms_norm_eps=1e-5, rope_parameters={"rope_theta": 100000.0, "rope_type": "default"})
    (here / "checkpoints.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
