"""transformers' side of the comparison on SmolLM2: python smollm2.py FOLDER; a question for every line of the input.

The LoRA step is TRL's GRPO of two questions with eight answers of 64 tokens; TRL has no MGRPO."""
import json, sys, tempfile, time
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
say = lambda **answer: print(json.dumps(answer), flush=True)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
prompt = torch.tensor([[1000 + 37 * i for i in range(100)]])
STEPS = 64


@torch.no_grad()
def prefill():
    model(prompt, logits_to_keep=1)


@torch.no_grad()
def decode(count):
    out = model(prompt.expand(count, -1), use_cache=True, logits_to_keep=1)
    since = time.perf_counter()
    for _ in range(STEPS):
        ids = torch.multinomial(out.logits[:, -1].softmax(-1), 1)
        out = model(ids, past_key_values=out.past_key_values, use_cache=True)
    return (time.perf_counter() - since) / STEPS


def grpo():
    from datasets import Dataset
    from peft import LoraConfig
    from trl import GRPOConfig, GRPOTrainer

    args = GRPOConfig(
        output_dir=tempfile.mkdtemp(), max_steps=1, num_generations=8, per_device_train_batch_size=16, max_completion_length=64,
        temperature=1.0, learning_rate=1e-5, beta=0.0, logging_steps=10_000, save_strategy="no", report_to=[], use_cpu=True, bf16=False,
        gradient_checkpointing=False, disable_tqdm=True)
    rows = [[{"role": "user", "content": f"Tell me about the {what}."}] for what in ("sea", "sky")]
    trainer = GRPOTrainer(
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), args=args, peft_config=LoraConfig(r=16),
        reward_funcs=lambda completions, **_: [c[0]["content"].count("e") / 64 for c in completions],
        processing_class=AutoTokenizer.from_pretrained(folder), train_dataset=Dataset.from_dict({"prompt": rows * 4}))
    since = time.perf_counter()
    trainer.train()
    return time.perf_counter() - since


QUESTIONS = {"prefill": prefill, "decode1": lambda: decode(1), "decode8": lambda: decode(8), "grpo": grpo}
say(ready=True)
for line in sys.stdin:
    since = time.perf_counter()
    question = QUESTIONS.get(line.strip())
    found = question and question()
    say(seconds=(found or time.perf_counter() - since) if question else None)
