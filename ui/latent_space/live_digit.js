// The digit at the pointer, decoded in the browser in every frame.
const running = new WeakMap() // cleanup functions: this script runs again whenever its data change

export default function ({ data, parentElement }) {
  running.get(parentElement)?.()
  const canvas = parentElement.querySelector("canvas")
  const caption = parentElement.querySelector("figcaption")
  const context = canvas.getContext("2d")
  const pixels = context.createImageData(28, 28)
  const decode = makeDecoder(floats(data.weights))
  let next = null // the latest pointer event, not drawn yet
  let frame = 0

  const number = (value) => value.toFixed(2).replace("-", "\u2212")

  function draw(point) {
    const image = decode(point.x, point.y)
    for (let i = 0; i < image.length; i++) {
      const grey = Math.round(255 * Math.min(1, Math.max(0, image[i])))
      pixels.data.set([grey, grey, grey, 255], 4 * i)
    }
    context.putImageData(pixels, 0, 0)
    caption.textContent = `z1 = ${number(point.x)}, z2 = ${number(point.y)}`
    canvas.dataset.frames = Number(canvas.dataset.frames || 0) + 1
    Object.assign(canvas.dataset, { z1: point.x, z2: point.y })
  }

  // On a phone the plane and its digit do not fit on one screen: while a finger moves over the plane, the digit floats.
  function float(event) {
    const box = canvas.parentElement.getBoundingClientRect()
    const hidden = box.bottom > innerHeight || box.top < 0
    canvas.classList.toggle("floating", hidden && event.pointerType === "touch" && pointAt(data.chart, event) !== null)
  }

  // There may be many events between two frames; only the latest is drawn.
  function moved(event) {
    next = event
    frame ||= requestAnimationFrame(() => {
      frame = 0
      const point = pointAt(data.chart, next)
      if (point) draw(point)
    })
  }

  draw({ x: data.start[0], y: data.start[1] })
  const stop = new AbortController()
  const signal = stop.signal
  for (const kind of ["pointermove", "pointerdown"]) document.addEventListener(kind, moved, { signal })
  document.addEventListener("pointerdown", float, { signal })
  for (const kind of ["pointerup", "pointercancel"])
    document.addEventListener(kind, () => canvas.classList.remove("floating"), { signal })
  const cleanup = () => {
    stop.abort()
    cancelAnimationFrame(frame)
  }
  running.set(parentElement, cleanup)
  return cleanup
}
