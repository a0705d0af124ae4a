/* SPDX-License-Identifier: Apache-2.0 */
#include "aranges.h"

/* The rows of one unit, to the end of `set`: pairs of zeros end them, but some producers write
 * such a pair in the middle, too. */
static bool read_rows(struct cursor *set, unsigned word, uint64_t unit, aranges_each *each,
		      void *arg)
{
	while (set->left >= 2 * word) {
		uint64_t low = cursor_word(set, word), size = cursor_word(set, word);

		if ((low || size) && !each(arg, unit, low, low + size))
			return false;
	}
	return true;
}

/* DWARF 5, 6.1.2: the header is padded, so that the rows are aligned to their size from the start
 * of the set on. `set` is behind the length, which took `before` bytes. */
static bool read_set(struct cursor set, size_t before, aranges_each *each, void *arg)
{
	size_t size = before + set.left, used;
	uint16_t version = cursor_u16(&set);
	uint64_t unit = cursor_word(&set, before == 4 ? 4 : 8);
	unsigned word = cursor_u8(&set), segment = cursor_u8(&set);

	if (set.failed || version != 2 || (word != 4 && word != 8) || segment)
		return false;
	used = size - set.left;
	cursor_skip(&set, (2 * word - used % (2 * word)) % (2 * word));
	return !set.failed && read_rows(&set, word, unit, each, arg);
}

bool aranges_read(struct cursor section, aranges_each *each, void *arg)
{
	while (section.left) {
		uint64_t size = cursor_u32(&section);
		size_t before = 4;
		struct cursor set;

		if (size == UINT32_MAX) {
			size = cursor_u64(&section);
			before = 12;
		}
		set = section;
		cursor_skip(&section, size > SIZE_MAX ? SIZE_MAX : (size_t)size);
		if (section.failed)
			return false;
		set.left = (size_t)size;
		if (!read_set(set, before, each, arg))
			return false;
	}
	return !section.failed;
}
