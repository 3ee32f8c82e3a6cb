"""The network on Ray Serve: a cluster of this machine alone, asked as the page asks it."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest

from core import fcn, photos, weights
from core.data import sample_photos
from core.fcn import segmenter as fcn_segmenter
from core.serving import client

NO_RAY = "Ray is optional: requirements-serve.txt installs it"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not importlib.util.find_spec("ray"), reason=NO_RAY)]


@pytest.fixture(scope="module")
def server():
    """Two replicas that look at up to four photos together, set in words as on the command line."""
    from benchmarks.serving import cluster

    with cluster(num_replicas="2", max_batch_size="4", batch_wait_timeout_s="0.2") as found:
        yield found


def test_two_replicas_answer_photos_of_all_shapes_as_the_network_does(server):
    """Many at once, so that they are looked at together; each visitor gets the map of the own photo."""
    segmenter = fcn.load()
    given = [photos.decode(sample_photos.sample(name)) for name in sample_photos.SAMPLES]
    given += [photo[:, ::-1].copy() for photo in given] * 2
    with ThreadPoolExecutor(len(given)) as visitors:
        answers = list(visitors.map(server.coarse_map, given))
    for photo, answer in zip(given, answers, strict=True):
        np.testing.assert_allclose(answer, segmenter.coarse_map(photo), atol=1e-5)


def test_what_is_no_photo_is_refused_and_does_no_harm(server):
    for body in (b"no array", client.packed(np.zeros((4, 4)))):
        with pytest.raises(HTTPError) as refused:
            urlopen(server.address, body)
        assert refused.value.code == 400
        assert b"array" in refused.value.read()
    side = weights.facts(fcn_segmenter.WEIGHTS)["inference"]["working_size"]
    assert server.coarse_map(np.zeros((9, 9, 3), np.uint8)).shape == (side, side)
