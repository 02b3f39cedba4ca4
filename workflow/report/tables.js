// A click on a column's head sorts by it, a second click the other way round; the search box hides the rows without the words.
const value = (row, column) => {
  const text = row.cells[column].dataset.v ?? row.cells[column].textContent.trim();
  return text === "" ? null : isNaN(text) ? text.toLowerCase() : Number(text);
};
const order = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
document.querySelectorAll("table.sortable").forEach((table) => {
  const body = table.tBodies[0];
  table.querySelectorAll("thead button").forEach((button) => {
    const head = button.closest("th");
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === "descending";
      table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => [value(row, head.cellIndex), row]);
      // Empty cells come last, whichever way the column is sorted.
      rows.sort(([a], [b]) => (a === null) - (b === null) || (up ? order(a, b) : order(b, a)));
      body.append(...rows.map(([, row]) => row));
    });
  });
});
document.querySelectorAll("input[data-for]").forEach((input) => {
  const rows = [...document.getElementById(input.dataset.for).tBodies[0].rows];
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/);
    rows.forEach((row) => (row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word))));
    const left = rows.filter((row) => !row.hidden).length;
    input.closest(".search").querySelector("output").textContent = input.value ? `${left} of ${rows.length} rows` : "";
  });
});
