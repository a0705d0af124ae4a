/* SPDX-License-Identifier: Apache-2.0 */
/* The locks of musl (src/thread/, src/stdio/__lockfile.c). Who waits sets a bit in the lock's word, and
 * waits for the word with it:
 *
 *	mutex   type 0, lock 4 (EBUSY where it is of the normal type, else the owner's id), waiters 8
 *	rwlock  lock 0 (readers, or 0x7fffffff for a writer), waiters 4, shared 8
 *	sem     value 0, waiters 4, shared 8
 *	stdio   lock: the owner's id, 0x40000000 when somebody waits
 *	thread  tid, errno, detach_state, one after the other: join waits for the last
 *
 * A condition variable's waiters sleep on words in their own stacks, a barrier's on one in the stack of the
 * first that came: only the functions' names tell these. */
#include "row.h"

#include <stdio.h>

#define WAITED 0x80000000u
#define BUSY 16u /* EBUSY */

static enum fit fits_mutex(struct turn *t, struct found *ret)
{
	uint64_t mutex = t->word - 4;
	uint32_t type = wait_u32(t, mutex, UINT32_MAX), owner = t->value & 0x3fffffff;

	ret->object = mutex;
	if (!(t->value & WAITED) || type & ~0x8fu || !wait_is_data(t, mutex) || !owner ||
	    wait_u32(t, mutex + 8, UINT32_MAX) >= LIMIT_THREADS)
		return FIT_NONE;
	ret->outside = type & 128;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 0x%x of musl's mutex, type %u",
		 t->value, type);
	if (!(type & 15))
		return owner == BUSY ? FIT_WELL : FIT_NONE;
	return wait_set_owner(t, owner, ret) && !ret->gone ? FIT_PROVEN : FIT_LOOSE;
}

static enum fit fits_rwlock(struct turn *t, struct found *ret)
{
	uint32_t holders = t->value & 0x7fffffff, waiters = wait_u32(t, t->word + 4, UINT32_MAX);

	ret->object = t->word;
	if (!(t->value & WAITED) || !holders || !waiters || waiters >= LIMIT_THREADS ||
	    !wait_is_data(t, t->word) || (holders >= LIMIT_THREADS && holders != 0x7fffffff))
		return FIT_NONE;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 0x%x, %u waiting", t->value, waiters);
	if (holders == 0x7fffffff)
		snprintf(ret->text, sizeof(ret->text), "which a writer has");
	else
		snprintf(ret->text, sizeof(ret->text), "which %u reader%s", holders,
			 holders == 1 ? " has" : "s have");
	return FIT_LOOSE;
}

static enum fit fits_rwlock_read(struct turn *t, struct found *ret)
{
	enum fit fit = fits_rwlock(t, ret);

	return (t->value & 0x7fffffff) == 0x7fffffff ? fit : FIT_NONE;
}

static enum fit fits_sem(struct turn *t, struct found *ret)
{
	uint32_t waiters = wait_u32(t, t->word + 4, 0);

	ret->object = t->word;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 0x%x, %u waiting", t->value, waiters);
	return (t->value == WAITED || t->value == UINT32_MAX) && waiters &&
			       waiters <= t->w->nthreads && wait_is_data(t, t->word) &&
			       !(wait_u32(t, t->word + 8, 1) & ~128u)
		       ? FIT_LOOSE
		       : FIT_NONE;
}

/* The word on the waiter's own stack. */
static enum fit fits_cond(struct turn *t, struct found *ret)
{
	uint64_t sp = t->thread->regs.r[t->w->arch->sp];

	ret->object = 0;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u on its own stack", t->value);
	return t->value == 2 && t->word > sp && t->word - sp < 1024 ? FIT_LOOSE : FIT_NONE;
}

static enum fit fits_join(struct turn *t, struct found *ret)
{
	uint32_t tid = wait_u32(t, t->word - 8, 0);
	const struct image_thread *thread = wait_thread(t, tid);

	ret->object = 0;
	if (t->value > 2 || !thread || !thread->tls || t->word - thread->tls + 256 > 512)
		return FIT_NONE;
	ret->owner = thread->tid;
	ret->outside = false;
	snprintf(ret->facts, sizeof(ret->facts), "futex word in the struct of thread %u",
		 thread->tid);
	return FIT_PROVEN;
}

static enum fit fits_once(struct turn *t, struct found *ret)
{
	ret->object = t->word;
	snprintf(ret->facts, sizeof(ret->facts), "futex word %u", t->value);
	return t->value == 3 && wait_is_data(t, t->word) ? FIT_LOOSE : FIT_NONE;
}

static enum fit fits_stdio(struct turn *t, struct found *ret)
{
	ret->object = t->word;
	if (!(t->value & 0x40000000) || t->value & WAITED || !wait_is_data(t, t->word) ||
	    !wait_set_owner(t, t->value & 0x3fffffff, ret))
		return FIT_NONE;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 0x%x holds the owner's id", t->value);
	return ret->gone ? FIT_LOOSE : FIT_PROVEN;
}

/* __lock(): INT_MIN and how many are there. */
static enum fit fits_word(struct turn *t, struct found *ret)
{
	uint32_t there = t->value & 0x7fffffff;

	ret->object = t->word;
	snprintf(ret->facts, sizeof(ret->facts), "futex word 0x%x", t->value);
	return t->value & WAITED && there && there <= t->w->nthreads && wait_is_data(t, t->word)
		       ? FIT_LOOSE
		       : FIT_NONE;
}

static enum fit fits_by_name(struct turn *t, struct found *ret)
{
	(void)t;
	ret->object = 0;
	return FIT_NONE;
}

const struct wait_row wait_musl[] = {
	{ "mutex", "pthread_mutex_ mtx_lock mtx_timedlock", fits_mutex },
	{ "rwlock read", "pthread_rwlock_rdlock pthread_rwlock_timedrdlock", fits_rwlock_read },
	{ "rwlock write", "pthread_rwlock_wrlock pthread_rwlock_timedwrlock", fits_rwlock },
	{ "condition variable", "pthread_cond_ cnd_wait cnd_timedwait", fits_cond },
	{ "semaphore", "sem_wait sem_timedwait", fits_sem },
	{ "barrier", "pthread_barrier_wait", fits_by_name },
	{ "join", "pthread_join pthread_timedjoin_np thrd_join", fits_join },
	{ "once", "pthread_once pthread_once_ call_once", fits_once },
	{ "stdio lock",
	  "flockfile lockfile putc fputc fputs fwrite fread fgets fgetc getc getline "
	  "getdelim fflush vfprintf fprintf printf puts putchar fclose fseek fseeko ftell perror "
	  "ungetc setvbuf freopen rewind",
	  fits_stdio },
	{ "malloc arena",
	  "malloc calloc realloc free aligned_alloc libc_malloc libc_malloc_ libc_free libc_calloc "
	  "libc_realloc",
	  fits_word },
	{ "lock", NULL, fits_word },
	{ NULL, NULL, NULL },
};
