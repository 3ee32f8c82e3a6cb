"""Training on several machines: each computes its share of every batch, and they average their gradients.

`tf.distribute` connects the machines in the environment variable TF_CONFIG and averages tensors over them. Each machine
has its own copy of the variables, without the strategy's scope: there, each machine would clip its own gradient, and
Keras' `fit` fails. The copies start equal and get equal updates, so they stay equal bit for bit. Batch normalization
uses the mean and variance of a machine's own share.
"""

import os
import signal
from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass(frozen=True)
class Workers:
    """The machines of one training: their `count`, and the `index` of this one, from 0."""

    count: int = 1
    index: int = 0
    strategy: Any = None

    @property
    def suffix(self) -> str:
        """For names of files that every worker writes: several workers may run on one machine."""
        return f"-worker{self.index}" * (self.count > 1)

    def mean(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        """Each tensor's mean over the workers, which must all call this at the same point."""
        return tensors if self.strategy is None else self._mean(tensors)

    @tf.function(autograph=False)
    def _mean(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        def all_reduce():
            local = [tf.identity(tensor) for tensor in tensors]  # all_reduce needs them on this replica's device
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, local)

        return [self.strategy.experimental_local_results(mean)[0] for mean in self.strategy.run(all_reduce)]

    def share(self, variables: list) -> None:
        """Set each variable to its mean over the workers: running statistics and rounding differ between machines."""
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
        """Wait until every worker calls this: a worker that exits early would end the others."""
        self.mean([tf.zeros(())])


ALONE = Workers()


def join() -> Workers:
    """Wait for all workers in TF_CONFIG and connect to them; `ALONE` if it is not set.

    Call this before any computation in TensorFlow. TF_CONFIG is TensorFlow's own variable; each machine has its index:
    {"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}.
    """
    if not os.environ.get("TF_CONFIG"):
        return ALONE
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the strategy's own handler does not end the worker
    resolver = strategy.cluster_resolver
    return Workers(len(resolver.cluster_spec().as_dict()["worker"]), resolver.task_id, strategy)
