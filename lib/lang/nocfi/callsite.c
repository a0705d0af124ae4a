/* SPDX-License-Identifier: Apache-2.0 */
#include "callsite.h"

#include <elf.h>

/* E8 and a distance. FF /2 and an operand: of 2 to 7 bytes by its ModRM byte, as the processor's
 * manual has it; FF 15 reads the pointer from an address that counts from the next instruction,
 * where the linker has put it (a call through the global offset table). */
static enum callsite x86(struct image *image, uint64_t pc, uint64_t *ret_target)
{
	enum { CALL = 0xe8, GROUP = 0xff, LONGEST = 7 };
	bool wide = image_arch(image)->word == 8;
	uint8_t code[LONGEST];
	unsigned length;
	int32_t distance;

	if (!image_get(image, pc - LONGEST, code, sizeof(code)))
		return CALLSITE_NONE;
	memcpy(&distance, code + LONGEST - 4, 4);
	if (code[LONGEST - 5] == CALL) {
		*ret_target = pc + (uint64_t)(int64_t)distance;
		if (!wide)
			*ret_target &= UINT32_MAX;
		return CALLSITE_DIRECT;
	}
	if (wide && code[1] == GROUP && code[2] == 0x15 &&
	    image_word(image, pc + (uint64_t)(int64_t)distance, ret_target))
		return CALLSITE_DIRECT;
	for (length = 2; length <= LONGEST; length++) {
		uint8_t modrm = code[LONGEST - length + 1], mod = modrm >> 6, rm = modrm & 7;
		unsigned size = 2;

		if (code[LONGEST - length] != GROUP || (modrm >> 3 & 7) != 2)
			continue;
		if (mod != 3 && rm == 4) {
			size += 1;
			if (mod == 0 && length >= 3 && (code[LONGEST - length + 2] & 7) == 5)
				size += 4;
		}
		size += mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
		if (size == length)
			return CALLSITE_POINTER;
	}
	return CALLSITE_NONE;
}

/* bl; blr and its like that check a signature. */
static enum callsite arm64(struct image *image, uint64_t pc, uint64_t *ret_target)
{
	uint32_t code;

	if (pc & 3 || !image_u32(image, pc - 4, &code))
		return CALLSITE_NONE;
	if (code >> 26 == 0x25) {
		*ret_target = pc - 4 + (uint64_t)((int64_t)(int32_t)(code << 6) >> 4);
		return CALLSITE_DIRECT;
	}
	return (code & 0xfffffc1f) == 0xd63f0000 || (code & 0xfefff800) == 0xd63f0800
		       ? CALLSITE_POINTER
		       : CALLSITE_NONE;
}

static bool is_code(const struct image *image, uint64_t addr)
{
	const struct image_range *range = image_range_at(image, addr);

	return range ? range->executable : image_module(image, addr) != STK_NONE;
}

enum callsite callsite_before(struct image *image, uint64_t pc, uint64_t *ret_target)
{
	uint8_t byte;

	if (!pc || !is_code(image, pc - 1))
		return CALLSITE_NONE;
	if (!image_u8(image, pc - 1, &byte))
		return CALLSITE_UNSEEN;
	return image_arch(image)->machine == EM_AARCH64 ? arm64(image, pc, ret_target)
							: x86(image, pc, ret_target);
}
