/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSEGV and SIGBUS: what the instruction did, with which register, and what is there. */
#include "finding.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool is_access_signal(const struct cause *k)
{
	return k->out->signal == SIGSEGV || k->out->signal == SIGBUS;
}

static const char *verb(const struct access *a)
{
	return a->read && a->write ? "read and write" : a->write ? "write" : "read";
}

static bool is_allowed(const struct cause *k, const struct access *a)
{
	const struct image_range *range = image_range_at(k->image, a->address);

	return range ? (!a->read || range->readable) && (!a->write || range->writable)
		     : image_module(k->image, a->address) != STK_NONE;
}

/* The access that the kernel complained about: it holds si_addr. Without one (x86 reports none for
 * a non-canonical address, qemu never does) it is the one that is not allowed. */
static const struct access *guilty(const struct cause *k, const struct instruction *insn)
{
	size_t i;

	for (i = 0; i < insn->naccesses; i++) {
		const struct access *a = &insn->accesses[i];

		if (k->out->has_address ? k->out->address - a->address < (a->size ? a->size : 1)
					: !is_allowed(k, a))
			return a;
	}
	return NULL;
}

/* Fill patterns of allocators and debuggers, in whatever width. */
static const char *poison(const struct cause *k, uint64_t value)
{
	static const struct {
		uint8_t byte;
		const char *whose;
	} patterns[] = {
		{ 0x6b, "the kernel's and jemalloc-like allocators' mark of freed memory" },
		{ 0x5a, "jemalloc's mark of freed memory" },
		{ 0xa5, "jemalloc's mark of fresh memory" },
		{ 0xdd, "a debugging allocator's mark of freed memory" },
		{ 0xcd, "a debugging allocator's mark of fresh memory" },
		{ 0xfe, "a debugging allocator's mark of freed memory" },
		{ 0xaa, "a common mark of uninitialised memory" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		uint64_t all = 0x0101010101010101ULL * patterns[i].byte;
		uint64_t top = ~UINT64_C(0xffff);

		if (k->arch->word == 4)
			top &= UINT32_MAX;
		if ((value & top) == (all & top))
			return patterns[i].whose;
	}
	return NULL;
}

/* Bytes of text where a pointer should be: something wrote a string over it. */
static bool looks_like_text(const struct cause *k, uint64_t value, char *ret)
{
	unsigned i;

	for (i = 0; i < k->arch->word; i++) {
		unsigned char c = (unsigned char)(value >> (i * 8));

		if (c < 0x20 || c > 0x7e)
			return false;
		ret[i] = (char)c;
	}
	ret[i] = '\0';
	return true;
}

/* glibc's allocator links freed blocks, and xors each link with its own address >> 12 (safe
 * linking): the last block of a list holds just that. */
static bool looks_freed(const struct cause *k, uint64_t value)
{
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(k->image, &count);

	for (i = 0; i < count && value >= 16; i++)
		if (ranges[i].writable && !ranges[i].path && value >= ranges[i].start >> 12 &&
		    value < (ranges[i].end + 4095) >> 12)
			return !image_range_at(k->image, value);
	return false;
}

static void explain_field(struct cause *k, const struct access *a)
{
	struct value_frame frame = { .regs = &k->thread->regs,
				     .lookup = k->thread->regs.pc,
				     .cfa = cause_frame(k, 0) ? cause_frame(k, 0)->cfa : 0 };
	uint64_t offset = a->address - a->base_value;
	const char *field = offset < 65536
				    ? symbols_field(k->symbols, &frame, a->base_value, offset)
				    : NULL;

	if (field && a->base_value < 65536)
		cause_say(k, "the one variable here that holds this value and has a field there",
			  "that is %s, of a pointer that is NULL", field);
	else if (field)
		cause_say(k, "the one variable here that holds this value and has a field there",
			  "that is %s", field);
}

static void explain_register(struct cause *k, const struct access *a)
{
	const char *whose = poison(k, a->base_value);
	char text[9];

	if (!*a->base)
		return;
	explain_field(k, a);
	if (whose)
		cause_say(k, "the register's value is a fill pattern", "%s holds 0x%llx: %s",
			  a->base, (unsigned long long)a->base_value, whose);
	else if (looks_freed(k, a->base_value))
		cause_say(k, "it is a heap address >> 12, as at the end of a list of free blocks",
			  "%s holds what glibc's allocator leaves in a freed block: most likely a "
			  "use after free",
			  a->base);
	else if (looks_like_text(k, a->base_value, text))
		cause_say(k, "every byte of the register is printable",
			  "%s holds the text \"%s\": as if a string was written over a pointer",
			  a->base, text);
}

static bool is_alignment_signal(const struct cause *k)
{
	return k->out->signal == SIGBUS && k->out->code == BUS_ADRALN;
}

/* SSE and AVX moves with an `a` in their names want aligned addresses, and fault without one. */
static void explain_alignment(struct cause *k, const struct instruction *insn)
{
	const struct access *a = insn->naccesses ? &insn->accesses[0] : NULL;

	if (a && a->size >= (is_alignment_signal(k) ? 2u : 16u) && a->address % a->size)
		cause_say(k, builder_fmt(k->b, "`%s` needs an aligned address", insn->text),
			  "%s of %u bytes at 0x%llx, which is not a multiple of %u", verb(a),
			  a->size, (unsigned long long)a->address, a->size);
	else
		cause_say(k, "disassembly at the pc", "the instruction was `%s`", insn->text);
}

static void explain_data(struct cause *k, const struct instruction *insn)
{
	const struct access *a = guilty(k, insn);
	char where[512], size[32] = "", reg[64] = "";

	if (!a || is_alignment_signal(k)) {
		explain_alignment(k, insn);
		return;
	}
	cause_describe(k, a->address, where, sizeof(where));
	if (a->size)
		snprintf(size, sizeof(size), " of %u byte%s", a->size, a->size == 1 ? "" : "s");
	if (*a->base)
		snprintf(reg, sizeof(reg), ", %s = 0x%llx", a->base,
			 (unsigned long long)a->base_value);
	cause_say(k,
		  k->out->has_address
			  ? builder_fmt(k->b, "`%s`%s; si_addr agrees", insn->text, reg)
			  : builder_fmt(k->b, "`%s`%s; computed, no address was reported",
					insn->text, reg),
		  "%s%s at 0x%llx, which is %s", verb(a), size, (unsigned long long)a->address,
		  where);
	explain_register(k, a);
}

/* The pc itself is bad: a jump or a call to where no code is. */
static bool explain_execution(struct cause *k)
{
	uint64_t pc = k->thread->regs.pc;
	const struct image_range *range = image_range_at(k->image, pc);
	char where[512];

	if (range ? range->executable : image_module(k->image, pc) != STK_NONE)
		return false;
	cause_describe(k, pc, where, sizeof(where));
	cause_say(k, "the pc is in no executable mapping", "execution of 0x%llx, which is %s: %s",
		  (unsigned long long)pc, where,
		  pc ? "a call or jump through a bad pointer, or a return address that was "
		       "overwritten"
		     : "a call through a NULL pointer");
	return true;
}

/* A page of a mapped file behind the file's end. */
static void explain_bus(struct cause *k)
{
	const struct image_range *range = k->out->has_address
						  ? image_range_at(k->image, k->out->address)
						  : NULL;

	if (k->out->signal == SIGBUS && k->out->code == BUS_ADRERR && range && range->path)
		cause_say(k, "SIGBUS within the mapping of a file",
			  "'%s' is shorter than its mapping (it was truncated, or the disk is full "
			  "or failing): byte %llu is not there",
			  range->path,
			  (unsigned long long)(range->offset + (k->out->address - range->start)));
}

/* Segments, flags and what the kernel keeps beside hold no addresses of the program. */
static bool is_general(const char *name)
{
	return !(strlen(name) == 2 && name[1] == 's') && !strchr(name, '_') &&
	       !strstr(name, "flags");
}

/* The one register with a value that the question is about; NULL when there is none or several. */
static const char *only_register(const struct cause *k,
				 bool (*has)(const struct cause *k, uint64_t), uint64_t *ret)
{
	const struct arch_reg *reg;
	const char *found = NULL;
	uint64_t value;

	for (reg = k->arch->regs; reg->name; reg++) {
		if (!is_general(reg->name) || !cause_register(k, reg->name, &value) ||
		    !has(k, value))
			continue;
		if (found)
			return NULL;
		found = reg->name;
		*ret = value;
	}
	return found;
}

static bool is_reported(const struct cause *k, uint64_t value)
{
	return k->out->address == value;
}

static bool is_impossible(const struct cause *k, uint64_t value)
{
	return !cause_is_canonical(k, value);
}

/* Newer vector instructions are beyond capstone, and it may not be there: the address that the
 * kernel reports and the registers still tell something. */
static void explain_undecoded(struct cause *k)
{
	char where[512];
	uint64_t value;
	const char *name;

	if (k->out->has_address) {
		cause_describe(k, k->out->address, where, sizeof(where));
		name = only_register(k, is_reported, &value);
		cause_say(k,
			  name ? builder_fmt(k->b, "si_addr; %s alone holds it", name) : "si_addr",
			  "access to 0x%llx, which is %s", (unsigned long long)k->out->address,
			  where);
		return;
	}
	name = only_register(k, is_impossible, &value);
	if (name)
		cause_say(k, "no address was reported, and no other register holds such a value",
			  "%s holds 0x%llx, which is no canonical address", name,
			  (unsigned long long)value);
}

bool cause_access_agrees(const struct cause *k)
{
	struct instruction insn;

	return k->out->has_address && (k->out->address == k->thread->regs.pc ||
				       (cause_decode(k, &insn) && guilty(k, &insn) != NULL));
}

bool cause_access_forbidden(const struct cause *k, uint64_t *ret)
{
	struct instruction insn;
	const struct access *a;

	if (k->out->has_address || !cause_decode(k, &insn))
		return false;
	a = guilty(k, &insn);
	if (a)
		*ret = a->address;
	return a != NULL;
}

void cause_of_access(struct cause *k)
{
	struct instruction insn;

	/* A signal that somebody sent has nothing to do with the instruction. */
	if (!is_access_signal(k) || k->out->sender_pid)
		return;
	explain_bus(k);
	if (explain_execution(k))
		return;
	if (cause_decode(k, &insn))
		explain_data(k, &insn);
	else
		explain_undecoded(k);
}
