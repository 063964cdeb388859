"""Reads with transformers, PEFT, TensorBoard and pandas what bench/roads/files.ts wrote, and compares: python outside.py FOLDER

pip install torch transformers peft tensorboard pandas pyarrow
"""
import json, os, sys
os.environ["HF_HUB_OFFLINE"] = "1"
from pathlib import Path
import pandas
import torch
from peft import PeftModel
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import AutoModelForCausalLM, AutoTokenizer

root = Path(sys.argv[1])
cases = json.loads((root / "cases.json").read_text())
failures = 0


def check(what, error, limit):
    global failures
    failures += not error <= limit
    print(f"{'ok  ' if error <= limit else 'FAIL'} {what}: {error:.3g} (at most {limit:g})")


for case in cases["models"]:
    folder = root / (case["base"] or case["folder"])
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if case["base"]:
        model = PeftModel.from_pretrained(model, root / case["folder"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    error, unlike, count = 0.0, 0, 0
    for sequence in case["sequences"]:
        prompt = tokenizer.apply_chat_template(sequence["messages"], add_generation_prompt=True, tokenize=True)
        prompt = prompt if isinstance(prompt, list) else prompt["input_ids"]
        unlike += prompt != sequence["prompt"]
        ids = torch.tensor(sequence["prompt"] + sequence["ids"])
        with torch.no_grad():
            logits = model(ids[None]).logits[0].double()
        logps = torch.log_softmax(logits, -1)[len(sequence["prompt"]) - 1 : -1].gather(-1, ids[len(sequence["prompt"]) :, None])[:, 0]
        error = max(error, (logps - torch.tensor(sequence["logps"], dtype=torch.float64)).abs().max().item())
        count += len(sequence["ids"])
    check(f"{case['folder']}: log-probabilities of {count} tokens", error, 2e-4)
    check(f"{case['folder']}: chats with other ids", unlike, 0)

events = EventAccumulator(str(root / "tensorboard"))
events.Reload()
for name, values in cases["scalars"].items():
    got = [(event.step, event.value) for event in events.Scalars(name)]
    wanted = [((i + 1) * 100, value) for i, value in enumerate(values)]
    error = max((abs(a[1] - b[1]) + abs(a[0] - b[0]) for a, b in zip(got, wanted)), default=1) if len(got) == len(wanted) else 1
    check(f"TensorBoard: {name}", error, 1e-7)

unlike, count = 0, 0
for rows in cases["tables"]:
    table = pandas.read_parquet(root / "completions" / f"completions_{rows[0]['step']:05d}.parquet")
    # TRL's own columns, with the dtypes that pandas gives to TRL's files.
    for name in ["step", "prompt", "completion", *rows[0]["rewards"], "advantage"]:
        wanted = pandas.Series([row["rewards"].get(name, row.get(name)) for row in rows], dtype=None if name in ("step", "prompt", "completion") else float)
        unlike += not (table[name].equals(wanted) and table[name].dtype == wanted.dtype)
        count += 1
check(f"pandas: columns of completions that differ, of {count}", unlike + (count == 0), 0)
sys.exit(failures > 0)
