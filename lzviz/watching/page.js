// The time line of a watched run: a place in the code, a step, its mesh, its findings.
/** @type {{site: string, looks: any[]}[]} */
const data = JSON.parse(at("looks").textContent ?? "[]");
const LEVEL = { ok: 0.2, note: 0.3, warning: 0.65, fault: 1 };
const choice = /** @type {HTMLSelectElement} */ (at("site"));
const slider = /** @type {HTMLInputElement} */ (at("at"));
let now = 0;
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** @param {string} id */
function at(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function element(name, attributes = {}, text = "") {
  const space = ["path", "rect"].includes(name) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const out = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, String(value));
  out.textContent = text;
  return out;
}

/** @param {number[][][]} lines */
function path(lines) {
  return lines.map((line) => `M${line.map((point) => point.join(" ")).join("L")}`).join("");
}

function looks() {
  return data[Number(choice.value) || 0].looks;
}

/** @param {number} step */
function show(step) {
  now = Math.max(0, Math.min(step, looks().length - 1));
  const look = looks()[now];
  slider.max = String(looks().length - 1);
  slider.value = String(now);
  slider.setAttribute("aria-valuetext", `step ${look.step}, ${look.verdict}`);
  at("step").textContent = `step ${look.step}`;
  mesh(look);
  findings(look);
  line();
}

/** @param {any} look */
function mesh(look) {
  const [height, width] = look.size;
  const room = 0.02 * Math.max(height, width);
  at("mesh").setAttribute("viewBox", [-room, -room, width + 2 * room, height + 2 * room].join(" "));
  const parts = [element("rect", { class: "frame", x: -0.5, y: -0.5, width, height })];
  if (look.mesh) {
    /** @type {number[][][]} */
    const rows = look.mesh;
    const columns = rows[0].map((_, j) => rows.map((row) => row[j]));
    parts.push(element("path", { d: path([...rows, ...columns]) }));
  }
  if (look.arrows) parts.push(element("path", { class: "arrow", d: path(look.arrows) }));
  at("mesh").replaceChildren(...parts);
}

/** @param {any} look */
function findings(look) {
  const told = look.findings.map((/** @type {any} */ finding) => {
    const article = element("article", { class: finding.verdict });
    article.append(element("b", {}, `${finding.verdict} ${finding.check}`), element("p", {}, finding.sentence));
    if (finding.fix) article.append(element("pre", {}, finding.fix));
    return article;
  });
  if (!told.length) told.push(element("p", { class: "ok" }, "✓ nothing to mend"));
  if (!look.mesh) told.push(element("p", { class: "ok" }, "The array of this step was thinned out, or is no lattice."));
  const red = "Red: where the loss would move the samples (-dL/dgrid), the longest as long as a cell.";
  if (look.arrows) told.push(element("p", { class: "ok" }, red));
  at("told").replaceChildren(...told);
}

function line() {
  const bars = looks().map((/** @type {any} */ look, /** @type {number} */ k) => {
    const height = LEVEL[/** @type {keyof typeof LEVEL} */ (look.verdict)];
    return element("rect", { class: look.verdict, x: k + 0.1, y: 1 - height, width: 0.8, height });
  });
  at("line").setAttribute("viewBox", `0 0 ${bars.length} 1`);
  at("line").replaceChildren(...bars, element("rect", { class: "now", x: now, y: 0, width: 1, height: 1 }));
}

for (const [k, each] of data.entries()) choice.append(element("option", { value: k }, each.site));
choice.addEventListener("change", () => show(now));
slider.addEventListener("input", () => show(Number(slider.value)));
at("line").addEventListener("click", (event) => {
  show(Math.floor((event.offsetX / at("line").clientWidth) * looks().length));
});
at("play").addEventListener("click", () => {
  if (timer) clearInterval(timer);
  timer = timer ? undefined : setInterval(() => show((now + 1) % looks().length), 200);
  at("play").textContent = timer ? "Pause" : "Play";
});
show(looks().length - 1);
