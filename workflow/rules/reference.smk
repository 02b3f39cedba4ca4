# The reference genome and the network, brought into the form that all other rules read.
#
# in:  FASTA, model
# out: results/reference/contigs.parquet (and an index of the FASTA if it has none), results/model/


rule index_reference:
    input:
        fasta=on_disk(CONFIG["fasta"]),
    output:
        contigs="results/reference/contigs.parquet",
    log:
        "logs/index_reference.log",
    conda:
        "../../envs/genome.yaml"
    params:
        code=code_of("index_reference"),
    script:
        "../scripts/index_reference.py"


# Local: the nodes of many clusters cannot reach the network, and the download is 1.4 MB.
localrules:
    prepare_model,


rule prepare_model:
    input:
        on_disk(model_files(CONFIG["model"])),
    output:
        model=directory("results/model"),
    log:
        "logs/prepare_model.log",
    conda:
        "../../envs/genome.yaml"
    params:
        model=CONFIG["model"],
        weights=bundled_weights(CONFIG["model"]),
        code=code_of("prepare_model"),
    script:
        "../scripts/prepare_model.py"
