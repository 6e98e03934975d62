// The interactive view of a map or an atlas, over NiiVue. Evaluated once per page with what all views share.
//
// What is seen is computed here and not by NiiVue's colour scales: the map is read on the template's grid as the still
// pictures read it (linear interpolation, known where at least half of the neighbouring weight is), each voxel gets the
// colour of the same scale and the same rule of what is shown, and NiiVue draws the colours.
"use strict";

const { Niivue, NVImage, NVMesh } = lib;
const GRID = header(parts.template);
const CORTEX = cortex(parts.cortex);
// Browsers take the oldest drawing context away when a page has more than some sixteen.
const MOST_AWAKE = 8;
const awake = new Set();
const views = new Set();

const MODES = [
  ["cuts", "three cuts"], ["axial", "axial"], ["coronal", "coronal"], ["sagittal", "sagittal"], ["render", "3-D"],
  ["left", "left cortex"], ["right", "right cortex"],
];
const SLICE = { axial: 0, coronal: 1, sagittal: 2, cuts: 3, render: 4, left: 4, right: 4 };
const ASPECT = { axial: 1, coronal: 1.1, sagittal: 1.25, cuts: 2.45, render: 1.3, left: 1.35, right: 1.35 };
// Azimuth and elevation: from the front left for the whole head, from the side for a hemisphere.
const TURN = { render: [220, 15], left: [90, 5], right: [270, 5] };

// How much larger than NiiVue's own size the head and a hemisphere are drawn.
const SCALE = { render: 1.25, left: 1.3, right: 1.3 };

// A cortex lit from where one stands, and never dark: its colours are values.
const EVEN = `#version 300 es
precision highp float;
uniform float opacity;
in vec4 vClr;
in vec3 vN;
out vec4 color;
void main() {
  float facing = abs(normalize(vN).z);
  color = vec4(vClr.rgb * (0.66 + 0.34 * facing), opacity);
}`;

// The page's grey, in light and in dark.
const PAPER = { light: 255, dark: 17 };

const STYLE = `
  :host { display: block; max-width: 900px; margin: 4px 0; font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif); }
  [hidden] { display: none !important; }
  .title { font-weight: 600; font-size: 15px; }
  .remark, .where, label { opacity: .85; }
  .row { display: flex; gap: 12px; align-items: stretch; }
  .stage { position: relative; flex: 1 1 auto; min-width: 0; max-height: 480px; background: none !important; margin-bottom: 2px; }
  .stage canvas, .stage img { position: absolute; inset: 0; width: 100%; height: 100%; outline-offset: -2px; touch-action: pan-y; }
  .stage canvas:focus-visible { outline: 2px solid #3a87d9; }
  .stage b { position: absolute; pointer-events: none; font-weight: 600; opacity: .85; }
  .side { flex: 0 0 auto; width: 84px; font-size: 12px; padding-top: 4px; }
  .side.names { width: 150px; max-height: 480px; overflow: auto; }
  .bar { display: flex; height: 170px; margin-top: 4px; }
  .bar canvas { width: 16px; height: 100%; border: 1px solid #8888; box-sizing: border-box; }
  .ticks { position: relative; flex: 1; }
  .ticks span { position: absolute; left: 6px; transform: translateY(-50%); white-space: nowrap; }
  .names div { display: flex; gap: 6px; align-items: center; }
  .names i { flex: none; width: 12px; height: 12px; border-radius: 2px; opacity: .85; }
  .where { min-height: 1.5em; font-variant-numeric: tabular-nums; }
  .controls { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; margin-top: 2px; }
  label { display: inline-flex; gap: 6px; align-items: center; }
  select, button, input[type=number] { font: inherit; color: inherit; background: transparent; border: 1px solid #8889;
    border-radius: 3px; padding: 1px 5px; }
  option { color: #222; background: #fff; }
  input[type=number] { width: 5.5em; }
  input[type=range] { width: 110px; margin: 0; accent-color: #3a87d9; }
  button { cursor: pointer; }
  button:hover, select:hover, input[type=number]:hover { border-color: currentColor; }
`;

const BODY = `
  <div class="view" hidden>
    <div class="title"></div>
    <div class="row"><div class="stage"></div><div class="side"></div></div>
    <div class="where" aria-live="polite"></div>
    <div class="controls">
      <label>view <select class="mode"></select></label>
      <label class="of-map">threshold <input class="slide" type="range" min="0" max="1000" step="1" value="0"
        ><input class="number" type="number" min="0" step="any"></label>
      <label class="of-map">values <select class="sign"><option value="both">all</option><option value="from">positive</option
        ><option value="downto">negative</option></select></label>
      <label>opacity <input class="opacity" type="range" min="0" max="100" value="100"></label>
      <button class="reset" type="button">reset</button>
    </div>
    <div class="remark"></div>
  </div>
  <slot></slot>
`;

/** Shape, affine and voxels of the template, a NIfTI-1 image of bytes. */
function header(buffer) {
  const at = new DataView(buffer);
  const shape = [1, 2, 3].map((n) => at.getInt16(40 + 2 * n, true));
  const affine = [0, 1, 2].map((r) => [0, 1, 2, 3].map((c) => at.getFloat32(280 + 16 * r + 4 * c, true)));
  return { shape, affine, count: shape[0] * shape[1] * shape[2] };
}

/** Vertices (1/100 mm), sulcal depth and triangles of both hemispheres. */
function cortex(buffer) {
  const at = new DataView(buffer);
  const vertices = at.getUint32(0, true), triangles = at.getUint32(4, true);
  const tris = Uint32Array.from(new Uint16Array(buffer, 8, 3 * triangles));
  let offset = 8 + 6 * triangles;
  const sides = [0, 1].map(() => {
    const points = Float32Array.from(new Int16Array(buffer, offset, 3 * vertices), (n) => n / 100);
    offset += 6 * vertices;
    return { points };
  });
  sides.forEach((side) => {
    side.depth = Float32Array.from(new Int8Array(buffer, offset, vertices), (n) => n / 127);
    offset += vertices;
  });
  return { vertices, tris, sides };
}

function bytes(base64) {
  const text = atob(base64.trim());
  const out = new Uint8Array(text.length);
  for (let n = 0; n < out.length; n++) out[n] = text.charCodeAt(n);
  return out;
}

async function unpack(base64) {
  const stream = new Blob([bytes(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** The values of a view: numbers of the map's voxels and of the cortex' vertices; NaN where there is none. */
function values(meta, buffer) {
  let at = 4 * 2 * meta.runs;
  const runs = new Uint32Array(buffer, 0, 2 * meta.runs);
  const raw = new Uint8Array(buffer);
  // Differences of neighbours, low bytes first, then high bytes.
  const series = (count) => {
    const out = new Int16Array(count);
    const low = raw.subarray(at, at + count), high = meta.wide ? raw.subarray(at + count, at + 2 * count) : null;
    for (let n = 0, sum = 0; n < count; n++) {
      sum = meta.wide ? ((sum + (low[n] | (high[n] << 8))) << 16) >> 16 : ((sum + low[n]) << 24) >> 24;
      out[n] = sum;
    }
    at += count * (meta.wide ? 2 : 1);
    return out;
  };
  const inside = series(meta.voxels), on = series(meta.vertices);
  const grid = new Float32Array(meta.shape[0] * meta.shape[1] * meta.shape[2]).fill(NaN);
  let place = 0, n = 0;
  for (let r = 0; r < runs.length; r += 2) {
    place += runs[r];
    for (let end = n + runs[r + 1]; n < end; n++) grid[place++] = inside[n] * meta.step;
  }
  const nothing = meta.wide ? -32768 : -128;
  const surface = Float32Array.from(on, (v) => (v === nothing ? NaN : v * meta.step));
  return { grid, surface };
}

/** The inverse of an affine, as three rows of four. */
function inverse([[a, b, c, x], [d, e, f, y], [g, h, i, z]]) {
  const A = e * i - f * h, B = f * g - d * i, C = d * h - e * g;
  const det = a * A + b * B + c * C;
  const m = [
    [A, c * h - b * i, b * f - c * e], [B, a * i - c * g, c * d - a * f], [C, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((v) => v / det));
  return m.map((row) => [...row, -(row[0] * x + row[1] * y + row[2] * z)]);
}

const apply = (m, [x, y, z]) => m.map((r) => r[0] * x + r[1] * y + r[2] * z + r[3]);

/** The map at the template's voxels: NaN where less than half of the weight around has a value. */
function onTemplate(meta, grid) {
  const [nx, ny, nz] = meta.shape;
  const back = inverse(meta.affine);
  const out = new Float32Array(GRID.count).fill(NaN);
  const [gx, gy, gz] = GRID.shape;
  const step = [0, 1, 2].map((r) => back[r][0] * GRID.affine[0][0] + back[r][1] * GRID.affine[1][0] + back[r][2] * GRID.affine[2][0]);
  for (let k = 0, flat = 0; k < gz; k++) {
    for (let j = 0; j < gy; j++) {
      let [x, y, z] = apply(back, apply(GRID.affine, [0, j, k]));
      for (let i = 0; i < gx; i++, flat++, x += step[0], y += step[1], z += step[2]) {
        // Steps add up to a hair beside whole numbers.
        const X = Math.floor(x + 1e-6), Y = Math.floor(y + 1e-6), Z = Math.floor(z + 1e-6);
        if (X < -1 || Y < -1 || Z < -1 || X >= nx || Y >= ny || Z >= nz) continue;
        const fx = Math.max(0, x - X), fy = Math.max(0, y - Y), fz = Math.max(0, z - Z);
        let sum = 0, known = 0, best = 0, most = 0;
        const seen = meta.names ? new Map() : null;
        for (let c = 0; c < 8; c++) {
          const cx = X + (c & 1), cy = Y + ((c >> 1) & 1), cz = Z + (c >> 2);
          if (cx < 0 || cy < 0 || cz < 0 || cx >= nx || cy >= ny || cz >= nz) continue;
          const weight = (c & 1 ? fx : 1 - fx) * (c & 2 ? fy : 1 - fy) * (c & 4 ? fz : 1 - fz);
          const value = weight > 1e-9 ? grid[cx + nx * (cy + ny * cz)] : NaN;
          if (Number.isNaN(value)) continue;
          known += weight;
          sum += weight * value;
          if (seen) {
            const total = (seen.get(value) || 0) + weight;
            seen.set(value, total);
            if (total > most) [most, best] = [total, value];
          }
        }
        if (known >= 0.5 - 1e-6) out[flat] = seen ? best : sum / known;
      }
    }
  }
  return out;
}

/** The template's greys on the page's, in red, green, blue and opacity: its edge runs into the page. */
function sheet(paper) {
  const grey = new Uint8Array(parts.template, 352), out = new Uint8Array(4 * GRID.count);
  const cover = sheet.cover ??= blurred(Float32Array.from(grey, (v) => (v > 0 ? 1 : 0)));
  for (let n = 0; n < grey.length; n++) {
    const inside = Math.max(0, Math.min(1, (cover[n] - 0.2) / 0.5));
    const value = paper + (grey[n] > 0 ? inside : 0) * (45 + (190 * (grey[n] - 5)) / 230 - paper);
    out.fill(value, 4 * n, 4 * n + 3);
    out[4 * n + 3] = 255;
  }
  return out;
}

/** Weights 1, 2, 1 along each axis, twice. */
function blurred(values) {
  for (let pass = 0; pass < 2; pass++) {
    let stride = 1;
    for (const length of GRID.shape) {
      const from = values.slice();
      for (let n = 0; n < values.length; n++) {
        const place = Math.floor(n / stride) % length;
        values[n] = 0.5 * from[n] + 0.25 * ((place > 0 ? from[n - stride] : 0) + (place + 1 < length ? from[n + stride] : 0));
      }
      stride *= length;
    }
  }
  return values;
}

/** A picture on the template's grid in red, green, blue and opacity (NIfTI's type 2304). */
async function coloured(name) {
  const bytes = new Uint8Array(352 + 4 * GRID.count), header = new DataView(bytes.buffer);
  bytes.set(new Uint8Array(parts.template, 0, 352));
  header.setInt16(70, 2304, true);
  header.setInt16(72, 32, true);
  return NVImage.new(bytes.buffer, name, "", 1);
}

/** Pairs of voxels: one without a value, and a neighbour that has one. */
function edgeOf(field) {
  const [nx, ny] = GRID.shape, steps = [];
  for (const z of [0, -1, 1]) for (const y of [0, -1, 1]) for (const x of [0, -1, 1]) steps.push(x + nx * (y + ny * z));
  const pairs = [];
  for (let n = 0; n < field.length; n++) {
    if (!Number.isNaN(field[n])) continue;
    const near = steps.find((step) => !Number.isNaN(field[n + step] ?? NaN));
    if (near !== undefined) pairs.push(n, n + near);
  }
  return Uint32Array.from(pairs);
}

class View {
  constructor(box) {
    this.box = box;
    box.setAttribute("data-lm-suppress-shortcuts", "true");
    this.meta = JSON.parse(box.querySelector("script.neurocell-about").textContent);
    this.packed = box.querySelector("script.neurocell-values").textContent;
    const shadow = box.attachShadow({ mode: "open" });
    shadow.innerHTML = `<style>${STYLE}</style>${BODY}`;
    this.$ = (selector) => shadow.querySelector(selector);
    this.fill();
    this.state = this.first();
    this.near = new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      if (this.seen) this.wake();
    }, { rootMargin: "200px" });
    this.near.observe(box);
    new ResizeObserver(() => requestAnimationFrame(() => this.nv && this.mark())).observe(this.$(".stage"));
  }

  /** What the view begins with, and goes back to. */
  first() {
    const { shown, at, opacity, peak, mode } = this.meta;
    const sign = shown === "from" || shown === "downto" ? shown : "both";
    return { mode: mode || "cuts", sign, at: at || 0, opacity: opacity ?? 1, mm: peak || [0, 0, 0], turn: {}, zoom: [0, 0, 0, 1] };
  }

  fill() {
    const { title, remark, names, colours, limit } = this.meta;
    this.$(".title").textContent = title;
    this.$(".remark").textContent = remark;
    for (const [value, text] of MODES) this.$(".mode").add(new Option(text, value));
    if (names) {
      for (const label of this.box.shadowRoot.querySelectorAll(".of-map")) label.hidden = true;
      const side = this.$(".side");
      side.classList.add("names");
      names.forEach((name, n) => {
        const line = document.createElement("div"), patch = document.createElement("i");
        patch.style.background = `rgb(${colours[n]})`;
        line.append(patch, name);
        side.append(line);
      });
    } else if (!this.meta.symmetric) {
      this.$(".sign").closest("label").hidden = true;
    }
    this.$(".number").max = limit;
    const on = (selector, event, act) => this.$(selector).addEventListener(event, act);
    on(".mode", "change", () => { this.state.mode = this.$(".mode").value; this.show(); });
    on(".slide", "input", () => { this.state.at = (limit * this.$(".slide").value) / 1000; this.recolour(); });
    on(".number", "change", () => {
      const at = parseFloat(this.$(".number").value);
      this.state.at = Number.isFinite(at) ? Math.max(0, at) : 0;
      this.recolour();
    });
    on(".sign", "change", () => { this.state.sign = this.$(".sign").value; this.recolour(); });
    on(".opacity", "input", () => { this.state.opacity = this.$(".opacity").value / 100; this.recolour(); });
    on(".reset", "click", () => { this.state = this.first(); this.turnBack(); this.show(); });
    this.$(".stage").addEventListener("keydown", (event) => this.key(event), true);
    this.$(".stage").addEventListener("keyup", (event) => event.stopPropagation(), true);
  }

  /** Makes the drawing, once the view is on the page and has a size. */
  async wake() {
    if (this.nv || this.waking || !this.box.isConnected) return;
    this.waking = true;
    try {
      if (!this.data) {
        const data = values(this.meta, await unpack(this.packed));
        data.field = onTemplate(this.meta, data.grid);
        data.edge = edgeOf(data.field);
        data.back = inverse(this.meta.affine);
        this.data = data;
      }
      letOthersSleep();
      await this.draw();
      awake.add(this);
    } catch (problem) {
      this.fail(problem);
    } finally {
      this.waking = false;
    }
  }

  async draw() {
    const stage = this.$(".stage");
    this.$(".view").hidden = false;
    this.$("slot").hidden = true;
    this.shape();
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${this.meta.title}: arrow keys move the crosshair or turn the brain`);
    stage.prepend(canvas);
    const nv = new Niivue({
      logLevel: "silent", loadingText: "", dragAndDropEnabled: false, isColorbar: false, isOrientationTextVisible: false, viewModeHotKey: "", clipPlaneHotKey: "",
      cycleClipPlaneHotKey: "", scrollRequiresFocus: true, multiplanarShowRender: 0, multiplanarLayout: 3, dragMode: 3,
      crosshairWidth: 0.6, crosshairWidthUnit: "mm", fontMinPx: 14, tileMargin: 6,
      show3Dcrosshair: false, isOrientCube: false, renderOverlayBlend: 1, multiplanarPadPixels: 6,
    });
    await nv.attachToCanvas(canvas, true);
    stage.style.backgroundColor = "";
    this.even = nv.setCustomMeshShader(EVEN, "Even");
    this.brain = await NVImage.new(parts.template.slice(0), "template.nii", "gray", 1);
    this.brain.cal_min = 0;
    this.brain.cal_max = 235;
    this.sheet = await coloured("sheet.nii");
    this.over = await coloured("map.nii");
    nv.volumes = [];
    nv.meshes = [];
    nv.onLocationChange = (place) => this.at([...place.mm].slice(0, 3));
    canvas.addEventListener("webglcontextlost", () => this.sleep(), { once: true });
    this.nv = nv;
    this.kind = this.page = "";
    this.meshes = null;
    this.show();
    this.$(".stage img")?.remove();
  }

  /** Gives the drawing context back; the last picture stays. */
  sleep() {
    if (!this.nv) return;
    const { nv } = this, canvas = nv.canvas;
    this.keep();
    awake.delete(this);
    this.nv = null;
    try {
      nv.drawScene();
      const last = document.createElement("img");
      last.alt = this.meta.title;
      last.src = canvas.toDataURL();
      this.$(".stage").append(last);
    } catch { /* A lost context has no picture any more. */ }
    nv.cleanup();
    nv.gl.getExtension("WEBGL_lose_context")?.loseContext();
    canvas.remove();
  }

  keep() {
    const { scene } = this.nv;
    if (TURN[this.state.mode]) this.state.turn[this.state.mode] = [scene.renderAzimuth, scene.renderElevation];
    else if (this.kind === "volume") this.state.mm = [...this.nv.frac2mm(scene.crosshairPos)].slice(0, 3);
  }

  turnBack() {
    if (this.nv) this.nv.scene.pan2Dxyzmm = [0, 0, 0, 1];
  }

  shape() {
    this.$(".stage").style.aspectRatio = ASPECT[this.state.mode];
  }

  /** Draws the state as it is. */
  show() {
    const { state, nv } = this, { mode } = state;
    this.shape();
    this.$(".mode").value = mode;
    if (!nv) return;
    this.theme();
    const cortical = mode === "left" || mode === "right";
    const kind = cortical ? mode : mode === "render" ? "head" : "volume";
    if (kind !== this.kind) {
      this.kind = kind;
      nv.volumes = cortical ? [] : [kind === "head" ? this.brain : this.sheet, this.over];
      nv.back = nv.volumes[0] || null;
      nv.overlays = nv.volumes.slice(1);
      nv.meshes = [];
      if (cortical) {
        this.meshes ??= CORTEX.sides.map((side, n) =>
          new NVMesh(side.points, CORTEX.tris, ["left", "right"][n], this.vertexColours(n), 1, true, nv.gl));
        nv.meshes = [this.meshes[mode === "left" ? 0 : 1]];
        nv.meshes[0].meshShaderIndex = this.even;
      }
    }
    const [azimuth, elevation] = state.turn[mode] || TURN[mode] || [0, 0];
    nv.scene.renderAzimuth = azimuth;
    nv.scene.renderElevation = elevation;
    nv.scene.volScaleMultiplier = SCALE[mode] || 1;
    nv.opts.sliceType = SLICE[mode];
    this.recolour(true);
    if (!cortical) nv.scene.crosshairPos = nv.mm2frac(state.mm);
    nv.resizeListener();
    this.mark();
    this.at(state.mm);
  }

  theme() {
    const dark = isDark(this.box), { opts } = this.nv;
    const page = dark ? "dark" : "light";
    if (this.page !== page) this.sheet.img.set(sheet(PAPER[page]));
    this.page = page;
    const paper = PAPER[page] / 255;
    opts.backColor = [paper, paper, paper, 1];
    opts.fontColor = dark ? [0.93, 0.93, 0.93, 1] : [0.13, 0.13, 0.13, 1];
    opts.crosshairColor = dark ? [0.35, 0.75, 1, 0.9] : [0.05, 0.4, 0.75, 0.9];
  }

  /** What a value covers of what lies below, 0 to 1. */
  cover(value) {
    const { sign, at, opacity } = this.state, { limit, symmetric, shown } = this.meta;
    if (!symmetric && value < 0) return 0;
    if (sign === "from" ? value < 0 : sign === "downto" && value > 0) return 0;
    if (at === 0) return shown === "fade" ? opacity * Math.min(1, (2 * Math.abs(value)) / limit) ** 2 : opacity;
    const slack = at * (1 - 1e-6);
    const inside = sign === "from" ? value >= slack : sign === "downto" ? value <= -slack : Math.abs(value) >= slack;
    return inside ? opacity : 0;
  }

  /** The scale's colour at a value, into three places of an array. */
  colour(value, out, at) {
    const { names, colours, limit } = this.meta;
    if (names) {
      const colour = colours[value - 1] || [128, 128, 128];
      [out[at], out[at + 1], out[at + 2]] = colour;
      return 0.78 * this.state.opacity;
    }
    const table = parts.scale, half = (table.length - 1) / 2;
    const place = half + half * Math.max(-1, Math.min(1, value / limit));
    // From 0 on the hot side begins; a value of 0 belongs to it.
    const below = Math.min(Math.floor(place), table.length - 2), share = place - below;
    const from = table[below], to = value < 0 && below + 1 === half ? parts.coldest : table[below + 1];
    for (let c = 0; c < 3; c++) out[at + c] = Math.round(from[c] + share * (to[c] - from[c]));
    return this.cover(value);
  }

  vertexColours(side) {
    const { depth } = CORTEX.sides[side], { vertices } = CORTEX;
    const out = new Uint8Array(4 * vertices);
    for (let n = 0; n < vertices; n++) {
      const grey = 168 - 62 * Math.tanh(2.5 * depth[n]);
      const value = this.data.surface[side * vertices + n];
      const cover = Number.isNaN(value) ? 0 : this.colour(value, out, 4 * n);
      for (let c = 0; c < 3; c++) out[4 * n + c] = Math.round(grey + cover * (out[4 * n + c] - grey));
      out[4 * n + 3] = 255;
    }
    return out;
  }

  /** Draws threshold, sign and opacity as they are; at most once a frame. */
  recolour(now = false) {
    const { state, meta } = this;
    this.$(".slide").value = Math.round((1000 * state.at) / meta.limit);
    this.$(".number").value = state.at === 0 ? 0 : Number(state.at.toPrecision(3));
    this.$(".sign").value = state.sign;
    this.$(".opacity").value = Math.round(100 * state.opacity);
    if (!now) {
      this.due ??= requestAnimationFrame(() => { this.due = null; this.paint(); });
      return;
    }
    this.paint();
  }

  paint() {
    const { nv, kind } = this;
    if (!nv) return;
    if (kind === "volume" || kind === "head") {
      const { img } = this.over, { field } = this.data;
      // Through a whole head even a faint veil adds up.
      const veil = kind === "head" ? 3 : 1;
      for (let n = 0; n < field.length; n++) {
        const value = field[n];
        img[4 * n + 3] = Number.isNaN(value) ? 0 : Math.round(255 * this.colour(value, img, 4 * n) ** veil);
      }
      // Between a coloured voxel and one without a value the colour fades and does not turn black.
      const { edge } = this.data;
      for (let n = 0; n < edge.length; n += 2) {
        for (let c = 0; c < 3; c++) img[4 * edge[n] + c] = img[4 * edge[n + 1] + c];
      }
      nv.updateGLVolume();
    } else {
      const side = kind === "left" ? 0 : 1, mesh = this.meshes[side];
      mesh.rgba255 = this.vertexColours(side);
      mesh.updateMesh(nv.gl);
      nv.updateGLVolume();
    }
    if (!this.meta.names) this.bar();
  }

  bar() {
    const { meta, state } = this, { limit, symmetric, unit } = meta;
    const side = this.$(".side"), rows = 256;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 1, height: rows });
    const pixels = new ImageData(1, rows), low = symmetric ? -limit : 0;
    for (let row = 0; row < rows; row++) {
      const cover = this.colour(limit - (row / (rows - 1)) * (limit - low), pixels.data, 4 * row);
      for (let c = 0; c < 3; c++) pixels.data[4 * row + c] = Math.round(140 + cover * (pixels.data[4 * row + c] - 140));
      pixels.data[4 * row + 3] = 255;
    }
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    const ticks = document.createElement("div");
    ticks.className = "ticks";
    for (const value of scaleOf(low, limit)) {
      const tick = document.createElement("span");
      tick.textContent = text(value, limit);
      tick.style.top = `${(100 * (limit - value)) / (limit - low)}%`;
      ticks.append(tick);
    }
    const bar = document.createElement("div");
    bar.className = "bar";
    bar.append(canvas, ticks);
    const said = state.at > 0 ? { both: symmetric ? "|v| ≥ " : "≥ ", from: "≥ ", downto: "≤ −" }[state.sign] + brief(state.at) : meta.shown === "fade" ? "fading to 0" : "";
    const head = document.createElement("div");
    head.append(unit || "value", document.createElement("br"), said || "\u00a0");
    side.replaceChildren(head, bar);
  }

  /** Says where the crosshair is, and which value the map has there. */
  at(mm) {
    const { meta, data, state } = this;
    if (this.kind === "left" || this.kind === "right") {
      this.$(".where").textContent = `${state.mode} hemisphere, inflated (fsaverage5): drag to turn, arrow keys turn too`;
      return;
    }
    state.mm = mm;
    const voxel = apply(data.back, mm).map(Math.round), [nx, ny, nz] = meta.shape;
    const inside = voxel.every((v, n) => v >= 0 && v < [nx, ny, nz][n]);
    const value = inside ? data.grid[voxel[0] + nx * (voxel[1] + ny * voxel[2])] : NaN;
    const shown = Number.isNaN(value) ? "no value" : meta.names ? meta.names[value - 1] : `${precise(value, meta.step)} ${meta.unit}`.trim();
    const [x, y, z] = mm.map((v) => text(Math.round(v), 100));
    this.$(".where").textContent = `x ${x}, y ${y}, z ${z} mm: ${shown}`;
  }

  /** Letters at the sides of each cut. */
  mark() {
    for (const letter of this.box.shadowRoot.querySelectorAll(".stage b")) letter.remove();
    if (this.kind !== "volume") return;
    const { nv } = this, ratio = nv.canvas.width / nv.canvas.clientWidth;
    for (const { axCorSag, leftTopWidthHeight: [left, top, width, height] } of nv.screenSlices) {
      [...(axCorSag === 2 ? "PA" : "LR")].forEach((letter, n) => {
        const mark = document.createElement("b");
        mark.textContent = letter;
        mark.style.top = `calc(${(top + height) / ratio}px - 1.4em)`;
        mark.style.left = `${(left + n * width) / ratio + (n ? -15 : 4)}px`;
        this.$(".stage").append(mark);
      });
    }
  }

  key(event) {
    if (event.target.tagName !== "CANVAS" || event.key === "Tab") return;
    const { nv, state } = this;
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [0, 0];
    const depth = { PageUp: 1, PageDown: -1 }[event.key] || 0;
    // NiiVue's own keys would change what the controls say.
    event.stopPropagation();
    if (!nv || !(dx || dy || depth) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (TURN[state.mode]) nv.setRenderAzimuthElevation(nv.scene.renderAzimuth + 5 * dx, nv.scene.renderElevation + 5 * dy);
    else if (state.mode === "axial") nv.moveCrosshairInVox(dx, dy, depth);
    else if (state.mode === "sagittal") nv.moveCrosshairInVox(depth, dx, dy);
    else nv.moveCrosshairInVox(dx, depth, dy);
  }

  fail(problem) {
    this.$(".view").hidden = true;
    this.$("slot").hidden = false;
    window.neurocellViewer.say(this.box, `The picture stays still: ${problem.message || problem}`);
  }
}

/** Views that are not on the screen give their contexts back where there are too many. */
function letOthersSleep() {
  for (const view of [...awake]) {
    if (awake.size < MOST_AWAKE) return;
    if (!view.seen || !view.box.isConnected) view.sleep();
  }
}

/** Round values between two ends, some five of them. */
function scaleOf(low, high) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough);
  const out = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high * (1 + 1e-9); n++) out.push(n * step);
  return out;
}

const minus = (text) => text.replace("-", "−");
const text = (value, limit) => minus(Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: Math.max(0, 2 - Math.floor(Math.log10(limit))), useGrouping: false }));
const brief = (value) => minus(String(Number(value.toPrecision(3))));
/** A value with the digits that are known of it. */
const precise = (value, step) => minus(value.toFixed(Math.max(0, Math.min(8, -Math.ceil(Math.log10(step) - 1e-9)))));

/** Whether the page is dark where an element stands. */
function isDark(element) {
  for (let at = element; at; at = at.parentElement) {
    const [r, g, b, a = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
    if (a > 0.5) return 0.3 * r + 0.6 * g + 0.1 * b < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches && getComputedStyle(document.documentElement).colorScheme !== "light";
}

const retheme = () => views.forEach((view) => { if (view.nv) { view.theme(); view.paint(); } });
new MutationObserver(() => setTimeout(retheme, 50)).observe(document.body, { attributes: true });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);

return {
  adopt(box) {
    if (box.shadowRoot) return;
    if (!document.createElement("canvas").getContext("webgl2")) {
      window.neurocellViewer.say(box, "The picture stays still: this browser has no WebGL 2.");
      return;
    }
    views.forEach((view) => { if (!view.box.isConnected && !view.nv) views.delete(view); });
    views.add(new View(box));
  },
};
