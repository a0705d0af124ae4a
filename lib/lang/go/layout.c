/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

/* ---- wait reasons, in the words and order of each release (src/runtime/runtime2.go) ---- */

/* clang-format off */
#define REASONS_FIRST \
	"", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)", \
	"dumping heap", "garbage collection", "garbage collection scan", "panicwait", "select", \
	"select (no cases)", "GC assist wait", "GC sweep wait", "GC scavenge wait", \
	"chan receive", "chan send", "finalizer wait", "force gc (idle)"
/* clang-format on */

#define REASONS_SYNC \
	"semacquire", "sleep", "sync.Cond.Wait", "sync.Mutex.Lock", "sync.RWMutex.RLock", \
		"sync.RWMutex.Lock"

#define REASONS_GC \
	"trace reader (blocked)", "wait for GC cycle", "GC worker (idle)", "GC worker (active)", \
		"preempted", "debug call", "GC mark termination", "stopping the world"

#define REASONS_TRACE \
	"flushing proc caches", "trace goroutine status", "trace proc status", "page trace flush", \
		"coroutine", "GC weak to strong wait"

#define REASONS_DURABLE \
	"synctest.Run", "synctest.Wait", "chan receive (durable)", "chan send (durable)", \
		"select (durable)", "sync.WaitGroup.Wait (durable)", "cleanup wait"

/* clang-format off */
static const char *const reasons_17[] = {
	REASONS_FIRST, "semacquire", "sleep", "sync.Cond.Wait", "timer goroutine (idle)",
	"trace reader (blocked)", "wait for GC cycle", "GC worker (idle)", "preempted",
	"debug call",
};
/* clang-format on */

static const char *const reasons_20[] = { REASONS_FIRST, REASONS_SYNC, REASONS_GC };

static const char *const reasons_22[] = {
	REASONS_FIRST,
	REASONS_SYNC,
	REASONS_GC,
	REASONS_TRACE,
};

static const char *const reasons_24[] = {
	REASONS_FIRST,          REASONS_SYNC,
	"sync.WaitGroup.Wait",  REASONS_GC,
	REASONS_TRACE,          "synctest.Run",
	"synctest.Wait",        "chan receive (synctest)",
	"chan send (synctest)", "select (synctest)",
};

static const char *const reasons_25[] = {
	REASONS_FIRST,   "GOMAXPROCS updater (idle)",
	REASONS_SYNC,    "sync.WaitGroup.Wait",
	REASONS_GC,      REASONS_TRACE,
	REASONS_DURABLE,
};

/* clang-format off */
static const char *const reasons_26[] = {
	"", "GC assist marking", "IO wait", "dumping heap", "garbage collection",
	"garbage collection scan", "panicwait", "GC assist wait", "GC sweep wait",
	"GC scavenge wait", "finalizer wait", "force gc (idle)", "GOMAXPROCS updater (idle)",
	"semacquire", "sleep", "chan receive (nil chan)", "chan send (nil chan)",
	"select (no cases)", "select", "chan receive", "chan send", "sync.Cond.Wait",
	"sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock", "sync.WaitGroup.Wait",
	REASONS_GC, REASONS_TRACE, REASONS_DURABLE,
};
/* clang-format on */

static void set_reasons(struct golayout *l, unsigned minor)
{
	static const struct {
		unsigned from;
		const char *const *list;
		size_t count;
	} lists[] = {
		{ 26, reasons_26, ARRAY_SIZE(reasons_26) },
		{ 25, reasons_25, ARRAY_SIZE(reasons_25) },
		{ 24, reasons_24, ARRAY_SIZE(reasons_24) },
		{ 22, reasons_22, ARRAY_SIZE(reasons_22) },
		{ 20, reasons_20, ARRAY_SIZE(reasons_20) },
		{ 0, reasons_17, ARRAY_SIZE(reasons_17) },
	};
	size_t i = 0;

	while (minor < lists[i].from)
		i++;
	l->reasons = lists[i].list;
	l->nreasons = (unsigned)lists[i].count;
}

/* ---- structures ---- */

static void set_g(struct golayout *l, unsigned minor)
{
	/* gobuf.ret went in 1.25, g.syscallbp came in 1.23. */
	uint16_t base = minor <= 24 ? 112 : 104;

	l->g.lr = base - 16;
	l->g.syscallsp = base;
	l->g.syscallpc = base + 8;
	if (minor >= 23)
		base += 8;
	l->g.status = base + 32;
	l->g.goid = base + 40;
	l->g.waitsince = base + 56;
	l->g.waitreason = base + 64;
	l->g.lockedm = minor <= 20 ? 232 : base + 96;
	l->g.sig = minor <= 20 ? 240 : l->g.lockedm + (minor <= 23 ? 8 : minor <= 25 ? 12 : 16);
	l->g.gopc = l->g.lockedm + (minor <= 20 ? 64 : minor <= 25 ? 72 : 80);
	l->g.parent = minor <= 20 ? 0 : l->g.gopc - 8;
	l->g.sigcode0 = l->g.gopc - (minor <= 20 ? 24 : 32);
	l->g.sigcode1 = l->g.sigcode0 + 8;
	l->g.sigpc = l->g.sigcode0 + 16;
	l->g.ancestors = l->g.gopc + 8;
	l->g.startpc = l->g.gopc + 16;
	l->g.waiting = l->g.gopc + 32;
	l->g.labels = l->g.gopc + 64;
	l->g.timer = l->g.gopc + 72;
	l->g.bubble = minor == 24 ? 392 : minor == 25 ? 384 : minor >= 26 ? 392 : 0;
	l->g.size = minor <= 23 ? 392 : 440;
}

static void set_m(struct golayout *l, unsigned minor)
{
	uint16_t base = minor <= 24 ? 72 : 64;

	l->m.procid = base;
	l->m.gsignal = base + 8;
	l->m.curg = base + 120;
	l->m.caughtsig = base + 128;
	/* 1.26 has a word more between caughtsig and id. */
	l->m.id = base + 160 + (minor >= 26 ? 8 : 0);
	l->m.throwing = l->m.id + 12;
	l->m.dying = l->m.id + 36;
	l->m.incgo = l->m.id + 48;
}

static void set_module(struct golayout *l, unsigned minor)
{
	l->md.types = minor <= 19 ? 280 : 296;
	l->md.gofunc = minor <= 17 ? 0 : minor <= 19 ? 304 : minor <= 26 ? 320 : 344;
	l->md.next = minor <= 17   ? 528
		     : minor <= 19 ? 544
		     : minor == 20 ? 560
		     : minor <= 22 ? 584
		     : minor <= 25 ? 576
		     : minor == 26 ? 584
				   : 560;
}

static void set_waiting(struct golayout *l, unsigned minor)
{
	/* 1.26 keeps elem and c twice, {pointer, uintptr}; the second word survives the search for
	 * leaks. */
	l->sudog.elem = minor <= 25 ? 24 : 32;
	l->sudog.waitlink = minor <= 25 ? 64 : 72;
	l->sudog.chan = minor <= 25 ? 80 : 96;
	l->hchan.elemtype = minor <= 22 ? 32 : 40;
	l->hchan.recvq = minor <= 22 ? 56 : 64;
	l->hchan.sendq = minor <= 22 ? 72 : 80;
	l->bubble_id = minor <= 24 ? 0 : 72;
	l->poll_rg = minor <= 19 ? 24 : 32;
	l->timer_when = minor <= 22 ? 8 : minor <= 24 ? 16 : 24;
}

static void set_panic(struct golayout *l, unsigned minor)
{
	l->panic.arg = minor <= 25 ? 8 : 0;
	l->panic.link = minor <= 25 ? 24 : 16;
	l->panic.recovered = minor <= 21 ? 48 : minor <= 25 ? 96 : 88;
	l->panic.goexit = minor <= 21 ? 50 : minor <= 24 ? 97 : minor == 25 ? 98 : 90;
	l->panic.repanicked = minor <= 24 ? 0 : minor == 25 ? 97 : 89;
}

void golayout_init(struct golayout *ret, unsigned minor)
{
	struct golayout l = { 0 };

	minor = minor < GO_OLDEST ? GO_OLDEST : minor > GO_NEWEST ? GO_NEWEST : minor;
	l.minor = minor;
	set_g(&l, minor);
	set_m(&l, minor);
	set_module(&l, minor);
	set_waiting(&l, minor);
	set_panic(&l, minor);
	set_reasons(&l, minor);
	*ret = l;
}

const char *golayout_status(uint32_t status)
{
	static const char *const words[] = {
		"idle", "runnable", "running",   "syscall",   "waiting", "",
		"dead", "",         "copystack", "preempted", "leaked",  "waiting for cgo callback",
	};

	status &= ~(uint32_t)GO_SCAN;
	return status < ARRAY_SIZE(words) ? words[status] : "???";
}
