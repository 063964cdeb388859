"""Makes small tokenizers of the kinds that model families have, with ids and chats as transformers gives them: python families.py FOLDER

pip install transformers tokenizers jinja2. The vocabularies are learnt from the sentences below; the steps around them are those of the families.
"""
import json, os, sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

out = Path(sys.argv[1])
CORPUS = [
    "What is 12 + 30? The answer is 42, so I'll check that it's right and don't stop.",
    "Wait, let me double-check that. <think> carry the one </think> 1234567890 1,000.50 x = 3*4",
    "def f(x):\n\treturn x\n\n  indented   text\r\n\r\nnaïve café über Straße",
    "日本語の文章 中文句子 한국어 문장 русский текст ελληνικά हिन्दी",
] * 4

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEKKEN = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
byte_level = lambda **more: pre_tokenizers.ByteLevel(add_prefix_space=False, **more)
split = lambda pattern: pre_tokenizers.Split(Regex(pattern), "isolated")
sentencepiece = lambda *more: decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *more])

CHATML = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
THINK = """{%- for m in messages -%}
{%- set text = m.content -%}
{%- if m.role == 'assistant' and '</think>' in text -%}{%- set text = text.split('</think>')[-1].lstrip('\\n') -%}{%- endif -%}
{{ '<|im_start|>' ~ m.role ~ '\\n' ~ text ~ '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- if enable_thinking is defined and enable_thinking is false -%}{{ '<think>\\n\\n</think>\\n\\n' }}{%- endif -%}{%- endif -%}"""
HEADERS = """{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}{%- set system = messages[0]['content'] | trim %}{%- set messages = messages[1:] %}{%- else %}{%- set system = '' %}{%- endif %}
{{- '<|start_header_id|>system<|end_header_id|>\\n\\nToday: ' + strftime_now('%Y') | length | string + '\\n' + system + '<|eot_id|>' }}
{%- for m in messages %}{{- '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim + '<|eot_id|>' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"""
TURNS = """{{ bos_token }}{%- set ns = namespace(first='') -%}
{%- for m in messages -%}
{%- if m.role == 'system' -%}{%- set ns.first = m.content ~ '\\n\\n' -%}
{%- else -%}{{ '<start_of_turn>' ~ ('model' if m.role == 'assistant' else m.role) ~ '\\n' ~ ns.first ~ (m.content | trim) ~ '<end_of_turn>\\n' }}{%- set ns.first = '' -%}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}"""
INST = """{{- bos_token }}{%- for m in messages %}{%- if m.role == 'user' %}{{- '[INST] ' + m.content + ' [/INST]' }}{%- elif m.role == 'assistant' %}{{- ' ' + m.content + eos_token }}{%- else %}{{- raise_exception('only user and assistant') }}{%- endif %}{%- endfor %}"""
BARS = """{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}{% elif m.role == 'user' %}{{ '<｜User｜>' + m.content }}{% else %}{{ '<｜Assistant｜>' + m.content.split('</think>')[-1] + eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}"""

# Name: normaliser, pre-tokenisers, decoder, special tokens (bos, eos, pad, more), whether bos is put before a text, options of BPE, chat template.
FAMILIES = {
    "llama3": (None, [split(LLAMA3), byte_level(use_regex=False)], decoders.ByteLevel(), ["<|begin_of_text|>", "<|eot_id|>", None, "<|start_header_id|>", "<|end_header_id|>"], True, {"ignore_merges": True}, HEADERS),
    "qwen3": (normalizers.NFC(), [split(QWEN), byte_level(use_regex=False)], decoders.ByteLevel(), [None, "<|im_end|>", "<|endoftext|>", "<|im_start|>"], False, {}, THINK),
    "smollm2": (None, [pre_tokenizers.Digits(individual_digits=True), byte_level(use_regex=True)], decoders.ByteLevel(), ["<|im_start|>", "<|im_end|>", "<|im_end|>"], False, {}, CHATML),
    "gemma": (normalizers.Replace(" ", "▁"), [pre_tokenizers.Split(" ", "merged_with_previous")], sentencepiece(), ["<bos>", "<eos>", "<pad>", "<start_of_turn>", "<end_of_turn>", "<unk>"], True, {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}, TURNS),
    "llama2": (normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None, sentencepiece(decoders.Strip(" ", 1, 0)), ["<s>", "</s>", None, "<unk>"], True, {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}, INST),
    "mistral": (None, [pre_tokenizers.Metaspace(prepend_scheme="first", split=False)], sentencepiece(decoders.Strip(" ", 1, 0)), ["<s>", "</s>", None, "<unk>", "[INST]", "[/INST]"], True, {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}, INST),
    "tekken": (None, [split(TEKKEN), byte_level(use_regex=False)], decoders.ByteLevel(), ["<s>", "</s>", "<pad>", "[INST]", "[/INST]"], True, {"ignore_merges": True}, INST),
    "phi": (None, [byte_level(use_regex=True)], decoders.ByteLevel(), ["<|endoftext|>", "<|im_end|>", "<|endoftext|>", AddedToken("<|im_start|>", rstrip=True, lstrip=True), AddedToken("<|tool|>", single_word=True)], False, {}, CHATML),
    "deepseek": (normalizers.Sequence([]), [split(r"\p{N}{1,3}"), split(r"[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK), byte_level(use_regex=False)], decoders.ByteLevel(), ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"], False, {}, BARS),
}
TEXTS = json.loads((Path(__file__).parent / "texts.json").read_text())
CHATS = [
    [{"role": "user", "content": "What is 2+2?"}],
    [{"role": "user", "content": " Hi\n"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\n Hello "}, {"role": "user", "content": "  7*8? "}],
    [{"role": "system", "content": " Be brief. "}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
]


def made(name, family):
    normalizer, steps, decoder, (bos, eos, pad, *more), puts_bos, options, template = family
    specials = [t for t in dict.fromkeys([bos, eos, pad]) if t] + more
    tokenizer = Tokenizer(models.BPE(**options))
    if normalizer:
        tokenizer.normalizer = normalizer
    if steps:
        tokenizer.pre_tokenizer = steps[0] if len(steps) == 1 else pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoder
    is_bytes = "byte_fallback" not in options
    alphabet = pre_tokenizers.ByteLevel.alphabet() if is_bytes else []
    bytes_ = [] if is_bytes else [f"<0x{i:02X}>" for i in range(256)]
    plain = [t for t in specials if isinstance(t, str)]
    limits = {"vocab_size": 400, "initial_alphabet": alphabet} if is_bytes else {"vocab_size": 550, "limit_alphabet": 100}
    trainer = trainers.BpeTrainer(special_tokens=plain + bytes_, show_progress=False, **limits)
    tokenizer.train_from_iterator(CORPUS, trainer)
    spec = json.loads(tokenizer.to_str())
    # The bytes are tokens of the vocabulary alone, and what transformers knows as special is added.
    spec["added_tokens"] = [t for t in spec["added_tokens"] if t["content"] not in bytes_]
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.add_special_tokens([t for t in specials if not isinstance(t, str)])
    tokenizer.add_tokens(["<think>", "</think>"])
    if puts_bos:
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.token_to_id(bos))])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **{k: v for k, v in {"bos_token": bos, "eos_token": eos, "pad_token": pad}.items() if v}, clean_up_tokenization_spaces=False)
    fast.chat_template = template
    return fast


for name, family in FAMILIES.items():
    fast = made(name, family)
    texts = [{"text": t, "ids": fast(t, add_special_tokens=False)["input_ids"], "special": fast(t)["input_ids"]} for t in TEXTS]
    for row in texts:
        row["decoded"] = fast.decode(row["ids"], skip_special_tokens=False)
    # Ids that begin or end within a character.
    torn = [ids[a : len(ids) - b] for ids in (fast("\ufeff😀é世", add_special_tokens=False)["input_ids"],) for a in range(4) for b in range(4)]
    parts = [{"ids": ids, "decoded": fast.decode(ids, skip_special_tokens=False)} for ids in torn]
    chats = []
    for messages in CHATS:
        for prompt in (True, False):
            for variables in [{}] + ([{"enable_thinking": False}] if name == "qwen3" else []):
                try:
                    text = fast.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt, **variables)
                    ids = fast.apply_chat_template(messages, add_generation_prompt=prompt, return_dict=False, **variables)
                except Exception as e:
                    text = ids = None
                chats.append({"messages": messages, "addGenerationPrompt": prompt, "variables": variables, "text": text, "ids": ids})
    out.mkdir(parents=True, exist_ok=True)
    spec = json.loads(fast.backend_tokenizer.to_str())
    config = {k: getattr(fast, k) for k in ("bos_token", "eos_token", "pad_token") if getattr(fast, k)} | {"chat_template": fast.chat_template}
    (out / f"{name}.json").write_text(json.dumps({"tokenizer": spec, "config": config, "texts": texts, "parts": parts, "chats": chats}, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(name, len(spec["model"]["vocab"]), (out / f"{name}.json").stat().st_size)
