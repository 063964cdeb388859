# Writes test/cli/trl-settings.json: what `trl grpo --config` and `trl sft --config` take, with TRL's defaults. Needs trl.
import dataclasses, json
from pathlib import Path
import trl
from trl import DatasetMixtureConfig, GRPOConfig, ModelConfig, ScriptArguments, SFTConfig
from trl.scripts.grpo import GRPOScriptArguments

def default(field):
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default

def settings(*kinds):
    return {field.name: default(field) for kind in kinds for field in dataclasses.fields(kind)}

grpo = settings(GRPOScriptArguments, GRPOConfig, ModelConfig)
sft = settings(ScriptArguments, SFTConfig, ModelConfig, DatasetMixtureConfig)
text = json.dumps({"trl": trl.__version__, "settings": grpo, "sft": sft}, indent=1, default=str)
(Path(__file__).parent.parent / "trl-settings.json").write_text(text + "\n")
