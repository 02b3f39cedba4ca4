// The searchable tables of a page, from the scripts in its folder. Every name is set as text, never as markup.
const NOTHING = "\u2013";
const MOST_IN_AN_ALLELE = 12;

// The words of pasvar.report.words; a browser test holds one against the other.
const isGiven = (value) => value !== null && value !== undefined;
const count = (value) => (isGiven(value) ? value.toLocaleString("en") : NOTHING);
const fixed = (size, digits) => size.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const signed = (value, digits = 2) => {
  if (!isGiven(value)) return NOTHING;
  const text = fixed(Math.abs(value), digits);
  return /[1-9]/.test(text) ? (value > 0 ? "+" : "\u2212") + text : text;
};
const percent = (share) => {
  if (!isGiven(share)) return NOTHING;
  const value = 100 * share;
  if (value > 0 && value < 0.01) return "< 0.01 %";
  return `${value.toFixed(value >= 10 || value === 0 ? 0 : value >= 1 ? 1 : 2)} %`;
};
const fold = (delta) => {
  if (!isGiven(delta)) return NOTHING;
  const times = Math.exp(Math.min(Math.abs(delta), 50));
  if (times < 1.005) return "unchanged";
  return `${fixed(times, times < 2 ? 2 : times < 10 ? 1 : 0)}-fold ${delta > 0 ? "higher" : "lower"}`;
};
const plain = (name) => (isGiven(name) ? name.replaceAll("_", " ") : NOTHING);
const short = (letters) =>
  letters.length <= MOST_IN_AN_ALLELE ? letters : `${letters.slice(0, MOST_IN_AN_ALLELE - 4)}\u2026 (${letters.length} nt)`;
const change = (v) => `${v.chrom}:${v.pos} ${short(v.ref)}>${short(v.alt)}`;
const recordId = (id) => (isGiven(id) && id !== "." ? (id.length <= 28 ? id : `${id.slice(0, 27)}\u2026`) : "");

// A script from the folder of the page, once. They are read when what they have is to be seen: a page of 20,000 genes opens at once.
const asked = {};
const load = (name) =>
  (asked[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${document.body.dataset.tables}${name}.js`;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  }));

const bytesOf = (base64) => {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
};

// A table of the scripts as rows that have the columns' names; its cells stay in columns, which is faster than objects of their own.
const unpacked = {};
const unpack = (name) => (unpacked[name] ??= load(name).then(async () => {
  const stream = new Blob([bytesOf(self.pasvar.packed[name])]).stream().pipeThrough(new DecompressionStream("gzip"));
  delete self.pasvar.packed[name];
  const columns = await new Response(stream).json();
  const names = Object.keys(columns);
  const Row = class {
    constructor(place) { this.place = place; }
  };
  let length = 0;
  for (const key of names) {
    const { levels, codes } = columns[key];
    const values = columns[key];
    length = (codes ?? values).length;
    Object.defineProperty(Row.prototype, key, {
      get: codes ? function () { const code = codes[this.place]; return code < 0 ? null : levels[code]; } : function () { return values[this.place]; },
    });
  }
  return Object.assign(Array.from({ length }, (_, place) => new Row(place)), { names });
}));

// Calls `show` when the element comes near to what is to be seen.
const whenNear = (element, show) => {
  if (!element) return;
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    show();
  }, { rootMargin: "400px" });
  watch.observe(element);
};

const make = (tag, text = "", css = "") => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (css) element.className = css;
  return element;
};
const cell = (main, below = "", css = "") => {
  const span = make("span");
  span.append(main instanceof Node ? main : document.createTextNode(main));
  if (below) {
    const small = make("small", "", css);
    small.append(below);
    span.append(" ", small);
  }
  return span;
};
const link = (href, text) => Object.assign(make("a", text), { href });

// Where a gene is shown: its own page, or the one that reads the tables.
const geneLink = (gene, folder) =>
  link(gene.page ? `${folder}${encodeURIComponent(gene.page)}` : `${folder}viewer.html#${encodeURIComponent(gene.gene_id)}`, gene.gene_name);

const onBar = (delta, largest) => {
  const bar = make("span", "", `bar ${delta > 0 ? "gain" : "loss"}`);
  bar.style.setProperty("--part", `${(Math.min(Math.abs(delta) / (largest || 1), 1) * 50).toFixed(1)}%`);
  return bar;
};

// What a spreadsheet would take for a formula gets an apostrophe, as in `pasvar export --tsv`.
const exported = (value) => {
  if (!isGiven(value)) return "";
  return typeof value === "string" && /^[=+@\-\t\r]./.test(value) ? `'${value}` : String(value);
};

// Text to search in. DataTables reads one with an ampersand as markup.
const searchable = (...parts) => parts.filter(isGiven).join(" ").replaceAll("&", " ");

// The table without what sorts it where the library is absent.
const bare = (table) => {
  table.querySelectorAll("thead th").forEach((head) => {
    head.title = head.querySelector("button")?.title ?? "";
    head.removeAttribute("aria-sort");
    head.textContent = head.textContent.trim();
  });
  table.classList.remove("sortable", "long");
  table.closest(".scroll")?.replaceWith(table);
};

// The keyboard reaches what scrolls, and a screen reader names it.
const nameRegions = (table, label) => {
  const holder = table.closest(".dt-layout-table") ?? table.parentElement;
  Object.entries({ role: "region", tabindex: "0", "aria-label": label }).forEach(([key, value]) => holder.setAttribute(key, value));
  holder.classList.add("scroll");
  table.closest(".dt-container").querySelector("nav")?.setAttribute("aria-label", `pages of the table of ${label}`);
};

const LANGUAGE = {
  search: "Find", lengthMenu: "_MENU_ a page", info: "rows _START_ to _END_ of _TOTAL_", infoEmpty: "no rows", infoFiltered: "found among _MAX_",
};

// A table whose rows are all in the page: sorted by data-v, ten rows at a time.
const paged = (table, label) => {
  if (!table) return;
  bare(table);
  const columns = [...table.tHead.rows[0].cells].map((head, i) => ({
    data: { _: `${i}.display`, sort: `${i}.@data-v`, type: `${i}.@data-v` }, className: head.className,
    orderSequence: head.classList.contains("num") ? ["desc", "asc"] : ["asc", "desc"],
  }));
  self.pasvar.jQuery(table).DataTable({
    columns, order: [], autoWidth: false, pageLength: 10, lengthMenu: [10, 25, 100], language: LANGUAGE,
    layout: { topStart: "search", topEnd: null, bottomStart: ["info", "pageLength"], bottomEnd: "paging" },
  });
  nameRegions(table, label);
};

// columns: {cell, by, text}: what a row shows, sorts by, and is found by. A column with `num` begins with its largest value.
const listing = (table, rows, columns, { order, placeholder, none, name, filters = [], label, rowsAtFirst = 25 }) => {
  const DataTable = self.pasvar.jQuery.fn.dataTable;
  const last = (compare) => (a, b) => (isGiven(a) && isGiven(b) ? compare(a, b) : isGiven(a) ? -1 : isGiven(b) ? 1 : 0);
  const up = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const type = { "given-pre": (value) => value, "given-asc": last(up), "given-desc": last((a, b) => up(b, a)) };
  Object.assign(DataTable.ext.type.order, type);
  bare(table);
  const text = (value) => (typeof value === "string" ? value.toLowerCase() : value);
  const tsv = {
    extend: "csv", text: "Download these rows", filename: name, fieldSeparator: "\t", fieldBoundary: "", extension: ".tsv", footer: false,
    exportOptions: {
      customizeData: (data) => {
        const names = rows.names.filter((key) => key !== "page" && key !== "card");
        const found = api.rows({ search: "applied", order: "applied" }).data().toArray();
        data.header = names;
        data.headerStructure = [names.map((title) => ({ title, colSpan: 1, rowSpan: 1 }))];
        data.body = found.map((row) => names.map((key) => exported(row[key])));
      },
      format: { header: () => "", body: () => "" },
    },
  };
  const api = new self.pasvar.jQuery.fn.DataTable.Api(
    self.pasvar.jQuery(table).DataTable({
      data: rows,
      columns: columns.map(({ cell: shown, by, text: found, num, css }) => ({
        data: null, type: "given", className: [num ? "num" : "", css ?? ""].join(" ").trim(), searchable: Boolean(found),
        orderSequence: num ? ["desc", "asc"] : ["asc", "desc"],
        render: (_, how, row) => (how === "display" ? shown(row) : how === "filter" ? (found ? found(row) : "") : text(by(row))),
      })),
      order, autoWidth: false, pageLength: rowsAtFirst, lengthMenu: [10, 25, 100, 500],
      layout: {
        topStart: "search", topEnd: { buttons: [tsv] }, bottomStart: ["info", "pageLength"], bottomEnd: "paging",
        ...(filters.length ? { top2Start: () => filterBox(filters, () => api) } : {}),
      },
      language: {
        ...LANGUAGE, searchPlaceholder: placeholder, zeroRecords: none, emptyTable: none,
      },
    }),
  );
  nameRegions(table, label);
  if (rows.length <= 10) table.closest(".dt-container").classList.add("short");
  return api;
};

// filters: {label, options} for a choice or {label, step} for a least value, with `keeps(row, value)`.
const filterBox = (filters, apiOf) => {
  const box = make("div", "", "filters");
  filters.forEach(({ label, options, keeps }) => {
    const control = make("select");
    ["", ...options].forEach((option) => {
      const [value, words] = Array.isArray(option) ? option : [option, option ? plain(option) : "any"];
      control.append(Object.assign(make("option", words), { value }));
    });
    const named = make("label", `${label} `);
    named.append(control);
    box.append(named);
    control.addEventListener("change", () => {
      const { value } = control;
      apiOf().search.fixed(label, value ? (_, row) => keeps(row, value) : null).draw();
    });
  });
  return box;
};

const LIMITS = [["0.5", "50 % or more"], ["0.2", "20 % or more"], ["0.1", "10 % or more"], ["0.05", "5 % or more"], ["0.01", "1 % or more"]];

const FREQUENCIES = [["0.001", "0.1 % at most, or none"], ["0.01", "1 % at most, or none"], ["0.05", "5 % at most, or none"], [NOTHING, "none"]];
// known: the columns that say what other sources have of a variant: {column, source, field, kind}.
const withKnown = (shown, v, known) => {
  known.filter(({ column }) => isGiven(v[column]))
    .forEach(({ column, source, field }) => shown.append(" ", make("small", `${source} ${field}=${v[column]}`, "known")));
  return shown;
};

// What a variant is called, with a link to its card where it has one.
const variantCell = (v) => {
  const named = (text) => (v.card ? link(document.body.dataset.cards + encodeURIComponent(v.card), text) : document.createTextNode(text));
  const id = recordId(v.id);
  if (!id) return cell("", named(change(v)));
  const name = make("b");
  name.append(named(id));
  return cell(name, change(v));
};
const variantColumns = (withGenotypes, geneOf, folder, known) => [
  { cell: (v) => withKnown(variantCell(v), v, known), by: (v) => v.pos, css: "variant",
    text: (v) => searchable(v.id, v.chrom, v.pos, `${v.chrom}:${v.pos}`, `${v.ref}>${v.alt}`, `${v.chrom}:${v.pos}:${v.ref}:${v.alt}`,
      ...known.flatMap(({ column }) => (typeof v[column] === "string" ? [v[column], plain(v[column])] : []))) },
  ...(folder === null ? [] : [
    { cell: (v) => cell(geneLink(geneOf(v), folder), v.site_id), by: (v) => geneOf(v).gene_name, css: "gene",
      text: (v) => searchable(geneOf(v).gene_name, v.gene_id, v.site_id) },
  ]),
  { cell: (v) => cell(v.verdict + " ", v.sureness, "wraps"), by: (v) => v.verdict, css: "verdict",
    text: (v) => searchable(v.verdict, plain(v.flags ?? ""), plain(v.region)) },
  { cell: (v) => cell(make("b", percent(v.expected_impact)), v.direction === "none" ? "" : plain(v.direction)), by: (v) => v.expected_impact, num: true },
  { cell: (v) => cell(fold(v.delta_logodds_narrow), `${signed(v.delta_logodds_narrow)} (${signed(v.delta_low, 1)} to ${signed(v.delta_high, 1)})`),
    by: (v) => Math.abs(v.delta_logodds_narrow), num: true },
  { cell: (v) => (v.n_sites === 1 ? make("span", "only site", "quiet") : cell(percent(v.usage_site_ref), `\u2192 ${percent(v.usage_site_alt)}`)),
    by: (v) => (v.n_sites === 1 ? null : v.usage_site_alt - v.usage_site_ref), num: true },
  { cell: (v) => (v.n_sites === 1 || !isGiven(v.delta_utr_length) ? make("span", NOTHING, "quiet")
      : cell(`${signed(v.delta_utr_length, 0)} nt`, `distal ${signed(100 * v.delta_pdui, 1)}`)),
    by: (v) => (v.n_sites === 1 ? null : v.delta_utr_length), num: true },
  { cell: (v) => cell(make("span", v.hexamer_alt === v.hexamer_ref ? v.hexamer_ref : `${v.hexamer_ref} \u2192 ${v.hexamer_alt}`, "seq"), `${plain(v.region)} ${signed(v.offset, 0)}`),
    by: (v) => v.offset, text: (v) => searchable(v.hexamer_ref, v.hexamer_alt), css: "place" },
  withGenotypes
    ? { cell: (v) => cell(count(v.n_carriers), percent(v.af)), by: (v) => v.n_carriers, num: true }
    : { cell: (v) => cell(percent(v.af)), by: (v) => v.af, num: true },
];
const knownFilter = (rows, { column, source, field, kind }) => {
  const given = [...new Set(rows.map((v) => v[column]).filter(isGiven))].sort();
  const choices = kind === "choice" ? given.map((value) => [value, plain(value)]) : [["some", "some"]];
  return { label: `${source} ${field}`, options: kind === "share" ? FREQUENCIES : [...choices, [NOTHING, "none"]], keeps: (v, value) => {
    if (value === NOTHING) return !isGiven(v[column]);
    if (kind === "share") return !isGiven(v[column]) || v[column] <= Number(value);
    return kind === "choice" ? v[column] === value : isGiven(v[column]);
  } };
};
const variantFilters = (rows, known) => [
  { label: "direction", options: [...new Set(rows.map((v) => v.direction).filter(isGiven))].sort(), keeps: (v, value) => v.direction === value },
  { label: "expected impact", options: LIMITS, keeps: (v, value) => v.expected_impact >= Number(value) },
  { label: "flags", options: [["none", "none"], ["some", "some"]], keeps: (v, value) => (value === "none") === !v.flags },
  ...known.map((field) => knownFilter(rows, field)),
];
