/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a live target: read while it is stopped, kept for afterwards.
 *
 * Whatever is read of a stopped target is copied by whole pages, and stays readable when it runs
 * again; what was not read until then is not there. Nothing read before the stop is kept. */
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of one call: the most that the kernel takes (UIO_MAXIOV), and as much as may delay the end of
 * the pause. */
#define MAX_VECTORS 1024
#define MAX_PIECE ((size_t)4 << 20)
/* Touched beforehand. */
#define ROOM_OF_THREAD ((size_t)16 << 10)
#define MAX_ROOM ((size_t)16 << 20)
#define MAX_EXPECTED ((uint64_t)256 << 20)
/* Below the stack pointer there may be data of a leaf function (the red zone of x86-64). */
#define RED_ZONE 128

static size_t read_mem(struct live *live, uint64_t addr, void *ret, size_t size)
{
	ssize_t got = live->mem < 0 ? -1 : pread(live->mem, ret, size, (off_t)addr);

	return got < 0 ? 0 : (size_t)got;
}

size_t live_read(struct live *live, uint64_t addr, void *ret, size_t size)
{
	struct iovec local = { ret, size }, remote = { (void *)(uintptr_t)addr, size };
	ssize_t got;

	if (live->no_vm_readv)
		return read_mem(live, addr, ret, size);
	got = process_vm_readv((pid_t)live->tid, &local, 1, &remote, 1, 0);
	if (got > 0)
		return (size_t)got;
	/* Containers forbid the call, kernels leave it out; special mappings have no pages. */
	if (got < 0 && (errno == ENOSYS || errno == EPERM))
		live->no_vm_readv = true;
	return read_mem(live, addr, ret, size);
}

/* ---- what was read ---- */

static uint64_t page_of(const struct image *image, uint64_t addr)
{
	return addr & ~(image->page - 1);
}

static const struct run *run_at(const struct image *image, const struct copies *copies,
				uint64_t addr)
{
	uint64_t index;

	return map_get(&copies->pages, page_of(image, addr), &index) ? &copies->runs[index] : NULL;
}

void live_make_room(struct image *image, size_t threads, bool more)
{
	struct live *live = image->own;
	size_t size = !more && threads < MAX_ROOM / ROOM_OF_THREAD ? threads * ROOM_OF_THREAD
								   : MAX_ROOM;

	room_prepare(&live->copies.room,
		     size + (size_t)(image->expected < MAX_EXPECTED ? image->expected
								    : MAX_EXPECTED));
}

bool live_has_room(struct live *live, size_t size)
{
	if (size <= LIMIT_COPY_BYTES - live->copies.total)
		return true;
	live->copies.full = true;
	return false;
}

/* Whole pages only. */
static void add_run(struct image *image, struct copies *copies, uint64_t start, size_t size,
		    unsigned char *bytes)
{
	uint64_t page;

	copies->runs = grow(copies->runs, &copies->cap_runs, copies->nruns + 1,
			    sizeof(*copies->runs));
	copies->runs[copies->nruns] = (struct run){ start, size, bytes };
	for (page = start; page < start + size; page += image->page)
		map_put(&copies->pages, page, copies->nruns);
	copies->nruns++;
	copies->total += size;
}

/* Reads the pages of [addr, addr + size) up to the first that is known. */
static bool add_pages(struct image *image, uint64_t addr, size_t size)
{
	struct live *live = image->own;
	uint64_t start = page_of(image, addr), end = start + image->page;
	uint64_t last = size <= UINT64_MAX - addr ? addr + size : UINT64_MAX;
	unsigned char *bytes;
	size_t got;

	while (end < last && end - start < MAX_PIECE && end > start &&
	       !run_at(image, &live->copies, end))
		end += image->page;
	if (end <= start || !live_has_room(live, (size_t)(end - start)))
		return false;
	bytes = room_take(&live->copies.room, (size_t)(end - start));
	if (!bytes)
		return false;
	got = live_read(live, start, bytes, (size_t)(end - start)) & ~(size_t)(image->page - 1);
	room_give_back(&live->copies.room, bytes + got, (size_t)(end - start) - got);
	if (!got)
		return false;
	add_run(image, &live->copies, start, got, bytes);
	return true;
}

bool live_hold(struct live *live)
{
	if (live->resumed)
		return false;
	if (!live->tracer || tracer_hold(live->tracer))
		return true;
	live->denied = true;
	return false;
}

void live_release(struct live *live)
{
	if (live->tracer)
		tracer_release(live->tracer);
}

static bool add_pages_held(struct image *image, uint64_t addr, size_t size)
{
	struct live *live = image->own;
	bool added = false;

	if (live_hold(live)) {
		added = add_pages(image, addr, size);
		live_release(live);
	}
	return added;
}

/* Not kept: what the running target has there now is nobody else's business. */
static size_t fetch_late(struct image *image, uint64_t addr, void *ret, size_t size)
{
	struct live *live = image->own;

	if (!live->late || !live->resumed)
		return 0;
	builder_note(
		image->b, STK_NOTE_VALUES_LATER, builder_target(image->b)->name,
		"values that are not on a stack were read after it was let go: they may be newer");
	return live_read(live, addr, ret, size);
}

/* What was copied at addr, and how much follows; NULL: nothing. */
static const unsigned char *copy_at(struct image *image, uint64_t addr, size_t *ret_size)
{
	struct live *live = image->own;
	const struct run *run = run_at(image, &live->copies, addr);
	const struct segment *piece;

	if (run) {
		*ret_size = (size_t)(run->start + run->size - addr);
		return run->bytes + (addr - run->start);
	}
	piece = live_piece_at(live, addr);
	if (!piece)
		return NULL;
	*ret_size = (size_t)(piece->end - addr);
	return piece->bytes + (addr - piece->start);
}

size_t live_fetch(struct image *image, uint64_t addr, void *ret, size_t size)
{
	struct live *live = image->own;
	unsigned char *to = ret;
	size_t done = 0;

	if (!live->stopped)
		return live_read(live, addr, ret, size);
	while (done < size) {
		size_t piece;
		const unsigned char *bytes = copy_at(image, addr + done, &piece);

		if (!bytes && add_pages_held(image, addr + done, size - done))
			bytes = copy_at(image, addr + done, &piece);
		if (!bytes)
			return done + fetch_late(image, addr + done, to + done, size - done);
		piece = piece < size - done ? piece : size - done;
		memcpy(to + done, bytes, piece);
		done += piece;
	}
	return done;
}

const unsigned char *live_peek(struct image *image, uint64_t addr, size_t need, size_t *ret_size)
{
	struct live *live = image->own;
	const unsigned char *bytes = live->stopped ? copy_at(image, addr, ret_size) : NULL;

	return bytes && *ret_size >= need ? bytes : NULL;
}

void live_copies_deinit(struct live *live)
{
	size_t i;

	free(live->copies.runs);
	room_deinit(&live->copies.room);
	for (i = 0; i < live->copies.nsets; i++)
		memory_deinit(&live->copies.sets[i]);
	free(live->copies.sets);
	map_deinit(&live->copies.pages);
}

/* ---- stacks ---- */

struct piece {
	uint64_t start, end;
};

static int by_start(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* The used part: from the stack pointer to the end of the mapping; of that, what is from `from` to `to`
 * bytes further. */
static bool used_part(const struct image *image, const struct image_thread *thread, uint64_t from,
		      uint64_t to, struct piece *ret)
{
	uint64_t sp = thread->regs.r[image->arch->sp];
	const struct image_range *range = image_range_at(image, sp);

	/* After an overflow sp is in the guard page, and the stack begins behind it. */
	if (!range || !range->readable)
		range = image_range_at(image, range ? range->end : sp + RED_ZONE);
	if (!range || !range->readable)
		return false;
	ret->start = sp - RED_ZONE > range->start && sp > RED_ZONE ? page_of(image, sp - RED_ZONE)
								   : range->start;
	ret->end = range->end;
	if (ret->end - ret->start > to)
		ret->end = page_of(image, ret->start + to + image->page - 1);
	if (from >= ret->end - ret->start)
		return false;
	ret->start = page_of(image, ret->start + from);
	return true;
}

/* Sorted, and joined where they touch: goroutines' stacks are neighbours in one heap. */
static size_t find_pieces(const struct image *image, uint64_t from, uint64_t to,
			  struct piece *pieces)
{
	size_t count = 0, kept = 0, i;

	for (i = 0; i < image->nthreads; i++)
		if (image->threads[i].has_regs &&
		    used_part(image, &image->threads[i], from, to, &pieces[count]))
			count++;
	if (count)
		qsort(pieces, count, sizeof(*pieces), by_start);
	for (i = 1; i < count; i++)
		if (pieces[i].start > pieces[kept].end)
			pieces[++kept] = pieces[i];
		else if (pieces[i].end > pieces[kept].end)
			pieces[kept].end = pieces[i].end;
	return count ? kept + 1 : 0;
}

/* One call for as many pieces as it takes; how many were copied. A piece that is not readable
 * as a whole ends the call. */
static size_t copy_some(struct image *image, const struct piece *pieces, size_t count)
{
	struct iovec local, remote[MAX_VECTORS];
	struct live *live = image->own;
	size_t n, i, total = 0, used = 0;
	unsigned char *bytes;
	ssize_t got;

	for (n = 0; n < count && n < MAX_VECTORS; n++) {
		size_t size = (size_t)(pieces[n].end - pieces[n].start);

		if (total + size > MAX_PIECE || !live_has_room(live, total + size))
			break;
		total += size;
		remote[n] = (struct iovec){ (void *)(uintptr_t)pieces[n].start, size };
	}
	bytes = n ? room_take(&live->copies.room, total) : NULL;
	local = (struct iovec){ bytes, total };
	got = live->no_vm_readv || !bytes
		      ? 0
		      : process_vm_readv((pid_t)live->tid, &local, 1, remote, n, 0);
	for (i = 0; i < n && got >= (ssize_t)remote[i].iov_len; i++) {
		add_run(image, &live->copies, pieces[i].start, remote[i].iov_len, bytes + used);
		used += remote[i].iov_len;
		got -= (ssize_t)remote[i].iov_len;
	}
	if (bytes)
		room_give_back(&live->copies.room, bytes + used, total - used);
	return i;
}

/* The large and the partly readable: by runs of pages. false: there is no more of it. */
static bool copy_part(struct image *image, struct piece *piece)
{
	struct live *live = image->own;
	size_t before = live->copies.nruns;

	if (piece->start >= piece->end ||
	    !add_pages(image, piece->start, (size_t)(piece->end - piece->start)))
		return false;
	piece->start += live->copies.runs[before].size;
	return true;
}

static void copy_pieces(struct image *image, struct piece *pieces, size_t count)
{
	struct live *live = image->own;
	size_t done = 0, n;

	while (done < count && live_hold(live)) {
		n = copy_some(image, pieces + done, count - done);
		if (!n && !copy_part(image, &pieces[done]))
			n = 1;
		live_release(live);
		done += n;
	}
}

void live_copy_stacks(struct image *image, uint64_t from, uint64_t to)
{
	FREE_AT_END struct piece *pieces = xcalloc(image->nthreads + 1, sizeof(*pieces));

	copy_pieces(image, pieces, find_pieces(image, from, to, pieces));
}
