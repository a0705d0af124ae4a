/* SPDX-License-Identifier: Apache-2.0 */
/* Facts from /proc. Every file of it may vanish or be forbidden at any time: what is not known is
 * left out. */
#include "live.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 80

/* A short file whole; 0: not readable. NUL-terminated. */
static size_t slurp(const char *path, char *ret, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	if (fd < 0)
		return 0;
	while (used + 1 < room && (got = read(fd, ret + used, room - used - 1)) > 0)
		used += (size_t)got;
	close(fd);
	ret[used] = '\0';
	return used;
}

static size_t slurp_task(uint64_t pid, uint32_t tid, const char *file, char *ret, size_t room)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "/proc/%llu/task/%u/%s", (unsigned long long)pid, tid, file);
	return slurp(path, ret, room);
}

/* What follows "KEY:\t"; NULL when there is no such line. */
static const char *field(const char *text, const char *key)
{
	size_t length = strlen(key);
	const char *line = text;

	while (line) {
		if (!strncmp(line, key, length) && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

static uint64_t number(const char *text, const char *key, int base)
{
	const char *value = field(text, key);

	return value ? strtoull(value, NULL, base) : 0;
}

static void three_ids(const char *text, const char *key, uint32_t ret[3])
{
	const char *at = field(text, key);
	char *end;
	unsigned i;

	for (i = 0; at && i < 3; i++, at = end)
		ret[i] = (uint32_t)strtoul(at, &end, 10);
}

/* A line's value, tabs as blanks. */
static void copy_field(const char *text, const char *key, char *ret, size_t room)
{
	const char *value = field(text, key);
	size_t length = value ? strcspn(value, "\n") : 0, i;

	if (length >= room)
		length = room - 1;
	for (i = 0; i < length; i++)
		ret[i] = value[i] == '\t' ? ' ' : value[i];
	ret[length] = '\0';
}

bool proc_status(uint64_t pid, struct proc_status *ret)
{
	char path[PATH_ROOM], text[4096];
	const char *state;

	memset(ret, 0, sizeof(*ret));
	snprintf(path, sizeof(path), "/proc/%llu/status", (unsigned long long)pid);
	if (!slurp(path, text, sizeof(text)))
		return false;
	ret->tgid = (uint32_t)number(text, "Tgid", 10);
	ret->ppid = (uint32_t)number(text, "PPid", 10);
	ret->tracer = (uint32_t)number(text, "TracerPid", 10);
	ret->cap_permitted = number(text, "CapPrm", 16);
	ret->cap_effective = number(text, "CapEff", 16);
	ret->seccomp = (unsigned)number(text, "Seccomp", 10);
	three_ids(text, "Uid", ret->uid);
	three_ids(text, "Gid", ret->gid);
	copy_field(text, "Name", ret->name, sizeof(ret->name));
	copy_field(text, "NSpid", ret->ns_pids, sizeof(ret->ns_pids));
	ret->has_memory = field(text, "VmSize") != NULL;
	state = field(text, "State");
	ret->state = state ? *state : '?';
	return true;
}

/* "12 (a) b) S ...": a name may hold brackets, so the last one ends it. */
bool proc_thread(uint64_t pid, uint32_t tid, char *ret_state, char ret_name[PROC_NAME])
{
	char text[512], *open_at, *close_at;
	size_t length;

	if (!slurp_task(pid, tid, "stat", text, sizeof(text)))
		return false;
	open_at = strchr(text, '(');
	close_at = strrchr(text, ')');
	if (!open_at || !close_at || close_at < open_at || close_at[1] != ' ')
		return false;
	length = (size_t)(close_at - open_at - 1);
	if (length >= PROC_NAME)
		length = PROC_NAME - 1;
	memcpy(ret_name, open_at + 1, length);
	ret_name[length] = '\0';
	*ret_state = close_at[2];
	return true;
}

/* The 22nd number of stat; the name is the second, and may hold blanks. */
uint64_t proc_started(uint64_t pid)
{
	char path[PATH_ROOM], text[1024];
	const char *at;
	unsigned field;

	snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
	at = slurp(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
	for (field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at += at != NULL;
	}
	return at ? strtoull(at, NULL, 10) : 0;
}

bool proc_wchan(uint64_t pid, uint32_t tid, char ret[PROC_NAME])
{
	return slurp_task(pid, tid, "wchan", ret, PROC_NAME) > 0 && strcmp(ret, "0") != 0;
}

/* "running", "-1 SP PC", or "NUMBER ARG*6 SP PC" (proc_pid_syscall in fs/proc/base.c). */
struct proc_call proc_call(uint64_t pid, uint32_t tid)
{
	struct proc_call call = { .number = -1 };
	uint64_t numbers[8];
	char text[256], *at, *end;
	size_t n = 0;

	if (!slurp_task(pid, tid, "syscall", text, sizeof(text)))
		return call;
	call.number = strtoll(text, &end, 10);
	if (end == text)
		return call;
	for (at = end; n < ARRAY_SIZE(numbers); n++, at = end) {
		numbers[n] = strtoull(at, &end, 16);
		if (end == at)
			break;
	}
	if (n != 2 && n != ARRAY_SIZE(numbers))
		return call;
	call.in_call = n == ARRAY_SIZE(numbers) && call.number >= 0;
	if (call.in_call)
		memcpy(call.args, numbers, sizeof(call.args));
	call.sp = numbers[n - 2];
	call.pc = numbers[n - 1];
	call.known = true;
	return call;
}

/* "TIME ON A CPU, TIME READY FOR ONE, TURNS" (Documentation/scheduler/sched-stats.rst). */
int64_t proc_run_delay(uint64_t pid, uint32_t tid)
{
	char text[128], *at;

	if (!slurp_task(pid, tid, "schedstat", text, sizeof(text)))
		return 0;
	strtoull(text, &at, 10);
	return (int64_t)strtoull(at, NULL, 10);
}

bool proc_is_pending(uint64_t pid, int signal)
{
	char path[PATH_ROOM], text[4096];

	snprintf(path, sizeof(path), "/proc/%llu/status", (unsigned long long)pid);
	if (!slurp(path, text, sizeof(text)))
		return false;
	return ((number(text, "SigPnd", 16) | number(text, "ShdPnd", 16)) >> (signal - 1) & 1) != 0;
}

size_t proc_tasks(uint64_t pid, uint32_t **ret)
{
	char path[PATH_ROOM];
	const struct dirent *entry;
	uint32_t *list = NULL;
	size_t count = 0, cap = 0;
	DIR *dir;

	*ret = NULL;
	snprintf(path, sizeof(path), "/proc/%llu/task", (unsigned long long)pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (count < LIMIT_THREADS && (entry = readdir(dir))) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (!tid)
			continue;
		list = grow(list, &cap, count + 1, sizeof(*list));
		list[count++] = tid;
	}
	closedir(dir);
	*ret = list;
	return count;
}

static bool is_zombie(char state)
{
	return state == 'Z' || state == 'X' || state == 'x';
}

uint32_t proc_living(uint64_t pid)
{
	FREE_AT_END uint32_t *tids = NULL;
	size_t count = proc_tasks(pid, &tids), i;
	char name[PROC_NAME], state;

	for (i = 0; i < count; i++)
		if (proc_thread(pid, tids[i], &state, name) && !is_zombie(state))
			return tids[i];
	return 0;
}

const char *proc_state_word(char state)
{
	switch (state) {
	/* clang-format off */
	case 'R': return "running";
	case 'S': return "sleeping";
	case 'D': return "uninterruptible";
	case 'T': return "stopped";
	case 't': return "traced";
	case 'Z': return "zombie";
	case 'I': return "idle";
	default: return NULL;
		/* clang-format on */
	}
}
