// Draws grids of numbers side by side on canvases and reports selected cells. ui/convolution/board.py describes the data.

const [GAP, STACK_GAP] = [32, 10]; // pixels between panels, side by side and below each other
const CAPTION = 54; // pixels of a caption's height
const NARROW = 560; // below this width the panels are below each other
const LARGEST = 50; // pixels of a cell
const [SLOT, SMALL_SLOT] = [310, 180]; // largest height of a panel in a narrow window

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".board");
  root.state = root.state || {};
  Object.assign(root.state, { data, pick: null, send: (pick) => setTriggerValue("pick", pick) });
  clearTimeout(root.state.timer);
  build(root);
  if (!root.state.observer) {
    root.state.observer = new ResizeObserver(() => draw(root));
    root.state.observer.observe(root);
  }
  draw(root);
  if (data.play) root.state.timer = setTimeout(() => step(root, 1), data.play);
  return () => {
    clearTimeout(root.state.timer);
    root.state.observer.disconnect();
    root.state.observer = null;
  };
}

/** One figure with a caption and a canvas per panel. They are reused at each redraw, which keeps focus and layout. */
function build(root) {
  const { data } = root.state;
  while (root.children.length > data.panels.length) root.lastChild.remove();
  while (root.children.length < data.panels.length) {
    const figure = document.createElement("figure");
    figure.innerHTML = "<figcaption><i></i><b></b><span></span></figcaption><canvas role='img'></canvas>";
    root.append(figure);
  }
  const pickable = data.panels.some((panel) => panel.pick);
  root.tabIndex = pickable ? 0 : -1;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", data.alt + (pickable ? " Arrow keys move the selected cell." : ""));
  root.onkeydown = (event) => press(root, event);
  data.panels.forEach((panel, i) => {
    const [swatch, title, note] = root.children[i].firstChild.children;
    swatch.style.background = panel.colour;
    title.textContent = panel.title;
    note.textContent = panel.note;
    const canvas = root.children[i].lastChild;
    canvas.setAttribute("aria-label", panel.alt);
    canvas.style.cursor = panel.pick ? "pointer" : "default";
    canvas.onclick = panel.pick ? (event) => {
      const [top, left, rows, cols] = panel.inner;
      const row = Math.floor(event.offsetY / canvas.cell) - top;
      const col = Math.floor(event.offsetX / canvas.cell) - left;
      if (row >= 0 && col >= 0 && row < rows && col < cols) choose(root, panel, panel.byRow ? row : row * cols + col);
    } : null;
  });
}

function choose(root, panel, cell) {
  root.state.pick = { panel: panel.pick, cell };
  root.state.send(root.state.pick);
}

/** Move the selected cell of the panel that has one, starting from the last pick, which the server may not know yet. */
function step(root, by, vertical = false) {
  const panel = root.state.data.panels.find((p) => p.pick && (p.selected !== null || p.row !== null));
  if (!panel) return;
  const [top, left, rows, cols] = panel.inner;
  const column = (panel.selected % panel.cols) - left;
  const current = panel.byRow ? panel.row : (Math.floor(panel.selected / panel.cols) - top) * cols + column;
  const { pick } = root.state;
  const from = pick && pick.panel === panel.pick ? pick.cell : current;
  const count = panel.byRow ? rows : rows * cols;
  choose(root, panel, (from + by * (vertical && !panel.byRow ? cols : 1) + count) % count);
}

function press(root, event) {
  const moves = { ArrowRight: [1, false], ArrowLeft: [-1, false], ArrowDown: [1, true], ArrowUp: [-1, true] };
  if (!(event.key in moves)) return;
  event.preventDefault();
  step(root, ...moves[event.key]);
}

function draw(root) {
  const { data } = root.state;
  const width = root.clientWidth;
  if (!width) return;
  const stacked = width < NARROW;
  root.classList.toggle("stacked", stacked);
  const slot = (panel) => (!stacked ? data.height : panel.small ? SMALL_SLOT : SLOT);
  const room = (panel) => slot(panel) - CAPTION - 4;
  const space = stacked ? width - 2 : width - GAP * (data.panels.length - 1) - 2;
  const wide = (panel, size) => Math.max(panel.cols * size + 2, 132, 24 + 8.2 * panel.title.length);
  // Side by side, all panels have one scale while its numbers are readable; otherwise each panel fills its own share.
  let shared = stacked ? 0 : Math.min(LARGEST, ...data.panels.map((panel) => Math.floor(room(panel) / panel.rows)));
  const fits = () => data.panels.reduce((sum, panel) => sum + wide(panel, shared), 0) <= space;
  while (shared > 15 && !fits()) shared -= 1;
  // In a narrow window all of the height is reserved, so that controls below stay in place when a grid shrinks.
  const height = stacked ? data.panels.reduce((sum, panel) => sum + slot(panel) + STACK_GAP, 0) : data.height;
  root.style.height = data.compact ? "auto" : `${height}px`;
  data.panels.forEach((panel, i) => {
    const figure = root.children[i];
    const share = stacked ? space : space / data.panels.length;
    const own = Math.min(LARGEST, share / panel.cols, room(panel) / panel.rows);
    const size = shared > 15 ? shared : own >= 4 ? Math.floor(own) : own;
    figure.style.width = `${Math.min(wide(panel, size), width)}px`;
    paint(figure.lastChild, panel, size, data.colours, getComputedStyle(root));
  });
}

function paint(canvas, panel, size, colours, style) {
  const { rows, cols, shade, text } = panel;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [size * cols + 2, size * rows + 2];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.cell = size;
  const ink = canvas.getContext("2d");
  ink.scale(ratio, ratio);
  ink.translate(1, 1);
  const inset = size > 8 ? 0.5 : 0;
  const hatch = hatching(ink, colours.padding);

  for (let cell = 0; cell < rows * cols; cell++) {
    const [x, y] = [(cell % cols) * size, Math.floor(cell / cols) * size];
    const level = shade[cell];
    ink.globalAlpha = level < 0 ? 0.75 : 0.08 + 0.0057 * level;
    ink.fillStyle = level < 0 ? hatch : panel.colour;
    ink.fillRect(x + inset, y + inset, size - 2 * inset, size - 2 * inset);
  }
  ink.globalAlpha = 1;
  if (size > 8) grid(ink, rows, cols, size, colours.padding);

  if (text) {
    const longest = Math.max(1, ...text.map((word) => word.length));
    const points = Math.min(15, size * 0.42, (size - 5) / (0.56 * longest));
    if (points >= 6.5) {
      ink.font = `${points}px ${style.fontFamily}`;
      ink.textAlign = "center";
      ink.textBaseline = "middle";
      ink.fillStyle = style.color;
      const low = Object.keys(panel.weights).length && size >= 23 ? 0.62 : 0.53; // below the kernel values
      text.forEach((word, cell) => {
        if (!word) return;
        ink.globalAlpha = shade[cell] < 0 ? 0.6 : 1;
        const drop = cell in panel.weights ? low : 0.53;
        ink.fillText(word, ((cell % cols) + 0.5) * size, (Math.floor(cell / cols) + drop) * size);
      });
      ink.globalAlpha = 1;
    }
  }
  if (size >= 23) badges(ink, panel, size, colours.kernel, style.fontFamily);
  outline(ink, panel.marked, cols, size, colours.kernel, size > 8 ? 2.5 : 1.5);
  if (panel.selected !== null) outline(ink, [panel.selected], cols, size, style.color, size > 8 ? 2.5 : 2);
  if (panel.row !== null) {
    ink.strokeStyle = style.color;
    ink.lineWidth = 2;
    ink.strokeRect(0, panel.row * size, cols * size, size);
  }
}

function grid(ink, rows, cols, size, colour) {
  ink.strokeStyle = colour;
  ink.globalAlpha = 0.45;
  ink.lineWidth = 1;
  ink.beginPath();
  for (let row = 0; row <= rows; row++) { ink.moveTo(0, row * size); ink.lineTo(cols * size, row * size); }
  for (let col = 0; col <= cols; col++) { ink.moveTo(col * size, 0); ink.lineTo(col * size, rows * size); }
  ink.stroke();
  ink.globalAlpha = 1;
}

function hatching(ink, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const shift of [-6, 0, 6]) { pen.moveTo(shift, 6); pen.lineTo(shift + 6, 0); }
  pen.stroke();
  return ink.createPattern(tile, "repeat");
}

/** Kernel values in the upper left corner of the cells that they multiply, dark on orange. */
function badges(ink, panel, size, colour, family) {
  const points = Math.max(8, size * 0.26);
  ink.font = `600 ${points}px ${family}`;
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  for (const [cell, word] of Object.entries(panel.weights)) {
    const [x, y] = [(cell % panel.cols) * size, Math.floor(cell / panel.cols) * size];
    const wide = Math.max(points * 1.2, ink.measureText(word).width + 4);
    ink.fillStyle = colour;
    ink.fillRect(x, y, wide, points * 1.25);
    ink.fillStyle = "#1d2028";
    ink.fillText(word, x + wide / 2, y + points * 0.68);
  }
}

/** The outline of a set of cells: the edges between a cell in the set and a neighbour outside it. */
function outline(ink, cells, columns, size, colour, width) {
  const set = new Set(cells);
  ink.strokeStyle = colour;
  ink.lineWidth = width;
  ink.lineCap = "square";
  ink.beginPath();
  for (const cell of set) {
    const [col, row] = [cell % columns, Math.floor(cell / columns)];
    const [x, y, X, Y] = [col * size, row * size, (col + 1) * size, (row + 1) * size];
    if (!set.has(cell - columns)) { ink.moveTo(x, y); ink.lineTo(X, y); }
    if (!set.has(cell + columns)) { ink.moveTo(x, Y); ink.lineTo(X, Y); }
    if (col === 0 || !set.has(cell - 1)) { ink.moveTo(x, y); ink.lineTo(x, Y); }
    if (col === columns - 1 || !set.has(cell + 1)) { ink.moveTo(X, y); ink.lineTo(X, Y); }
  }
  ink.stroke();
}
