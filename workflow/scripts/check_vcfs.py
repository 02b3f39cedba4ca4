"""Whether htslib survives the VCFs: where it does not, one line says which."""

from pasvar.files import whole
from pasvar.run import logged
from pasvar.variants import check_htslib


def main(vcfs: list[str], checked: str) -> None:
    check_htslib(vcfs)
    with whole(checked) as partial:
        partial.write_text("".join(f"{vcf}\n" for vcf in vcfs))


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input):
        main(snakemake.input.vcf, snakemake.output.checked)
