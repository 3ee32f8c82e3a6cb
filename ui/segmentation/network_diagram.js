// Draws a network as boxes in columns and rows, each a button. ui/segmentation/network_diagram.py describes the data.
const SVG = "http://www.w3.org/2000/svg"
const ROW = 60 // pixels from row to row
const BOX = 42 // height of a box
const STRIP = 92 // height of the strip above the rows

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".diagram")
  let selected = data.selected

  function element(name, attributes, text) {
    const node = document.createElementNS(SVG, name)
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
    if (text !== undefined) node.textContent = text
    return node
  }

  /** A group that opens the part `id` by mouse, finger or key. */
  function button(id, label, ...children) {
    const group = element("g", {
      class: "part", role: "button", tabindex: 0, "aria-label": label, "data-part": id, "aria-pressed": id === selected,
    })
    group.append(...children)
    const open = () => {
      selected = id
      for (const each of root.querySelectorAll(".part")) each.setAttribute("aria-pressed", each.dataset.part === id)
      setTriggerValue("part", id)
    }
    group.onclick = open
    group.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return
      event.preventDefault()
      open()
    }
    return group
  }

  function draw() {
    const width = Math.min(root.clientWidth, 680)
    if (!width) return
    const focused = root.querySelector(".part:focus")?.dataset.part
    const narrow = width < 520
    const top = data.strip ? STRIP : 0
    const columns = [0.168, 0.55, 0.87].map((share) => share * width)
    const widest = [0.29, 0.29, 0.235].map((share) => share * width)
    const places = {}
    for (const part of data.parts) {
      const w = Math.max(widest[part.column] * (1 - 0.055 * part.row), 78)
      places[part.id] = { x: columns[part.column], y: top + 20 + part.row * ROW + BOX / 2, w, part }
    }
    const height = top + 20 + (Math.max(...data.parts.map((part) => part.row)) + 1) * ROW
    const svg = element("svg", { width, height, role: "group", "aria-label": data.alt })
    const marker = element("marker", {
      id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto",
    })
    marker.append(element("path", { d: "M0 0 8 4 0 8z", class: "tip" }))
    svg.append(marker)
    if (data.strip) svg.append(strip(width, narrow))
    data.columns.forEach((title, i) =>
      svg.append(element("text", { x: columns[i], y: top + 8, class: "column" }, narrow ? title[1] : title[0])))
    for (const link of data.links) svg.append(arrow(link, places))
    for (const place of Object.values(places)) svg.append(box(place))
    root.replaceChildren(svg)
    if (focused) root.querySelector(`[data-part="${focused}"]`)?.focus()
  }

  function arrow({ from, to, id, label, around }, places) {
    const [a, b] = [places[from], places[to]]
    const right = Math.sign(b.x - a.x)
    const end = b.y + Math.sign(a.y - b.y) * (BOX / 2 + 2) // above or below the box
    let d = `M${a.x} ${a.y - Math.sign(a.y - b.y) * BOX / 2} L${b.x} ${end}`
    if (around) d = `M${a.x - a.w / 2} ${a.y} h-6 V${b.y} H${b.x - b.w / 2 - 2}` // past the boxes between
    else if (right && a.y === b.y) d = `M${a.x + right * a.w / 2} ${a.y} H${b.x - right * (b.w / 2 + 2)}`
    else if (right) d = `M${a.x + right * a.w / 2} ${a.y} H${b.x} V${end}`
    const line = element("path", { d, class: "arrow", "marker-end": "url(#tip)" })
    if (!id) return line
    const middle = (a.x + a.w / 2 + b.x - b.w / 2) / 2
    return button(id, label,
      element("path", { d, class: "hit" }), line,
      element("circle", { cx: middle, cy: a.y, r: 11, class: "plus" }),
      element("text", { x: middle, y: a.y + 5, class: "sign" }, "+"))
  }

  function box({ x, y, w, part }) {
    const behind = Array.from({ length: part.depth }, (_, i) => element("rect", {
      x: x - w / 2 + 3 * (part.depth - i), y: y - BOX / 2 - 3 * (part.depth - i), width: w, height: BOX, rx: 4,
      class: `sheet ${part.role}`,
    }))
    return button(part.id, `${part.title}, ${part.note}`,
      ...behind,
      element("rect", { x: x - w / 2, y: y - BOX / 2, width: w, height: BOX, rx: 4, class: "ground" }),
      element("rect", { x: x - w / 2, y: y - BOX / 2, width: w, height: BOX, rx: 4, class: `box ${part.role}` }),
      element("text", { x, y: y - 3, class: "title" }, part.title),
      element("text", { x, y: y + 13, class: "note" }, part.note))
  }

  /** The autoencoder as a row of boxes, each as high as its maps. */
  function strip(width, narrow) {
    const steps = data.strip.steps
    const slot = (width - 8) / steps.length
    const drawn = steps.flatMap(({ note, size, role }, i) => {
      const x = 4 + (i + 0.5) * slot
      const side = Math.max(6, 30 * size / 28)
      const nodes = [
        element("rect", { x: x - side / 2, y: 46 - side / 2, width: side, height: side, rx: 2, class: `step ${role}` }),
        element("text", { x, y: 76, class: narrow ? "tiny" : "note" }, note),
      ]
      if (i + 1 < steps.length)
        nodes.push(element("path", { d: `M${x + slot / 2 - 8} 46 h14`, class: "arrow", "marker-end": "url(#tip)" }))
      return nodes
    })
    return button(data.strip.id, `${data.strip.title}, ${steps.map((step) => step.note).join(", ")}`,
      element("rect", { x: 1.5, y: 1.5, width: width - 3, height: STRIP - 10, rx: 6, class: "frame" }),
      element("text", { x: 12, y: 19, class: "column left" }, data.strip.title),
      ...drawn)
  }

  root.observer?.disconnect()
  root.observer = new ResizeObserver(draw)
  root.observer.observe(root)
  draw()
  return () => root.observer.disconnect()
}
