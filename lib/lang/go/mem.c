/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void gomem_init(struct gomem *mem, struct image *image)
{
	memset(mem, 0, sizeof(*mem));
	mem->image = image;
}

void gomem_deinit(struct gomem *mem)
{
	unsigned i;

	for (i = 0; i < GOMEM_WINDOWS; i++)
		free(mem->windows[i].copy);
	memset(mem, 0, sizeof(*mem));
}

void gomem_reset(struct gomem *mem)
{
	unsigned i;

	for (i = 0; i < GOMEM_WINDOWS; i++)
		mem->windows[i].size = 0;
}

void gomem_sparse(struct gomem *mem, bool sparse)
{
	/* Of a live target all that is read has been copied. */
	sparse = sparse && !mem->live;
	if (mem->sparse != sparse)
		gomem_reset(mem);
	mem->sparse = sparse;
}

static const unsigned char *in_window(const struct gomem_window *w, uint64_t addr, size_t size)
{
	uint64_t offset = addr - w->start;

	return offset < w->size && size <= w->size - offset ? w->bytes + offset : NULL;
}

/* A window by copying: of what lies around addr, or of the bytes alone at an edge. */
static bool fill(struct gomem *mem, struct gomem_window *w, uint64_t addr, size_t size)
{
	uint64_t start = addr & ~(uint64_t)(GOMEM_CHUNK / 2 - 1);

	if (!w->copy)
		w->copy = xmalloc(GOMEM_CHUNK);
	w->start = start;
	w->bytes = w->copy;
	w->size = image_read_far(mem->image, start, w->copy, GOMEM_CHUNK);
	if (in_window(w, addr, size))
		return true;
	w->start = addr;
	w->size = image_read(mem->image, addr, w->copy, size);
	return w->size == size;
}

static const unsigned char *load(struct gomem *mem, uint64_t addr, size_t size)
{
	struct gomem_window *w = &mem->windows[mem->next];
	const struct image_range *range = image_range_at(mem->image, addr);
	uint64_t start = range ? range->start : addr;
	const unsigned char *bytes;
	size_t room;

	/* Many words only look like pointers: a live target need not be asked for those. */
	if (!range && image_module(mem->image, addr) == STK_NONE)
		return NULL;
	/* From the start of the range: stacks are read downwards as well. */
	bytes = mem->sparse || mem->live
			? NULL
			: image_peek(mem->image, start, (size_t)(addr - start) + size, &room);
	if (!bytes && !mem->sparse) {
		start = addr;
		bytes = image_peek(mem->image, addr, size, &room);
	}
	if (bytes) {
		w->start = start;
		w->bytes = bytes;
		w->size = room;
	} else if (!fill(mem, w, addr, size)) {
		w->size = 0;
		return NULL;
	}
	mem->last = mem->next;
	mem->next = (mem->next + 1) % GOMEM_WINDOWS;
	return in_window(w, addr, size);
}

/* Goroutines are all over the heap. */
#define MOST_RESIDENT ((uint64_t)16 << 20)
#define LOOK_AFTER 16

static void come_to(struct gomem *mem, uint64_t place)
{
	uint64_t *word = &mem->places[place % GOMEM_PLACES / 64], bit = UINT64_C(1) << place % 64;

	mem->place = place;
	if (*word & bit)
		return;
	if (mem->nplaces++ == LOOK_AFTER) {
		image_forget(mem->image, MOST_RESIDENT);
		memset(mem->places, 0, sizeof(mem->places));
		mem->nplaces = 1;
	}
	*word |= bit;
}

void gomem_show(struct gomem *mem, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct gomem_window *w = &mem->windows[mem->next];

	w->start = addr;
	w->bytes = bytes;
	w->size = size;
	mem->last = mem->next;
	mem->next = (mem->next + 1) % GOMEM_WINDOWS;
}

const unsigned char *gomem_at(struct gomem *mem, uint64_t addr, size_t size)
{
	const unsigned char *bytes = in_window(&mem->windows[mem->last], addr, size);
	unsigned i;

	if (addr >> GOMEM_PLACE_BITS != mem->place)
		come_to(mem, addr >> GOMEM_PLACE_BITS);
	if (bytes)
		return bytes;
	for (i = 0; i < GOMEM_WINDOWS; i++) {
		bytes = in_window(&mem->windows[i], addr, size);
		if (bytes) {
			mem->last = i;
			return bytes;
		}
	}
	return size <= GOMEM_CHUNK / 2 ? load(mem, addr, size) : NULL;
}

bool gomem_get(struct gomem *mem, uint64_t addr, void *ret, size_t size)
{
	const unsigned char *bytes = gomem_at(mem, addr, size);

	if (!bytes)
		return false;
	memcpy(ret, bytes, size);
	return true;
}

bool gomem_word(struct gomem *mem, uint64_t addr, uint64_t *ret)
{
	return gomem_get(mem, addr, ret, 8);
}

uint64_t gomem_word_or_0(struct gomem *mem, uint64_t addr)
{
	const unsigned char *bytes = gomem_at(mem, addr, 8);

	return bytes ? load64(bytes) : 0;
}

uint32_t gomem_u32_or_0(struct gomem *mem, uint64_t addr)
{
	const unsigned char *bytes = gomem_at(mem, addr, 4);

	return bytes ? load32(bytes) : 0;
}

uint8_t gomem_u8_or_0(struct gomem *mem, uint64_t addr)
{
	const unsigned char *bytes = gomem_at(mem, addr, 1);

	return bytes ? bytes[0] : 0;
}

void gomem_scan(struct gomem *mem, uint64_t start, uint64_t end, gomem_look *look, void *arg)
{
	size_t piece = (size_t)1 << 18;
	FREE_AT_END unsigned char *buffer = xmalloc(piece);
	size_t got, room;

	while ((start = image_next(mem->image, start)) < end) {
		const unsigned char *bytes = image_peek(mem->image, start, 8, &room);

		if (bytes) {
			got = room < end - start ? room : (size_t)(end - start);
		} else {
			got = image_read(mem->image, start, buffer,
					 piece < end - start ? piece : (size_t)(end - start));
			bytes = buffer;
		}
		/* What cannot be read after all is skipped by pages. */
		got = got < 8 ? 0 : got & ~(size_t)7;
		if (got && look(arg, start, bytes, got))
			return;
		start = got ? start + got : (start & ~UINT64_C(4095)) + 4096;
	}
}

char *gomem_bytes(struct gomem *mem, uint64_t addr, uint64_t size, size_t limit)
{
	char *text;

	if (size > limit)
		return NULL;
	text = xmalloc((size_t)size + 1);
	text[size] = 0;
	if (size && !image_get(mem->image, addr, text, (size_t)size)) {
		free(text);
		return NULL;
	}
	return text;
}

char *gomem_string(struct gomem *mem, uint64_t addr, size_t limit, size_t *ret_size)
{
	uint64_t header[2];
	char *text;

	if (!gomem_get(mem, addr, header, sizeof(header)))
		return NULL;
	text = gomem_bytes(mem, header[0], header[1], limit);
	if (text && ret_size)
		*ret_size = (size_t)header[1];
	return text;
}
