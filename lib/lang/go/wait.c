/* SPDX-License-Identifier: Apache-2.0 */
/* What a goroutine waits for, from memory: channels and their queues, locks, descriptors, timers.
 * No debug information is needed: the runtime's own structures say it. */
#include "wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sym.h"
#include "syscall.h"
#include "type.h"

#define LIMIT_CASES 65536u
#define STACK_SCAN 4096u
#define LONG_QUEUE 64

enum direction { NEITHER, RECEIVES, SENDS };

/* clang-format off */
enum kind {
	CHAN_RECEIVE, CHAN_SEND, NIL_CHAN, SELECT, MUTEX, RWMUTEX, WAIT_GROUP, SEMAPHORE, COND, DESCRIPTOR,
	TIMER, BUBBLE, SYSTEM_CALL,
};
/* clang-format on */

static const char *const kind_names[] = {
	"chan receive", "chan send", "nil chan", "select", "mutex",  "rwmutex",     "waitgroup",
	"semaphore",    "cond",      "fd",       "timer",  "bubble", "system call",
};

/* A channel, read when the first goroutine waits on it. */
struct gochan {
	const char *type; /* interned */
	uint64_t count, room;
	uint64_t receivers, senders;
	bool closed, listed;        /* listed: its sudogs are in gowaits.sudogs */
	const char *receive, *send; /* how a wait for it is worded; NULL until one is */
};

struct golock {
	enum kind kind;
	uint64_t address;
	const char *text;
};

/* Many goroutines wait for few objects: each is read and worded once. */
struct gowaits {
	struct map chans;        /* address -> struct gochan * */
	struct map types;        /* address -> name, interned */
	struct map sudogs;       /* address -> enum direction: of channels with both kinds */
	struct map lockers;      /* pc -> index into lockers[] of what waits there */
	struct map locks;        /* semaphore -> struct golock * */
	uint64_t walked;         /* sudogs of all queues */
	uint64_t sudog_distance; /* from a stack pointer to where the last sudog was found */
	struct stk_wait *found;  /* by the goroutine whose turn it is */
	size_t count, cap;
	bool alone;                                /* nobody waited for one of these before */
	const char *kinds[ARRAY_SIZE(kind_names)]; /* interned */
};

/* One goroutine's turn. */
struct turn {
	struct go *go;
	struct goruntime *rt;
	struct capture *c;
	struct goroutine *g;
	const struct raw_stack *stack;
	uint64_t shift; /* of its frames against those of the stack */
};

static void add(struct turn *t, enum kind kind, uint64_t address, const char *text)
{
	struct gowaits *w = t->go->waits;

	if (!w->kinds[kind])
		w->kinds[kind] = builder_str(t->c->b, kind_names[kind]);
	w->found = grow(w->found, &w->cap, w->count + 1, sizeof(*w->found));
	w->found[w->count++] =
		(struct stk_wait){ .kind = w->kinds[kind], .address = address, .text = text };
	w->alone |= kind == DESCRIPTOR || kind == TIMER;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- channels ----
 * How many sudogs are in a queue; with a direction each is noted. */
static uint64_t walk_queue(struct turn *t, uint64_t queue, enum direction direction)
{
	struct gowaits *w = t->go->waits;
	/* clang-format off */
	uint64_t at = gomem_word_or_0(&t->go->mem, queue), limit = t->rt->count * 256 + 65536, n = 0;
	/* clang-format on */

	/* A hostile queue has no end, and many a channel leads into it. next is the second word. */
	for (; at && w->walked < limit;
	     at = gomem_word_or_0(&t->go->mem, at + 8), n++, w->walked++) {
		if (n == LONG_QUEUE)
			gomem_sparse(&t->go->mem, true);
		if (direction)
			map_put(&w->sudogs, at, direction);
	}
	gomem_sparse(&t->go->mem, false);
	return n;
}

static const char *read_type_name(struct turn *t, uint64_t type)
{
	struct gotype read;
	const char *name;

	if (!gotype_read(t->rt->modules, &t->go->mem, type, &read))
		return builder_str(t->c->b, "?");
	name = builder_str(t->c->b, read.name ? read.name : "?");
	gotype_deinit(&read);
	return name;
}

/* Many channels are of few types. */
static const char *type_name(struct turn *t, uint64_t type)
{
	uint64_t known;

	if (!map_get(&t->go->waits->types, type, &known)) {
		known = (uintptr_t)read_type_name(t, type);
		map_put(&t->go->waits->types, type, known);
	}
	return (const char *)(uintptr_t)known;
}

static struct gochan *chan_at(struct turn *t, uint64_t address)
{
	const struct golayout *l = &t->rt->layout;
	struct gomem *mem = &t->go->mem;
	struct gochan *chan;
	uint64_t known;

	if (map_get(&t->go->waits->chans, address, &known))
		return (struct gochan *)(uintptr_t)known;
	chan = arena_zalloc(&t->go->code.arena, sizeof(*chan));
	chan->count = gomem_word_or_0(mem, address);
	chan->room = gomem_word_or_0(mem, address + 8);
	chan->closed = gomem_u32_or_0(mem, address + 28) != 0;
	chan->type = type_name(t, gomem_word_or_0(mem, address + l->hchan.elemtype));
	chan->receivers = walk_queue(t, address + l->hchan.recvq, NEITHER);
	chan->senders = walk_queue(t, address + l->hchan.sendq, NEITHER);
	map_put(&t->go->waits->chans, address, (uintptr_t)chan);
	return chan;
}

static const char *word_chan(struct turn *t, const struct gochan *chan, uint64_t address,
			     bool sends)
{
	uint64_t queued = sends ? chan->senders : chan->receivers;

	/* clang-format off */
	return builder_fmt(t->c->b, "%s chan %s 0x%" PRIx64 " (len %" PRIu64 ", cap %" PRIu64
			   "%s), %" PRIu64 " %s%s queued", sends ? "a receiver on" : "a value from",
			   chan->type, address, chan->count, chan->room,
			   chan->closed ? ", closed" : "", queued, sends ? "sender" : "receiver",
			   plural(queued));
	/* clang-format on */
}

/* Is the sudog in the queue of senders? Of both kinds a channel has some only for a moment, but where
 * one select sends and receives. */
static bool does_send(struct turn *t, struct gochan *chan, uint64_t sudog, uint64_t address)
{
	uint64_t direction = NEITHER;

	if (!chan->senders || !chan->receivers)
		return chan->senders;
	if (!chan->listed) {
		(void)walk_queue(t, address + t->rt->layout.hchan.recvq, RECEIVES);
		(void)walk_queue(t, address + t->rt->layout.hchan.sendq, SENDS);
		chan->listed = true;
	}
	(void)map_get(&t->go->waits->sudogs, sudog, &direction);
	return direction == SENDS;
}

static void add_chan(struct turn *t, uint64_t sudog, uint64_t address)
{
	struct gochan *chan = chan_at(t, address);
	bool sends = does_send(t, chan, sudog, address);
	const char **text = sends ? &chan->send : &chan->receive;

	if (!*text) {
		*text = word_chan(t, chan, address, sends);
		t->go->waits->alone = true;
	}
	add(t, sends ? CHAN_SEND : CHAN_RECEIVE, address, *text);
}

/* ---- frames of the stack, by name ---- */

/* The first frame of this function; NULL. */
static const struct raw_frame *frame_of(const struct turn *t, const char *name)
{
	uint32_t i, count = t->stack->count < 16 ? t->stack->count : 16;

	for (i = 0; i < count; i++) {
		const struct raw_frame *frame = &t->c->frames[t->stack->first + i];
		const struct gocode *code = gocode_at(&t->go->code, t->go->modules, t->go->count,
						      frame->pc);

		if (code && !strcmp(code->name, name))
			return frame;
	}
	return NULL;
}

/* The n-th word of the arguments of a function on the stack; 0. */
static uint64_t argument(struct turn *t, const char *function, unsigned n)
{
	const struct raw_frame *frame = frame_of(t, function);

	/* clang-format off */
	return frame && frame->cfa ? gomem_word_or_0(&t->go->mem, frame->cfa + t->shift +
						     (t->go->arm ? 8 : 0) + n * 8) : 0;
	/* clang-format on */
}

/* ---- locks ---- */

static const struct {
	const char *function;
	enum kind kind;
	uint8_t offset; /* of the semaphore in the object */
	bool writes;
} lockers[] = {
	{ "sync.(*Mutex).lockSlow", MUTEX, 4, true },
	{ "sync.(*Mutex).Lock", MUTEX, 4, true },
	{ "internal/sync.(*Mutex).lockSlow", MUTEX, 4, true },
	{ "internal/sync.(*Mutex).Lock", MUTEX, 4, true },
	{ "sync.(*RWMutex).RLock", RWMUTEX, 12, false },
	{ "sync.(*RWMutex).Lock", RWMUTEX, 8, true },
	{ "sync.(*WaitGroup).Wait", WAIT_GROUP, 8, false },
};

static size_t locker_named(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lockers); i++)
		if (!strcmp(lockers[i].function, name))
			break;
	return i;
}

static size_t locker_at(struct turn *t, const struct raw_frame *frame)
{
	const char *names[LIMIT_INLINE_DEPTH];
	uint64_t known;
	size_t n, i, found = ARRAY_SIZE(lockers);

	if (map_get(&t->go->waits->lockers, frame->pc, &known))
		return (size_t)known;
	n = gosym_names(t->go, frame, names);
	for (i = 0; i < n && found == ARRAY_SIZE(lockers); i++)
		found = locker_named(names[i]);
	map_put(&t->go->waits->lockers, frame->pc, found);
	return found;
}

/* The function of package sync that waits, be it inlined: an index into lockers. */
static size_t find_locker(struct turn *t)
{
	uint32_t i, count = t->stack->count < 16 ? t->stack->count : 16;
	size_t found = ARRAY_SIZE(lockers);

	for (i = 0; i < count && found == ARRAY_SIZE(lockers); i++)
		found = locker_at(t, &t->c->frames[t->stack->first + i]);
	return found;
}

static const char *word_mutex(struct turn *t, uint64_t at)
{
	uint32_t state = gomem_u32_or_0(&t->go->mem, at);

	return builder_fmt(t->c->b, "sync.Mutex 0x%" PRIx64 " (%s%s, %u waiter%s)", at,
			   state & 1 ? "locked" : "unlocked", state & 4 ? ", starving" : "",
			   state >> 3, plural(state >> 3));
}

static const char *word_rwmutex(struct turn *t, uint64_t at, bool writes)
{
	int32_t readers = (int32_t)gomem_u32_or_0(&t->go->mem, at + 16);
	uint32_t leaving = gomem_u32_or_0(&t->go->mem, at + 20);

	/* clang-format off */
	if (writes)
		return builder_fmt(t->c->b, "sync.RWMutex 0x%" PRIx64 " to write (%u reader%s to leave)",
				   at, leaving, plural(leaving));
	/* clang-format on */
	/* A writer takes 1 << 30 away when it comes. */
	return builder_fmt(t->c->b, "sync.RWMutex 0x%" PRIx64 " to read (%s)", at,
			   readers < 0 ? "a writer has it or waits for it" : "no writer");
}

static const char *word_group(struct turn *t, uint64_t at)
{
	uint64_t state = gomem_word_or_0(&t->go->mem, at);
	int32_t count = (int32_t)(state >> 32);
	/* From 1.25 on the top bit of the waiters marks groups of a bubble. */
	uint32_t waiters = (uint32_t)state & INT32_MAX;

	return builder_fmt(t->c->b, "sync.WaitGroup 0x%" PRIx64 " (counter %d, %u waiter%s)", at,
			   count, waiters, plural(waiters));
}

static struct golock word_lock(struct turn *t, uint64_t sema)
{
	size_t i = find_locker(t);
	uint64_t at = i < ARRAY_SIZE(lockers) ? sema - lockers[i].offset : sema;

	switch (i < ARRAY_SIZE(lockers) ? lockers[i].kind : SEMAPHORE) {
	case MUTEX:
		return (struct golock){ MUTEX, at, word_mutex(t, at) };
	case RWMUTEX:
		return (struct golock){ RWMUTEX, at, word_rwmutex(t, at, lockers[i].writes) };
	case WAIT_GROUP:
		/* Until 1.17 the halves stood where alignment put them. */
		if (t->rt->layout.minor <= 17 && at % 8)
			at = sema + 4;
		return (struct golock){ WAIT_GROUP, at, word_group(t, at) };
	default:
		return (struct golock){ SEMAPHORE, at,
					builder_fmt(t->c->b, "a semaphore at 0x%" PRIx64, at) };
	}
}

static void add_lock(struct turn *t, uint64_t sema)
{
	struct gowaits *w = t->go->waits;
	struct golock *lock;
	uint64_t known;

	if (map_get(&w->locks, sema, &known)) {
		lock = (struct golock *)(uintptr_t)known;
	} else {
		lock = arena_alloc(&t->go->code.arena, sizeof(*lock));
		*lock = word_lock(t, sema);
		map_put(&w->locks, sema, (uintptr_t)lock);
		w->alone = true;
	}
	add(t, lock->kind, lock->address, lock->text);
}

/* The semaphore of the sudog at which a word of the stack, so far from its top, points; 0: at none. */
static uint64_t sema_at(struct turn *t, uint64_t distance)
{
	const struct goroutine *g = t->g;
	struct gomem *mem = &t->go->mem;
	uint64_t at = g->sp + distance, word = 0, owner, sema;

	if (at + 8 <= g->hi)
		word = gomem_word_or_0(mem, at);
	/* Not into stacks: a sudog is an object of its own. */
	if (!word || word % 8 || (word >= g->lo && word < g->hi) ||
	    !gomem_word(mem, word, &owner) || owner != g->address)
		return 0;
	sema = gomem_word_or_0(mem, word + t->rt->layout.sudog.elem);
	return sema % 4 ? 0 : sema;
}

/* The sudog of a goroutine that waits for a semaphore: until 1.25 only its stack knows, mostly where
 * the stack of the one before had it. */
static uint64_t sema_by_stack(struct turn *t)
{
	uint64_t *known = &t->go->waits->sudog_distance, sema = sema_at(t, *known), distance;

	for (distance = 0; !sema && distance < STACK_SCAN; distance += 8) {
		sema = sema_at(t, distance);
		if (sema)
			*known = distance;
	}
	return sema;
}

static void add_sema(struct turn *t)
{
	uint64_t sema = sema_by_stack(t);

	if (sema || (sema = argument(t, "runtime.semacquire1", 0)))
		add_lock(t, sema);
}

/* ---- conditions, descriptors, timers ---- */

/* list: notifyList of the Cond. */
static void add_cond(struct turn *t, uint64_t list)
{
	uint64_t sudog, n = 0;
	uint32_t waiters;

	/* Only where the goroutine is really in that list. */
	sudog = list ? gomem_word_or_0(&t->go->mem, list + 16) : 0;
	while (sudog && gomem_word_or_0(&t->go->mem, sudog) != t->g->address && n++ < t->rt->count)
		sudog = gomem_word_or_0(&t->go->mem, sudog + 8);
	if (!sudog)
		return;
	waiters = gomem_u32_or_0(&t->go->mem, list) - gomem_u32_or_0(&t->go->mem, list + 4);
	/* clang-format off */
	add(t, COND, list - 16, builder_fmt(t->c->b, "sync.Cond 0x%" PRIx64 " (%u waiter%s)",
					      list - 16, waiters, plural(waiters)));
	/* clang-format on */
}

/* pollDesc {link, fd, ...}, whose rg or wg holds the goroutine that waits to read or write. */
static bool add_poll(struct turn *t, uint64_t pd)
{
	uint16_t rg = t->rt->layout.poll_rg;
	bool reads, writes;

	reads = pd && gomem_word_or_0(&t->go->mem, pd + rg) == t->g->address;
	writes = pd && gomem_word_or_0(&t->go->mem, pd + rg + 8) == t->g->address;
	/* clang-format off */
	if (reads || writes)
		add(t, DESCRIPTOR, pd, builder_fmt(t->c->b, "descriptor %" PRIu64 " to be %s",
					     gomem_word_or_0(&t->go->mem, pd + 8),
					     reads ? "readable" : "writable"));
	/* clang-format on */
	return reads || writes;
}

static void add_descriptor(struct turn *t)
{
	/* An argument in a register may be dead in one, and alive in the other. */
	if (!add_poll(t, argument(t, "internal/poll.runtime_pollWait", 0)))
		(void)add_poll(t, argument(t, "runtime.netpollblock", 0));
}

static uint64_t now_of(struct turn *t)
{
	/* clang-format off */
	return t->g->bubble ? gomem_word_or_0(&t->go->mem, t->g->bubble + GO_BUBBLE_NOW) : t->rt->now;
	/* clang-format on */
}

static void add_timer(struct turn *t)
{
	uint64_t timer = gomem_word_or_0(&t->go->mem, t->g->address + t->rt->layout.g.timer);
	uint64_t when = timer ? gomem_word_or_0(&t->go->mem, timer + t->rt->layout.timer_when) : 0;
	uint64_t now = now_of(t);

	if (!when)
		return;
	if (when > now && now)
		add(t, TIMER, timer,
		    builder_fmt(t->c->b, "a timer, in %.3f s%s", (double)(when - now) / 1e9,
				t->g->bubble ? " of the bubble's time" : ""));
	else
		add(t, TIMER, timer, builder_str(t->c->b, "a timer"));
}

/* ---- one goroutine ---- */

/* The list of what a goroutine waits for; since 1.26 semaphores and conditions too, without a
 * channel. */
static void add_waiting(struct turn *t, bool cond)
{
	const struct golayout *l = &t->rt->layout;
	uint64_t at = t->g->waiting, chan, elem, owner;
	unsigned n;

	for (n = 0; at && n < LIMIT_CASES;
	     n++, at = gomem_word_or_0(&t->go->mem, at + l->sudog.waitlink)) {
		if (!gomem_word(&t->go->mem, at, &owner) || owner != t->g->address)
			return;
		chan = gomem_word_or_0(&t->go->mem, at + l->sudog.chan);
		elem = gomem_word_or_0(&t->go->mem, at + l->sudog.elem);
		if (chan)
			add_chan(t, at, chan);
		else if (cond)
			add_cond(t, elem);
		else
			add_lock(t, elem);
	}
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static void add_by_reason(struct turn *t, const char *reason)
{
	if (!strcmp(reason, "chan receive (nil chan)") || !strcmp(reason, "chan send (nil chan)"))
		add(t, NIL_CHAN, 0, builder_str(t->c->b, "a nil channel: for ever"));
	else if (!strcmp(reason, "select (no cases)"))
		add(t, SELECT, 0, builder_str(t->c->b, "nothing: a select without cases"));
	else if (t->g->waiting)
		add_waiting(t, !strcmp(reason, "sync.Cond.Wait"));
	else if (!strcmp(reason, "sync.Cond.Wait"))
		add_cond(t, argument(t, "sync.runtime_notifyListWait", 0));
	else if (!strcmp(reason, "semacquire") || starts_with(reason, "sync."))
		add_sema(t);
	else if (!strcmp(reason, "IO wait"))
		add_descriptor(t);
	else if (!strcmp(reason, "sleep"))
		add_timer(t);
	/* clang-format off */
	else if (!strcmp(reason, "synctest.Wait"))
		add(t, BUBBLE, t->g->bubble, builder_str(t->c->b, "all others of its bubble to block"));
	/* clang-format on */
	/* clang-format off */
	else if (!strcmp(reason, "synctest.Run"))
		add(t, BUBBLE, t->g->bubble, builder_str(t->c->b, "all others of its bubble to end"));
	/* clang-format on */
}

/* Where the runtime ends the program on this thread, the system call is a part of that. */
static void add_call(struct turn *t)
{
	const struct gomachine *m = &t->rt->machines[t->g->machine];
	bool ends = m->dying || m->thread->crashed;
	const char *text = ends ? NULL : gosyscall_text(t->go, t->c->b, m->thread);

	if (text)
		add(t, SYSTEM_CALL, 0, text);
}

static struct turn begin(struct go *go, struct capture *c, struct goroutine *g)
{
	if (!go->waits)
		go->waits = xcalloc(1, sizeof(*go->waits));
	go->waits->count = 0;
	go->waits->alone = false;
	return (struct turn){ .go = go, .rt = goruntime_of_goroutine(go, g), .c = c, .g = g };
}

static bool is_waiting(const struct turn *t)
{
	uint32_t status = t->g->status & ~(uint32_t)GO_SCAN;

	/* clang-format off */
	return (status == GO_WAITING || status == GO_LEAKED) && t->g->reason < t->rt->layout.nreasons;
	/* clang-format on */
}

/* Are the types of all modules in files that are here? */
static bool has_types(struct turn *t)
{
	const struct gomodules *modules = t->rt->modules;
	size_t room, i;

	for (i = 0; i < modules->count; i++)
		if (!image_peek(t->go->image, modules->items[i].types, 1, &room))
			return false;
	return true;
}

/* The names of types stand in the program's file, or else are read while they can be. */
static void foresee_type(struct turn *t)
{
	uint64_t chan, type;

	if (has_types(t))
		return;
	chan = gomem_word_or_0(&t->go->mem, t->g->waiting + t->rt->layout.sudog.chan);
	type = chan ? gomem_word_or_0(&t->go->mem, chan + t->rt->layout.hchan.elemtype) : 0;
	if (type)
		(void)type_name(t, type);
}

bool gowait_foresee(struct go *go, struct capture *c, struct goroutine *g)
{
	struct turn t = begin(go, c, g);
	const char *reason;

	if (!is_waiting(&t))
		return true;
	if (g->waiting) {
		if (g->told)
			foresee_type(&t);
		return g->told;
	}
	reason = t.rt->layout.reasons[g->reason];
	(void)now_of(&t); /* is read here */
			  /* clang-format off */
	return strcmp(reason, "IO wait") && strcmp(reason, "semacquire") && !starts_with(reason, "sync");
			  /* clang-format on */
}

bool gowait_read(struct go *go, struct capture *c, const struct raw_task *task, uint64_t shift,
		 struct stk_more *more)
{
	struct goroutine *g = task->own;
	struct turn t = begin(go, c, g);
	struct gowaits *w = go->waits;

	t.stack = &task->stack;
	t.shift = shift;
	if (is_waiting(&t))
		add_by_reason(&t, t.rt->layout.reasons[g->reason]);
	else if ((g->status & ~(uint32_t)GO_SCAN) == GO_SYSCALL && g->on_thread)
		add_call(&t);
	else
		return false;
	if (w->alone)
		more->waits = builder_array(c->b, w->found, w->count, sizeof(*w->found));
	else if (w->count)
		more->waits = builder_interned(c->b, w->found, w->count * sizeof(*w->found));
	more->nwaits = (uint32_t)w->count;
	return w->alone;
}

void gowait_deinit(struct go *go)
{
	if (!go->waits)
		return;
	map_deinit(&go->waits->chans);
	map_deinit(&go->waits->types);
	map_deinit(&go->waits->sudogs);
	map_deinit(&go->waits->lockers);
	map_deinit(&go->waits->locks);
	free(go->waits->found);
	free(go->waits);
}
