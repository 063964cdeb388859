# Writes test/cli/trl-settings.json: what `trl grpo --config` takes, with TRL's defaults. Needs trl.
import dataclasses, json
from pathlib import Path
import trl
from trl import GRPOConfig, ModelConfig
from trl.scripts.grpo import GRPOScriptArguments

def default(field):
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default

fields = [field for kind in (GRPOScriptArguments, GRPOConfig, ModelConfig) for field in dataclasses.fields(kind)]
settings = {field.name: default(field) for field in fields}
text = json.dumps({"trl": trl.__version__, "settings": settings}, indent=1, default=str)
(Path(__file__).parent.parent / "trl-settings.json").write_text(text + "\n")
