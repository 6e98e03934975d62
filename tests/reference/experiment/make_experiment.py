# What numpy, scipy, torch and transformers make of small contrasts and lesions.
# Packages: numpy 2.4, scipy 1.17, torch 2.15.0, transformers 5.24.0 (the small checkpoints are those of ../checkpoints).
# Run: python make_experiment.py  (writes beside itself)
#
# Contrast: x (time × regressor), y (time × voxel) in three runs of 20; delta (regressor); times (draw × run: how often each run was drawn);
#   contrast (alpha × draw × voxel): delta · ridge weights of the rows as often as they were drawn, both sides centred by them.
# wide_*: the same with more regressors than rows.
# Texts: responses (text × column), the first 5 of group A; covariates (covariate × text);
#   ancova (column): the coefficient of the group beside a constant and the covariates;
#   plain_p, pairs_p (column): exact two-sided permutation p of the difference of means, of independent texts and of pairs (n, n + 5).
# Lesion: lesion_NAME_losses.npy: −ln p of each token when the units in lesion.json have their means over the text's tokens; before: intact.
import json
from pathlib import Path

import numpy as np
import scipy.stats as st
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedTokenizerFast

here = Path(__file__).parent
checkpoints = here.parent / "checkpoints"
rng = np.random.default_rng(5)


def save(name, values):
    np.save(here / f"{name}.npy", np.asarray(values))


def ridge_contrast(x, y, delta, times, alphas):
    out = np.zeros((len(alphas), len(times), y.shape[1]))
    for d, of_runs in enumerate(times):
        rows = np.concatenate([np.tile(np.arange(r * 20, (r + 1) * 20), int(n)) for r, n in enumerate(of_runs)])
        xs, ys = x[rows] - x[rows].mean(0), y[rows] - y[rows].mean(0)
        for a, alpha in enumerate(alphas):
            out[a, d] = delta @ np.linalg.solve(xs.T @ xs + alpha * np.eye(x.shape[1]), xs.T @ ys)
    return out


times = np.array([[1, 1, 1], [2, 0, 1], [0, 0, 3], [1, 2, 0]], float)
alphas = np.array([0.5, 30.0])
for name, width in [("", 5), ("wide_", 90)]:
    x = rng.standard_normal((60, width)).astype(np.float32)
    y = (x[:, :4] @ rng.standard_normal((4, 8)) + rng.standard_normal((60, 8))).astype(np.float32)
    delta = rng.standard_normal(width)
    save(f"{name}x", x), save(f"{name}y", y), save(f"{name}delta", delta)
    save(f"{name}contrast", ridge_contrast(x.astype(float), y.astype(float), delta, times, alphas))
save("times", times), save("alphas", alphas)

label = np.r_[np.ones(5), np.zeros(5)]
covariates = rng.standard_normal((3, 10)) + 0.8 * label
responses = (rng.standard_normal((10, 4)) + np.outer(label, [0, 0.5, 1.5, 3]) + covariates.T @ rng.standard_normal((3, 4))).astype(np.float32)
design = np.column_stack([label, np.ones(10), covariates.T])
coefficients, _, _, _ = np.linalg.lstsq(design, responses.astype(float), rcond=None)
difference = lambda a, b, axis=-1: a.mean(axis) - b.mean(axis)
exact = lambda kind: st.permutation_test(
    (responses[:5].T, responses[5:].T), difference, permutation_type=kind, n_resamples=np.inf, axis=-1, vectorized=True).pvalue
pairs = st.permutation_test((responses[:5].T - responses[5:].T,), lambda d, axis=-1: d.mean(axis), permutation_type="samples",
                            n_resamples=np.inf, axis=-1, vectorized=True).pvalue
save("responses", responses), save("covariates", covariates), save("ancova", coefficients[0])
save("plain_p", np.asarray(exact("independent"), float)), save("pairs_p", np.asarray(pairs, float))


# ---- lesions

told = json.loads((checkpoints / "checkpoints.json").read_text())
text = " ".join(told["words"])


def lesioned(name, units, kind):
    folder = checkpoints / name
    model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    fast = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    ids = fast.encode(text)
    blocks = model.bert.encoder.layer if hasattr(model, "bert") else model.model.layers
    module = lambda layer: blocks[layer].output.dense if hasattr(model, "bert") else blocks[layer].mlp.down_proj
    # The text's own tokens: without what frames it.
    inside = slice(1, -1) if hasattr(model, "bert") else slice(1, None)
    seen = {}
    hooks = [module(n).register_forward_hook(lambda m, i, o, n=n: seen.__setitem__(n, o[0].detach().clone())) for n in range(len(blocks))]
    run = lambda tokens: model(torch.tensor([tokens])).logits[0]
    nats = lambda logits, targets: torch.nn.functional.cross_entropy(logits, torch.tensor(targets), reduction="none").detach().numpy()

    def losses():
        if kind is AutoModelForCausalLM:
            return nats(run(ids)[:-1], ids[1:])
        mask = fast.convert_tokens_to_ids("[MASK]")
        alone = [run([mask if n == at else t for n, t in enumerate(ids)])[at][None] for at in range(1, len(ids) - 1)]
        return np.array([nats(logits, [ids[at]])[0] for at, logits in zip(range(1, len(ids) - 1), alone)])

    with torch.no_grad():
        run(ids)
        means = {(layer, unit): seen[layer][inside, unit].double().mean().float() for layer, unit in units}
        before = losses()
        for hook in hooks:
            hook.remove()

        def silence(layer):
            def hook(m, i, out):
                out = out.clone()
                for (at, unit), value in means.items():
                    if at == layer:
                        out[..., unit] = value
                return out
            return hook

        for layer in range(len(blocks)):
            module(layer).register_forward_hook(silence(layer))
        after = losses()
    save(f"lesion_{name}_before", before), save(f"lesion_{name}_losses", after)
    return [list(unit) for unit in units]


units = [(0, 3), (0, 20), (1, 7), (1, 8), (1, 31)]
(here / "lesion.json").write_text(json.dumps({
    "llama3": lesioned("llama3", units, AutoModelForCausalLM), "bert_masked": lesioned("bert_masked", units, AutoModelForMaskedLM)}) + "\n")
