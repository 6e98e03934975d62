# GGUF files of the small checkpoints, as llama.cpp names and lays out their tensors, and what transformers computes with
# the weights as the file holds them (brought back to floats by the gguf package, rows of queries and keys in transformers'
# order again). Packages: gguf 0.19.0 and those of make_checkpoints.py.
# Run: python make_gguf.py  (after make_checkpoints.py; writes beside itself)
#
# NAME.gguf, NAME.gguf.ref/SITE.npy, losses.npy as in make_checkpoints.py; tokens are those of the checkpoint (ids.npy).
# quants.gguf has one tensor `TYPE.weight` of each kind of block, of random bytes where the gguf package cannot write the
# kind; quants.npy has their values, tensor × 512, in the order of the file.
import json
import math
import shutil
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

from make_checkpoints import losses, read, save

here = Path(__file__).parent
LLAMA = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
}
BERT = {
    "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm", "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm", "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd", "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}


def gguf_name(name, names):
    stem, end = name.rsplit(".", 1)
    parts = stem.split("layers." if names is LLAMA else "layer.")
    if len(parts) == 1:
        return f"{names[stem]}.{end}"
    n, rest = parts[1].split(".", 1)
    return f"blk.{n}.{names[rest]}.{end}"


def by_halves(rows, heads):
    """llama.cpp turns neighbouring rows of a head together by RoPE, transformers a row of each half."""
    return rows.reshape(heads, 2, len(rows) // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def whole_again(rows, heads):
    return rows.reshape(heads, len(rows) // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def tokens_into(writer, folder, kind, older):
    t = json.loads((folder / "tokenizer.json").read_text())
    model = t["model"]
    special = {a["content"]: a["id"] for a in t["added_tokens"]}
    ids = {**model["vocab"], **special}
    by_number = {number: name for name, number in ids.items()}
    # A number that stands for no token has a name nevertheless, as in BERT's own vocabulary.
    names = [by_number.get(n, f"[unused{n}]") for n in range(max(by_number) + 1)]
    types = [gguf.TokenType.CONTROL if n in special else gguf.TokenType.NORMAL for n in names]
    if kind == "bert":
        # Words that begin with the mark of a space, parts of words without ##.
        plain = [n if n in special else n[2:] if n.startswith("##") else "▁" + n for n in names]
        writer.add_tokenizer_model("bert")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(plain)
        writer.add_token_types(types)
        writer.add_unk_token_id(1)
        # Older files name the token before a text after its role in BERT, newer ones after its place.
        if older:
            writer.add_uint32("tokenizer.ggml.cls_token_id", 2)
        else:
            writer.add_bos_token_id(2)
        writer.add_sep_token_id(3)
        writer.add_pad_token_id(0)
        writer.add_mask_token_id(4)
        writer.add_token_type_count(2)
    elif kind == "llama":
        types = [gguf.TokenType.BYTE if n.startswith("<0x") else kept for n, kept in zip(names, types)]
        types[0] = gguf.TokenType.UNKNOWN
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(names)
        writer.add_token_scores([0.0 if n < 259 else float(259 - n) for n in range(len(names))])
        writer.add_token_types(types)
        for add, id in [(writer.add_bos_token_id, 1), (writer.add_eos_token_id, 2), (writer.add_unk_token_id, 0)]:
            add(id)
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(kind)
        writer.add_token_list(names)
        writer.add_token_types(types)
        writer.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in model["merges"]])
        first, second = sorted(special.values())[:2]
        writer.add_bos_token_id(first)
        writer.add_eos_token_id(second)
        if kind == "smollm":
            writer.add_add_bos_token(False)
            writer.add_add_space_prefix(False)


def write(out, folder, arch, kind, type_of, rope_factors=None):
    """Writes the file, and returns the weights that it holds, under transformers' names and in its order."""
    config = AutoConfig.from_pretrained(folder)
    heads, groups = config.num_attention_heads, getattr(config, "num_key_value_heads", config.num_attention_heads)
    loader = AutoModelForCausalLM if arch == "llama" else AutoModel
    more = {} if arch == "llama" else {"add_pooling_layer": False}
    model = loader.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32, **more).eval()
    writer = gguf.GGUFWriter(out, arch)
    writer.add_name(folder.name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    if arch == "llama":
        width = getattr(config, "head_dim", None) or config.hidden_size // heads
        writer.add_head_count_kv(groups)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
        writer.add_rope_dimension_count(width)
        writer.add_vocab_size(config.vocab_size)
        if width != config.hidden_size // heads:
            writer.add_key_length(width)
            writer.add_value_length(width)
    else:
        writer.add_layer_norm_eps(config.layer_norm_eps)
        writer.add_causal_attention(False)
        writer.add_pooling_type(gguf.PoolingType.NONE)
    tokens_into(writer, folder, kind, older=out.stem.endswith("f16"))
    if rope_factors is not None:
        writer.add_tensor("rope_freqs.weight", np.array(rope_factors, np.float32))
    held = {}
    for name, tensor in model.state_dict().items():
        if "position_ids" in name or (name == "lm_head.weight" and config.tie_word_embeddings):
            continue
        values = tensor.float().numpy()
        turned = {"q_proj": heads, "k_proj": groups}.get(name.split(".")[-2]) if arch == "llama" else None
        if turned:
            values = by_halves(values, turned)
        kept = type_of(name) if values.ndim == 2 else Type.F32
        blocks = gguf.quants.quantize(values, kept)
        writer.add_tensor(gguf_name(name, LLAMA if arch == "llama" else BERT), blocks, raw_dtype=kept)
        back = gguf.quants.dequantize(blocks, kept).reshape(values.shape)
        held[name] = torch.from_numpy(np.array(whole_again(back, turned) if turned else back))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    model.load_state_dict(held, strict=False)
    model.tie_weights()
    return model


def one(name, checkpoint, arch, kind, type_of, rope_factors=None):
    folder, out = here / checkpoint, here / f"{name}.gguf"
    model = write(out, folder, arch, kind, type_of, rope_factors)
    ids = np.load(here / f"{checkpoint}.ref" / "ids.npy").tolist()
    ref = here / f"{name}.gguf.ref"
    shutil.rmtree(ref, ignore_errors=True)
    ref.mkdir()
    sites, result = read(model, ids)
    save(ref, **{site: sites[site] for site in ("AttnQ", "Residual")})
    if arch == "llama":
        save(ref, losses=losses(result.logits[0, :-1], ids[1:]))


def llama3_factors(config):
    """By what each of a head's frequencies is divided, as llama.cpp's converter writes them."""
    r = config.rope_parameters
    width, old = config.head_dim, r["original_max_position_embeddings"]
    low, high = old / r["low_freq_factor"], old / r["high_freq_factor"]
    factors = []
    for n in range(0, width, 2):
        length = 2 * math.pi * r["rope_theta"] ** (n / width)
        smooth = (old / length - r["low_freq_factor"]) / (r["high_freq_factor"] - r["low_freq_factor"])
        factors.append(1.0 if length < high else r["factor"] if length > low else 1 / ((1 - smooth) / r["factor"] + smooth))
    return factors


def quants():
    """Two rows of 256 values in every kind of block."""
    generator = np.random.default_rng(5)
    writer = gguf.GGUFWriter(here / "quants.gguf", "llama")
    values = []
    wide = generator.normal(0, 0.3, (2, 256)).astype(np.float32)
    for kind in [Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0]:
        blocks = gguf.quants.quantize(wide, kind)
        writer.add_tensor(f"{kind.name}.weight", blocks, raw_dtype=kind)
        values.append(gguf.quants.dequantize(blocks, kind).reshape(-1))
    # Bytes of a block, and where its half-precision scales lie: those must be numbers of a sensible size.
    scales = {Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208]}
    for kind, at in scales.items():
        size = gguf.GGML_QUANT_SIZES[kind][1]
        blocks = generator.integers(0, 256, (2, size)).astype(np.uint8)
        for place in at:
            scale = generator.uniform(0.001, 0.02, 2).astype(np.float16)
            blocks[:, place:place + 2] = scale.view(np.uint8).reshape(2, 2)
        writer.add_tensor(f"{kind.name}.weight", blocks, raw_dtype=kind)
        values.append(gguf.quants.dequantize(blocks, kind).reshape(-1))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    np.save(here / "quants.npy", np.stack(values).astype(np.float32))


def mixed(name):
    kinds = {
        "q_proj": Type.F32, "k_proj": Type.F16, "v_proj": Type.Q8_0, "o_proj": Type.Q4_0, "gate_proj": Type.Q4_1,
        "up_proj": Type.Q5_0, "down_proj": Type.Q5_1, "embed_tokens": Type.Q8_0, "lm_head": Type.F16,
    }
    return kinds[name.split(".")[-2]]


one("llama3_mixed", "llama3", "llama", "llama-bpe", mixed)
one("llama3_q4_0", "llama3", "llama", "llama-bpe", lambda name: Type.Q4_0)
one("llama2_q4_1", "llama2", "llama", "llama", lambda name: Type.Q4_1)
# Tied, with frequencies that the file brings.
one("llama32_q8_0", "llama32", "llama", "llama-bpe", lambda name: Type.Q8_0, llama3_factors(AutoConfig.from_pretrained(here / "llama32")))
one("bert_f16", "bert_1_head", "bert", "bert", lambda name: Type.F16)
one("bert_q8_0", "bert_masked", "bert", "bert", lambda name: Type.Q8_0)
quants()
