"""The others' side of the comparison of GRPO steps: one step for every line of the input.

python grpo.py make FOLDER    a random Llama of 0.2 M parameters into a folder that has its config.json and tokenizer
python grpo.py trl FOLDER     TRL's GRPOTrainer
python grpo.py torch FOLDER   a lean loop: cached sampling, one forward and backward pass, AdamW
"""
import json, re, sys, time
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

what, folder = sys.argv[1:]
torch.manual_seed(0)
say = lambda **answer: print(json.dumps(answer), flush=True)
PROMPTS = [f"{100 + i}+{900 - i}=" for i in range(64)]
reward = lambda completions, **_: [len(re.findall("[0-9]", text)) / 32 for text in completions]


def make():
    AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    say(done=True)


def trl():
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    class Turns(TrainerCallback):
        def on_step_end(self, *_, **__):
            say(seconds=time.perf_counter() - self.since)
            if not sys.stdin.readline():
                sys.exit(0)
            self.since = time.perf_counter()

    turns = Turns()
    args = GRPOConfig(
        output_dir=folder + "/trl", max_steps=10_000, num_generations=8, per_device_train_batch_size=64, max_completion_length=32,
        temperature=1.0, learning_rate=1e-6, beta=0.0, logging_steps=10_000, save_strategy="no", report_to=[], use_cpu=True, bf16=False,
        gradient_checkpointing=False, disable_tqdm=True)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    trainer = GRPOTrainer(
        AutoModelForCausalLM.from_pretrained(folder), reward_funcs=reward, args=args, processing_class=tokenizer,
        train_dataset=Dataset.from_dict({"prompt": PROMPTS}), callbacks=[turns])
    say(ready=True)
    sys.stdin.readline()
    turns.since = time.perf_counter()
    trainer.train()


def lean():
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, weight_decay=0.0)
    say(ready=True)
    for number, _ in enumerate(sys.stdin):
        since = time.perf_counter()
        rows = [PROMPTS[(8 * number + i // 8) % 64] for i in range(64)]
        prompt = tokenizer(rows, return_tensors="pt", add_special_tokens=False).input_ids
        with torch.no_grad():
            ids, past, new = prompt, None, []
            for _ in range(32):
                out = model(ids, past_key_values=past, use_cache=True, logits_to_keep=1)
                past = out.past_key_values
                ids = torch.multinomial(out.logits[:, -1].softmax(-1), 1)
                new.append(ids)
        completion = torch.cat(new, 1)
        ended = (completion == tokenizer.eos_token_id).cumsum(1)
        mask = ((ended == 0) | ((ended == 1) & (completion == tokenizer.eos_token_id))).float()
        scores = torch.tensor(reward(tokenizer.batch_decode(completion, skip_special_tokens=True))).view(8, 8)
        advantage = ((scores - scores.mean(1, keepdim=True)) / (scores.std(1, keepdim=True) + 1e-4)).view(64, 1)
        logits = model(torch.cat([prompt, completion], 1)).logits[:, prompt.shape[1] - 1 : -1]
        logps = logits.log_softmax(-1).gather(-1, completion[:, :, None])[:, :, 0]
        loss = -((logps - logps.detach()).exp() * advantage * mask).sum() / mask.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        say(seconds=time.perf_counter() - since, length=mask.sum(1).mean().item())


{"make": make, "trl": trl, "torch": lean}[what]()
