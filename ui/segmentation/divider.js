// Two pictures and a range input over them: the upper picture is cut off at its value.
export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".frame")
  const [after, before] = frame.querySelectorAll("img")
  const input = frame.querySelector("input")

  function cut() {
    before.style.clipPath = `inset(0 ${100 - input.value}% 0 0)`
    frame.querySelector(".line").style.left = `${input.value}%`
    input.setAttribute("aria-valuetext", `${input.value} % photo`)
  }

  frame.style.aspectRatio = data.ratio
  for (const [i, image] of [before, after].entries()) {
    if (image.src !== data.sources[i]) image.src = data.sources[i]
    image.alt = data.alt[i]
  }
  input.oninput = cut
  cut()
}
