"""Training on several machines: each learns from its share of every batch, and they average their gradients.

`tf.distribute` connects the machines that the environment variable TF_CONFIG names and averages tensors over them; the
variables stay ordinary ones, a copy on each machine. Equal when they start and changed by equal numbers, they stay
equal bit for bit. (Variables made in the strategy's scope would be clipped by each machine's own gradient, and Keras'
`fit` fails there.) Batch normalisation takes the mean and variance of a machine's own share.
"""

import os
import signal
from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Workers:
    """The machines of one training and this one's place among them: `index` counts from 0, `count` is 1 alone."""

    count: int = 1
    index: int = 0
    strategy: tf.distribute.Strategy | None = None

    @property
    def suffix(self) -> str:
        """For the names of files that each worker writes: several may run on one machine."""
        return f"-worker{self.index}" * (self.count > 1)

    def mean(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        """Each tensor's mean over the workers. All of them must ask at the same point of their work."""
        return tensors if self.strategy is None else self._mean(tensors)

    @tf.function(autograph=False)
    def _mean(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        def over_all():
            here = [tf.identity(tensor) for tensor in tensors]  # on this replica's device, as all_reduce wants it
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, here)

        return [self.strategy.experimental_local_results(mean)[0] for mean in self.strategy.run(over_all)]

    def share(self, variables: list) -> None:
        """Give each variable its mean over the workers: running statistics differ, and rounding on other processors."""
        if self.strategy is not None:
            for variable, mean in zip(variables, self.mean([v.value for v in variables]), strict=True):
                variable.assign(mean)

    def agree(self, number: int) -> bool:
        """Whether `number` is the same on every worker."""
        value = tf.constant(number, tf.float64)
        (mean,) = self.mean([value])
        (spread,) = self.mean([abs(value - mean)])
        return float(spread) == 0

    def wait(self) -> None:
        """Until every worker has come to this point: one that leaves early ends the others."""
        self.mean([tf.zeros(())])


ALONE = Workers()


def join() -> Workers:
    """The workers that TF_CONFIG names, as soon as all have come; `ALONE` where it is not set.

    To be called before TensorFlow has computed anything. TF_CONFIG is TensorFlow's own, on each machine with its index:
    {"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}.
    """
    if not os.environ.get("TF_CONFIG"):
        return ALONE
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the strategy's own handler would let the worker live
    place = strategy.cluster_resolver
    return Workers(len(place.cluster_spec().as_dict()["worker"]), place.task_id, strategy)
