// A gene without a page of its own, from the tables in the folder of the pages: viewer.html#<gene ID or name>.
const place = (id, ...nodes) => document.getElementById(id).replaceChildren(...nodes);
const siteColumns = () => [
  { cell: (s) => cell(count(s.rank)), by: (s) => s.rank, num: true },
  { cell: (s) => cell(count(s.cut_pos)), by: (s) => s.cut_pos, num: true },
  { cell: (s) => make("span", s.hexamer ?? NOTHING, "seq"), by: (s) => s.hexamer, text: (s) => searchable(s.hexamer) },
  { cell: (s) => (s.in_usage === false ? make("span", "not counted", "quiet") : cell(percent(s.usage_ref))), by: (s) => s.usage_ref, num: true },
  { cell: (s) => cell(percent(s.confidence)), by: (s) => s.confidence, num: true },
  { cell: (s) => cell(s.source.replace("gtf", "annotation").replace("predicted", "prediction alone").replaceAll("+", ", ")), by: (s) => s.source, text: (s) => searchable(s.source) },
  { cell: (s) => cell(signed(s.logodds_narrow)), by: (s) => s.logodds_narrow, num: true },
  { cell: (s) => cell(isGiven(s.utr_length) ? `${count(s.utr_length)} nt` : NOTHING), by: (s) => s.utr_length, num: true },
  { cell: (s) => cell(plain(s.site_class)), by: (s) => s.site_class, text: (s) => searchable(plain(s.site_class)) },
];

// Sites to scale along the transcript: a bar per site, as high as its usage, as dark as its confidence.
const track = (sites, strand) => {
  const node = (tag, attributes, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    if (text) element.textContent = text;
    return element;
  };
  const picture = node("svg", { viewBox: "0 0 920 150", role: "img", "aria-label": `Usage of ${sites.length} sites along the gene` });
  const cuts = sites.map((s) => s.cut_pos);
  const [low, high] = [Math.min(...cuts), Math.max(...cuts)];
  const x = (pos) => 20 + (880 * (strand === "-" ? high - pos : pos - low)) / Math.max(high - low, 1);
  picture.append(node("line", { x1: 10, x2: 910, y1: 115, y2: 115, class: "axis" }));
  sites.forEach((s) => {
    const height = Math.max(95 * (s.usage_ref ?? 0), 2);
    const sure = !isGiven(s.confidence) || s.confidence < 0.5 ? "doubtful" : s.confidence < 0.8 ? "likely" : "";
    const bar = node("rect", { x: x(s.cut_pos) - 3, y: 115 - height, width: 6, height, class: `usage ${sure}` });
    bar.append(node("title", {}, `site ${s.rank}, cut at ${count(s.cut_pos)}, ${percent(s.usage_ref)} of 3\u2032 ends`));
    picture.append(bar);
  });
  const ends = strand === "-" ? [high, low] : [low, high];
  picture.append(node("text", { x: 20, y: 138, class: "tick" }, count(ends[0])));
  if (high > low) picture.append(node("text", { x: 900, y: 138, class: "tick", "text-anchor": "end" }, count(ends[1])));
  return picture;
};

const fresh = (id) => {
  const table = document.getElementById(`${id}-template`).content.cloneNode(true);
  place(`${id}-place`, table);
  return document.querySelector(`#${id}-place table`);
};

const show = (genes, variants, sites, known) => {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const gene = genes.find((g) => g.gene_id === wanted) ?? genes.find((g) => g.gene_name.toLowerCase() === wanted.toLowerCase());
  document.getElementById("found").hidden = !gene;
  if (!gene) {
    place("name", wanted ? `No gene ${wanted}` : "Genes");
    place("lede", wanted ? "The run has no gene of that name or ID with a site. " : "", "Choose a gene in the list, or put its name after # in the address.");
    return;
  }
  document.title = `${gene.gene_name}: variants that change polyadenylation`;
  const own = Object.assign(variants.filter((v) => v.gene_id === gene.gene_id), { names: variants.names });
  const places = Object.assign(sites.filter((s) => s.gene_id === gene.gene_id), { names: sites.names });
  const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
  place("name", gene.gene_name);
  place("lede", `${gene.gene_id}, contig ${gene.chrom}, ${gene.strand === "-" ? "minus" : "plus"} strand: ${plural(gene.n_sites, "polyadenylation site")}, ` +
    `${plural(gene.n_scored, "scored variant")}, ${count(gene.n_strong)} of them strong.` +
    (isGiven(gene.max_expected_impact) ? ` The highest expected impact is ${percent(gene.max_expected_impact)}, of ${recordId(gene.top_variant_id) || gene.top_variant}.` : ""));
  const page = gene.page ? [link(encodeURIComponent(gene.page), `The page of ${gene.gene_name}`), " shows its windows and every variant. "] : [];
  place("more", ...page);
  place("track", track(places, gene.strand));
  offerPictures(document.getElementById("found"));
  listing(fresh("sites"), places, siteColumns(), { order: [[0, "asc"]], name: `${gene.gene_name}_sites`, label: "sites of the gene", placeholder: "hexamer, source \u2026", none: "No site has that." });
  place("listed", own.length >= gene.n_scored ? "" : own.length
    ? `${plural(own.length, "variant is", "variants are")} among those with the highest expected impact of the run; all ${count(gene.n_scored)} are in gene_effects.parquet.`
    : gene.n_scored ? `None of its ${plural(gene.n_scored, "variant")} is among those with the highest expected impact of the run, which are listed; all are in gene_effects.parquet.` : "No variant of the run lies near its sites.");
  document.getElementById("variants-place").replaceChildren();
  if (own.length) {
    listing(fresh("variants"), own, variantColumns(Boolean(document.body.dataset.genotypes), () => gene, null, known), {
      order: [[2, "desc"]], name: `${gene.gene_name}_variants`, label: "variants with their verdicts", placeholder: "rsID, position, hexamer, flag \u2026",
      none: "No variant of the gene that is listed here has that.",
    });
  }
};

// Of 20,000 names the list offers those that begin as what is typed.
const MOST_OFFERED = 30;
const offer = (genes, begin) => {
  const wanted = begin.toLowerCase();
  const names = [];
  for (const gene of genes) {
    if (names.length === MOST_OFFERED) break;
    if (gene.gene_name.toLowerCase().startsWith(wanted)) names.push(Object.assign(document.createElement("option"), { value: gene.gene_name }));
  }
  place("gene-names", ...names);
};

Promise.all([...["genes", "variants", "sites", "known"].map(unpack), load("datatables")]).then((tables) => {
  const name = document.getElementById("gene-name");
  name.addEventListener("input", () => offer(tables[0], name.value));
  name.addEventListener("focus", () => offer(tables[0], name.value));
  document.getElementById("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = encodeURIComponent(name.value);
  });
  self.addEventListener("hashchange", () => show(...tables));
  show(...tables);
});
