"""Generated pictures with masks: coloured shapes on a coloured background; the discs are the object."""

import numpy as np

from core.data.datasets import Pair

KINDS = ("disc", "square", "triangle")


def drawn(count: int = 48, seed: int = 0, side: int = 128) -> list[Pair]:
    """`count` pictures of `side` x `side` pixels with masks: one disc each, and up to two squares or triangles.

    A network that finds salient objects finds all shapes; it has to learn to ignore squares and triangles. The same
    seed gives the same pictures.
    """
    rng = np.random.default_rng(seed)
    return [_picture(f"shapes {i}", side, rng) for i in range(1, count + 1)]


def _picture(name: str, side: int, rng: np.random.Generator) -> Pair:
    background, *colours = _colours(4, rng)
    slope = rng.uniform(-0.15, 0.15, (2, 1, 1, 1))
    y, x = np.mgrid[:side, :side] / side - 0.5
    picture = background * (1 + slope[0] * y[..., None] + slope[1] * x[..., None])
    kinds = ["disc", *rng.choice(KINDS[1:], rng.integers(0, 3))]
    free = list(rng.permutation([(-0.24, -0.24), (-0.24, 0.24), (0.24, -0.24), (0.24, 0.24)]))
    mask = np.zeros((side, side), bool)
    for kind, colour in zip(kinds, colours, strict=False):
        down, across = free.pop() + rng.uniform(-0.06, 0.06, 2)
        inside = _inside(kind, y - down, x - across, rng.uniform(0.12, 0.2), rng.uniform(0, 2 * np.pi))
        picture[inside] = colour
        if kind == "disc":
            mask = inside
    noise = rng.normal(0, 8, (side, side, 1))
    return Pair(name, np.clip(picture + noise, 0, 255).astype(np.uint8), mask)


def _colours(count: int, rng: np.random.Generator) -> np.ndarray:
    """Random colours (count, 3), 0..255; the first has a distance of more than 90 to each of the others."""
    first = rng.uniform(20, 235, 3)
    others: list[np.ndarray] = []
    while len(others) < count - 1:
        colour = rng.uniform(20, 235, 3)
        if np.linalg.norm(colour - first) > 90:
            others.append(colour)
    return np.array([first, *others])


def _inside(kind: str, y: np.ndarray, x: np.ndarray, radius: float, turn: float) -> np.ndarray:
    """Mask of the points inside a shape around the origin, rotated by `turn`; all kinds have a disc's area."""
    if kind == "disc":
        return y**2 + x**2 < radius**2
    corners = {"square": 4, "triangle": 3}[kind]
    # A point is inside a regular polygon if it is nearer than the apothem in the direction of every side.
    apothem = radius * np.sqrt(np.pi / corners / np.tan(np.pi / corners))
    normals = turn + 2 * np.pi * np.arange(corners) / corners
    return np.all([np.cos(a) * x + np.sin(a) * y < apothem for a in normals], axis=0)
