"""SmolLM2 as an ONNX model in transformers.js' layout: python make_onnx.py FOLDER OUT (pip: onnxruntime-genai onnx onnx-ir torch transformers>=5.2).

ONNX Runtime's own builder writes it, with its fused attention and norms and with logits of the last token alone: what runs fastest there.
"""
import glob, json, os, shutil, subprocess, sys, tempfile
import onnx

folder, out = sys.argv[1:]
config = json.load(open(folder + "/config.json"))
with tempfile.TemporaryDirectory() as made:
    subprocess.run(
        [sys.executable, "-m", "onnxruntime_genai.models.builder", "-i", folder, "-o", made, "-p", "fp32", "-e", "cpu", "-c", made + "/cache",
         "--extra_options", "prune_lm_head=true"],
        check=True)
    model = onnx.load(made + "/model.onnx")
    # transformers.js reads the width of an empty cache here, where the builder has a name.
    for tensor in [*model.graph.input, *model.graph.output]:
        for dim in tensor.type.tensor_type.shape.dim:
            if dim.dim_param == "kv_cache_dim":
                dim.dim_value = config["hidden_size"] // config["num_attention_heads"]
    os.makedirs(out + "/onnx", exist_ok=True)
    onnx.save(model, out + "/onnx/model.onnx")
for file in glob.glob(folder + "/*.json"):
    shutil.copy(file, out)
