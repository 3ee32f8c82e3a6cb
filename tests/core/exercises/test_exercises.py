"""Every exercise by the same rules: answers that agree with core, one right answer, any other answer is wrong.

`EXPECTED` computes each answer again, from the state of the live page and in another way than the exercise.
"""

import math
import pickle
import re

import numpy as np
import pytest

from core.autoencoder.digits import LESSON_CLASSES
from core.convolution.example import LayerExample
from core.convolution.layer import Layer
from core.convolution.stack import PRESETS, trace
from core.exercises import EXERCISES, networks
from core.exercises.answers import Cell, Choice, Numbers, Point
from core.exercises.question import State
from core.fcn import architecture

WITH_NETWORK = {"half-way", "landing-point", "score-map", "skip-connection"}
CASES = [(name, range(20 if name in WITH_NETWORK else 200)) for name in EXERCISES]
TYPING_ERRORS = (
    *("", "2", "text", None, True, math.nan, math.inf, -math.inf, 10**400, 1e308, -(10**9)),
    *((), [], {}, [None], [math.nan] * 2, ["0", "1"], (0,) * 9, np.zeros(3), object()),
)


def example(state):
    return LayerExample(state["layer"], state["shape"], state.get("seed", 1))


def same_window(state, question):
    """The cell whose step reads the window; the windows of two cells never start at the same place."""
    drawn, (top, left) = (
        example(state),
        np.array(state["window"])[0] + [before for before, _ in example(state).margins()],
    )
    cell = top // drawn.layer.strides[0], left // drawn.layer.strides[1]
    np.testing.assert_array_equal(drawn.step(cell).cells[[0, -1]], state["window"])
    return tuple(map(int, cell))


def round_trip(state, question):
    """C^T C x with the matrix C, one column for each input cell."""
    drawn = example(state)
    impulses = np.eye(drawn.x.size).reshape(-1, *drawn.shape)
    C = drawn.layer.sums(impulses, drawn.kernel).reshape(drawn.x.size, -1).T
    transposed = Layer("Conv2DTranspose", 1, drawn.layer.kernel, drawn.layer.strides, drawn.layer.padding)
    other_shape = transposed.output_shape(drawn.output_shape) != drawn.shape
    return 2 * other_shape + (not np.allclose(C.T @ C @ drawn.x.ravel(), drawn.x.ravel()))


def receptive_field(state, question):
    """1 + the sum of (k - 1) times the strides of all layers before."""
    kernels, strides = ([getattr(layer, name)[0] for layer in state["layers"]] for name in ("kernel", "strides"))
    return (1 + sum((k - 1) * math.prod(strides[:i]) for i, k in enumerate(kernels)),)


def inserted_zeros(state, question):
    n, k, s = state["shape"][0], state["layer"].kernel[0], state["layer"].strides[0]
    return s - 1, (n - 1) * s + 1 + 2 * (k - 1)


def uneven_option(state, question):
    layers = [map(int, re.findall(r"\d+", option)) for option in question.answer.options]
    (uneven,) = [i for i, (kernel, stride) in enumerate(layers) if kernel % stride]
    return uneven


def neighbours(point):
    density = networks.density()
    distances = np.linalg.norm(density.known.points - np.float32(point), axis=1)
    return np.bincount(density.known.labels[np.argsort(distances)[:25]]).argmax()


def training_data(state, question):
    density, point = networks.density(), state["point"]
    if np.linalg.norm(density.known.points - np.float32(point), axis=1).min() > density.reach:
        return 2
    return int(density.at(np.array([point]))[0] < density.dense)


def task(state, question):
    height, width = re.search(r"(\d+) × (\d+) pixels", question.text).groups()
    output = f"{height} × {width} × 2 numbers" if "Which pixels" in question.text else "1000 numbers"
    return question.answer.options.index(output)


def half_way(state, question):
    drawn = networks.decoded(tuple(np.mean(state["points"], axis=0)))[0]
    return int(np.argmin([np.square(option - drawn).mean() for option in question.answer.options]))


def iou(state, question):
    mask, truth = ({tuple(cell) for cell in np.argwhere(state[name]).tolist()} for name in ("mask", "truth"))
    return len(mask & truth) / len(mask | truth)


def skip_connection(state, question):
    finest = networks.score_maps(state["photo"], state["skips"])[-1].values[..., 0]
    pictures = list(state["pictures"].values())
    np.testing.assert_array_equal(pictures[1], finest)
    assert all(state["skips"]) or np.abs(pictures[1] - pictures[0]).mean() > 0.005
    off = architecture.STRIDES[1:][state["skips"].index(False)] if not all(state["skips"]) else "None"
    return next(i for i, option in enumerate(question.answer.options) if str(off) in re.findall(r"\w+", option))


def score_map(state, question):
    """The stride from the places where neighbouring columns differ."""
    (picture,) = state["pictures"].values()
    edges = 1 + np.flatnonzero((np.diff(picture, axis=1) != 0).any(axis=0))
    return question.answer.options.index(f"Stride {np.gcd.reduce(edges)}")


def frozen_parameters(state, question):
    vgg16 = sum(stage.parameters for stage in trace(*PRESETS["VGG16: convolutions"]))
    fc6, fc7, *rest = PRESETS["FCN: decoder"][0]
    head = [Layer("Conv2D", state["hidden"], each.kernel, padding="SAME") for each in (fc6, fc7)]
    return sum(stage.parameters for stage in trace([*head, *rest], (7, 7, 512))), vgg16


EXPECTED = {
    "output-size": lambda state, _: len(
        range(0, state["shape"][0] - state["layer"].kernel[0] + 1, state["layer"].strides[0])
    ),
    "padding": lambda state, _: example(state).margins()[0],
    "cell-value": lambda state, _: example(state).y[state["cell"]].item(),
    "output-cell": same_window,
    "parameters": lambda state, _: example(state).kernel.size + state["layer"].filters,
    "round-trip": round_trip,
    "inserted-zeros": inserted_zeros,
    "overlap": uneven_option,
    "receptive-field": receptive_field,
    "bottleneck": lambda state, _: math.prod(trace(state["layers"], state["shape"])[-1].shape),
    "digit-at-point": lambda state, _: LESSON_CLASSES.index(neighbours(state["point"])),
    "landing-point": lambda state, _: networks.digits().encode(state["pictures"]["Digit"][None])[0].tolist(),
    "half-way": half_way,
    "training-data": training_data,
    "task": task,
    "iou": iou,
    "pixel-accuracy": lambda state, _: (np.mean(~(state["mask"] ^ state["truth"])), iou(state, _)),
    "skip-connection": skip_connection,
    "score-map": score_map,
    "frozen-parameters": frozen_parameters,
}


def near_misses(answer):
    """Answers of the right kind that are just not right."""
    if isinstance(answer, Numbers):
        step = 2 * answer.tolerance or 1
        for i in range(len(answer.correct)):
            for by in (-step, step):
                yield [value + by * (i == j) for j, value in enumerate(answer.correct)]
    elif isinstance(answer, Choice):
        yield from {*range(-1, len(answer.options) + 1), answer.correct + 0.5} - {answer.correct}
    elif isinstance(answer, Cell):
        yield from {*np.ndindex(answer.shape)} - {answer.correct}
    elif isinstance(answer, Point):
        known = networks.density().known
        places = {c: np.median(known.points[known.labels == c], axis=0) for c in LESSON_CLASSES}
        yield from (places[c].tolist() for c in LESSON_CLASSES if c != neighbours(answer.correct))
        for turn in np.linspace(0, 2 * np.pi, 9):
            yield (answer.correct + 1.01 * answer.radius * np.array([np.cos(turn), np.sin(turn)])).tolist()


@pytest.mark.parametrize(("name", "seeds"), CASES, ids=EXERCISES)
def test_exercise(name, seeds):
    texts = set()
    for seed in seeds:
        question = EXERCISES[name].draw(seed)
        state = question.state | question.result
        assert pickle.dumps(EXERCISES[name].draw(seed)) == pickle.dumps(question)  # the seed decides
        assert set(state) <= set(State.__annotations__)
        assert all((question.text, question.hint, question.solution))
        texts.add((question.text, question.solution, str(question.answer.correct)))

        assert question.check(question.answer.correct)
        assert question.check(EXPECTED[name](state, question)), (seed, question)
        for wrong in (*TYPING_ERRORS, *near_misses(question.answer)):
            assert not question.check(wrong), (seed, wrong)
            assert seed or question.feedback(wrong) in {question.hint, *question.mistakes.values()}
        for wrong, sentence in question.mistakes.items():
            assert not question.check(wrong), (seed, wrong)
            assert question.feedback(list(wrong)) == sentence
        if isinstance(question.answer, Choice):
            assert len({pickle.dumps(option) for option in question.answer.options}) == len(question.answer.options)
        if isinstance(question.answer, Numbers):
            assert question.mistakes, "numbers whose likely mistakes give the right answer teach nothing"
            plain = question.solution.replace(",", "").replace("−", "-")
            for value in question.answer.correct:
                assert (f"{value:.2f}" if question.answer.tolerance else str(value)) in plain, (seed, value)
    assert len(texts) > min(15, len(seeds) / 2)


def test_seed_0_has_the_lessons_numbers():
    answers = {name: exercise.draw(0).answer.correct for name, exercise in EXERCISES.items()}
    assert answers["output-size"] == (2,)  # 5 × 5, kernel 3, stride 2
    assert answers["parameters"] == (320,)  # 32 filters of 3 × 3
    assert answers["inserted-zeros"] == (1, 7)
    assert answers["receptive-field"] == (31,)
    assert answers["bottleneck"] == (2,)
    assert answers["pixel-accuracy"] == (0.92, 0)
    assert answers["frozen-parameters"] == (121_799_428, 14_714_688)
    assert answers["round-trip"] == 1  # the shape, not the values
    assert LESSON_CLASSES[answers["digit-at-point"]] == 5  # at (2, -4)


def test_a_question_keeps_only_mistakes_that_are_wrong():
    exercise = EXERCISES["padding"]
    symmetric = next(q for q in map(exercise.draw, range(99)) if len(set(q.answer.correct)) == 1)
    assert len(symmetric.mistakes) < 4
    assert symmetric.feedback((0, 0)) != symmetric.hint
    assert symmetric.feedback((77, 77)) == symmetric.hint
