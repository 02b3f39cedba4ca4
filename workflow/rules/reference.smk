# The reference genome and the network, brought into the form that all other rules read.
#
# in:  FASTA, model
# out: results/reference/contigs.parquet (and an index of the FASTA where it has none beside it), results/model/


rule index_reference:
    input:
        fasta=CONFIG["fasta"],
    output:
        contigs="results/reference/contigs.parquet",
    log:
        "logs/index_reference.log",
    benchmark:
        "benchmarks/index_reference.tsv"
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
        model_files(),
    output:
        model=directory("results/model"),
    log:
        "logs/prepare_model.log",
    benchmark:
        "benchmarks/prepare_model.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        model=CONFIG["model"],
        weights=bundled_weights(),
        code=code_of("prepare_model"),
    script:
        "../scripts/prepare_model.py"
