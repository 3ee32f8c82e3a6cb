"""The network on Ray Serve: a cluster on this machine, with the client that the page uses."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest

from core import fcn, photos, weights
from core.data import sample_photos
from core.serving import client
from tests.support.hostile.watch import assert_one_clean_sentence

NO_RAY = "Ray is optional: requirements-serve.txt installs it"
pytestmark = [pytest.mark.ci, pytest.mark.skipif(not importlib.util.find_spec("ray"), reason=NO_RAY)]


@pytest.fixture(scope="module")
def server():
    """Two replicas that compute up to four photos together; the settings are text, as on the command line."""
    from benchmarks.serving import cluster

    with cluster(num_replicas="2", max_batch_size="4", batch_wait_timeout_s="0.2") as ray_server:
        yield ray_server


def test_two_replicas_answer_photos_of_all_shapes_as_the_network_does(server):
    """Many requests at once, so that photos are computed together; each answer is the map of its own photo."""
    segmenter = fcn.load()
    samples = [photos.decode(sample_photos.sample(name)) for name in sample_photos.SAMPLES]
    samples += [photo[:, ::-1].copy() for photo in samples] * 2
    with ThreadPoolExecutor(len(samples)) as users:
        answers = list(users.map(server.coarse_map, samples))
    for photo, answer in zip(samples, answers, strict=True):
        np.testing.assert_allclose(answer, segmenter.coarse_map(photo), atol=1e-5)


def test_a_request_without_a_photo_is_refused_and_the_server_continues(server):
    for body in (b"no array", client.packed(np.zeros((4, 4)))):
        with pytest.raises(HTTPError) as refused:
            urlopen(server.url, body)
        assert refused.value.code == 400
        assert_one_clean_sentence(refused.value.read().decode())
    side = weights.facts(weights.FCN)["inference"]["working_size"]
    assert server.coarse_map(np.zeros((9, 9, 3), np.uint8)).shape == (side, side)
