// A square to draw a digit on with mouse, pen or finger: white ink on black, as MNIST has it.
const drawn = new WeakMap() // per square, what is on it: a redraw of the page must not wipe it

export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas")
  const context = canvas.getContext("2d")
  Object.assign(context, { lineWidth: 22, lineCap: "round", lineJoin: "round", strokeStyle: "white" })
  let last = null

  function wipe() {
    context.fillStyle = "black"
    context.fillRect(0, 0, canvas.width, canvas.height)
  }

  // From window pixels to the canvas' own, which CSS may have scaled.
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

  if (!drawn.has(canvas)) {
    drawn.set(canvas, true)
    wipe()
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
    wipe()
    setStateValue("picture", "")
  }
}
