/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a live target: read while it is stopped, kept for afterwards.
 *
 * Whatever is read of a stopped target is copied by whole pages, and stays readable when it runs
 * again; what was not read until then is not there. Nothing read before the stop is kept. */
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of one call: the most that the kernel takes (UIO_MAXIOV), and as much as may delay the end of
 * the pause. */
#define MAX_VECTORS 1024
#define MAX_PIECE ((size_t)4 << 20)
/* Touched beforehand. */
#define ROOM_OF_THREAD ((size_t)16 << 10)
#define MAX_ROOM ((size_t)16 << 20)
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

/* Fresh memory costs a fault a page, in the pause: thousands of them are milliseconds. */
void live_make_room(struct live *live, size_t threads, bool more)
{
	size_t size = !more && threads < MAX_ROOM / ROOM_OF_THREAD ? threads * ROOM_OF_THREAD : MAX_ROOM;
	void *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (room == MAP_FAILED)
		return;
	live->copies.room = room;
	live->copies.room_size = size;
}

static unsigned char *take_room(struct copies *copies, size_t size)
{
	if (size > copies->room_size - copies->room_used)
		return xmalloc(size);
	copies->room_used += size;
	return copies->room + copies->room_used - size;
}

static void give_back(struct copies *copies, unsigned char *bytes)
{
	if (bytes < copies->room || bytes >= copies->room + copies->room_size)
		free(bytes);
}

/* Whole pages only. Owns bytes. */
static void add_run(struct image *image, struct copies *copies, uint64_t start, size_t size,
		    unsigned char *bytes)
{
	uint64_t page;

	copies->runs = grow(copies->runs, &copies->cap_runs, copies->nruns + 1, sizeof(*copies->runs));
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

	while (end < last && end - start < MAX_PIECE && end > start && !run_at(image, &live->copies, end))
		end += image->page;
	if (end <= start || end - start > LIMIT_COPY_BYTES - live->copies.total)
		return false;
	bytes = take_room(&live->copies, (size_t)(end - start));
	got = live_read(live, start, bytes, (size_t)(end - start)) & ~(size_t)(image->page - 1);
	if (!got) {
		give_back(&live->copies, bytes);
		return false;
	}
	add_run(image, &live->copies, start, got, bytes);
	return true;
}

/* May the target be read now, so that what is read belongs together? */
static bool hold(struct live *live)
{
	return !live->resumed && (!live->tracer || tracer_hold(live->tracer));
}

static void release(struct live *live)
{
	if (live->tracer)
		tracer_release(live->tracer);
}

static bool add_pages_held(struct image *image, uint64_t addr, size_t size)
{
	struct live *live = image->own;
	bool added = false;

	if (hold(live)) {
		added = add_pages(image, addr, size);
		release(live);
	}
	return added;
}

/* Not kept: what the running target has there now is nobody else's business. */
static size_t fetch_late(struct image *image, uint64_t addr, void *ret, size_t size)
{
	struct live *live = image->own;

	if (!live->late || !live->resumed)
		return 0;
	builder_note(image->b, STK_NOTE_VALUES_LATER, builder_target(image->b)->name,
		     "values that are not on a stack were read after it was let go: they may be newer");
	return live_read(live, addr, ret, size);
}

size_t live_fetch(struct image *image, uint64_t addr, void *ret, size_t size)
{
	struct live *live = image->own;
	unsigned char *to = ret;
	size_t done = 0;

	if (!live->stopped)
		return live_read(live, addr, ret, size);
	while (done < size) {
		const struct run *run = run_at(image, &live->copies, addr + done);
		size_t offset, piece;

		if (!run && add_pages_held(image, addr + done, size - done))
			run = run_at(image, &live->copies, addr + done);
		if (!run)
			return done + fetch_late(image, addr + done, to + done, size - done);
		offset = (size_t)(addr + done - run->start);
		piece = run->size - offset < size - done ? run->size - offset : size - done;
		memcpy(to + done, run->bytes + offset, piece);
		done += piece;
	}
	return done;
}

const unsigned char *live_peek(struct image *image, uint64_t addr, size_t need, size_t *ret_size)
{
	struct live *live = image->own;
	const struct run *run = live->stopped ? run_at(image, &live->copies, addr) : NULL;
	size_t offset;

	if (!run)
		return NULL;
	offset = (size_t)(addr - run->start);
	if (run->size - offset < need)
		return NULL;
	*ret_size = run->size - offset;
	return run->bytes + offset;
}

void live_copies_deinit(struct live *live)
{
	size_t i;

	for (i = 0; i < live->copies.nruns; i++)
		give_back(&live->copies, live->copies.runs[i].bytes);
	free(live->copies.runs);
	if (live->copies.room)
		munmap(live->copies.room, live->copies.room_size);
	map_deinit(&live->copies.pages);
}

/* ---- stacks ---- */

struct piece { uint64_t start, end; };

static int by_start(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* The used part: from the stack pointer to the end of the mapping, at most what is copied. */
static bool used_part(const struct image *image, const struct image_thread *thread,
		      struct piece *ret)
{
	const struct live *live = image->own;
	uint64_t sp = thread->regs.r[image->arch->sp];
	const struct image_range *range = image_range_at(image, sp);

	/* After an overflow sp is in the guard page, and the stack begins behind it. */
	if (!range || !range->readable)
		range = image_range_at(image, range ? range->end : sp + RED_ZONE);
	if (!range || !range->readable)
		return false;
	ret->start = sp - RED_ZONE > range->start && sp > RED_ZONE ? page_of(image, sp - RED_ZONE) :
		     range->start;
	ret->end = range->end;
	if (ret->end - ret->start > live->stack_bytes)
		ret->end = page_of(image, ret->start + live->stack_bytes + image->page - 1);
	return true;
}

/* Sorted, and joined where they touch: goroutines' stacks are neighbours in one heap. */
static size_t find_pieces(const struct image *image, struct piece *pieces)
{
	size_t count = 0, kept = 0, i;

	for (i = 0; i < image->nthreads; i++)
		if (image->threads[i].has_regs && used_part(image, &image->threads[i], &pieces[count]))
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
	struct iovec local[MAX_VECTORS], remote[MAX_VECTORS];
	struct live *live = image->own;
	size_t n, i, total = 0;
	ssize_t got;

	for (n = 0; n < count && n < MAX_VECTORS; n++) {
		size_t size = (size_t)(pieces[n].end - pieces[n].start);

		total += size;
		if (total > MAX_PIECE || total > LIMIT_COPY_BYTES - live->copies.total)
			break;
		local[n] = (struct iovec){ take_room(&live->copies, size), size };
		remote[n] = (struct iovec){ (void *)(uintptr_t)pieces[n].start, size };
	}
	got = live->no_vm_readv || !n ? 0 :
	      process_vm_readv((pid_t)live->tid, local, n, remote, n, 0);
	for (i = 0; i < n && got >= (ssize_t)local[i].iov_len; i++) {
		add_run(image, &live->copies, pieces[i].start, local[i].iov_len, local[i].iov_base);
		got -= (ssize_t)local[i].iov_len;
	}
	for (; n > i; n--)
		give_back(&live->copies, local[n - 1].iov_base);
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

	while (done < count && hold(live)) {
		n = copy_some(image, pieces + done, count - done);
		if (!n && !copy_part(image, &pieces[done]))
			n = 1;
		release(live);
		done += n;
	}
}

void live_copy_stacks(struct image *image)
{
	FREE_AT_END struct piece *pieces = xcalloc(image->nthreads + 1, sizeof(*pieces));

	copy_pieces(image, pieces, find_pieces(image, pieces));
}
