/* SPDX-License-Identifier: Apache-2.0 */
/* What the Linux kernel prints when it is in trouble (arch/x86/kernel/dumpstack.c, kernel/panic.c,
 * kernel/hung_task.c, mm/kasan/report.c; arm64: arch/arm64/kernel/traps.c), in dmesg and in the journal:
 *	BUG: kernel NULL pointer dereference, address: 0000000000000008
 *	#PF: supervisor read access in kernel mode
 *	Oops: 0000 [#1] PREEMPT SMP PTI
 *	CPU: 3 PID: 1234 Comm: insmod Tainted: G           OE 6.1.0-13-amd64 #1
 *	RIP: 0010:my_init+0x12/0x1000 [my_mod]
 *	RSP: 0018:ffffc90000013e28 EFLAGS: 00010246
 *	Call Trace:
 *	 <TASK>
 *	 do_one_initcall+0x44/0x200
 *	 ? kmem_cache_alloc_trace+0x1b/0x30
 *	 </TASK>
 *	Modules linked in: my_mod(OE)
 *	---[ end trace 0000000000000000 ]---
 * Also warnings, panics, lockups, tasks that hang ("INFO: task x:12 blocked for more than 120 seconds."
 * and "task:x state:D stack:0 pid:12 ppid:1 flags:0x0"), and KASAN's "Allocated by task 12:". */
#include "kernel.h"

#define MAX_HEAD 32u

static bool starts(struct slice line, const char *const *texts)
{
	for (; *texts; texts++)
		if (slice_starts(line, *texts))
			return true;
	return false;
}

/* What happened. */
static bool is_trouble(struct slice line)
{
	/* clang-format off */
	static const char *const texts[] = {
		"BUG: ", "WARNING: CPU: ", "WARNING: at ", "WARNING: possible ", "WARNING: suspicious ",
		"WARNING: inconsistent ", "Unable to handle kernel ", "general protection fault",
		"Kernel panic - not syncing: ", "kernel BUG at ", "Kernel BUG at ", "INFO: task ",
		"INFO: rcu", "rcu: INFO: ", "watchdog: BUG: ", "NMI watchdog: ", "Internal error: ",
		"divide error: ", "invalid opcode: ", "double fault: ", "stack segment: ", "UBSAN: ", NULL,
	};
	/* clang-format on */

	return starts(line, texts);
}

static bool is_trace(struct slice line)
{
	return slice_starts(line, "Call Trace:") || slice_starts(line, "Call trace:");
}

/* "CPU: 3 PID: 1234 Comm: insmod Tainted: ..." */
static bool is_cpu(struct slice line)
{
	return slice_starts(line, "CPU: ") && slice_find(line, " PID: ") != SIZE_MAX;
}

/* "RIP: 0010:NAME+0x12/0x34": where the kernel was, before the calls. (On arm64, which says
 * "pc : NAME+0x12/0x34", it comes again as the first of them.) */
static bool parse_ip(struct slice line, struct trace_frame *frame)
{
	uint64_t address;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	frame->flags = STK_FRAME_ACTIVATION;
	if (!slice_skip(&line, "RIP: 0010:"))
		return false;
	if (kernel_symbol(line, frame))
		return true;
	/* a jump to nowhere */
	return slice_hex(&line, &frame->pc) && (frame->why = "it is in no function", true) &&
	       (!line.size || slice_hexdigits(&line, &address) || line.at[0] == '.' ||
		line.at[0] == ' ');
}

/* "task:bash            state:D stack:    0 pid:  712 ppid:     1 flags:0x00000000" */
static bool is_task(struct slice line)
{
	return slice_starts(line, "task:") && slice_find(line, " state:") != SIZE_MAX &&
	       slice_find(line, " pid:") != SIZE_MAX;
}

/* Whose the next stack is. */
static bool is_owner(struct slice line)
{
	static const char *const texts[] = {
		"Allocated by task ",
		"Freed by task ",
		"Last potentially related work creation",
		"Second to last potentially related",
		NULL,
	};

	return starts(line, texts) || is_task(line);
}

static bool is_end(struct slice line)
{
	return slice_starts(line, "---[ end ");
}

static bool is_head(struct slice line)
{
	struct trace_frame frame;

	line = slice_trim(line);
	return is_trouble(line) || is_trace(line) || is_cpu(line) || is_owner(line) ||
	       is_end(line) || slice_starts(line, "Oops: ") || parse_ip(line, &frame);
}

/* "CPU: 3 PID: 1234 Comm: insmod Tainted: ..." */
static void read_cpu(struct report *r, struct slice line)
{
	struct slice rest = line, before;
	size_t end;

	r->id = r->tid = (uint32_t)slice_number_behind(line, " PID: ");
	r->runs = true;
	if (!slice_until(&rest, " Comm: ", &before))
		return;
	for (end = slice_find(rest, " Tainted: "); end == SIZE_MAX; end = slice_find(rest, " "))
		if (slice_find(rest, " ") == SIZE_MAX)
			end = rest.size;
	if (slice_find(rest, " Not tainted") < end)
		end = slice_find(rest, " Not tainted");
	r->name = slice_trim(slice_to(rest, end));
}

static void read_task(struct report *r, struct slice line)
{
	struct slice rest = line, before, name = line;
	uint64_t pid;

	slice_skip(&name, "task:");
	if (!slice_until(&name, " state:", &before))
		return;
	/* whose stack is missing */
	if (r->name.at && r->stacks)
		report_remark(r, r->name);
	r->name = slice_trim(before);
	if (slice_until(&rest, " pid:", &before) &&
	    (rest = slice_trim(rest), slice_dec(&rest, &pid)))
		r->id = r->tid = (uint32_t)pid;
	r->runs = true;
	r->crashed = false;
}

static void read_owner(struct report *r, struct slice line)
{
	if (is_task(line)) {
		read_task(r, line);
		return;
	}
	/* whose stack is missing */
	if (r->header.at)
		report_remark(r, r->header);
	r->id = slice_number_behind(line, " by task ");
	r->runs = false;
	r->header = line;
	slice_drop(&r->header, ":");
}

static void read_trouble(struct report *r, struct slice line)
{
	struct slice rest = line, before;
	struct stk_cause *cause = builder_cause(trace_builder(r->t));
	bool first = !cause->text || !*cause->text;
	uint64_t address;

	/* a warning, or a task that waits: the kernel goes on */
	if (slice_starts(line, "INFO: ") || slice_starts(line, "WARNING: ") ||
	    slice_starts(line, "rcu: INFO: ")) {
		trace_title(r->t, line);
		r->crashed = false;
		return;
	}
	report_say(r, line);
	if (first &&
	    (slice_until(&rest, ", address: ", &before) ||
	     slice_until(&rest, " at virtual address ", &before)) &&
	    slice_hexdigits(&rest, &address)) {
		cause->has_address = true;
		cause->address = address;
	}
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct trace_frame frame;

	if (is_trouble(line)) {
		if (r->stacks && !slice_starts(line, "Kernel panic"))
			return REPORT_OVER;
		if (r->state)
			report_remark(r, line);
		else
			read_trouble(r, line);
		r->state = 1;
		return REPORT_TAKEN;
	}
	if (parse_ip(line, &frame)) {
		/* it comes again behind the end */
		if (trace_pushed(r->t) || r->stacks)
			return REPORT_TEXT;
		trace_push_frame(r->t, &frame);
		return REPORT_TAKEN;
	}
	if (is_cpu(line)) {
		read_cpu(r, line);
		report_remark(r, line);
		return REPORT_TAKEN;
	}
	if (!is_owner(line))
		return REPORT_TEXT;
	/* a list of tasks behind something else */
	if (is_task(line) && r->stacks && r->state)
		return REPORT_OVER;
	read_owner(r, line);
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = kernel_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, MAX_HEAD, 24 };

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_peek(t, &line) && is_head(line) && report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

/* What happened and whose the calls are, up to a frame of another stack. */
static unsigned count_above(struct trace_above *above)
{
	unsigned n, count = 0;
	struct slice line;

	for (n = 0; n < MAX_HEAD && trace_above_line(above, n, &line); n++) {
		if (is_head(line) && !is_end(slice_trim(line)))
			count = n + 1;
		else if (listing_is_frame(&stack, line))
			break;
	}
	return count;
}

static const struct trace_mark marks[] = {
	{ "BUG: ", "", false },
	{ "watchdog: BUG: ", "", false },
	{ "WARNING: CPU: ", "", false },
	{ "WARNING: at ", "", false },
	{ "WARNING: possible ", "", false },
	{ "WARNING: suspicious ", "", false },
	{ "WARNING: inconsistent ", "", false },
	{ "Unable to handle kernel ", "", false },
	{ "general protection fault", "", false },
	{ "Kernel panic - not syncing: ", "", false },
	{ "kernel BUG at ", "", false },
	{ "INFO: task ", "", false },
	{ "INFO: rcu", "", false },
	{ "rcu: INFO: ", "", false },
	{ "NMI watchdog: ", "", false },
	{ "Internal error: ", "", false },
	{ "divide error: ", "", false },
	{ "invalid opcode: ", "", false },
	{ "UBSAN: ", "", false },
	{ "Call Trace:", "", true },
	{ "Call trace:", "", true },
	{ "RIP: 0010:", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_oops = {
	.name = "kernel",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};

/* ---- /proc/PID/stack: "[<0>] ep_poll+0x3a1/0x3d0" ---- */

/* "==> /proc/12/task/13/stack <==" of head and tail */
static bool is_file(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "==> /proc/") && slice_ends(line, "/stack <==");
}

/* Where the kernel was entered: nothing is below it. */
static bool is_entry(struct slice func)
{
	/* clang-format off */
	static const char *const names[] = {
		"entry_SYSCALL_64_after_hwframe", "entry_SYSCALL_64_fastpath", "ret_from_fork",
		"ret_from_fork_asm", "ret_from_kernel_thread", "el0t_64_sync", "el0_svc_naked", "el0_svc",
		"ret_fast_syscall", "system_call_fastpath", "entry_SYSENTER_compat_after_hwframe", NULL,
	};
	/* clang-format on */
	size_t i;

	for (i = 0; names[i]; i++)
		if (slice_is(func, names[i]))
			return true;
	return false;
}

static bool parse_proc(struct slice line, struct trace_frame *frame)
{
	uint64_t number;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	return slice_starts(slice_trim(line), "[<") && kernel_frame(line, frame, &number);
}

static bool is_proc(struct slice line)
{
	struct trace_frame frame;

	return parse_proc(line, &frame);
}

static bool is_own(struct slice line)
{
	return is_file(line) || is_proc(line);
}

static void read_head_of_file(struct slice line, uint64_t *tid)
{
	line = slice_trim(line);
	*tid = slice_number_behind(line, "/task/");
	if (!*tid)
		*tid = slice_number_behind(line, "/proc/");
}

/* Up to where the kernel was entered. */
static void read_stack(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	while (listing_find(t, is_own, 4, &line) && parse_proc(line, &frame)) {
		trace_skip(t);
		if (!frame.func.at && frame.pc == UINT64_MAX)
			break;
		trace_push_frame(t, &frame);
		if (frame.func.at && is_entry(frame.func))
			break;
	}
}

static bool probe_proc(struct trace *t)
{
	struct slice line;

	return trace_next(t, &line) &&
	       (is_proc(line) || (is_file(line) && trace_next(t, &line) && is_proc(line)));
}

static void read_proc(struct trace *t)
{
	struct stk_task *task;
	struct slice line;
	uint64_t tid = 0;

	while (listing_find(t, is_own, 1, &line)) {
		if (is_file(line)) {
			read_head_of_file(line, &tid);
			trace_skip(t);
			continue;
		}
		read_stack(t);
		if (!trace_pushed(t))
			continue;
		task = trace_task(t, STK_THREAD);
		task->id = tid;
		task->tid = (uint32_t)tid;
		tid = 0;
	}
}

static const struct trace_mark proc_marks[] = {
	{ "==> /proc/", "", false }, { "==&gt; /proc/", "", false }, { "[<0>] ", "", false },
	{ "[<ffffffff", "", false }, { "[&lt;0&gt;] ", "", false },  { "[&lt;ffffffff", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_procstack = {
	.name = "proc-stack",
	.marks = proc_marks,
	.probe = probe_proc,
	.read = read_proc,
};
