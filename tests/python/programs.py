# SPDX-License-Identifier: Apache-2.0
# Programs whose threads stand still in a known way: `programs.py NAME FILE`. When all of them do, the
# frames that Python itself sees (sys._current_frames()) go to FILE, a line each:
#	THREAD-ID FUNCTION FILE:LINE
# newest first; then "ready" is printed, and everything waits to be looked at.
import os
import sys
import threading
import time

stop = threading.Event()
waiting = []


def block():
    """Where every thread ends up."""
    waiting.append(threading.get_ident())
    stop.wait()


# ---- the programs: each starts threads, and says how many will come to block() ----

def plain():
    def outer():
        inner()

    def inner():
        block()
    return start(outer, inner)


def callbacks():
    """From C and back: sort, map, reduce, min, a constructor, a descriptor, hash and compare."""
    import functools

    class Key:
        def __init__(self, depth):
            self.depth = depth

        def __hash__(self):
            return 1

        def __eq__(self, other):
            block()

        def __getattr__(self, name):
            return sorted([2, 1], key=self.by)

        def by(self, value):
            return list(map(lambda x: functools.reduce(self.join, [1, 2]), [1]))

        def join(self, a, b):
            return {self: 1}.get(Key(2))
    return start(lambda: Key(1).missing)


def generators():
    def numbers(n):
        for i in range(n):
            yield from inner(i)

    def inner(i):
        yield block()

    def consume():
        for _ in numbers(3):
            pass
    return start(consume, lambda: [x for x in numbers(2)], lambda: sum(x for x in numbers(2)))


def coroutines():
    import asyncio

    async def leaf():
        block()

    async def middle():
        await leaf()

    async def several():
        await asyncio.gather(middle())

    def run(what):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(what())
    return start(lambda: run(several), lambda: run(leaf))


def recursion():
    def down(n):
        if n == 0:
            block()
        else:
            down(n - 1)

    def through_c(n):
        return max([n], key=lambda k: through_c(k - 1) if k else block())
    sys.setrecursionlimit(20000)
    threading.stack_size(64 << 20)
    return start(lambda: down(2000), lambda: through_c(100))


def ctypes_callbacks():
    import ctypes
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def less(a, b):
        block()
        return 0

    def sort():
        qsort = ctypes.CDLL(None).qsort
        array = (ctypes.c_int * 4)(4, 3, 2, 1)
        qsort(array, 4, ctypes.sizeof(ctypes.c_int), compare(less))
    return start(sort)


def handlers():
    class Manager:
        def __enter__(self):
            return self

        def __exit__(self, *why):
            block()

    def fails():
        try:
            raise ValueError('x')
        except ValueError:
            try:
                raise KeyError('y')
            finally:
                with Manager():
                    pass
    return start(fails)


def compiled():
    """exec, eval, and a module that blocks while it is imported."""
    space = {'block': block}
    source = 'def made(n):\n    # a comment\n    return eval("block()", {"block": block})\n\nmade(3)\n'
    return start(lambda: exec(compile(source, '/made/by exec.py', 'exec'), space))


def classes():
    import functools

    class Meta(type):
        def __call__(cls, *args, **kw):
            return super().__call__(*args, **kw)

    class Thing(metaclass=Meta):
        def __init__(self, n, *args, key=None, **more):
            self.value

        @property
        def value(self):
            return Thing.make()

        @classmethod
        def make(cls):
            return Thing.stay()

        @staticmethod
        def stay():
            return functools.partial(block)()
    return start(lambda: Thing(1, 2, key=3, other=4))


def names():
    def größe(ä):
        return (lambda: block())()
    return start(lambda: größe(1))


def long_lines():
    def many(
        a,
        b,
        c,
    ):
        return (
            a
            + b
            + block(

            )
        )
    return start(lambda: many(1, 2, 3))


def locks():
    lock = threading.Lock()
    lock.acquire()

    def wait():
        waiting.append(threading.get_ident())
        lock.acquire()

    def wait_with():
        waiting.append(threading.get_ident())
        with lock:
            pass
    return start(wait, wait_with)


def greenlets():
    import greenlet

    def inner():
        block()

    def outer():
        greenlet.greenlet(inner).switch()
    return start(outer)


def many():
    import functools

    def work(n):
        if n:
            work(n - 1)
        else:
            block()
    return start(*[functools.partial(work, i % 30) for i in range(200)])


def start(*functions):
    for function in functions:
        threading.Thread(target=function, daemon=True).start()
    return len(functions)


def frames_of_others(out):
    me = threading.get_ident()
    native = {t.ident: t.native_id for t in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        if ident == me:
            continue
        while frame:
            code = frame.f_code
            out.write('%d %s %s:%s\n' % (native[ident], getattr(code, 'co_qualname', code.co_name),
                                         code.co_filename, frame.f_lineno))
            frame = frame.f_back


def main():
    count = globals()[sys.argv[1]]()
    deadline = time.time() + 60
    while len(waiting) < count and time.time() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    if len(waiting) < count:
        print('only %d of %d threads came' % (len(waiting), count))
        os._exit(1)
    with open(sys.argv[2], 'w', encoding='utf-8') as out:
        frames_of_others(out)
    print('ready', flush=True)
    time.sleep(600)


if __name__ == '__main__':
    main()
