/* SPDX-License-Identifier: Apache-2.0 */
/* The locks of glibc, 2.25 and later (nptl/, sysdeps/nptl/bits/). Their layouts are part of its ABI:
 * programs have them in their own data. Two differ by the size of a word:
 *
 *	mutex   lock 0, count 4, owner 8, then nusers, kind (64 bit) or kind, nusers (32 bit)
 *	rwlock  readers 0, writers 4, wrphase_futex 8, writers_futex 12, cur_writer 24 or 28
 *	cond    wseq 0, g1_start 8, then until 2.40 g_refs 16, g_size 24, g1_orig_size 32, wrefs 36,
 *	        g_signals 40 and 44; from 2.41 on g_size 16, g1_orig_size 24, wrefs 28, g_signals 32 and 36
 *	sem     value 0, waiters 4, shared 8 (64 bit); value << 1 | waiting 0, shared 4, waiters 12
 *	barrier in 0, current_round 4, count 8, shared 12, out 16
 *	stdio   lock 0, count 4, owner (a pthread_t) 8 */
#include "row.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- mutex ---- */

enum {
	MUTEX_ROBUST = 16,
	MUTEX_PI = 32,
	MUTEX_KINDS = 3 | MUTEX_ROBUST | MUTEX_PI | 64 | 128 | 256 | 512,
};

static unsigned mutex_kind(const struct turn *t, uint64_t mutex)
{
	return wait_u32(t, mutex + (t->w->arch->word == 8 ? 16 : 12), UINT32_MAX);
}

static unsigned mutex_users(const struct turn *t, uint64_t mutex)
{
	return wait_u32(t, mutex + (t->w->arch->word == 8 ? 12 : 16), UINT32_MAX);
}

bool wait_is_mutex(const struct turn *t, uint64_t addr)
{
	unsigned kind;

	if (addr % 4 || !wait_is_data(t, addr))
		return false;
	kind = mutex_kind(t, addr);
	return !(kind & ~(unsigned)MUTEX_KINDS) && mutex_users(t, addr) < LIMIT_THREADS &&
	       wait_u32(t, addr + 4, UINT32_MAX) < LIMIT_THREADS;
}

/* PI and robust mutexes have the owner in the lock itself: the kernel reads it there. */
static bool owner_in_word(const struct turn *t, unsigned kind)
{
	return t->op == FUTEX_OP_LOCK_PI || t->op == FUTEX_OP_LOCK_PI2 ||
	       kind & (MUTEX_PI | MUTEX_ROBUST);
}

static const char *mutex_kind_name(unsigned kind)
{
	static const char *const names[] = { "normal", "recursive", "errorcheck", "adaptive" };

	return kind & MUTEX_PI       ? "priority-inheriting"
	       : kind & MUTEX_ROBUST ? "robust"
				     : names[kind & 3];
}

static enum fit fits_mutex(struct turn *t, struct found *ret)
{
	unsigned kind = mutex_kind(t, t->word);
	bool in_word = owner_in_word(t, kind);
	uint32_t owner = in_word ? t->now & 0x3fffffff : wait_u32(t, t->word + 8, 0);

	ret->object = t->word;
	if (!wait_is_mutex(t, t->word) || (!in_word && t->value != 2) ||
	    (t->op != FUTEX_OP_WAIT && t->op != FUTEX_OP_WAIT_BITSET && !in_word))
		return FIT_NONE;
	ret->outside = kind & 128;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u, a %s mutex by its kind, owner %u",
		 t->value, mutex_kind_name(kind), owner);
	if (kind & MUTEX_ROBUST && in_word && t->now & 0x40000000)
		snprintf(ret->text, sizeof(ret->text), "whose owner has died");
	if (!wait_set_owner(t, owner, ret))
		return FIT_LOOSE;
	if (ret->gone && !mutex_users(t, t->word))
		return FIT_LOOSE;
	return ret->gone ? FIT_WELL : FIT_PROVEN;
}

/* ---- reader-writer locks ---- */

static enum fit fits_rwlock(struct turn *t, uint64_t lock, struct found *ret)
{
	uint32_t readers = wait_u32(t, lock, 0), writers = wait_u32(t, lock + 4, UINT32_MAX);
	uint32_t owner = wait_u32(t, lock + (t->w->arch->word == 8 ? 24 : 28), 0);

	ret->object = lock;
	if (lock % 4 || !wait_is_data(t, lock) || t->op == FUTEX_OP_LOCK_PI ||
	    writers >= LIMIT_THREADS || readers >> 3 >= LIMIT_THREADS)
		return FIT_NONE;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u, readers %u, writers %u, writer %u",
		 t->value, readers >> 3, writers, owner);
	/* The last writer's id stays when it has unlocked. Bit 0: it is a writer's turn; bit 1: one has the
	 * lock, or is the next. */
	if ((readers & 3) == 3 && wait_set_owner(t, owner, ret)) {
		snprintf(ret->text, sizeof(ret->text), "for writing");
		return ret->gone ? FIT_WELL : FIT_PROVEN;
	}
	if (readers >> 3)
		snprintf(ret->text, sizeof(ret->text), "which %u reader%s", readers >> 3,
			 readers >> 3 == 1 ? " has" : "s have");
	return readers || writers ? FIT_WELL : FIT_NONE;
}

/* The lock's two futexes. What is waited for is 1 for "somebody writes" or 0 for "somebody reads", with
 * the bit that says that somebody waits: readers wait for the end of the phase of writers, and so does
 * the first writer for that of readers; the other writers wait for the first one. */
enum { RWLOCK_WAITED = 2, RWLOCK_READERS_WAIT = 4 };

static enum fit fits_rwlock_read(struct turn *t, struct found *ret)
{
	enum fit fit;

	/* of a lock that prefers writers, for the readers to become fewer */
	if (t->value & RWLOCK_READERS_WAIT && t->value >> 3 && t->nnames)
		return fits_rwlock(t, t->word, ret);
	fit = fits_rwlock(t, t->word - 8, ret);
	return t->value == (1 | RWLOCK_WAITED) ? fit : FIT_NONE;
}

static enum fit fits_rwlock_write(struct turn *t, struct found *ret)
{
	bool first = t->value == RWLOCK_WAITED;
	enum fit fit = fits_rwlock(t, t->word - (first ? 8 : 12), ret);

	return first || t->value == (1 | RWLOCK_WAITED) ? fit : FIT_NONE;
}

/* ---- condition variables ---- */

/* Bytes of the stack above the stack pointer in which its frames keep what they were given. */
#define COND_SCAN 1024u

/* pthread_cond_wait() notes for the case of cancellation {wseq, cond, mutex, private} on its stack: two
 * pointers side by side, of which one is this very condition variable. */
static bool find_cond(struct turn *t, const uint64_t *candidates, unsigned count, struct found *ret)
{
	unsigned char stack[COND_SCAN];
	unsigned word = t->w->arch->word;
	uint64_t sp = t->thread->regs.r[t->w->arch->sp];
	size_t size, at;
	unsigned i;

	size = image_read(t->image, sp, stack, sizeof(stack));
	for (at = 0; at + 2 * word <= size; at += word) {
		uint64_t cond = image_number(t->image, stack + at, word);

		for (i = 0; i < count && candidates[i] != cond; i++)
			;
		if (i == count)
			continue;
		ret->object = cond;
		ret->related = image_number(t->image, stack + at + word, word);
		if (wait_is_mutex(t, ret->related))
			return true;
	}
	ret->object = ret->related = 0;
	return false;
}

static enum fit fits_cond(struct turn *t, struct found *ret)
{
	const uint64_t candidates[] = { t->word - 40, t->word - 44, t->word - 32, t->word - 36 };

	if (t->op == FUTEX_OP_LOCK_PI || t->word % 4)
		return FIT_NONE;
	/* Without a time limit glibc asks by the clock of the real time, whatever the variable's own is;
	 * Rust's locks ask by the other one, and what lies on their stacks is chance. */
	if (t->op == FUTEX_OP_WAIT_BITSET && !t->realtime && !t->timed)
		return FIT_NONE;
	if (find_cond(t, candidates, ARRAY_SIZE(candidates), ret)) {
		snprintf(ret->facts, sizeof(ret->facts),
			 "its stack holds the condition variable and its "
			 "mutex 0x%" PRIx64 " side by side, futex word %u",
			 ret->related, t->value);
		return FIT_PROVEN;
	}
	ret->object = t->word % 8 ? t->word - 44 : t->word - 40;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u", t->value);
	return t->op == FUTEX_OP_WAIT_BITSET && wait_is_data(t, ret->object) &&
			       wait_u32(t, ret->object + 36, 0) >= 8 &&
			       wait_u32(t, ret->object + 36, 0) >> 3 < LIMIT_THREADS
		       ? FIT_LOOSE
		       : FIT_NONE;
}

/* ---- semaphores, barriers ---- */

static enum fit fits_sem(struct turn *t, struct found *ret)
{
	bool wide = t->w->arch->word == 8;
	uint32_t waiters = wait_u32(t, t->word + (wide ? 4 : 12), 0);
	uint32_t private = wait_u32(t, t->word + (wide ? 8 : 4), 1);

	ret->object = t->word;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u, %u waiting", t->value, waiters);
	if (t->op == FUTEX_OP_LOCK_PI || !wait_is_data(t, t->word) || t->value != (wide ? 0 : 1))
		return FIT_NONE;
	if (!waiters || waiters > t->w->nthreads || private & ~128u)
		return FIT_NONE;
	return t->op == FUTEX_OP_WAIT_BITSET ? FIT_WELL : FIT_LOOSE;
}

static enum fit fits_barrier(struct turn *t, struct found *ret)
{
	uint64_t barrier = t->word - 4;
	uint32_t in = wait_u32(t, barrier, 0), count = wait_u32(t, barrier + 8, 0);
	uint32_t out = wait_u32(t, barrier + 16, UINT32_MAX), there = in - t->value;

	ret->object = barrier;
	if (t->op != FUTEX_OP_WAIT || !wait_is_data(t, barrier) || !count ||
	    count >= LIMIT_THREADS || !there || there >= count || out > in ||
	    wait_u32(t, barrier + 12, 1) & ~128u)
		return FIT_NONE;
	snprintf(ret->facts, sizeof(ret->facts), "futex word is the round, %u of %u have come",
		 there, count);
	snprintf(ret->text, sizeof(ret->text), "where %u of %u threads have come", there, count);
	return FIT_WELL;
}

/* ---- the end of a thread, once, stdio ---- */

/* The kernel itself clears a thread's id in its struct pthread when it ends, and wakes who waits there:
 * a futex that is not private, and a word that is a thread's id. */
static enum fit fits_join(struct turn *t, struct found *ret)
{
	const struct image_thread *thread = wait_thread(t, t->value);

	ret->object = 0;
	if (!t->shared || t->value < 2 || !wait_is_data(t, t->word))
		return FIT_NONE;
	snprintf(ret->facts, sizeof(ret->facts), "futex word is the thread's id, and not private");
	if (!thread)
		return FIT_NONE;
	ret->owner = thread->tid;
	ret->outside = false;
	return FIT_PROVEN;
}

static enum fit fits_once(struct turn *t, struct found *ret)
{
	ret->object = t->word;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u", t->value);
	/* bit 0: in progress; above bit 1 how often the process was forked */
	return t->op == FUTEX_OP_WAIT && (t->value & 3) == 1 && !t->shared &&
			       wait_is_data(t, t->word)
		       ? FIT_LOOSE
		       : FIT_NONE;
}

static enum fit fits_stdio(struct turn *t, struct found *ret)
{
	uint64_t owner = 0;
	const struct image_thread *thread;

	ret->object = t->word;
	if (t->op != FUTEX_OP_WAIT || t->value != 2 || !wait_is_data(t, t->word) ||
	    !image_word(t->image, t->word + 8, &owner) || !owner ||
	    wait_u32(t, t->word + 4, UINT32_MAX) >= LIMIT_THREADS)
		return FIT_NONE;
	thread = wait_pthread(t, owner);
	if (!thread)
		return FIT_NONE;
	ret->owner = thread->tid;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 2, then the pthread_t of thread %u",
		 thread->tid);
	return FIT_PROVEN;
}

/* ---- what has no more than a word: 0 free, 1 locked, 2 locked and waited for ---- */

static enum fit fits_word(struct turn *t, struct found *ret)
{
	ret->object = t->word;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u", t->value);
	return t->op == FUTEX_OP_WAIT && t->value == 2 && wait_is_data(t, t->word) ? FIT_LOOSE
										   : FIT_NONE;
}

const struct wait_row wait_glibc[] = {
	{ "mutex", "pthread_mutex_ mtx_lock mtx_timedlock", fits_mutex },
	{ "rwlock read",
	  "pthread_rwlock_rdlock pthread_rwlock_rdlock_ pthread_rwlock_timedrdlock "
	  "pthread_rwlock_clockrdlock",
	  fits_rwlock_read },
	{ "rwlock write",
	  "pthread_rwlock_wrlock pthread_rwlock_wrlock_ pthread_rwlock_timedwrlock "
	  "pthread_rwlock_clockwrlock",
	  fits_rwlock_write },
	{ "condition variable", "pthread_cond_ cnd_wait cnd_timedwait", fits_cond },
	{ "semaphore",
	  "sem_wait sem_timedwait sem_clockwait new_sem_wait_ new_sem_wait old_sem_wait",
	  fits_sem },
	{ "barrier", "pthread_barrier_wait", fits_barrier },
	{ "join", "pthread_join pthread_clockjoin_ pthread_timedjoin_ thrd_join", fits_join },
	{ "once", "pthread_once pthread_once_ call_once", fits_once },
	{ "stdio lock",
	  "flockfile lockfile putc putw putwc putchar puts fputs fputc fputws fwrite fread fgets fgetc "
	  "fgetws getc getwc getchar getline getdelim fflush vfprintf fprintf printf vprintf vfwprintf "
	  "fclose fopen fseek fseeko ftell ftello perror ungetc setvbuf freopen rewind scanf fscanf "
	  "vfscanf IO_",
	  fits_stdio },
	{ "malloc arena",
	  "malloc calloc realloc free int_malloc int_free int_realloc int_memalign memalign "
	  "posix_memalign aligned_alloc arena_get tcache_ libc_malloc libc_calloc libc_realloc libc_free "
	  "libc_memalign mallinfo malloc_trim cfree valloc pvalloc",
	  fits_word },
	{ "lock", NULL, fits_word },
	{ NULL, NULL, NULL },
};
