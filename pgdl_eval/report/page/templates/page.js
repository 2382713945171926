"use strict";
/* Sorts tables, colours points and names the one that is pointed at. The page reads without it. All that comes from
   files is put in as text. */
(() => {
  const said = document.getElementById("said"), tip = document.getElementById("tip");
  const SVG = "http://www.w3.org/2000/svg";

  /* Tables */
  const order = new Intl.Collator("en", { numeric: true }).compare;
  const keyOf = (row, column) => {
    const cell = row.cells[column], value = cell.dataset.v;
    return value === undefined ? cell.textContent : value === "" ? null : Number(value);
  };
  const compare = (one, other, turn) => {
    if (one === null || other === null) return (one === null) - (other === null); // what has no value comes last
    return turn * (typeof one === "number" ? one - other : order(one, other));
  };
  const sort = (head) => {
    const table = head.closest("table"), body = table.tBodies[0], column = head.cellIndex;
    const isNumber = head.classList.contains("number"), before = head.getAttribute("aria-sort");
    const next = before === "descending" ? "ascending" : before === "ascending" ? "descending" : isNumber ? "descending" : "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    const rows = [...body.rows], stay = rows.filter((row) => row.classList.contains("last"));
    const keyed = rows.filter((row) => !row.classList.contains("last")).map((row) => [keyOf(row, column), row]);
    keyed.sort((a, b) => compare(a[0], b[0], next === "ascending" ? 1 : -1));
    body.append(...keyed.map((pair) => pair[1]), ...stay);
    said.textContent = `sorted by ${head.textContent.trim()}, ${next}`;
  };
  for (const head of document.querySelectorAll("table:not(.heat) thead th")) {
    head.querySelector("button").addEventListener("click", () => sort(head));
  }

  /* Charts */
  const use = (level) => {
    const shape = document.createElementNS(SVG, "use");
    paint(shape, level);
    return shape;
  };
  const paint = (shape, level) => {
    shape.setAttribute("href", `#m${level % 7}`);
    shape.setAttribute("class", `c${level % 8}`);
  };
  const charts = (section) => {
    const data = JSON.parse(section.querySelector("script[type='application/json']").textContent);
    const plots = [...section.querySelectorAll(".plot")], select = section.querySelector("select");
    const colour = () => {
      const chosen = data.properties[select.selectedIndex];
      plots.forEach((plot, number) => {
        const shapes = plot.querySelector(".points").children, models = data.charts[number].models;
        for (let i = 0; i < shapes.length; i++) paint(shapes[i], chosen.of[models[i]]);
      });
      section.querySelector(".colours ul").replaceChildren(...chosen.labels.map((label, level) => {
        const item = document.createElement("li"), drawing = document.createElementNS(SVG, "svg");
        drawing.setAttribute("viewBox", "-6 -6 12 12");
        drawing.setAttribute("aria-hidden", "true");
        drawing.append(use(level));
        item.append(drawing, ` ${label}`);
        return item;
      }));
    };
    if (select) select.addEventListener("change", colour);
    plots.forEach((plot, number) => follow(plot, data, data.charts[number]));
  };
  const words = (data, chart, i) => {
    const model = chart.models[i];
    const rest = data.properties.map((one, which) => `${one.name}: ${data.texts[which][model]}`);
    return [data.models[model], `${chart.title}: ${chart.x[i]}`, `${data.yName}: ${data.y[model]}`, ...rest].join("\n");
  };
  const follow = (plot, data, chart) => {
    const drawing = plot.querySelector("svg"), shapes = [...plot.querySelector(".points").children];
    const places = shapes.map((shape) => [shape.x.baseVal.value, shape.y.baseVal.value]);
    const along = places.map((_, i) => i).sort((a, b) => places[a][0] - places[b][0]);
    let near = -1;
    const leave = () => {
      if (near >= 0) shapes[near].classList.remove("near");
      if (near >= 0) tip.hidden = true;
      near = -1;
    };
    const show = (i) => {
      if (i === near) return;
      leave();
      near = i;
      shapes[i].classList.add("near");
      tip.textContent = words(data, chart, i);
      tip.hidden = false;
      const frame = drawing.getBoundingClientRect(), scale = frame.width / drawing.viewBox.baseVal.width, box = tip.getBoundingClientRect();
      const left = frame.left + places[i][0] * scale, top = frame.top + places[i][1] * scale;
      tip.style.left = `${Math.max(4, Math.min(left + 10, innerWidth - box.width - 4))}px`;
      tip.style.top = `${top - box.height - 10 < 0 ? top + 12 : top - box.height - 10}px`;
    };
    const point = (event) => {
      const frame = drawing.getBoundingClientRect(), scale = frame.width / drawing.viewBox.baseVal.width;
      const x = (event.clientX - frame.left) / scale, y = (event.clientY - frame.top) / scale;
      let best = -1, least = 18 * 18;
      places.forEach((place, i) => {
        const distance = (place[0] - x) ** 2 + (place[1] - y) ** 2;
        if (distance < least) [best, least] = [i, distance];
      });
      if (best < 0) leave(); else show(best);
    };
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") leave(); });
    document.addEventListener("pointerdown", (event) => { if (!plot.contains(event.target)) leave(); });
    plot.addEventListener("blur", leave);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (event.key === "Escape") leave();
      if (!step || !along.length) return;
      event.preventDefault();
      const now = along.indexOf(near);
      show(along[now < 0 ? (step > 0 ? 0 : along.length - 1) : (now + step + along.length) % along.length]);
      said.textContent = tip.textContent;
    });
  };
  for (const section of document.querySelectorAll("section.scatters")) charts(section);

  /* Print: what is folded up is shown */
  addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details")) one.open = true; });
})();
