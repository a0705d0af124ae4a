/* SPDX-License-Identifier: Apache-2.0 */
/* Many small pieces of a stopped target in few calls: stacks of goroutines are some hundred bytes each
 * and lie two to a page, so that whole pages would be five times as much, and a call for each takes
 * longer than the copy. */
#include "live.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/uio.h>

/* Of one call, which is a share of the work: the kernel takes 1024 (UIO_MAXIOV). */
#define MAX_VECTORS 512
#define MAX_BYTES ((size_t)1 << 20)
/* Until the end of the pause may come. */
#define MAX_BATCHES 32
/* Threads beside ours, and for how many batches. */
#define MAX_HELPERS 3
#define WORTH_HELP 4

/* A set is sorted when its pieces come in order. */
static void keep(struct live *live, struct image_piece *piece, const unsigned char *bytes)
{
	struct memory *set = &live->copies.sets[live->copies.nsets - 1];
	bool follows = set->sorted == set->count &&
		       (!set->count || set->segments[set->count - 1].end <= piece->start);

	if (!piece->size)
		return;
	piece->bytes = bytes;
	memory_add(set, piece->start, piece->size, bytes);
	set->sorted += follows;
	live->copies.total += piece->size;
}

/* While the target stands nobody's time goes into sorting: what is not found is read again. */
const struct segment *live_piece_at(struct live *live, uint64_t addr)
{
	const struct segment *piece = NULL;
	size_t i;

	for (i = live->copies.nsets; i-- > 0 && !piece;) {
		struct memory *set = &live->copies.sets[i];

		if (set->sorted != set->count) {
			if (!live->resumed)
				continue;
			memory_sort(set);
		}
		piece = memory_at(set, addr);
	}
	return piece;
}

static bool read_held(struct live *live, uint64_t start, unsigned char *bytes, size_t size)
{
	size_t step, done = 0;
	bool good = true;

	while (good && done < size && live_hold(live)) {
		step = size - done < MAX_BYTES ? size - done : MAX_BYTES;
		good = live_read(live, start + done, bytes + done, step) == step;
		live_release(live);
		done += good ? step : 0;
	}
	return done == size;
}

/* One piece by itself: it is large, or could not be read as a whole when it was the first of many. */
static void gather_one(struct live *live, struct image_piece *piece)
{
	unsigned char *bytes;

	if (!piece->size || !live_has_room(live, piece->size))
		return;
	bytes = room_take(&live->copies.room, piece->size);
	if (!bytes)
		return;
	if (read_held(live, piece->start, bytes, piece->size))
		keep(live, piece, bytes);
	else
		room_give_back(&live->copies.room, bytes, piece->size);
}

/* ---- many in one call ---- */

/* Pieces that one call reads, one behind the other into bytes. */
struct batch {
	struct image_piece *pieces;
	size_t count, total;
	unsigned char *bytes;
	ssize_t got;
};

/* Batches for all CPUs that are ours. */
struct group {
	struct batch batches[MAX_BATCHES];
	size_t count;
	atomic_size_t next; /* whose turn it is */
	pid_t pid;
};

/* From the first pieces; false: no call can have them. */
static bool batch_plan(struct live *live, struct image_piece *pieces, size_t count,
		       struct batch *ret)
{
	struct batch batch = { .pieces = pieces };
	size_t size;

	for (; batch.count < count && batch.count < MAX_VECTORS;
	     batch.count++, batch.total += size) {
		size = pieces[batch.count].size;
		if (batch.total + size > MAX_BYTES || !live_has_room(live, batch.total + size))
			break;
	}
	batch.bytes = batch.count ? room_take(&live->copies.room, batch.total) : NULL;
	*ret = batch;
	return batch.bytes != NULL;
}

static void batch_read(struct batch *batch, pid_t pid)
{
	struct iovec remote[MAX_VECTORS], local = { batch->bytes, batch->total };
	size_t i;

	for (i = 0; i < batch->count; i++)
		remote[i] = (struct iovec){ (void *)(uintptr_t)batch->pieces[i].start,
					    batch->pieces[i].size };
	/* The kernel stops at the first byte that cannot be read. */
	batch->got = process_vm_readv(pid, &local, 1, remote, batch->count, 0);
}

/* How many pieces of it were read. */
static size_t batch_keep(struct live *live, const struct batch *batch)
{
	ssize_t got = batch->got;
	size_t used = 0, i;

	for (i = 0; i < batch->count && got >= (ssize_t)batch->pieces[i].size; i++) {
		keep(live, &batch->pieces[i], batch->bytes + used);
		used += batch->pieces[i].size;
		got -= (ssize_t)batch->pieces[i].size;
	}
	return i;
}

static void *read_in_turn(void *arg)
{
	struct group *group = arg;
	size_t i;

	while ((i = atomic_fetch_add(&group->next, 1)) < group->count)
		batch_read(&group->batches[i], group->pid);
	return NULL;
}

static unsigned cpus_beside_ours(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	return CPU_COUNT(&set) - 1 < MAX_HELPERS ? (unsigned)CPU_COUNT(&set) - 1 : MAX_HELPERS;
}

/* The kernel's side of it is most of the pause where there are many goroutines, and CPUs stand idle. */
static void group_read(struct group *group)
{
	unsigned wanted = group->count >= WORTH_HELP ? cpus_beside_ours() : 0, helpers = 0;
	pthread_t threads[MAX_HELPERS];

	while (helpers < wanted &&
	       live_thread_start(&threads[helpers], true, read_in_turn, group) == 0)
		helpers++;
	read_in_turn(group);
	while (helpers)
		pthread_join(threads[--helpers], NULL);
}

/* How many pieces were planned. */
static size_t group_plan(struct live *live, struct image_piece *pieces, size_t count,
			 struct group *ret)
{
	size_t done = 0;

	ret->count = 0;
	ret->pid = (pid_t)live->tid;
	atomic_init(&ret->next, 0);
	while (done < count && ret->count < MAX_BATCHES &&
	       batch_plan(live, pieces + done, count - done, &ret->batches[ret->count]))
		done += ret->batches[ret->count++].count;
	return done;
}

/* What a call did not come to: the piece at which it stopped, and those behind it. */
static void gather_left(struct live *live, const struct batch *batch, size_t done)
{
	while (done < batch->count)
		gather_one(live, &batch->pieces[done++]);
}

void live_gather(struct image *image, struct image_piece *pieces, size_t count)
{
	struct live *live = image->own;
	size_t done = 0, n, i;
	struct group group;

	live->copies.sets = grow(live->copies.sets, &live->copies.cap_sets, live->copies.nsets + 1,
				 sizeof(*live->copies.sets));
	live->copies.sets[live->copies.nsets++] = (struct memory){ .segments = NULL };
	while (done < count && live_hold(live)) {
		n = live->no_vm_readv ? 0 : group_plan(live, pieces + done, count - done, &group);
		if (n)
			group_read(&group);
		live_release(live);
		for (i = 0; n && i < group.count; i++)
			gather_left(live, &group.batches[i], batch_keep(live, &group.batches[i]));
		if (!n)
			gather_one(live, &pieces[done++]);
		done += n;
	}
}
