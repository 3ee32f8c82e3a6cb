// A layer over the scatter: it draws marks and paths at coordinates of the plane and reports clicks anywhere in it.
//
// A click does not redraw the chart, so nothing flickers and the zoom stays. The marks follow the axes: they are drawn
// again in every frame in which the axes or the chart have moved.
const SVG = "http://www.w3.org/2000/svg"
const MAX_CLICK_MOVE = 5 // pixels: a press that moves further is a drag
const SETTLE_MS = 250 // the axes are reported after this time without a change
const running = new WeakMap() // cleanup functions: this script runs again whenever its data change

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  running.get(parentElement)?.()
  const svg = parentElement.querySelector("svg")
  const host = parentElement.querySelector("div")
  let placed = "" // axes and box of the latest drawing
  let reported = "" // the latest view that was reported
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
      ...data.marks.flatMap(({ at, kind, label }) => {
        if (kind === "path") return element("polyline", { class: kind, points: at.map(pixel).join(" ") })
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
    }, SETTLE_MS)
  }

  function down(event) {
    const point = event.isPrimary && event.button === 0 ? pointAt(data.chart, event) : null
    pressed = point && { point, x: event.clientX, y: event.clientY }
  }

  // While the button is down, Plotly covers the window, so the position of the press counts.
  function up(event) {
    if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) <= MAX_CLICK_MOVE)
      setTriggerValue("click", [pressed.point.x, pressed.point.y])
    pressed = null
  }

  // A finger on the plane moves the pointer: it neither pans the chart nor scrolls the page.
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
