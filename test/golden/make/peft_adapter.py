# Writes test/golden/data/peft: an adapter as PEFT saves it for models/signs-0.2m, and weights and logits of PEFT's own merge.
# With a folder as argument, checks instead that this merged model has those logits in transformers. Needs torch, transformers and peft.
import json, sys
from pathlib import Path
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

root = Path(__file__).resolve().parents[3]
out = root / "test/golden/data/peft"
ids = torch.tensor([[5, 9, 3, 12, 7, 20, 4]])
if len(sys.argv) > 1:
    model = AutoModelForCausalLM.from_pretrained(sys.argv[1])
    expected = torch.tensor(json.loads((out / "expected.json").read_text())["logits"])
    error = (model(ids).logits[0, -1].double() - expected.double()).abs().max().item()
    print(f"{sys.argv[1]} ({model.dtype}): largest difference of a logit {error:.3g}, of {expected.abs().max().item():.3g}")
    sys.exit(error > 1e-4)
torch.manual_seed(1)
model = AutoModelForCausalLM.from_pretrained(root / "models/signs-0.2m")
config = LoraConfig(
    r=2, lora_alpha=6, use_rslora=True, target_modules=r"model\.layers\.[01]\.(self_attn\.(q|v)_proj|mlp\.down_proj)",
    rank_pattern={"down_proj": 3}, alpha_pattern={"v_proj": 2}, init_lora_weights=False, task_type="CAUSAL_LM",
)
model = get_peft_model(model, config)
model.save_pretrained(out)
(out / "README.md").unlink(missing_ok=True)
merged = model.merge_and_unload()
names = ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.v_proj", "model.layers.0.mlp.down_proj", "model.layers.2.mlp.down_proj"]
weights = {f"{name}.weight": merged.get_submodule(name).weight.detach().flatten()[:40].tolist() for name in names}
(out / "expected.json").write_text(json.dumps({"weights": weights, "logits": merged(ids).logits[0, -1].tolist()}))
