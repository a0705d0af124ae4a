/* SPDX-License-Identifier: Apache-2.0 */
#include "moduledata.h"

#include <string.h>

#include "layout.h"

/* Bytes between the table's header and its first part, by release (1.17, 1.18 to 1.25, 1.26 and
 * later): the fields of the header, rounded up by the linkers that align its parts. */
enum { HEADER_17 = 0x40, HEADER_18 = 0x60, HEADER_26 = 0x48 };

/* A moduledata begins (src/runtime/symtab.go) with the address of the function table's header, and
 * then has six slices {address, length, capacity} of its parts: names, compilation units, files, pc
 * values, and twice the functions, since the records begin where the table of them does. Behind
 * them stand minpc, maxpc, text, etext, and the ends of data and bss in pairs. So that these 32
 * words are one: the header is as long as some release made it, each part begins behind the one
 * before and within 1 GiB, no slice is longer than what it has room for, and the pairs of addresses
 * are in order. Nothing else in a program's memory was ever seen to satisfy this. */
static bool is_moduledata(const unsigned char *bytes)
{
	static const uint8_t parts[] = { 4, 7, 10, 13 };
	uint64_t w[32], first;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(w); i++)
		w[i] = load64(bytes + i * 8);
	first = w[1] - w[0];
	if (!w[0] || (first != HEADER_17 && first != HEADER_18 && first != HEADER_26) ||
	    w[13] != w[16])
		return false;
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (w[parts[i]] <= w[parts[i] - 3] || w[parts[i]] - w[0] > (uint64_t)1 << 30)
			return false;
	for (i = 1; i <= 16; i += 3)
		if (!w[i + 1] || w[i + 1] > w[i + 2] || w[i + 2] > (uint64_t)1 << 32)
			return false;
	/* minpc, maxpc, text, etext; then pairs of data and bss, which may be empty. */
	return w[20] < w[21] && w[22] <= w[20] && w[22] < w[23] && w[24] <= w[25] &&
	       w[26] <= w[27] && w[28] <= w[29] && w[30] <= w[31] && w[26];
}

bool gomoduledata_is(struct gomem *mem, uint64_t md)
{
	const unsigned char *bytes = gomem_at(mem, md, 256);

	return bytes && is_moduledata(bytes);
}

struct search {
	struct gomem *mem;
	uint64_t found;
};

static bool look(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct search *s = arg;
	size_t at;

	for (at = 0; at + 24 <= size; at += 8) {
		uint64_t first = load64(bytes + at + 8) - load64(bytes + at);

		/* Cheap first: this is asked of every word. */
		if (first > HEADER_18 || first < HEADER_17)
			continue;
		if (gomoduledata_is(s->mem, addr + at)) {
			s->found = addr + at;
			return true;
		}
	}
	return false;
}

uint64_t gomoduledata_find(struct gomem *mem, uint64_t start, uint64_t end)
{
	struct search s = { .mem = mem };
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(mem->image, &count);

	/* Of what could be written: relocated, it may be read-only by now. */
	for (i = 0; i < count && !s.found; i++)
		if (ranges[i].start >= start && ranges[i].start < end && !ranges[i].executable)
			gomem_scan(mem, ranges[i].start, ranges[i].end, look, &s);
	return s.found;
}

unsigned gomoduledata_minor(struct gomem *mem, uint64_t md)
{
	uint64_t first = gomem_word_or_0(mem, md + 8) - gomem_word_or_0(mem, md);

	if (first == HEADER_17)
		return 17;
	/* From 1.27 on etypes is a length. */
	if (first == HEADER_26)
		return gomem_word_or_0(mem, md + 304) < gomem_word_or_0(mem, md + 296) ? 27 : 26;
	/* covctrs came with 1.20, and stands at the end of noptrbss. */
	return gomem_word_or_0(mem, md + 256) == gomem_word_or_0(mem, md + GO_MD_ENOPTRBSS) ? 22
											    : 19;
}
