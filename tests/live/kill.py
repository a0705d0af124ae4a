#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill.py STK TARGET ROUNDS: kills stk at random instants and looks what became of its target.

Over targets of 4, 200 and 1,000 threads, and one that job control has stopped, ROUNDS times in all:
starts `stk pid`, sends it SIGTERM, SIGINT or SIGKILL, half of the time anywhere in its life,
half as soon as the target is seen to be stopped or within the milliseconds after. No thread of the target may
be stopped (T) or traced (t) afterwards; one that was stopped before stays so. Prints TAP.
"""
import os
import random
import signal
import subprocess
import sys
import time

STK, TARGET, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


def state(pid, tid):
    try:
        with open(f"/proc/{pid}/task/{tid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


def states(pid):
    try:
        return [state(pid, tid) for tid in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return ["gone"]


def wrong(pid, job_stopped):
    """How many threads are not as they were; a moment is allowed for them to get on their way."""
    for _ in range(200):
        bad = sum((s != "T") if job_stopped else (s in "Tt" or s == "gone") for s in states(pid))
        if not bad:
            return 0
        time.sleep(0.01)
    return bad


class Round:
    """One stk, killed."""

    def __init__(self, pid, life):
        self.during = False
        stk = subprocess.Popen([STK, "pid", str(pid)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        if random.random() < 0.5:
            time.sleep(random.uniform(0, life))
        else:
            while stk.poll() is None and state(pid, pid) != "t":
                pass
            time.sleep(random.choice((0, random.uniform(0, 0.01))))
        self.during = state(pid, pid) == "t"
        stk.send_signal(random.choice(SIGNALS))
        stk.wait(60)


def over(threads, rounds, job_stopped=False):
    with subprocess.Popen([TARGET, "many", str(threads)], stdout=subprocess.PIPE) as target:
        target.stdout.readline()
        if job_stopped:
            target.send_signal(signal.SIGSTOP)
            time.sleep(0.1)
        start = time.monotonic()
        subprocess.run([STK, "pid", str(target.pid)], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False, timeout=60)
        life = time.monotonic() - start
        left = during = 0
        for _ in range(rounds):
            during += Round(target.pid, life).during
            left += wrong(target.pid, job_stopped) > 0
        target.kill()
    what = "stays stopped" if job_stopped else "runs on"
    ok = "not ok" if left else "ok"
    print(f"{ok} - a target of {threads} threads {what}: stk killed {rounds} times, "
          f"{during} of them while it was stopped; {left} times it was not as before", flush=True)
    return left == 0


def main():
    random.seed(os.environ.get("SEED", str(time.time_ns())))
    share = ROUNDS // 10
    good = [over(4, 4 * share), over(200, 3 * share), over(1000, 2 * share),
            over(4, ROUNDS - 9 * share, job_stopped=True)]
    sys.exit(not all(good))


main()
