/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a value that is being shown: in the target's memory, or gathered from registers
 * and constants, of which some may be missing. */
#ifndef SYM_VALUE_CONTENT_H
#define SYM_VALUE_CONTENT_H

#include "../../base/base.h"
#include "../../image/image.h"

struct content {
	struct image *image;
	bool in_memory;
	uint64_t address;           /* in_memory */
	const unsigned char *bytes; /* else; size of them */
	const unsigned char *known; /* nonzero for the bytes that are there */
	size_t size;
};

enum content_state { CONTENT_HERE, CONTENT_GONE, CONTENT_UNREADABLE };

struct content content_at(struct image *image, uint64_t address);
/* The part from offset on. */
struct content content_part(const struct content *c, uint64_t offset);
enum content_state content_get(const struct content *c, void *ret, size_t size);
/* A number of at most 8 bytes; false when it is not there. */
bool content_number(const struct content *c, unsigned size, uint64_t *ret);

#endif
