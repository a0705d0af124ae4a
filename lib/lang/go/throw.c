/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's fatal errors (throw() and fatal() of src/runtime/panic.go): their message, and the
 * lines in front of it whose facts are still in memory. */
#include "throw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "panic.h"
#include "type.h"

#define LIMIT_MESSAGE 4096u
#define LIMIT_CODE ((uint64_t)1 << 16)

/* ---- the message ---- */

static bool is_text(const char *text, uint64_t size)
{
	uint64_t i;

	for (i = 0; i < size; i++)
		if ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
			return false;
	return size > 0;
}

/* {text, length} at this address, a message of throw() or fatal(); malloc'ed, NULL when none is. */
static char *message_at(struct gomem *mem, uint64_t at)
{
	uint64_t words[2];
	char *text;

	if (!gomem_get(mem, at, words, sizeof(words)) || !words[1] || words[1] > LIMIT_MESSAGE)
		return NULL;
	text = gomem_bytes(mem, words[0], words[1], LIMIT_MESSAGE);
	if (text && is_text(text, words[1]))
		return text;
	free(text);
	return NULL;
}

/* The message of throw() or fatal(): its argument is dead by then, but the closure that prints it
 * holds {code, text, length} in the frame; since 1.26 fatal()'s holds {code, panic, text, length}.
 * malloc'ed; NULL when it is not found. */
static char *thrown_text(struct go *go, const struct raw_frame *frame)
{
	char *text = NULL;
	uint64_t at, word;

	if (!frame->cfa || frame->cfa - frame->sp > 4096)
		return NULL;
	for (at = frame->sp; at + 24 <= frame->cfa && !text; at += 8) {
		const struct gocode *code;

		if (!gomem_word(&go->mem, at, &word))
			continue;
		code = gocode_at(&go->code, go->modules, go->count, word);
		if (!code || code->func.entry != word)
			continue;
		text = message_at(&go->mem, at + 8);
		if (!text && at + 32 <= frame->cfa)
			text = message_at(&go->mem, at + 16);
	}
	return text;
}

/* ---- variables of the runtime, by the code that reads them ---- */

/* What is looked for: its value, of `size` bytes, is in [low, high). */
struct limit {
	size_t size;
	uint64_t low, high;
	uint64_t value;
};

static bool fits(struct limit *l, struct gomem *mem, uint64_t address)
{
	l->value = l->size == 8 ? gomem_word_or_0(mem, address) : gomem_u32_or_0(mem, address);
	return l->value >= l->low && l->value < l->high;
}

/* `op disp32(%rip), reg` and its like: the address of the operand, 0 when it is none of `size`
 * bytes. code[0] is the opcode's prefix, if it has one. */
static uint64_t operand_amd64(const unsigned char *code, uint64_t pc, size_t size)
{
	bool wide = (code[0] & 0xf8) == 0x48;
	unsigned char op = code[1];

	/* movslq is wide, its operand is not. */
	if ((op != 0x8b && op != 0x39 && op != 0x3b && op != 0x63) || (code[2] & 0xc7) != 5 ||
	    (wide && op != 0x63 ? 8 : 4) != size)
		return 0;
	return pc + 7 + (uint64_t)(int64_t)(int32_t)load32(code + 3);
}

/* `adrp x, page; ldr y, [x, offset]`, or with an `add x, x, offset` between; ldrsw too. */
static uint64_t operand_arm64(const unsigned char *code, uint64_t pc, size_t size)
{
	uint32_t adrp = load32(code), add = load32(code + 4), base = adrp & 31;
	bool apart = add == (0x91000000 | (add & 0x3ffc00) | base << 5 | base);
	uint32_t ldr = load32(code + (apart ? 8 : 4)), kind = ldr & 0xffc00000;
	uint64_t page;

	if ((adrp & 0x9f000000) != 0x90000000 || (ldr >> 5 & 31) != base ||
	    (size == 8 ? kind != 0xf9400000 : kind != 0xb9400000 && kind != 0xb9800000))
		return 0;
	page = (uint64_t)(adrp >> 5 & 0x7ffff) << 14 | (uint64_t)(adrp >> 29 & 3) << 12;
	page = (page ^ UINT64_C(1) << 32) - (UINT64_C(1) << 32);
	return (pc & ~UINT64_C(4095)) + page + (apart ? add >> 10 & 0xfff : 0) +
	       (ldr >> 10 & 0xfff) * size;
}

/* The first variable that the function at pc reads and whose value fits; false when none does. */
static bool find_variable(struct go *go, uint64_t pc, struct limit *limit)
{
	const struct gocode *code = gocode_at(&go->code, go->modules, go->count, pc);
	uint64_t at, size = code ? code->func.end - code->func.entry : 0, address;
	FREE_AT_END unsigned char *bytes = NULL;

	if (size < 12 || size > LIMIT_CODE)
		return false;
	bytes = xmalloc((size_t)size);
	if (!image_get(go->image, code->func.entry, bytes, (size_t)size))
		return false;
	for (at = 0; at + 12 <= size; at += go->arm ? 4 : 1) {
		address = go->arm ? operand_arm64(bytes + at, code->func.entry + at, limit->size)
				  : operand_amd64(bytes + at, code->func.entry + at, limit->size);
		if (address && fits(limit, &go->mem, address))
			return true;
	}
	return false;
}

/* ---- what was printed in front of the message ---- */

/* newstack() of src/runtime/stack.go: the limit lies between the stack's size and what would have
 * come next. */
static void print_overflow(struct go *go, uint64_t g, uint64_t newstack, struct out *out)
{
	uint64_t lo = gomem_word_or_0(&go->mem, g + GO_G_LO);
	uint64_t hi = gomem_word_or_0(&go->mem, g + GO_G_HI);
	struct limit limit = { .size = 8, .low = hi - lo, .high = 2 * (hi - lo) };

	if (lo >= hi || !find_variable(go, newstack, &limit))
		return;
	out_fmt(out, "runtime: goroutine stack exceeds %" PRIu64 "-byte limit\n", limit.value);
	/* The call of morestack cost a word where calls push. */
	out_fmt(out, "runtime: sp=0x%" PRIx64 " stack=[0x%" PRIx64 ", 0x%" PRIx64 "]\n",
		gomem_word_or_0(&go->mem, g + GO_G_SP) - (go->arm ? 0 : 8), lo, hi);
}

/* checkmcount() of src/runtime/proc.go: of the counts that it reads the limit is the one that the
 * threads there are do not exceed. */
static void print_exhaustion(struct go *go, uint64_t checkmcount, struct out *out)
{
	struct limit limit = { .size = 4, .high = INT32_MAX };
	uint32_t count;

	(void)image_threads(go->image, &count);
	limit.low = count;
	if (find_variable(go, checkmcount, &limit))
		out_fmt(out, "runtime: program exceeds %" PRIu64 "-thread limit\n", limit.value);
}

static void print_preface(struct go *go, uint64_t g, const char *text, uint64_t caller,
			  struct out *out)
{
	if (!strcmp(text, "stack overflow") && g)
		print_overflow(go, g, caller, out);
	else if (!strcmp(text, "thread exhaustion"))
		print_exhaustion(go, caller, out);
}

void gothrow_print(struct go *go, const struct goruntime *rt, uint64_t g,
		   const struct raw_frame *frames, uint32_t n, bool fatal, struct out *out)
{
	char *text = thrown_text(go, frames);

	if (text && n > 1)
		print_preface(go, g, text, frames[1].pc - 1, out);
	if (text && !strcmp(text, "fault"))
		out_fmt(out, "unexpected fault address 0x%" PRIx64 "\n",
			gomem_word_or_0(&go->mem, g + rt->layout.g.sigcode1));
	/* printPreFatalDeferPanic(): the panics that were under way. */
	if (fatal && rt->layout.minor >= 26 && gopanic_print(rt, &go->mem, g, out))
		out_char(out, '\t');
	if (text && rt->layout.minor >= 23)
		text = gotype_indented(text);
	out_str(out, "fatal error: ");
	out_str(out, text ? text : "(its text is not in the core)");
	out_char(out, '\n');
	free(text);
}
