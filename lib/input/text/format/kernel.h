/* SPDX-License-Identifier: Apache-2.0 */
/* Frames as the Linux kernel prints them (lib/kallsyms, "%pB"):
 *	 do_one_initcall+0x44/0x200
 *	 ? kmem_cache_alloc_trace+0x1b/0x30 [nf_tables]        what was found on the stack, perhaps of old
 *	 __do_sys_init_module fs/x.c:12 [inline]               as syzkaller symbolizes them
 *	[<ffffffff8107a8b1>] ? futex_wait+0xc1/0x120           before 4.10, and in /proc/PID/stack ("[<0>]")
 *	[c000000012345678] [c000000000012340] do_idle+0x2c/0x40 (unreliable)       on POWER */
#ifndef INPUT_TEXT_FORMAT_KERNEL_H
#define INPUT_TEXT_FORMAT_KERNEL_H

#include "report.h"

/* `number` is for what formats share: kernel frames have none. */
bool kernel_frame(struct slice line, struct trace_frame *frame, uint64_t *number);
/* "NAME+0x12/0x34 [module]" alone. */
bool kernel_symbol(struct slice s, struct trace_frame *frame);

#endif
