// A square to draw a digit in with mouse, pen or finger: white ink on black, as in MNIST.
const ready = new WeakMap() // squares that are set up: a rerun of the page must not clear them

export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas")
  const context = canvas.getContext("2d")
  Object.assign(context, { lineWidth: 22, lineCap: "round", lineJoin: "round", strokeStyle: "white" })
  let last = null

  function clear() {
    context.fillStyle = "black"
    context.fillRect(0, 0, canvas.width, canvas.height)
  }

  // From window pixels to canvas pixels: CSS may have scaled the canvas.
  function place(event) {
    const box = canvas.getBoundingClientRect()
    return [(event.clientX - box.left) * (canvas.width / box.width), (event.clientY - box.top) * (canvas.height / box.height)]
  }

  function stroke(event) {
    if (!last) return
    const now = place(event)
    context.beginPath()
    context.moveTo(...last)
    context.lineTo(...now)
    context.stroke()
    last = now
  }

  if (!ready.has(canvas)) {
    ready.set(canvas, true)
    clear()
    if (data.picture) {
      const picture = new Image()
      picture.onload = () => context.drawImage(picture, 0, 0)
      picture.src = data.picture
    }
  }
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId)
    last = place(event)
    stroke(event)
  }
  canvas.onpointermove = stroke
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (!last) return
    stroke(event)
    last = null
    setStateValue("picture", canvas.toDataURL("image/png"))
  }
  parentElement.querySelector("button").onclick = () => {
    clear()
    setStateValue("picture", "")
  }
}
