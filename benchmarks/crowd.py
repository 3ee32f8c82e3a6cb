"""Many users at once on one server: how long each kind of step takes, whether the answers are right, how much memory.

    python -m benchmarks.crowd

Simulated users click in the latent plane, upload photos, move the threshold and change the convolution's layer. Each
makes its next step as soon as it has an answer. There are 1, 5, 10 and 20 users, then 5 while another one trains. At
the end every answer is checked against `core`. The exit status is 1 if an answer was wrong or missing, if a step took
longer than its share of the processor allows, or if the memory exceeds a small hosted machine or keeps growing.
"""

import os
import re
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.browser import served
from benchmarks.crowd_steps import KINDS, OPEN, PAGE_STEPS, Check
from benchmarks.simulated_user import ServerAnswerError, SimulatedUser
from benchmarks.table import Row, show

CROWDS = (1, 5, 10, 20)
ROUNDS, ROUNDS_ALONE = 1, 4  # of ten steps per user
FILLING = 2000  # steps of the largest crowd that fill every cache: the largest cache has the maps of 200 photos
FURTHER = 500  # steps after these, over which the memory may not grow
BESIDE = 5  # users beside the one who trains
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
MEMORY = 2700  # MB of a small hosted machine
GROWTH = 50  # MB by which the memory of a process varies without growing


@dataclass
class Outcome:
    """The result of a crowd: seconds of each step by kind, total seconds, checks that are still to run, problems."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    total: float = 0.0
    checks: list[Check] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """The number of answered steps."""
        return sum(map(len, self.seconds.values()))

    def median(self, kind: str) -> float:
        """Median milliseconds of a step of this kind; NaN without one."""
        return 1000 * statistics.median(self.seconds[kind] or [np.nan])

    def check(self) -> "Outcome":
        """Check all answers and add the wrong ones to the problems."""
        self.problems += filter(None, (check() for check in self.checks))
        self.checks.clear()
        return self


def run_crowd(users: list[SimulatedUser], rounds: int, seed: int) -> Outcome:
    """Run all users at once. Each visits every page in every round; they start on different pages."""
    outcome, barrier = Outcome(), threading.Barrier(len(users) + 1)

    def run(number: int, user: SimulatedUser) -> None:
        random = np.random.default_rng([seed, number])
        pages = [PAGE_STEPS[(number + i) % len(PAGE_STEPS)] for i in range(rounds * len(PAGE_STEPS))]
        steps = [list(page(user, random)) for page in pages]  # makes the photos before the clock starts
        barrier.wait()
        for i, (kind, act) in ((i, step) for i, page in enumerate(steps) for step in page):
            if i % len(PAGE_STEPS) == 0 and kind == OPEN:
                user.start_over()  # a session keeps the settings of its last round
            start = time.perf_counter()
            try:
                check = act()
            except (ServerAnswerError, OSError, LookupError) as error:
                outcome.problems.append(f"{kind}: {type(error).__name__}: {error}")
            else:
                outcome.seconds[kind].append(time.perf_counter() - start)
                outcome.checks.append(check)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(users)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    outcome.total = time.perf_counter() - start
    return outcome


@contextmanager
def connected(url: str, count: int) -> Iterator[list[SimulatedUser]]:
    """Connect `count` users."""
    with ExitStack() as stack:
        yield [stack.enter_context(SimulatedUser(url)) for _ in range(count)]


@contextmanager
def training(url: str) -> Iterator[list[str]]:
    """Let one more user train autoencoders; the list has the page's last message after the block."""
    over, messages = threading.Event(), []

    def train() -> None:
        with SimulatedUser(url) as user:
            user.open("latent_space")
            user.set("latent_tab", "Train")
            user.set("train_epochs", 60)
            while not over.is_set():
                user.press("Train")
                user.wait(lambda: over.is_set() or user.has("Train"))
            if user.has("Stop"):
                user.press("Stop")
                user.wait(lambda: user.has("Train"))
            messages.append(user.elements("alert")[-1].body)

    thread = threading.Thread(target=train)
    thread.start()
    time.sleep(3)  # the training begins
    try:
        yield messages
    finally:
        over.set()
        thread.join()


def memory(process) -> tuple[float, float]:
    """Memory of a process in MB, all of it and without shared parts; NaN without /proc."""
    file = Path(f"/proc/{process.pid}/smaps_rollup")
    if not file.exists():
        return np.nan, np.nan
    kilobytes = {name: int(number) for name, number in re.findall(r"(\w+): +(\d+) kB", file.read_text())}
    return kilobytes["Rss"] / 1000, (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) / 1000


def print_row(name: str, cells: list[str]) -> None:
    """Print one line of the table of crowds."""
    print(f"{name:16}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


def print_outcome(name: str, outcome: Outcome, megabytes: tuple[float, float]) -> None:
    """Print the line of one crowd: medians, steps per second, memory."""
    times = [f"{outcome.median(kind):.0f} ms" for kind in KINDS]
    rate = f"{outcome.steps / outcome.total:.1f}"
    print_row(name, [*times, rate, f"{megabytes[0]:.0f} MB, {megabytes[1]:.0f} MB"])


def rows(first: Outcome, last: Outcome, beside: Outcome) -> list[Row]:
    """Compare the largest crowd, and the users beside a training, with a single user: one row per kind of step."""
    table = []
    for outcome, crowd in ((last, f"{CROWDS[-1]} users at once"), (beside, f"{BESIDE} users while another one trains")):
        for kind in KINDS:
            alone, together = first.median(kind), outcome.median(kind)
            measured = f"{together:.0f} ms, {alone:.0f} ms"
            table.append(Row(f"{kind}, {crowd}, against one user", together / alone, measured))
    return table


def main() -> None:
    """Measure, check and print; the exit status is 1 if there are problems."""
    outcomes, megabytes = [], []
    print_row("users", [*KINDS, "steps per second", "memory, not shared"])
    with served() as (url, process):
        with connected(url, 1) as users:
            warm_up = run_crowd(users, 1, seed=1)  # loads the networks

        def measure(name: str, users: list[SimulatedUser], rounds: int) -> None:
            outcomes.append(run_crowd(users, rounds, seed=len(outcomes) + 2))
            megabytes.append(memory(process))
            print_outcome(name, outcomes[-1], megabytes[-1])

        for count in CROWDS:
            with connected(url, count) as users:
                measure(str(count), users, ROUNDS_ALONE if count == 1 else ROUNDS)
                if count == CROWDS[-1]:
                    first, last = outcomes[0], outcomes[-1]
                    for name, steps in (("filling", FILLING), ("further", FURTHER)):
                        measure(f"{count}, {name}", users, -(-steps // (10 * count)))
                    growth = megabytes[-1][0] - megabytes[-2][0]
        with training(url) as messages, connected(url, BESIDE) as users:
            measure(f"{BESIDE} + training", users, ROUNDS)
    limits = {kind: CROWDS[-1] / CORES * first.median(kind) for kind in KINDS}
    print_row(f"limit at {CROWDS[-1]}", [f"{limit:.0f} ms" for limit in limits.values()])

    problems = [problem for outcome in (warm_up, *outcomes) for problem in outcome.check().problems]
    problems += [f"{kind}: {last.median(kind):.0f} ms" for kind in KINDS if last.median(kind) > limits[kind]]
    if "model" not in "".join(messages):
        problems.append(f"the training ended with {messages}")
    if max(total for total, _ in megabytes) > MEMORY:
        problems.append(f"more than {MEMORY} MB of memory")
    if growth > GROWTH:
        problems.append(f"{growth:.0f} MB more memory after {outcomes[-2].steps} further steps")
    show(rows(first, last, outcomes[-1]))
    print(f"{sum(outcome.steps for outcome in outcomes)} steps, {len(problems)} problems", *problems, sep="\n  ")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
