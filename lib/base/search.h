/* SPDX-License-Identifier: Apache-2.0 */
/* Binary search by address in lists that are sorted by it. */
#ifndef BASE_SEARCH_H
#define BASE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does element `index` of the list come before what is sought? True for the first elements of a
 * list and false for all others: "it ends at or before `key`", "it starts at or before `key`". */
typedef bool search_before(const void *list, size_t index, uint64_t key);

/* How many elements come before: the index of the first that does not, `count` when all do. */
static inline size_t search_sorted(const void *list, size_t count, search_before *before,
				   uint64_t key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (before(list, middle, key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif
