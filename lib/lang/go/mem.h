/* SPDX-License-Identifier: Apache-2.0 */
/* Reading much of a target's memory in small pieces: the last few pieces of address space stay
 * at hand, so that a word costs a comparison and not a search. */
#ifndef LANG_GO_MEM_H
#define LANG_GO_MEM_H

#include "../../base/base.h"
#include "../../image/image.h"

#define GOMEM_WINDOWS 8
#define GOMEM_CHUNK 8192
#define GOMEM_PLACE_BITS 16
#define GOMEM_PLACES 4096

struct gomem_window {
	uint64_t start;
	size_t size;
	const unsigned char *bytes;
	unsigned char *copy; /* own buffer of GOMEM_CHUNK; NULL until needed */
};

struct gomem {
	struct image *image;
	unsigned last, next;
	bool sparse, live;
	struct gomem_window windows[GOMEM_WINDOWS];
	/* The 64 KiB that were read last, and all that were (by their low bits) since they were so many
	 * that a core's pages may have become too many. */
	uint64_t place, places[GOMEM_PLACES / 64];
	unsigned nplaces;
};

void gomem_init(struct gomem *mem, struct image *image);
void gomem_deinit(struct gomem *mem);
/* Forgets what is at hand: pointers into the image end with image_resume(). */
void gomem_reset(struct gomem *mem);

/* What is read from now on is far apart, or no more: in small copies, not a core's pages. */
void gomem_sparse(struct gomem *mem, bool sparse);

/* These bytes, which the image keeps until image_close(), will be asked for. */
void gomem_show(struct gomem *mem, uint64_t addr, const unsigned char *bytes, size_t size);

/* size (at most GOMEM_CHUNK / 2) bytes at addr, NULL when they are not readable. Valid until
 * the next call. */
const unsigned char *gomem_at(struct gomem *mem, uint64_t addr, size_t size);
bool gomem_get(struct gomem *mem, uint64_t addr, void *ret, size_t size);
bool gomem_word(struct gomem *mem, uint64_t addr, uint64_t *ret);
/* 0 where memory is not readable: for fields whose absence means nothing. */
uint64_t gomem_word_or_0(struct gomem *mem, uint64_t addr);
uint32_t gomem_u32_or_0(struct gomem *mem, uint64_t addr);
uint8_t gomem_u8_or_0(struct gomem *mem, uint64_t addr);
/* Says that [addr, addr + size) will be read soon, so that it is on its way when it is. */
static inline void gomem_expect(const struct gomem *mem, uint64_t addr, unsigned size)
{
	const struct gomem_window *w = &mem->windows[mem->last];
	uint64_t offset = addr - w->start, at;

	for (at = offset; at < offset + size && at < w->size; at += 64)
		__builtin_prefetch(w->bytes + at);
}
/* A Go string {pointer, length} of at most limit bytes at addr, malloc'ed and NUL-terminated
 * (*ret_size bytes, which may hold NULs); NULL when it is not readable or longer. */
char *gomem_string(struct gomem *mem, uint64_t addr, size_t limit, size_t *ret_size);
char *gomem_bytes(struct gomem *mem, uint64_t addr, uint64_t size, size_t limit);

/* Shows [start, end) piece by piece, each a multiple of 8 bytes; look() returns true to stop. */
typedef bool gomem_look(void *arg, uint64_t addr, const unsigned char *bytes, size_t size);
void gomem_scan(struct gomem *mem, uint64_t start, uint64_t end, gomem_look *look, void *arg);

static inline uint64_t load64(const unsigned char *bytes)
{
	uint64_t value;

	__builtin_memcpy(&value, bytes, 8);
	return value;
}

static inline uint32_t load32(const unsigned char *bytes)
{
	uint32_t value;

	__builtin_memcpy(&value, bytes, 4);
	return value;
}

#endif
