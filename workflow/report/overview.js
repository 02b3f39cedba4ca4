// The overview's two tables over all rows. Without the scripts in its folder it keeps the rows that are written in it.
const tableOf = (name) => document.getElementById(`${name}-table`);
const showGenes = async () => {
  const geneTable = tableOf("gene");
  const [genes] = await Promise.all([unpack("genes"), load("datatables")]);
  const { folder, genotypes } = document.body.dataset;
  const largest = Number(geneTable.dataset.largest);
  const parts = (gene) => {
    const [alt, ref, pos, ...chrom] = gene.top_variant.split(":").reverse();
    return { chrom: chrom.reverse().join(":"), pos: Number(pos), ref, alt, id: gene.top_variant_id };
  };
  const top = new Map(genes.filter((gene) => gene.top_variant).map((gene) => [gene.gene_id, parts(gene)]));
  const number = (key) => ({ cell: (gene) => cell(count(gene[key])), by: (gene) => gene[key], num: true });
  listing(geneTable, genes, [
    { cell: (gene) => cell(geneLink(gene, folder), `${gene.chrom} ${gene.strand.replace("-", "\u2212")}`), by: (gene) => gene.gene_name, css: "gene",
      text: (gene) => searchable(gene.gene_name, gene.gene_id, gene.chrom, gene.strand) },
    number("n_sites"), number("n_scored"), number("n_strong"), ...(genotypes ? [number("carriers"), number("n_people")] : []),
    { cell: (gene) => { const v = top.get(gene.gene_id); return v ? (recordId(v.id) ? cell(make("b", recordId(v.id)), change(v)) : cell("", change(v))) : cell(NOTHING); },
      by: (gene) => top.get(gene.gene_id)?.pos ?? null, css: "variant", text: (gene) => searchable(gene.top_variant, gene.top_variant_id) },
    { cell: (gene) => cell(make("b", percent(gene.max_expected_impact)), !gene.top_direction || gene.top_direction === "none" ? "" : plain(gene.top_direction)),
      by: (gene) => gene.max_expected_impact, num: true },
    { cell: (gene) => {
        const delta = gene.top_delta_logodds_narrow;
        if (!isGiven(delta)) return cell(NOTHING);
        const shown = cell(onBar(delta, largest), "");
        shown.append(make("b", signed(delta)), " ", make("small", fold(delta), fold(delta) === "unchanged" ? "" : delta > 0 ? "gain" : "loss"));
        return shown;
      }, by: (gene) => (isGiven(gene.top_delta_logodds_narrow) ? Math.abs(gene.top_delta_logodds_narrow) : null), num: true, css: "effect" },
    { cell: (gene) => (isGiven(gene.logodds_narrow_ref) ? cell(signed(gene.logodds_narrow_ref),
        `${gene.logodds_narrow_ref < Number(document.body.dataset.weak) ? "very weak " : ""}${percent(1 / (1 + Math.exp(-gene.logodds_narrow_ref)))}`) : cell(NOTHING)),
      by: (gene) => gene.logodds_narrow_ref, num: true },
  ], {
    order: [[geneTable.querySelectorAll("thead th").length - 3, "desc"]], name: "genes", label: "genes", placeholder: "gene, Ensembl ID, variant, contig \u2026",
    none: "No gene of the run has that.",
    filters: [
      { label: "direction", options: [...new Set(genes.map((gene) => gene.top_direction).filter(isGiven))].sort(), keeps: (gene, value) => gene.top_direction === value },
      { label: "expected impact", options: LIMITS, keeps: (gene, value) => gene.max_expected_impact >= Number(value) },
    ],
  });
};
const showVariants = async () => {
  const [genes, variants, known] = await Promise.all([...["genes", "variants", "known"].map(unpack), load("datatables")]);
  const { folder, genotypes } = document.body.dataset;
  const geneOf = new Map(genes.map((gene) => [gene.gene_id, gene]));
  listing(tableOf("variant"), variants, variantColumns(Boolean(genotypes), (v) => geneOf.get(v.gene_id), folder, known), {
    order: [[3, "desc"]], name: "variants", label: "variants with their verdicts", placeholder: "rsID, position, gene, hexamer, flag \u2026",
    none: "No variant listed here has that; gene_effects.parquet has all.", filters: variantFilters(variants, known), rowsAtFirst: 10,
  });
};
const showPaged = (name, label) => load("datatables").then(() => paged(tableOf(name), label));
if (self.pasvar) {
  document.documentElement.classList.add("lazy");
  whenNear(tableOf("gene"), showGenes);
  whenNear(tableOf("variant"), showVariants);
  whenNear(tableOf("haplotype"), () => showPaged("haplotype", "haplotypes"));
  whenNear(tableOf("new-site"), () => showPaged("new-site", "sites that variants may create"));
} else {
  document.documentElement.classList.add("alone");
  document.querySelectorAll('main a[href^="genes/"], main a[href^="cards/"], main a[href^="../"], header a[href^="genes/"]').forEach((a) => a.removeAttribute("href"));
}
