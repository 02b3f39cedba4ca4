# What made the results: digests of the inputs, which the tables, the VCF header and the report name, and a record of the run.
#
# in:  every file that the config names; all results
# out: results/inputs/{key}/{name}.sha256, results/provenance.json, results/costs.html, results/ro-crate-metadata.json


rule digest_input:
    input:
        file=lambda wildcards: on_disk(INPUTS[f"{wildcards.key}/{wildcards.name}"]),
    output:
        digest="results/inputs/{key}/{name}.sha256",
    log:
        "logs/digest_input/{key}/{name}.log",
    wildcard_constraints:
        key=r"\w+",
        name=r"[^/]+",
    conda:
        "../../envs/genome.yaml"
    params:
        full=CONFIG["full_digests"],
        code=code_of("digest_input"),
    script:
        "../scripts/digest_input.py"


rule record_provenance:
    input:
        results=[*RESULTS, *ANNOTATED, "results/report/index.html"],
        pages=[
            "results/report/genes",
            "results/report/cards",
            "results/report/data",
            "results/report/figures",
            "results/multiqc",
        ],
        digests=digests_of(*CONFIG),
    output:
        record="results/provenance.json",
        costs="results/costs.html",
        crate="results/ro-crate-metadata.json",
    log:
        "logs/record_provenance.log",
    conda:
        "../../envs/report.yaml"
    threads: 2
    params:
        config=ALL_SETTINGS,
        inputs=INPUTS,
        code=code_of("record_provenance", "report"),
    script:
        "../scripts/record_provenance.py"
