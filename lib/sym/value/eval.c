/* SPDX-License-Identifier: Apache-2.0 */
#include "eval.h"

#include <dwarf.h>
#include <string.h>

#include "../die.h"

#define STACK_DEPTH 64
#define MAX_STEPS 4096
#define MAX_ENTRY_DEPTH 4

struct machine {
	const struct eval_frame *frame;
	Dwarf_Attribute *attr;
	const Dwarf_Op *ops;
	size_t count, at;
	uint64_t stack[STACK_DEPTH];
	unsigned depth;
	unsigned steps;
	bool is_value;    /* DW_OP_stack_value, or a register's content */
	bool in_register; /* the location is a register */
	unsigned reg;
	struct eval_result out;
	bool has_pieces;
	enum { GOING, GONE, CANNOT, DONE } state;
	const char *why;
};

static void cannot(struct machine *m, const char *why)
{
	m->state = CANNOT;
	m->why = why;
}

static void push(struct machine *m, uint64_t value)
{
	if (image_arch(m->frame->image)->word == 4)
		value &= UINT32_MAX;
	if (m->depth == STACK_DEPTH)
		cannot(m, "the expression needs too deep a stack");
	else
		m->stack[m->depth++] = value;
}

static uint64_t pop(struct machine *m)
{
	if (!m->depth) {
		cannot(m, "the expression is damaged");
		return 0;
	}
	return m->stack[--m->depth];
}

static void push_register(struct machine *m, uint64_t reg, int64_t offset)
{
	/* Call-clobbered and not saved: not 0, but unknown. */
	if (!regs_known(m->frame->regs, (unsigned)reg) || reg >= IMAGE_REGS)
		m->state = GONE;
	else
		push(m, m->frame->regs->r[reg] + (uint64_t)offset);
}

static void dereference(struct machine *m, unsigned size)
{
	unsigned char bytes[8] = { 0 };
	uint64_t address = pop(m);

	if (m->state != GOING)
		return;
	if (size == 0 || size > 8 || !image_get(m->frame->image, address, bytes, size)) {
		cannot(m, "memory that the location needs is not available");
		return;
	}
	push(m, image_number(m->frame->image, bytes, size));
}

static void push_frame_base(struct machine *m, int64_t offset)
{
	struct eval_frame frame = *m->frame;
	Dwarf_Attribute attr;
	struct eval_result base;

	/* A frame base that rests on itself. */
	if (++frame.depth > MAX_ENTRY_DEPTH ||
	    !dwarf_attr_integrate(&frame.function, DW_AT_frame_base, &attr)) {
		cannot(m, "the function has no frame base");
		return;
	}
	base = eval_location(&frame, &attr);
	if (base.kind == EVAL_MEMORY)
		push(m, base.address + (uint64_t)offset);
	else if (base.kind == EVAL_VALUE) /* DW_OP_regN: the register holds the base */
		push(m, image_number(frame.image, base.bytes, image_arch(frame.image)->word) +
				(uint64_t)offset);
	else
		m->state = base.kind == EVAL_GONE ? GONE : CANNOT;
	if (m->state == CANNOT)
		m->why = "the frame base cannot be evaluated";
}

static void binary(struct machine *m, unsigned op)
{
	unsigned bits = image_arch(m->frame->image)->word * 8;
	uint64_t b = pop(m), a = pop(m);
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	if (m->state != GOING)
		return;
	if (bits == 32) {
		sa = (int32_t)a;
		sb = (int32_t)b;
	}
	switch (op) {
	/* clang-format off */
	case DW_OP_and: push(m, a & b); break;
	case DW_OP_or: push(m, a | b); break;
	case DW_OP_xor: push(m, a ^ b); break;
	case DW_OP_plus: push(m, a + b); break;
	case DW_OP_minus: push(m, a - b); break;
	case DW_OP_mul: push(m, a * b); break;
	/* clang-format on */
	case DW_OP_div:
		if (sb == 0 || (sb == -1 && sa == INT64_MIN))
			cannot(m, "the expression divides by zero");
		else
			push(m, (uint64_t)(sa / sb));
		break;
	case DW_OP_mod:
		if (b == 0)
			cannot(m, "the expression divides by zero");
		else
			push(m, a % b);
		break;
	/* clang-format off */
	case DW_OP_shl: push(m, b < bits ? a << b : 0); break;
	case DW_OP_shr: push(m, b < bits ? a >> b : 0); break;
	case DW_OP_shra: push(m, (uint64_t)(sa >> (b < bits ? b : bits - 1))); break;
	case DW_OP_eq: push(m, sa == sb); break;
	case DW_OP_ne: push(m, sa != sb); break;
	case DW_OP_lt: push(m, sa < sb); break;
	case DW_OP_le: push(m, sa <= sb); break;
	case DW_OP_gt: push(m, sa > sb); break;
	case DW_OP_ge: push(m, sa >= sb); break;
		/* clang-format on */
	}
}

static void unary(struct machine *m, const Dwarf_Op *op)
{
	uint64_t a = pop(m);

	if (m->state != GOING)
		return;
	switch (op->atom) {
	/* clang-format off */
	case DW_OP_abs: push(m, (int64_t)a < 0 ? 0 - a : a); break;
	case DW_OP_neg: push(m, 0 - a); break;
	case DW_OP_not: push(m, ~a); break;
	case DW_OP_plus_uconst: push(m, a + op->number); break;
		/* clang-format on */
	}
}

static void rearrange(struct machine *m, const Dwarf_Op *op)
{
	uint64_t a, b, c;
	unsigned index = op->atom == DW_OP_over   ? 1
			 : op->atom == DW_OP_pick ? (unsigned)op->number
						  : 0;

	switch (op->atom) {
	case DW_OP_drop:
		(void)pop(m);
		break;
	case DW_OP_dup:
	case DW_OP_over:
	case DW_OP_pick:
		if (index >= m->depth)
			cannot(m, "the expression is damaged");
		else
			push(m, m->stack[m->depth - 1 - index]);
		break;
	case DW_OP_swap:
		a = pop(m), b = pop(m);
		push(m, a), push(m, b);
		break;
	case DW_OP_rot:
		a = pop(m), b = pop(m), c = pop(m);
		push(m, a), push(m, c), push(m, b);
		break;
	}
}

/* Jumps count bytes from the operation that follows, which is 3 bytes on. */
static void jump(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Word to = op->offset + 3 + (Dwarf_Word)(int64_t)(int16_t)op->number;
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->ops[i].offset == to) {
			m->at = i;
			return;
		}
	cannot(m, "the expression is damaged");
}

/* ---- entry values: what a register held when the function was called ---- */

/* DW_TAG_call_site of the caller at its return address. */
static bool find_call_site(const struct eval_frame *f, Dwarf_Die *within, unsigned depth,
			   Dwarf_Die *ret)
{
	Dwarf_Die child;
	Dwarf_Addr pc;
	Dwarf_Attribute attr;

	if (depth > 16 || dwarf_child(within, &child) != 0)
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site) {
			unsigned name = tag == DW_TAG_call_site ? DW_AT_call_return_pc
								: DW_AT_low_pc;

			if (dwarf_attr(&child, name, &attr) && dwarf_formaddr(&attr, &pc) == 0 &&
			    pc + f->bias == f->caller_pc) {
				*ret = child;
				return true;
			}
		} else if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
			   find_call_site(f, &child, depth + 1, ret)) {
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* What is asked of a call: the content of a register, or a parameter that is not passed at all, for
 * the compiler knew how to do without. */
struct passed {
	bool in_register;
	unsigned reg;
	Dwarf_Die parameter;
};

static bool register_of(Dwarf_Attribute *location, unsigned *ret)
{
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_getlocation(location, &ops, &count) != 0 || count != 1)
		return false;
	if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
		*ret = ops[0].atom - DW_OP_reg0;
	else if (ops[0].atom == DW_OP_regx)
		*ret = (unsigned)ops[0].number;
	else
		return false;
	return true;
}

static bool is_passed(const struct passed *passed, Dwarf_Die *parameter)
{
	Dwarf_Attribute attr;
	Dwarf_Die named;
	unsigned reg;

	if (passed->in_register)
		return dwarf_attr(parameter, DW_AT_location, &attr) && register_of(&attr, &reg) &&
		       reg == passed->reg;
	return (die_ref(parameter, DW_AT_call_parameter, &named) ||
		die_ref(parameter, DW_AT_abstract_origin, &named)) &&
	       named.addr == passed->parameter.addr;
}

/* What the caller passes there. */
static bool find_parameter(Dwarf_Die *site, const struct passed *passed, Dwarf_Attribute *ret)
{
	Dwarf_Die child;

	if (dwarf_child(site, &child) != 0)
		return false;
	do {
		if (is_passed(passed, &child))
			return dwarf_attr(&child, DW_AT_call_value, ret) ||
			       dwarf_attr(&child, DW_AT_GNU_call_site_value, ret);
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static bool passed_of(struct machine *m, const Dwarf_Op *op, struct passed *ret)
{
	Dwarf_Attribute inner;

	*ret = (struct passed){ .in_register = op->atom != DW_OP_GNU_parameter_ref };
	if (!ret->in_register)
		return dwarf_getlocation_die(m->attr, op, &ret->parameter) == 0;
	return dwarf_getlocation_attr(m->attr, op, &inner) == 0 && register_of(&inner, &ret->reg);
}

static void push_entry_value(struct machine *m, const Dwarf_Op *op)
{
	const struct eval_frame *f = m->frame;
	struct eval_frame caller = { .image = f->image,
				     .regs = f->caller,
				     .lookup = f->caller_pc - 1,
				     .bias = f->bias,
				     .function = f->caller_function,
				     .cfa = f->caller_cfa,
				     .has_cfa = f->caller_cfa != 0,
				     .depth = f->depth + 1 };
	struct eval_result value;
	Dwarf_Attribute attr;
	struct passed passed;
	Dwarf_Die site;

	m->state = GONE;
	if (!f->caller || !f->has_caller_function || f->depth >= MAX_ENTRY_DEPTH ||
	    !passed_of(m, op, &passed) || !find_call_site(f, &caller.function, 0, &site) ||
	    !find_parameter(&site, &passed, &attr))
		return;
	value = eval_location(&caller, &attr);
	if (value.kind != EVAL_MEMORY && value.kind != EVAL_VALUE)
		return;
	m->state = GOING;
	/* DW_AT_call_value computes a value: what is left on the stack is it, not an address. */
	push(m, value.kind == EVAL_MEMORY
			? value.address
			: image_number(f->image, value.bytes, image_arch(f->image)->word));
}

/* ---- results ---- */

/* The 16 bytes of a vector register; NULL when it is none, or not known here. */
static const unsigned char *vector_of(const struct machine *m)
{
	const struct arch *arch = image_arch(m->frame->image);

	if (!m->frame->vectors || m->reg < arch->vector_dwarf ||
	    m->reg - arch->vector_dwarf >= arch->vector_count)
		return NULL;
	return m->frame->vectors + (size_t)(m->reg - arch->vector_dwarf) * 16;
}

static void take_register(struct machine *m)
{
	const struct image_regs *regs = m->frame->regs;
	const struct arch *arch = image_arch(m->frame->image);
	const unsigned char *vector = vector_of(m);

	m->out.kind = EVAL_VALUE;
	m->out.size = vector ? 16 : arch->word;
	if (vector) {
		memcpy(m->out.bytes, vector, 16);
		memset(m->out.known, 1, 16);
		return;
	}
	if (m->reg >= IMAGE_REGS || !regs_known(regs, m->reg)) {
		/* The thread's own registers are all there are: one that is missing was not
		 * recorded. */
		m->out.kind = m->frame->newest ? EVAL_CANNOT : EVAL_GONE;
		m->out.why = "in a register that was not recorded";
		return;
	}
	image_bytes(m->frame->image, regs->r[m->reg], m->out.bytes, arch->word);
	memset(m->out.known, 1, arch->word);
}

/* One piece of a value that is scattered: its bytes are gathered. */
static void take_piece(struct machine *m, size_t size)
{
	size_t at = m->out.size;
	unsigned char *bytes = m->out.bytes + at;

	m->has_pieces = true;
	if (size > EVAL_BYTES - at) {
		cannot(m, "the value has too many pieces");
		return;
	}
	m->out.size += size;
	if (m->in_register && vector_of(m) && size <= 16) {
		memcpy(bytes, vector_of(m), size);
		memset(m->out.known + at, 1, size);
	} else if (m->in_register && m->reg < IMAGE_REGS && regs_known(m->frame->regs, m->reg) &&
		   size <= 8) {
		unsigned char word[8];

		image_bytes(m->frame->image, m->frame->regs->r[m->reg], word, sizeof(word));
		memcpy(bytes, word, size);
		memset(m->out.known + at, 1, size);
	} else if (!m->in_register && m->depth && m->is_value && size <= 8) {
		image_bytes(m->frame->image, pop(m), bytes, size);
		memset(m->out.known + at, 1, size);
	} else if (!m->in_register && m->depth && !m->is_value) {
		if (image_get(m->frame->image, pop(m), bytes, size))
			memset(m->out.known + at, 1, size);
	}
	m->in_register = m->is_value = false;
	m->depth = 0;
}

static void take_implicit(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Block block;

	if (dwarf_getlocation_implicit_value(m->attr, op, &block) != 0 ||
	    block.length > EVAL_BYTES) {
		cannot(m, "the constant cannot be read");
		return;
	}
	m->out.kind = EVAL_VALUE;
	m->out.size = block.length;
	memcpy(m->out.bytes, block.data, block.length);
	memset(m->out.known, 1, block.length);
	m->state = DONE;
}

static void take_implicit_pointer(struct machine *m, const Dwarf_Op *op)
{
	struct image *image = m->frame->image;
	Dwarf_Attribute attr;

	m->out.kind = EVAL_POINTER;
	m->out.offset = (int64_t)op->number2;

	/* The target is named by its offset: it may be in any unit. */
	if (!image_debug_need(image, image_module(image, m->frame->lookup), IMAGE_DEBUG_INFO,
			      IMAGE_DEBUG_ALL) ||
	    dwarf_getlocation_die(m->attr, op, &m->out.target) != 0 ||
	    dwarf_getlocation_implicit_pointer(m->attr, op, &attr) != 0)
		m->out.kind = EVAL_GONE;
	m->state = DONE;
}

static void push_address(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Attribute attr;
	Dwarf_Addr address = op->number;

	if (op->atom != DW_OP_addr && (dwarf_getlocation_attr(m->attr, op, &attr) != 0 ||
				       dwarf_formaddr(&attr, &address) != 0)) {
		cannot(m, "the address cannot be read");
		return;
	}
	/* constx is a number, addrx an address. */
	/* clang-format off */
	push(m, address + (op->atom == DW_OP_constx || op->atom == DW_OP_GNU_const_index ? 0 :
			   m->frame->bias));
	/* clang-format on */
}

static bool is_typed(unsigned atom)
{
	return atom == DW_OP_convert || atom == DW_OP_GNU_convert || atom == DW_OP_reinterpret ||
	       atom == DW_OP_GNU_reinterpret;
}

static void special(struct machine *m, const Dwarf_Op *op)
{
	switch (op->atom) {
	case DW_OP_addr:
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
	case DW_OP_constx:
	case DW_OP_GNU_const_index:
		push_address(m, op);
		break;
	case DW_OP_fbreg:
		push_frame_base(m, (int64_t)op->number);
		break;
	case DW_OP_call_frame_cfa:
		if (m->frame->has_cfa)
			push(m, m->frame->cfa);
		else
			cannot(m, "the frame's address is not known");
		break;
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
	case DW_OP_GNU_parameter_ref:
		push_entry_value(m, op);
		break;
	case DW_OP_implicit_value:
		take_implicit(m, op);
		break;
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		take_implicit_pointer(m, op);
		break;
	case DW_OP_stack_value:
		m->is_value = true;
		break;
	case DW_OP_piece:
		take_piece(m, op->number);
		break;
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address:
		cannot(m, "thread-local variables are not read");
		break;
	default:
		cannot(m, "its location uses an operation that stk does not know");
	}
}

static void step(struct machine *m, const Dwarf_Op *op)
{
	unsigned atom = op->atom;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		push(m, atom - DW_OP_lit0);
	else if (atom >= DW_OP_const1u && atom <= DW_OP_consts)
		push(m, op->number);
	else if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31)
		m->in_register = true, m->reg = atom - DW_OP_reg0;
	else if (atom == DW_OP_regx)
		m->in_register = true,
		m->reg = op->number < 256 ? (unsigned)op->number : IMAGE_REGS;
	else if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		push_register(m, atom - DW_OP_breg0, (int64_t)op->number);
	else if (atom == DW_OP_bregx)
		push_register(m, op->number, (int64_t)op->number2);
	else if (atom == DW_OP_regval_type || atom == DW_OP_GNU_regval_type)
		push_register(m, op->number, 0);
	else if (atom == DW_OP_deref)
		dereference(m, image_arch(m->frame->image)->word);
	else if (atom == DW_OP_deref_size || atom == DW_OP_deref_type ||
		 atom == DW_OP_GNU_deref_type)
		dereference(m, (unsigned)op->number);
	else if (atom == DW_OP_dup || atom == DW_OP_drop || atom == DW_OP_over ||
		 atom == DW_OP_pick || atom == DW_OP_swap || atom == DW_OP_rot)
		rearrange(m, op);
	else if (atom == DW_OP_abs || atom == DW_OP_neg || atom == DW_OP_not ||
		 atom == DW_OP_plus_uconst)
		unary(m, op);
	else if ((atom >= DW_OP_and && atom <= DW_OP_xor) || (atom >= DW_OP_eq && atom <= DW_OP_ne))
		binary(m, atom);
	else if (atom == DW_OP_skip)
		jump(m, op);
	else if (atom == DW_OP_bra) {
		if (pop(m))
			jump(m, op);
	} else if (atom != DW_OP_nop && !is_typed(atom))
		special(m, op);
}

static struct eval_result finish(struct machine *m)
{
	if (m->state == GONE)
		return (struct eval_result){ .kind = EVAL_GONE };
	if (m->state == CANNOT)
		return (struct eval_result){ .kind = EVAL_CANNOT, .why = m->why };
	if (m->state == DONE)
		return m->out;
	if (m->has_pieces) {
		m->out.kind = EVAL_VALUE;
	} else if (m->in_register) {
		take_register(m);
	} else if (!m->depth) {
		m->out.kind = EVAL_GONE; /* an empty expression */
	} else if (m->is_value) {
		m->out.kind = EVAL_VALUE;
		m->out.size = 8;
		image_bytes(m->frame->image, m->stack[m->depth - 1], m->out.bytes, 8);
		memset(m->out.known, 1, 8);
	} else {
		m->out.kind = EVAL_MEMORY;
		m->out.address = m->stack[m->depth - 1];
	}
	return m->out;
}

struct eval_result eval_expression(const struct eval_frame *frame, Dwarf_Attribute *attr,
				   const Dwarf_Op *ops, size_t count)
{
	struct machine m = { .frame = frame, .attr = attr, .ops = ops, .count = count };

	while (m.at < count && m.state == GOING) {
		if (++m.steps > MAX_STEPS)
			cannot(&m, "the expression does not end");
		else
			step(&m, &ops[m.at++]);
	}
	return finish(&m);
}

int eval_expression_at(Dwarf_Attribute *attr, uint64_t at, Dwarf_Op **ops, size_t *count)
{
	/* Go writes blocks, which DWARF 4 has no more here and libdw refuses. A short one and an exprloc
	 * are the same bytes: a length below 128, and the operations. */
	if (attr->form == DW_FORM_block1 && attr->valp && *attr->valp < 0x80)
		attr->form = DW_FORM_exprloc;
	return dwarf_getlocation_addr(attr, at, ops, count, 1);
}

struct eval_result eval_location(const struct eval_frame *frame, Dwarf_Attribute *given)
{
	Dwarf_Attribute attr = *given;
	Dwarf_Op *ops;
	size_t count;
	int found = eval_expression_at(&attr, frame->lookup - frame->bias, &ops, &count);

	if (found > 0)
		return eval_expression(frame, &attr, ops, count);
	return (struct eval_result){ .kind = found ? EVAL_CANNOT : EVAL_GONE,
				     .why = "its location cannot be read" };
}
