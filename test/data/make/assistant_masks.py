# Writes test/data/files/assistant-masks.json: chats with the assistant's tokens as transformers marks them, by templates with {% generation %}.
# Needs transformers; the tokenizer is that of a folder in the repository.
import json, sys
from pathlib import Path
from transformers import PreTrainedTokenizerFast
from tokenizers import Tokenizer

root = Path(__file__).resolve().parents[3]
folder = Path(sys.argv[1])
tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), eos_token="<|im_end|>")
# ChatML as TRL trains Qwen with it: what is generated ends with <|im_end|>, the line break after it is not learnt.
template = (
    "{%- for message in messages %}{%- if message.role == 'assistant' %}{{- '<|im_start|>assistant\\n' }}"
    "{%- generation %}{{- message.content + '<|im_end|>' }}{%- endgeneration %}{{- '\\n' }}"
    "{%- else %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
chats = [
    [("user", "1+1?"), ("assistant", "2")],
    [("system", "be brief"), ("user", "1+1?"), ("assistant", "It is 2."), ("user", "sure?"), ("assistant", "Yes: <think>1+1</think> 2")],
    [("user", "say\n\nit"), ("assistant", " hello  world \n"), ("user", "again"), ("assistant", "")],
    [("user", "x"), ("assistant", "<|im_start|>no"), ("user", "y")],
]
cases = []
for chat in chats:
    messages = [{"role": role, "content": content} for role, content in chat]
    out = tokenizer.apply_chat_template(messages, chat_template=template, return_dict=True, return_assistant_tokens_mask=True)
    cases.append({"messages": messages, "ids": out["input_ids"], "mask": out["assistant_masks"]})
print(json.dumps({"template": template, "cases": cases}))
