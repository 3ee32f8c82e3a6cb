// What lies over the scatter: marks and paths at coordinates of the plane, and clicks anywhere in it.
//
// The chart itself is not drawn again for a click, so nothing flickers and the zoom stays. The marks follow the axes:
// they are placed anew in every frame in which the axes or the chart have moved.
const SVG = "http://www.w3.org/2000/svg"
const STILL = 5 // pixels: a press that moves further is a drag
const SETTLED = 250 // milliseconds without a change of the axes before the server hears of it
const running = new WeakMap() // the function runs again whenever its data change; what it started is stopped here first

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  running.get(parentElement)?.()
  const svg = parentElement.querySelector("svg")
  const host = parentElement.querySelector("div")
  let placed = "" // the axes and the box that the marks were last drawn for
  let reported = "" // the last view that the server was told
  let timer = 0
  let frame = 0
  let pressed = null

  function element(name, attributes) {
    const node = document.createElementNS(SVG, name)
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
    return node
  }

  function redraw(gd, area) {
    const { xaxis, yaxis } = gd._fullLayout
    const base = host.getBoundingClientRect()
    Object.assign(svg.style, { left: `${area.left - base.left}px`, top: `${area.top - base.top}px` })
    svg.setAttribute("width", area.width)
    svg.setAttribute("height", area.height)
    const pixel = ([x, y]) => [xaxis.d2p(x), yaxis.d2p(y)]
    svg.replaceChildren(
      ...data.paths.map((path) => element("polyline", { class: "path", points: path.map(pixel).join(" ") })),
      ...data.marks.flatMap(({ at, kind, label }) => {
        const [cx, cy] = pixel(at)
        const mark = element("circle", { class: kind, cx, cy, r: kind === "marked" ? 9 : 6 })
        Object.assign(mark.dataset, { z1: at[0], z2: at[1] })
        if (!label) return [mark]
        const text = element("text", { x: cx + 12, y: cy - 8 })
        text.textContent = label
        return [mark, text]
      }),
    )
  }

  function follow() {
    frame = requestAnimationFrame(follow)
    const gd = chartIn(data.chart)
    svg.style.display = gd ? "" : "none"
    if (!gd) return
    const area = plotArea(gd)
    const base = host.getBoundingClientRect()
    const view = [...gd._fullLayout.xaxis.range, ...gd._fullLayout.yaxis.range]
    const now = [view, area.left - base.left, area.top - base.top, area.width, area.height].join()
    if (now === placed) return
    placed = now
    redraw(gd, area)
    if (!data.follow || view.join() === reported) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      reported = view.join()
      setStateValue("view", view)
    }, SETTLED)
  }

  function down(event) {
    const point = event.isPrimary && event.button === 0 ? pointAt(data.chart, event) : null
    pressed = point && { point, x: event.clientX, y: event.clientY }
  }

  // While the button is down Plotly lays a cover over the window: where the press began is what counts.
  function up(event) {
    if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) <= STILL)
      setTriggerValue("click", [pressed.point.x, pressed.point.y])
    pressed = null
  }

  // A finger on the plane explores it: it neither pans the chart nor scrolls the page.
  function touch(event) {
    if (event.touches.length > 1 || !pointAt(data.chart, { ...at(event.touches[0]), target: event.target })) return
    event.preventDefault()
    event.stopPropagation()
  }
  const at = ({ clientX, clientY }) => ({ clientX, clientY })

  const stop = new AbortController()
  const options = { capture: true, signal: stop.signal }
  document.addEventListener("pointerdown", down, options)
  document.addEventListener("pointerup", up, options)
  document.addEventListener("touchstart", touch, { ...options, passive: false })
  follow()
  const cleanup = () => {
    stop.abort()
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  running.set(parentElement, cleanup)
  return cleanup
}
