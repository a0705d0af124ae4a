/* SPDX-License-Identifier: Apache-2.0 */
/* Locks that languages' libraries make of futex() themselves: libstdc++, Rust's std, parking_lot, absl,
 * libgomp. Most have no owner, and little in memory by which they are known. */
#include "row.h"

#include <stdio.h>

static enum fit fits_word(struct turn *t, struct found *ret)
{
	ret->object = t->word;
	ret->outside = false;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 0x%x", t->value);
	return wait_is_data(t, t->word) ? FIT_LOOSE : FIT_NONE;
}

/* The object is not the word: each thread has one of its own, in which it sleeps. */
static enum fit fits_elsewhere(struct turn *t, struct found *ret)
{
	ret->object = 0;
	ret->outside = false;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 0x%x of the thread's own", t->value);
	return FIT_NONE;
}

/* ---- libstdc++ ---- */

/* libsupc++/guard.cc: initialised 1, somebody does so 0x100, others wait 0x10000. Its futex is not
 * private, though nobody else has it. */
static enum fit fits_guard(struct turn *t, struct found *ret)
{
	enum fit fit = fits_word(t, ret);

	return fit && t->value == 0x10100 && t->op == FUTEX_OP_WAIT ? FIT_PROVEN : FIT_NONE;
}

/* include/bits/atomic_futex.h: the highest bit says that somebody waits; below it 0 is not ready. */
static enum fit fits_future(struct turn *t, struct found *ret)
{
	enum fit fit = fits_word(t, ret);

	return t->value == 0x80000000u ? fit : FIT_NONE;
}

/* ---- Rust's std (library/std/src/sys/sync/), since 1.62 ---- */

/* FUTEX_WAIT_BITSET, private, by the monotonic clock: glibc's own waits without a time limit have
 * another clock. */
static bool is_rust(const struct turn *t)
{
	return t->op == FUTEX_OP_WAIT_BITSET && !t->realtime && !t->shared;
}

/* 0 free, 1 locked, 2 and waited for. */
static enum fit fits_rust_mutex(struct turn *t, struct found *ret)
{
	enum fit fit = fits_word(t, ret);

	return fit && is_rust(t) && t->value == 2 ? FIT_WELL : FIT_NONE;
}

enum { RUST_READERS_WAIT = 1u << 30, RUST_MASK = (1u << 30) - 1 };

/* state, writer_notify: readers wait for the state, writers for the other. The low 30 bits of the state
 * are the readers, all of them set a writer. */
static void rust_rwlock_text(uint32_t state, struct found *ret)
{
	uint32_t readers = state & RUST_MASK;

	if (readers == RUST_MASK)
		snprintf(ret->text, sizeof(ret->text), "which a writer has");
	else if (readers)
		snprintf(ret->text, sizeof(ret->text), "which %u reader%s", readers,
			 readers == 1 ? " has" : "s have");
}

static enum fit fits_rust_read(struct turn *t, struct found *ret)
{
	enum fit fit = fits_word(t, ret);

	rust_rwlock_text(t->now, ret);
	/* who comes to wait besides is no reason to go on */
	ret->ignored = ~(uint32_t)RUST_MASK;
	return fit && is_rust(t) && t->value & RUST_READERS_WAIT && t->value != UINT32_MAX
		       ? FIT_LOOSE
		       : FIT_NONE;
}

static enum fit fits_rust_write(struct turn *t, struct found *ret)
{
	enum fit fit = fits_word(t, ret);
	uint32_t state = wait_u32(t, t->word - 4, 0);

	ret->object = t->word - 4;
	rust_rwlock_text(state, ret);
	return fit && is_rust(t) && state >> 31 ? FIT_LOOSE : FIT_NONE;
}

/* -1: parked. */
static enum fit fits_rust_park(struct turn *t, struct found *ret)
{
	enum fit fit = fits_word(t, ret);

	return fit && is_rust(t) && t->value == UINT32_MAX ? FIT_WELL : FIT_NONE;
}

/* ---- parking_lot ---- */

/* Bytes around a thread's futex in which its ThreadData has the address of what it waits for. */
#define PARKING_AROUND 64u

/* A thread sleeps in its own ThreadData; beside the futex stands the address of the lock, of which the
 * low bits say that it is locked (1), and that somebody is parked there (2). */
static enum fit fits_parking_lot(struct turn *t, struct found *ret)
{
	uint64_t at, key;
	uint8_t state;

	(void)fits_elsewhere(t, ret);
	for (at = (t->word & ~UINT64_C(7)) - PARKING_AROUND; at < t->word + PARKING_AROUND;
	     at += t->w->arch->word)
		if (image_word(t->image, at, &key) && key && wait_is_data(t, key) &&
		    image_u8(t->image, key, &state) && (state & 3) == 3 && state < 4) {
			ret->object = key;
			return FIT_NONE;
		}
	return FIT_NONE;
}

const struct wait_row wait_languages[] = {
	{ "static guard", "cxa_guard_acquire", fits_guard },
	{ "future", "*std::__atomic_futex_unsigned_base:: *std::__basic_future *std::__future_base",
	  fits_future },
	{ "atomic",
	  "*std::__detail::__platform_wait *std::__atomic_base *std::__detail::__waiter *std::__atomic_impl "
	  "*std::latch:: *std::counting_semaphore *std::__atomic_wait *std::__1::__libcpp_atomic",
	  fits_word },
	{ "mutex", "*futex::Mutex::lock *futex::Mutex>::lock *futex_mutex::Mutex::lock",
	  fits_rust_mutex },
	{ "rwlock read", "*futex::RwLock::read *futex::RwLock>::read *futex_rwlock::RwLock::read",
	  fits_rust_read },
	{ "rwlock write",
	  "*futex::RwLock::write *futex::RwLock>::write *futex_rwlock::RwLock::write",
	  fits_rust_write },
	{ "condition variable",
	  "*futex::Condvar:: *futex::Condvar>:: *futex_condvar::Condvar::", fits_word },
	{ "once", "*futex::Once:: *futex::Once>:: *futex_once::Once:: *once::futex::", fits_word },
	{ "park", "*Parker::park *Parker>::park *std::thread::park *thread::current::park",
	  fits_rust_park },
	{ "mutex", "*parking_lot::raw_mutex::RawMutex::lock", fits_parking_lot },
	{ "rwlock read", "*parking_lot::raw_rwlock::RawRwLock::lock_shared", fits_parking_lot },
	{ "rwlock write", "*parking_lot::raw_rwlock::RawRwLock::lock_exclusive", fits_parking_lot },
	{ "condition variable", "*parking_lot::condvar::Condvar::wait", fits_elsewhere },
	{ "condition variable", "*absl::CondVar::Wait *::CondVar::WaitCommon", fits_elsewhere },
	{ "mutex", "*absl::Mutex::Lock *absl::Mutex::Block *::Mutex::LockSlow", fits_elsewhere },
	{ "barrier", "*gomp_barrier_wait *gomp_team_barrier_wait *GOMP_barrier", fits_word },
	{ "scheduler", "*runtime.futexsleep *runtime.futex", fits_word },
	{ NULL, NULL, NULL },
};
