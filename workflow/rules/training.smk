# Training of a network on a table of assay sequences: `snakemake train`. No part of the main job.
#
# in:  the table of config key `training.table`, and the checkpoint of `training.start` where it is to be fine-tuned
# out: results/training/ with model/ (which config key `model` may name), metrics.tsv, test.json, loss.png

TRAINING = CONFIG.get("training") or {}
START = TRAINING.get("start", "")


rule train:
    input:
        "results/training/model",
        "results/training/metrics.tsv",
        "results/training/test.json",
        "results/training/loss.png",


rule train_model:
    input:
        table=TRAINING.get("table", "(set config key training.table)"),
        start=on_disk(model_files(START)) if START else [],
    output:
        model=directory("results/training/model"),
        metrics="results/training/metrics.tsv",
        test="results/training/test.json",
        losses="results/training/loss.png",
    log:
        "logs/train_model.log",
    conda:
        "../../envs/train.yaml"
    threads: 2
    params:
        start=START,
        weights=bundled_weights(START) if START else "",
        settings={
            key: value
            for key, value in TRAINING.items()
            if key not in {"table", "start"}
        },
        device=CONFIG["device"],
        code=code_of("train_model"),
    script:
        "../scripts/train_model.py"
