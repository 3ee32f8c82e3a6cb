"""The drawn path and the pictures of what is inside, against the network itself."""

import numpy as np
import pytest

from core import photos
from core.data import sample_photos
from core.fcn import keras_model, segmenter
from ui.segmentation import idea_tab, inside_tab, levels_tab, network_diagram


@pytest.fixture(scope="module")
def insight():
    network = keras_model.Segmenter(keras_model.build(), segmenter.Inference(working_size=160))
    return network.insight(photos.decode(sample_photos.sample("Cat"))[:, :300])  # square: no padding


def test_every_shape_in_the_drawing_is_the_networks(insight):
    notes = {part["id"]: part["note"] for part in network_diagram.path((160, 160), "photo")["parts"]}
    real = {name: maps.values.shape for name, maps in insight.features.items()}
    real |= {f"score{level.stride}": level.values.shape for level in insight.levels}
    real |= {"photo": (160, 160, 3), "mask": (160, 160, 2)}
    assert notes == {name: "×".join(map(str, shape)) for name, shape in real.items()}


def test_the_drawing_joins_what_the_network_joins():
    path = network_diagram.path((64, 96), "photo")
    skips = {link["id"]: (link["from"], link["to"]) for link in path["links"] if "id" in link}
    assert skips == {
        "skip16": ("stage5", "merge16"),
        "skip8": ("stage4", "merge8"),
        "skip4": ("stage3", "merge4"),
        "skip2": ("stage2", "merge2"),
        "skip1": ("stage1", "merge1"),
    }
    names = {part["id"] for part in path["parts"]}
    assert all({link["from"], link["to"]} <= names for link in path["links"])
    model = keras_model.build()
    for name, (_, merged) in skips.items():
        joined = model.get_layer(f"join{merged[5:]}")
        assert model.get_layer(name).output in joined.input


def test_receptive_fields_follow_the_recurrence():
    """r += 2 j a 3x3 convolution, r += j and j *= 2 a pooling, from r = j = 1."""
    r, j, expected = 1, 1, []
    for _, convolutions in (*segmenter.STAGES, segmenter.CONTEXT):
        r += 2 * j * convolutions
        expected.append(r)
        r, j = r + j, 2 * j
    assert idea_tab.receptive_fields() == expected == [5, 14, 32, 84, 188, 332]


def test_the_strongest_maps_come_first_and_none_is_left_dark():
    values = np.zeros((4, 6, 5), np.float32)
    values[..., 3], values[..., 1] = 0.5, 0.2
    values[0, 0, 4] = 3.0  # one loud cell is not strong over the photo
    maps = segmenter.Maps(2, values, (4.0, 6.0))
    assert inside_tab.strongest(maps, 3).tolist() == [3, 1, 4]
    strip = inside_tab.strip(maps, 2)
    assert strip.shape == (133, 2 * 200 + 6)
    assert (strip[:, :200] == 255).all()


def test_what_a_skip_loses_and_adds_has_two_looks():
    photo, whole, cut = np.full((8, 24, 3), 100, np.uint8), np.zeros((8, 24), bool), np.zeros((8, 24), bool)
    whole[:, :16], cut[:, 8:] = True, True
    seen = levels_tab.switched(photo, whole, cut)
    lost, both, gained = seen[:, :8], seen[:, 8:16], seen[:, 16:]
    assert len(np.unique(lost.reshape(-1, 3), axis=0)) == 2  # stripes
    assert [len(np.unique(part.reshape(-1, 3), axis=0)) for part in (both, gained)] == [1, 1]
    assert lost[0, 0, 2] > lost[0, 0, 0]  # blue
    assert gained[0, 0, 0] > gained[0, 0, 2]  # vermilion
