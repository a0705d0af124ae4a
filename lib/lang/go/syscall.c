/* SPDX-License-Identifier: Apache-2.0 */
/* The system call that a goroutine's thread is in, from its registers. */
#include "syscall.h"

#include <stdlib.h>
#include <string.h>

/* Calls whose first argument is a descriptor. */
static bool takes_descriptor(const char *name)
{
	static const char *const names[] = {
		"accept",    "accept4",  "connect", "epoll_pwait", "epoll_wait",
		"fdatasync", "flock",    "fsync",   "getdents64",  "ioctl",
		"pread64",   "pwrite64", "read",    "readv",       "recvfrom",
		"recvmsg",   "sendmsg",  "sendto",  "write",       "writev",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Is the thread right behind the instruction that enters the kernel? */
static bool is_in_kernel(struct go *go, const struct image_thread *thread)
{
	static const unsigned char amd64[] = { 0x0f, 0x05 }, arm64[] = { 0x01, 0x00, 0x00, 0xd4 };
	size_t size = go->arm ? sizeof(arm64) : sizeof(amd64);
	const unsigned char *code = gomem_at(&go->mem, thread->regs.pc - size, size);

	return code && !memcmp(code, go->arm ? arm64 : amd64, size);
}

/* false when the registers do not tell. */
static bool call_number(struct go *go, const struct image_thread *thread, uint32_t *ret)
{
	uint64_t number;

	if (go->arm) {
		if (!regs_known(&thread->regs, 8))
			return false;
		number = thread->regs.r[8];
	} else if (!image_register(go->image, thread, "orig_rax", &number)) { /* rax: the result */
		return false;
	}
	if ((uint32_t)number >= 4096)
		return false;
	*ret = (uint32_t)number;
	return true;
}

const char *gosyscall_text(struct go *go, struct builder *b, const struct image_thread *thread)
{
	unsigned first = go->arm ? 0 : 5; /* x0, rdi */
	FREE_AT_END char *name = NULL;
	uint32_t number;

	if (!thread->has_regs || !is_in_kernel(go, thread) || !call_number(go, thread, &number))
		return NULL;
	name = image_syscall_name(go->image, number);
	if (!name)
		return builder_fmt(b, "system call %u", number);
	if (!takes_descriptor(name) || !regs_known(&thread->regs, first))
		return builder_fmt(b, "system call %s", name);
	return builder_fmt(b, "system call %s, descriptor %d", name, (int)thread->regs.r[first]);
}
