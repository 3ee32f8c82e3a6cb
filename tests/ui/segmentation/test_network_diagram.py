"""The diagram and the pictures of what is inside, compared with the network itself."""

import numpy as np
import pytest

from core import photos
from core.data import sample_photos
from core.fcn import architecture, keras_model, segmenter
from ui.segmentation import certainty_tab, inside_tab, measure_tab, network_diagram, predictions

NETWORK = architecture.app_network()


@pytest.fixture(scope="module")
def insight():
    return predictions.network().insight(photos.decode(sample_photos.sample("Cat"))[:, :300])  # square


def test_every_shape_in_the_diagram_is_the_networks(insight):
    side = predictions.network().inference.working_size
    notes = {part["id"]: part["note"] for part in network_diagram.diagram(NETWORK, (side, side))["parts"]}
    real = {name: maps.values.shape for name, maps in insight.features.items()}
    real |= {f"score{level.stride}": level.values.shape for level in insight.levels}
    real |= {"photo": (side, side, 3), "mask": (side, side, 2)}
    assert notes == {name: "×".join(map(str, shape)) for name, shape in real.items()}


def arrows(network):
    return {(link["from"], link["to"]) for link in network_diagram.diagram(network, (64, 96))["links"]}


def test_the_diagram_joins_what_the_network_joins():
    """Follow every connection of the Keras model, layer by layer."""
    model = keras_model.build(NETWORK)
    inputs = {
        layer.name: {node.operation.name for node in layer._inbound_nodes[0].parent_nodes} for layer in model.layers
    }
    ends = {"photo": "photo"} | {stage.node: stage.name for stage in NETWORK.stages}
    ends |= {name: name for name in NETWORK.outputs}

    def sources(layer):
        return {s for name in inputs[layer] for s in ({ends[name]} if name in ends else sources(name))}

    expected = {(source, name) for layer, name in ends.items() for source in sources(layer)} | {("score1", "mask")}
    assert arrows(NETWORK) == expected


@pytest.mark.parametrize(
    ("network", "skips"),
    [
        (
            NETWORK,
            {"stage5-merge16", "stage4-merge8", "stage3-merge4", "stage2-merge2", "stage1-merge1"},
        ),
        (architecture.lesson_fcn(), {"block4-skip16", "block3-skip8"}),
    ],
    ids=["app", "lesson"],
)
def test_skip_connections_join_equal_strides_and_no_arrow_crosses_a_box(network, skips):
    drawing = network_diagram.diagram(network, (64, 96))
    assert {link["id"] for link in drawing["links"] if "id" in link} == skips
    parts = {part["id"]: part for part in drawing["parts"]}
    cells = [(part["column"], part["row"]) for part in parts.values()]
    assert len(set(cells)) == len(cells)
    for link in drawing["links"]:
        start, end = parts[link["from"]], parts[link["to"]]
        between = {(start["column"], row) for row in range(*sorted((start["row"] + 1, end["row"])))}
        crosses = start["column"] == end["column"] and start["row"] < end["row"] and bool(between & set(cells))
        assert link.get("around", False) == crosses


def test_the_lessons_path_leads_from_the_photo_to_the_mask():
    assert arrows(architecture.lesson_fcn()) == {
        ("photo", "block1"), ("block1", "block2"), ("block2", "block3"), ("block3", "block4"), ("block4", "block5"),
        ("block5", "scores"), ("scores", "skip16"), ("block4", "skip16"), ("skip16", "skip8"),
        ("block3", "skip8"), ("skip8", "up1"), ("up1", "mask"),
    }  # fmt: skip


def test_the_strongest_maps_come_first_and_are_scaled():
    values = np.zeros((4, 6, 5), np.float32)
    values[..., 3], values[..., 1] = 0.5, 0.2
    values[0, 0, 4] = 3.0  # one strong cell is little over the whole photo
    maps = segmenter.Maps(2, values)
    assert inside_tab.strongest(maps, 3).tolist() == [3, 1, 4]
    strip = inside_tab.strip(maps, 2)
    assert strip.shape == (133, 2 * 200 + 6)
    assert (strip[:, :200] == 255).all()


def test_maps_with_both_signs_have_grey_zeros():
    values = np.zeros((2, 3, 2), np.float32)
    values[0, :, 1], values[1, 0, 1] = -0.4, 0.4
    maps = segmenter.Maps(32, values)
    assert inside_tab.strongest(maps, 1).tolist() == [1]
    strip = inside_tab.strip(maps, 1)
    assert set(np.unique(strip)) == {0, 128, 255}
    assert (strip[: len(strip) // 2] == 0).all()
    assert (strip[-1, -60:] == 128).all()


def test_what_a_skip_removes_and_adds_differs_in_colour_and_pattern():
    photo, first, second = np.full((8, 24, 3), 100, np.uint8), np.zeros((8, 24), bool), np.zeros((8, 24), bool)
    first[:, :16], second[:, 8:] = True, True
    picture = measure_tab.differences(photo, first, second)
    removed, both, added = picture[:, :8], picture[:, 8:16], picture[:, 16:]
    assert len(np.unique(removed.reshape(-1, 3), axis=0)) == 2  # stripes
    assert [len(np.unique(part.reshape(-1, 3), axis=0)) for part in (both, added)] == [1, 1]
    assert removed[0, 0, 2] > removed[0, 0, 0]  # blue
    assert added[0, 0, 0] > added[0, 0, 2]  # vermilion


def test_the_reliability_diagram_has_a_point_for_every_step_with_pixels():
    steps = [[0.6, 0.01, 0.02], [0.0, 0.0, 0.0], [0.4, 0.97, 0.9]]
    diagonal, points = certainty_tab.reliability_diagram(steps).data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])
    assert (list(points.x), list(points.y)) == ([0.01, 0.97], [0.02, 0.9])
    assert points.marker.size[0] > points.marker.size[1]
    assert certainty_tab.reliability_diagram([]).data
