// A click on a column's head sorts by it, numbers from the largest and text from A; a second click turns the order round.
// The search box hides the rows without the words, and brings in those that the page holds as data only.
const MOST_BROUGHT_IN = 100;

const value = (row, column) => {
  const text = row.cells[column].dataset.v ?? row.cells[column].textContent.trim();
  return text === "" ? null : isNaN(text) ? text.toLowerCase() : Number(text);
};
const order = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);

const sort = (table, head) => {
  const sorted = head.getAttribute("aria-sort");
  const up = sorted ? sorted === "descending" : !head.classList.contains("num");
  table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map((row) => [value(row, head.cellIndex), row]);
  // Empty cells come last, whichever way the column is sorted.
  rows.sort(([a], [b]) => (a === null) - (b === null) || (up ? order(a, b) : order(b, a)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
};

// A cell is a number, or its text, its small print and what it sorts by. All of it is set as text.
const rowOf = (cells) => {
  const row = document.createElement("tr");
  row.className = "more";
  for (const cell of cells) {
    const [text, small, sortable] = typeof cell === "number" ? [cell.toLocaleString("en"), "", cell] : cell ?? ["\u2013", "", ""];
    const place = row.insertCell();
    if (typeof cell === "number" || cell === null) place.className = "num";
    place.dataset.v = sortable;
    place.textContent = text;
    if (small) place.appendChild(document.createElement("small")).textContent = small;
  }
  return row;
};

const search = (table, more, input, output) => {
  const body = table.tBodies[0];
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.includes(word));
  body.querySelectorAll("tr.more").forEach((row) => row.remove());
  const rows = [...body.rows];
  rows.forEach((row) => (row.hidden = !has(row.textContent.toLowerCase())));
  const found = words.length ? more.filter(({ text }) => has(text)) : [];
  body.append(...found.slice(0, MOST_BROUGHT_IN).map(({ cells }) => rowOf(cells)));
  const left = rows.filter((row) => !row.hidden).length + found.length;
  const cut = found.length > MOST_BROUGHT_IN ? `, of those below the top the first ${MOST_BROUGHT_IN} are shown` : "";
  const total = (rows.length + more.length).toLocaleString("en");
  output.textContent = !words.length ? "" : left ? `${left.toLocaleString("en")} of ${total} rows${cut}` : input.dataset.none;
};

document.querySelectorAll("table.sortable").forEach((table) => {
  table.querySelectorAll("thead button").forEach((button) => {
    const head = button.closest("th");
    button.addEventListener("click", () => sort(table, head));
  });
});
document.querySelectorAll("input[data-for]").forEach((input) => {
  const table = document.getElementById(input.dataset.for);
  const data = document.getElementById(`${table.id}-more`);
  const more = (data ? JSON.parse(data.textContent) : []).map((cells) => ({ cells, text: cells.flat().join(" ").toLowerCase() }));
  const output = input.closest(".search").querySelector("output");
  input.addEventListener("input", () => search(table, more, input, output));
});
