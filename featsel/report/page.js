
(() => {
  "use strict";
  const table = document.getElementById("fields");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const headers = Array.from(table.tHead.rows[0].cells);
  const find = document.getElementById("find");
  const count = document.getElementById("count");
  const buttons = Array.from(document.querySelectorAll("button[data-verdict]"));
  const texts = rows.map((row) => row.textContent.toLowerCase());

  const show = () => {
    const wanted = find.value.trim().toLowerCase();
    const hidden = buttons.filter((one) => one.getAttribute("aria-pressed") === "false");
    let shown = 0;
    rows.forEach((row, i) => {
      const fits = texts[i].includes(wanted) && !hidden.some((one) => row.classList.contains(one.dataset.verdict));
      row.hidden = !fits;
      if (fits) shown += 1;
    });
    count.textContent = shown.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " shown";
  };

  const key = (row, column, numeric) => {
    const text = row.cells[column].textContent;
    if (!numeric) return text.toLowerCase();
    const number = parseFloat(text.replace(/,/g, ""));
    return Number.isNaN(number) ? null : number;
  };

  const sort = (header) => {
    const column = header.cellIndex;
    const numeric = header.classList.contains("n");
    // Numbers are first sorted from the top, except for places in the list.
    const before = header.getAttribute("aria-sort");
    const down = before ? before === "ascending" : numeric && column > 0;
    headers.forEach((one) => one.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = rows.map((row, i) => [key(row, column, numeric), i]);
    keyed.sort(([a, i], [b, j]) => {
      if (a === b) return i - j;
      if (a === null) return 1;
      if (b === null) return -1;
      return (a < b ? -1 : 1) * (down ? -1 : 1);
    });
    body.append(...keyed.map(([, i]) => rows[i]));
  };

  headers.forEach((header) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sort(header));
  });
  find.addEventListener("input", show);
  buttons.forEach((one) => one.addEventListener("click", () => {
    one.setAttribute("aria-pressed", one.getAttribute("aria-pressed") === "true" ? "false" : "true");
    show();
  }));
  document.querySelector(".controls").hidden = false;
  show();
})();
