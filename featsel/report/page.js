
(() => {
  "use strict";
  const MANY_ROWS = 12;
  const make = (name, parent, text = "") => {
    const element = document.createElement(name);
    element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };

  const key = (row, column, numeric) => {
    const text = row.cells[column].textContent;
    if (!numeric) return text.toLowerCase();
    const number = parseFloat(text.replace(/,/g, ""));
    return Number.isNaN(number) ? null : number;
  };

  const sortable = (table, rows) => {
    const headers = Array.from(table.tHead.rows[0].cells);
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
      table.tBodies[0].append(...keyed.map(([, i]) => rows[i]));
    };
    headers.forEach((header) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sort(header));
    });
  };

  const findable = (rows, controls) => {
    const find = controls.querySelector("input");
    const count = controls.querySelector("output");
    const buttons = Array.from(controls.querySelectorAll("button[data-verdict]"));
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
    find.addEventListener("input", show);
    buttons.forEach((one) => one.addEventListener("click", () => {
      one.setAttribute("aria-pressed", one.getAttribute("aria-pressed") === "true" ? "false" : "true");
      show();
    }));
    controls.hidden = false;
    show();
  };

  const newControls = (region) => {
    const controls = make("div");
    controls.className = "controls";
    const input = make("input", make("label", controls, "Find "));
    input.type = "search";
    input.autocomplete = "off";
    make("output", controls);
    region.before(controls);
    return controls;
  };

  document.querySelectorAll(".scroll > table").forEach((table) => {
    const rows = Array.from(table.tBodies[0].rows);
    const region = table.parentElement;
    const before = region.previousElementSibling;
    const controls = before && before.classList.contains("controls") ? before : null;
    if (rows.length > 1) sortable(table, rows);
    if (controls || rows.length > MANY_ROWS) findable(rows, controls || newControls(region));
  });

  // what is wider than the window is scrolled by keys, too
  const reachable = () => document.querySelectorAll(".chart").forEach((chart) => {
    if (chart.scrollWidth > chart.clientWidth) chart.tabIndex = 0;
    else chart.removeAttribute("tabindex");
  });
  window.addEventListener("resize", reachable);
  reachable();

  const root = document.documentElement;
  const theme = make("button");
  theme.type = "button";
  theme.className = "theme";
  const isDark = () => root.dataset.theme === "dark" ||
    (!root.dataset.theme && window.matchMedia("(prefers-color-scheme: dark)").matches);
  const name = () => { theme.textContent = isDark() ? "Light colours" : "Dark colours"; };
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  name();
  document.querySelector("header").before(theme);
})();
