// From the pointer to the plane: which Plotly chart stands in the container `key`, and where in it an event happened.
// The chart's node is replaced whenever it is drawn anew, so it is looked up each time and never kept.
function chartIn(key) {
  const gd = document.querySelector(`.st-key-${key} .js-plotly-plot`)
  return gd?._fullLayout?.xaxis ? gd : null
}

// {left, top, width, height} of the plotting area in the window, in CSS pixels.
function plotArea(gd) {
  const { xaxis, yaxis } = gd._fullLayout
  const box = gd.getBoundingClientRect()
  return { left: box.left + xaxis._offset, top: box.top + yaxis._offset, width: xaxis._length, height: yaxis._length }
}

// Data coordinates of a pointer event inside the plotting area, else null.
function pointAt(key, event) {
  const gd = chartIn(key)
  if (!gd || !gd.contains(event.target) || event.target.closest(".modebar")) return null
  const { left, top, width, height } = plotArea(gd)
  const x = event.clientX - left, y = event.clientY - top
  if (x < 0 || y < 0 || x > width || y > height) return null
  return { x: gd._fullLayout.xaxis.p2d(x), y: gd._fullLayout.yaxis.p2d(y) }
}
