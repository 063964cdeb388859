"""Makes the golden cases of test/golden/data: what transformers computes for small models of the families that it must agree on.

    python -m venv v && v/bin/pip install torch transformers
    v/bin/python test/golden/make/architectures.py test/golden/data

Weights are random, rounded to bfloat16 so that the files are small and both sides read the same numbers. transformers runs in float64 on
the CPU, where it allows that (norms and rotations are float32 there): good to some 1e-6. A case holds config.json, model.safetensors,
case.json with its inputs, and expected.safetensors: logits, log-probabilities of the tokens, their mean as the loss, and its gradients.
"""
import json, math, os, sys
os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, Gemma3TextConfig, LlamaConfig, SmolLM3Config

SHARED = dict(vocab_size=41, max_position_embeddings=128, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0)
LLAMA3 = dict(rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)

CASES = {
    # A window of 5, two ropes, a scale that is not the head size, heads of 256.
    "gemma3": Gemma3TextConfig(
        hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=256,
        layer_types=["sliding_attention", "full_attention"], sliding_window=5, query_pre_attn_scalar=168,
        rope_parameters={
            "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 10000.0},
        }, **SHARED),
    "llama3.2": LlamaConfig(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=1, head_dim=8,
        tie_word_embeddings=True, rope_parameters={"rope_theta": 500.0, **LLAMA3}, **SHARED),
    # Four layers, the last without a rotation.
    "smollm3": SmolLM3Config(
        hidden_size=16, intermediate_size=24, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
        no_rope_layer_interval=4, rope_parameters={"rope_type": "default", "rope_theta": 2000.0}, **SHARED),
}
LENGTHS = [13, 1, 2, 18]
PROMPTS = [3, 9]
NEW_TOKENS = 14


def random_weights(model):
    """A spread that makes every path matter, in bfloat16."""
    offset = 0 if model.config.model_type.startswith("gemma") else 1
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name:
                p.copy_(offset + 0.2 * torch.randn_like(p))
            elif "embed" in name:
                p.copy_(0.25 * torch.randn_like(p))
            else:
                p.copy_(torch.randn_like(p) * 1.2 / math.sqrt(p.shape[1]))
            p.copy_(p.to(torch.bfloat16))


def write(folder, config, seed):
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    random_weights(model)
    model = model.double().eval()
    generator = torch.Generator().manual_seed(seed + 1)
    tokens = lambda n: torch.randint(3, config.vocab_size, (n,), generator=generator).tolist()
    sequences = [tokens(n) for n in LENGTHS]
    logits, logps = [], []
    for ids in sequences:
        out = model(input_ids=torch.tensor([ids])).logits[0].double()
        logits.append(out)
        logps.append(torch.log_softmax(out[:-1], -1).gather(-1, torch.tensor(ids[1:])[:, None])[:, 0])
    logps = torch.cat(logps)
    loss = -logps.mean()
    loss.backward()
    f32 = lambda t: t.detach().float().contiguous()
    expected = {"logits": f32(torch.cat(logits)), "logps": f32(logps), "loss": f32(loss).reshape(1)}
    expected |= {f"grad.{name}": f32(p.grad) for name, p in model.named_parameters()}
    prompts = [tokens(n) for n in PROMPTS]
    completions = [greedy(model, prompt) for prompt in prompts]

    os.makedirs(folder, exist_ok=True)
    weights = {name: p.detach().to(torch.bfloat16).contiguous() for name, p in model.named_parameters()}
    save_file(weights, f"{folder}/model.safetensors", metadata={"format": "pt"})
    save_file(expected, f"{folder}/expected.safetensors")
    fields = {**config.to_dict(), "architectures": [type(model).__name__], "dtype": "bfloat16"}
    dump(f"{folder}/config.json", fields)
    dump(f"{folder}/case.json", {
        "sequences": sequences, "prompts": prompts, "maxCompletionLength": NEW_TOKENS, "eosTokenIds": [], "expected": {"completions": completions},
    })


def greedy(model, prompt):
    """The most probable tokens one after the other, each from the whole text; refuses a draw where two are nearly as probable."""
    ids = list(prompt)
    for _ in range(NEW_TOKENS):
        best = model(input_ids=torch.tensor([ids])).logits[0, -1].topk(2)
        assert best.values[0] - best.values[1] > 1e-3, "a near tie: choose another seed"
        ids.append(int(best.indices[0]))
    return ids[len(prompt):]


def dump(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    for number, (name, config) in enumerate(CASES.items()):
        write(os.path.join(sys.argv[1], name), config, 100 * (number + 1) + 6)
