// The decoder of core/autoencoder/network.py in plain JavaScript: a point of the plane -> 28x28 pixels.
//
// The weights are float32 in Keras' order: three kernels (height, width, out, in), each followed by its bias. A
// transposed convolution with stride 2 and SAME padding adds input i, tap k to output 2i + k - before, where `before` is
// the padding of the forward convolution: 0 for the 3x3 kernel, 2 for the 7x7 kernel.
function makeDecoder(weights) {
  let at = 0
  const take = (count) => weights.subarray(at, (at += count))
  const k1 = take(7 * 7 * 64 * 2), b1 = take(64)
  const k2 = take(3 * 3 * 32 * 64), b2 = take(32)
  const k3 = take(7 * 7 * 1 * 32), b3 = take(1)

  // The inner loop runs over the 32 outputs of one input channel, so they are put side by side in memory.
  const k2t = new Float32Array(9 * 64 * 32)
  for (let tap = 0; tap < 9; tap++)
    for (let out = 0; out < 32; out++)
      for (let c = 0; c < 64; c++) k2t[(tap * 64 + c) * 32 + out] = k2[(tap * 32 + out) * 64 + c]

  const h1 = new Float32Array(7 * 7 * 64)
  const h2 = new Float32Array(14 * 14 * 32)
  const image = new Float32Array(28 * 28)

  return function decode(z1, z2) {
    // 1x1x2 -> 7x7x64
    for (let i = 0; i < h1.length; i++) h1[i] = Math.max(0, b1[i % 64] + k1[2 * i] * z1 + k1[2 * i + 1] * z2)

    // 7x7x64 -> 14x14x32
    for (let i = 0; i < h2.length; i++) h2[i] = b2[i % 32]
    for (let y = 0; y < 7; y++)
      for (let x = 0; x < 7; x++)
        for (let c = 0; c < 64; c++) {
          const value = h1[(y * 7 + x) * 64 + c]
          if (value === 0) continue // ReLU has made many values 0
          for (let ky = 0; ky < 3; ky++)
            for (let kx = 0; kx < 3; kx++) {
              const row = 2 * y + ky, column = 2 * x + kx
              if (row > 13 || column > 13) continue
              const from = ((ky * 3 + kx) * 64 + c) * 32, to = (row * 14 + column) * 32
              for (let out = 0; out < 32; out++) h2[to + out] += value * k2t[from + out]
            }
        }
    for (let i = 0; i < h2.length; i++) if (h2[i] < 0) h2[i] = 0

    // 14x14x32 -> 28x28x1
    image.fill(b3[0])
    for (let y = 0; y < 14; y++)
      for (let x = 0; x < 14; x++)
        for (let ky = 0; ky < 7; ky++)
          for (let kx = 0; kx < 7; kx++) {
            const row = 2 * y + ky - 2, column = 2 * x + kx - 2
            if (row < 0 || row > 27 || column < 0 || column > 27) continue
            const from = (ky * 7 + kx) * 32, input = (y * 14 + x) * 32
            let sum = 0
            for (let c = 0; c < 32; c++) sum += k3[from + c] * h2[input + c]
            image[row * 28 + column] += sum
          }
    return image
  }
}

// Base64 of little-endian float32 -> Float32Array.
function floats(base64) {
  return new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer)
}
