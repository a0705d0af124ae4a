/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's line about a program that a fault has ended (arch/x86/mm/fault.c, show_signal_msg();
 * kernel/traps.c, show_signal()): one frame, but the cause and the place.
 *	app[12]: segfault at 0 ip 000055d5c2f5e139 sp 00007ffd5a5c4d50 error 4 in app[55d5c2f5e000+1000]
 *	app[12]: segfault at 0 ip 55d5c2f5e139 sp 7ffd5a5c4d50 error 4 in app[1139,55d5c2f5e000+1000]
 *	traps: app[12] general protection fault ip:7f1a2c03c050 sp:7ffd5a5c4d50 error:0 in l.so[7f1a0+19]
 *	traps: app[12] trap divide error ip:55d5c2f5e139 sp:7ffd5a5c4d50 error:0 in app[55d5c2f5e000+1000]
 * In the brackets stands where the piece of the file was mapped that has the code, and how large it is;
 * since 6.10 the offset in the file before that. */
#include "report.h"

#include <signal.h>

#define MAX_NAME 15u /* TASK_COMM_LEN */

/* Bits of an x86 page fault. */
enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_INSTRUCTION = 16 };

struct fault {
	struct slice name, what, module;
	uint64_t pid, address, ip, sp, error;
	uint64_t start, size, offset; /* of the mapping; offset: of ip in the file, 0 unknown */
	bool has_address;
	int signal;
};

/* "app[1234]": the name may have blanks, but what stands before it is a logger's. */
static bool parse_name(struct slice s, struct fault *ret)
{
	size_t open = slice_rfind(s, '['), at;
	struct slice digits;

	if (open == SIZE_MAX || !slice_drop(&s, "]"))
		return false;
	digits = slice_from(s, open + 1);
	ret->name = slice_trim(slice_to(s, open));
	for (at = 0; at < ret->name.size; at++)
		if (memchr("|:>[]{}\"=", ret->name.at[at], 9))
			return false;
	return slice_dec(&digits, &ret->pid) && !digits.size && ret->name.size &&
	       ret->name.size <= MAX_NAME && ret->pid <= UINT32_MAX;
}

/* " ip 55d5" or " ip:55d5" */
static bool value_of(struct slice s, const char *key, uint64_t *ret)
{
	struct slice before;

	if (!slice_until(&s, key, &before) || !s.size || (s.at[0] != ' ' && s.at[0] != ':'))
		return false;
	s = slice_from(s, 1);
	return slice_hexdigits(&s, ret);
}

/* " in app[55d5c2f5e000+1000]" */
static void parse_module(struct slice s, struct fault *ret)
{
	struct slice before, name;
	uint64_t first;

	if (!slice_until(&s, " in ", &before) || !slice_until(&s, "[", &name) ||
	    !slice_hexdigits(&s, &first))
		return;
	ret->start = first;
	if (slice_skip(&s, ",")) {
		ret->offset = first;
		if (!slice_hexdigits(&s, &ret->start))
			return;
	}
	if (slice_skip(&s, "+") && slice_hexdigits(&s, &ret->size))
		ret->module = name;
}

static bool parse_segfault(struct slice line, struct fault *ret)
{
	struct slice rest = line, name;

	if (!slice_until(&rest, ": segfault at ", &name) || !parse_name(name, ret))
		return false;
	ret->has_address = slice_hexdigits(&rest, &ret->address);
	ret->signal = SIGSEGV;
	ret->what = SLICE("segfault");
	return ret->has_address && value_of(rest, " ip", &ret->ip);
}

static bool parse_trap(struct slice line, struct fault *ret)
{
	static const struct {
		const char *text;
		int signal;
	} traps[] = {
		{ "general protection", SIGSEGV }, { "trap divide error", SIGFPE },
		{ "trap invalid opcode", SIGILL }, { "trap int3", SIGTRAP },
		{ "trap stack segment", SIGBUS },  { "trap bounds", SIGSEGV },
		{ "trap overflow", SIGSEGV },      { "trap alignment check", SIGBUS },
	};
	struct slice rest = line, name;
	size_t i;

	if (!slice_skip(&rest, "traps: ") || !slice_until(&rest, "] ", &name))
		return false;
	name.size++;
	if (!parse_name(name, ret) || !value_of(rest, " ip", &ret->ip))
		return false;
	for (i = 0; i < ARRAY_SIZE(traps); i++)
		if (slice_starts(rest, traps[i].text)) {
			ret->signal = traps[i].signal;
			ret->what = slice_trim(slice_to(rest, slice_find(rest, " ip")));
			return true;
		}
	return false;
}

static bool parse_fault(struct slice line, struct fault *ret)
{
	*ret = (struct fault){ .signal = 0 };
	line = slice_trim(line);
	if (!parse_segfault(line, ret) && !parse_trap(line, ret))
		return false;
	(void)value_of(line, " sp", &ret->sp);
	parse_module(line, ret);
	/* a line that is cut says something else */
	return value_of(line, " error", &ret->error);
}

static const char *describe(const struct fault *fault)
{
	bool is_page = fault->has_address;

	if (!is_page)
		return NULL;
	if (fault->error & FAULT_INSTRUCTION)
		return fault->error & FAULT_PRESENT ? "jump to what may not be executed"
						    : "jump to an address that is not mapped";
	if (fault->error & FAULT_WRITE)
		return fault->error & FAULT_PRESENT ? "write to what may not be written"
						    : "write to an address that is not mapped";
	return fault->error & FAULT_PRESENT ? "read of what may not be read"
					    : "read of an address that is not mapped";
}

static void say_cause(struct trace *t, const struct fault *fault)
{
	const char *what = describe(fault);
	struct stk_cause *cause;

	if (!trace_cause(t, &cause))
		return;
	death_describe(t, cause, fault->signal, what ? slice_string(what) : fault->what);
	cause->has_address = fault->has_address;
	cause->address = fault->address;
}

static void push(struct trace *t, const struct fault *fault)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	frame.pc = fault->ip;
	frame.sp = fault->sp;
	frame.flags = STK_FRAME_ACTIVATION;
	frame.module = fault->module;
	frame.offset = fault->offset;
	frame.why = "the kernel prints addresses only";
	trace_push_frame(t, &frame);
}

static bool probe(struct trace *t)
{
	struct fault fault;
	struct slice line;

	return trace_next(t, &line) && parse_fault(line, &fault);
}

static void read_line(struct trace *t)
{
	struct stk_target *target = builder_target(trace_builder(t));
	struct stk_task *task;
	struct fault fault;
	struct slice line;

	if (!trace_next(t, &line) || !parse_fault(line, &fault))
		return;
	trace_title(t, slice_trim(line));
	say_cause(t, &fault);
	if (!target->pid)
		target->pid = fault.pid;
	push(t, &fault);
	task = trace_task(t, STK_THREAD);
	task->id = fault.pid;
	task->tid = (uint32_t)fault.pid;
	task->name = trace_str(t, fault.name);
	task->flags = STK_TASK_CRASHED;
	task->signal = (uint8_t)fault.signal;
	if (fault.module.at && !fault.offset)
		trace_code_at(t, fault.start, fault.size, fault.module);
}

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./["

static const struct trace_mark marks[] = {
	{ "]: segfault at ", NAME, false },
	{ "traps: ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_segfault = {
	.name = "segfault",
	.marks = marks,
	.probe = probe,
	.read = read_line,
};
