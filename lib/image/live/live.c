/* SPDX-License-Identifier: Apache-2.0 */
/* A running process as an image. Attached to first and stopped later: its files are found and
 * opened while it runs, so that the pause is for registers and stacks alone. */
#include "live.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PAUSE_MS 200

/* Stacks in use are mostly shorter than a page or two. These bound the pause where they are not:
 * together at most 32 MiB (some milliseconds), but of each 64 KiB. */
#define STACKS_TOGETHER ((uint64_t)32 << 20)
#define STACK_LEAST ((uint64_t)64 << 10)
#define STACK_MOST ((uint64_t)1 << 20)
/* With --deep. */
#define STACK_DEEP ((uint64_t)256 << 20)

/* ---- which process ---- */

static struct stk_error *no_process(uint64_t pid)
{
	struct proc_status own;

	if (pid == 0)
		return error_create(STK_NO_INPUT, "process 0 is the kernel itself");
	if (!proc_status((uint64_t)getpid(), &own))
		return error_create(STK_NO_INPUT, "/proc is not mounted here");
	if (pid <= INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM))
		return live_help(error_create(STK_NO_PERMISSION,
					      "process %llu is hidden: /proc is mounted "
					      "with hidepid",
					      (unsigned long long)pid),
				 STK_REMEDY_ROOT, pid);
	return error_create(STK_NO_INPUT, "there is no process %llu", (unsigned long long)pid);
}

static struct stk_error *has_exited(const struct live *live)
{
	return error_create(STK_NO_INPUT, "process %llu has just exited",
			    (unsigned long long)live->pid);
}

static struct stk_error *is_dead(const struct proc_status *status)
{
	struct proc_status parent = { 0 };

	(void)proc_status(status->ppid, &parent);
	return error_create(STK_FAILED,
			    "process %u has exited: it is a zombie that its parent, '%s' "
			    "(pid %u), has not waited for",
			    status->tgid, parent.name, status->ppid);
}

static struct stk_error *find_process(struct live *live, struct builder *b, uint64_t pid,
				      struct proc_status *status)
{
	struct proc_status living;

	if (!proc_status(pid, status))
		return no_process(pid);
	if (status->tgid == (uint32_t)getpid())
		return error_create(STK_USAGE, "process %llu is stk itself",
				    (unsigned long long)pid);
	if (status->tgid != pid) {
		if (!proc_status(status->tgid, status))
			return no_process(pid);
		builder_note(b, STK_NOTE_PID_IS_THREAD,
			     builder_fmt(b, "%llu", (unsigned long long)pid),
			     "this is a thread of process %u ('%s'), which is shown whole",
			     status->tgid, status->name);
	}
	live->pid = status->tgid;
	live->tid = proc_living(live->pid);
	if (!live->tid)
		return is_dead(status);
	if (!live->started)
		live->started = proc_started(live->pid);
	if (proc_status(live->tid, &living) && !living.has_memory)
		return error_create(STK_FAILED,
				    "process %llu ('%s') is a thread of the kernel or is "
				    "exiting: it has no memory of its own",
				    (unsigned long long)live->pid, status->name);
	return NULL;
}

/* ---- what kind of process ---- */

static struct stk_error *find_arch(struct image *image)
{
	struct live *live = image->own;
	FREE_AT_END char *path = xasprintf("/proc/%u/exe", live->tid);
	struct mapping map = { NULL, 0 };
	struct elf_info info = { 0 };
	CLOSE_AT_END int fd = -1;
	struct stk_error *err = file_open(path, &fd);

	if (!err)
		err = mapping_open(fd, &map);
	if (!err)
		info = elf_of_file(&map, image->page);
	mapping_close(&map);
	error_drop(err);
	if (!info.valid) {
		/* Not readable here: then it is most likely of our own kind. */
		info.machine = sizeof(void *) == 8 ? EM_X86_64 : EM_386;
		info.word = sizeof(void *);
#ifdef __aarch64__
		info.machine = EM_AARCH64;
#endif
	}
	image->arch = arch_find(info.machine, info.word, info.big_endian);
	if (!image->arch)
		return error_create(STK_FAILED,
				    "process %llu is of an architecture that stk does not know "
				    "(ELF machine %u, %u-bit)",
				    (unsigned long long)live->pid, info.machine, info.word * 8);
	if (image->arch->word > sizeof(void *))
		return error_create(STK_FAILED,
				    "process %llu is a 64-bit process, which this 32-bit stk "
				    "cannot read",
				    (unsigned long long)live->pid);
	return NULL;
}

static void read_auxv(struct image *image)
{
	const struct live *live = image->own;
	FREE_AT_END char *path = xasprintf("/proc/%u/auxv", live->tid), *bytes = NULL;
	unsigned word = image->arch->word;
	size_t size = 0, i;

	error_drop(read_file(path, 65536, &bytes, &size));
	image->nauxv = size / (word * 2);
	image->auxv = xcalloc(image->nauxv + 1, 2 * sizeof(*image->auxv));
	for (i = 0; i < image->nauxv * 2; i++)
		image->auxv[i] = arch_word(image->arch, bytes + i * word, word);
}

static char *read_link(const char *path)
{
	char *target = xcalloc(1, LIMIT_STRING);

	if (readlink(path, target, LIMIT_STRING - 1) < 0) {
		free(target);
		return NULL;
	}
	return target;
}

static bool same_link(const char *a, const char *b)
{
	FREE_AT_END char *x = read_link(a), *y = read_link(b);

	return x && y && !strcmp(x, y);
}

/* The target's paths are found under its own root, unless that is ours. */
static void find_root(struct live *live)
{
	FREE_AT_END char *mounts = xasprintf("/proc/%u/ns/mnt", live->tid);
	struct stat theirs, ours;

	snprintf(live->root, sizeof(live->root), "/proc/%u/root", live->tid);
	if (stat(live->root, &theirs) != 0 || stat("/", &ours) != 0 ||
	    (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino &&
	     same_link(mounts, "/proc/self/ns/mnt")))
		live->root[0] = '\0';
}

static void fill_target(struct image *image, const struct proc_status *status)
{
	const struct live *live = image->own;
	struct stk_target *target = builder_target(image->b);
	FREE_AT_END char *path = xasprintf("/proc/%u/cmdline", live->tid), *line = NULL;
	size_t size = 0, i;

	error_drop(read_file(path, LIMIT_STRING, &line, &size));
	while (size && !line[size - 1])
		size--;
	for (i = 0; i < size; i++)
		if (!line[i])
			line[i] = ' ';
	target->kind = STK_TARGET_PROCESS;
	target->name = builder_fmt(image->b, "pid %llu", (unsigned long long)live->pid);
	target->pid = live->pid;
	target->command = builder_str(image->b, status->name);
	target->command_line = builder_strn(image->b, size ? line : "", size);
	target->arch = builder_str(image->b, image->arch->name);
	target->word = image->arch->word;
}

static void add_facts(struct image *image, const struct proc_status *status)
{
	const struct live *live = image->own;

	if (strchr(status->ns_pids, ' '))
		builder_fact(image->b, "process", "pid namespaces",
			     builder_fmt(image->b, "%s (outermost first)", status->ns_pids));
	if (*live->root)
		builder_fact(image->b, "process", "root",
			     builder_fmt(image->b, "%s (another than stk's)", live->root));
}

/* ---- attaching ---- */

/* Still the process that was found? Its number may have been given to another, of which all that is
 * read from here on would be. Once a thread of it is traced, the number stays with it, also when it
 * has ended. */
static bool is_the_same(const struct live *live)
{
	return proc_started(live->pid) == live->started;
}

/* Does anything of it let itself be read? With Yama, /proc may be open where memory is not. */
static bool is_readable(struct image *image)
{
	size_t i, tries = 0;
	char byte;

	for (i = 0; i < image->nranges && tries < 4; i++)
		if (image->ranges[i].readable) {
			if (live_read(image->own, image->ranges[i].start, &byte, 1))
				return true;
			tries++;
		}
	return false;
}

static struct stk_error *attach(struct live *live)
{
	size_t count, i, gone = 0;
	struct traced *list;

	live->tracer = tracer_open(live->pid);
	list = tracer_threads(live->tracer, &count);
	for (i = 0; i < count; i++) {
		if (list[i].status == TRACED_SEIZED)
			return NULL;
		gone += list[i].status == TRACED_GONE;
	}
	for (i = 0; i < count; i++)
		if (list[i].status == TRACED_REFUSED)
			return live_deny(live->pid, list[i].errnum);
	if (gone)
		return has_exited(live);
	return error_create(STK_FAILED,
			    "process %llu cannot be attached to: no thread can be started "
			    "for that",
			    (unsigned long long)live->pid);
}

static void look_at_threads(struct image *image)
{
	struct live *live = image->own;
	FREE_AT_END uint32_t *tids = NULL;
	size_t count = proc_tasks(live->pid, &tids);

	builder_target(image->b)->threads = (uint32_t)count;
	live_threads_before(image, tids, count);
	live->stack_bytes = count ? STACKS_TOGETHER / count : STACK_MOST;
	if (live->stack_bytes > STACK_MOST)
		live->stack_bytes = STACK_MOST;
	if (live->stack_bytes < STACK_LEAST)
		live->stack_bytes = STACK_LEAST;
}

static struct stk_error *read_space(struct image *image)
{
	struct live *live = image->own;
	struct stk_error *err = live_maps(image);

	if (err && err->code == STK_NO_PERMISSION) {
		error_drop(err);
		return live_deny(live->pid, EACCES);
	}
	if (err)
		return err;
	if (!image->nranges)
		return has_exited(live);
	if (!live->tracer && !is_readable(image))
		return is_the_same(live) ? live_deny(live->pid, EPERM) : has_exited(live);
	return image_complete(image);
}

static const struct image_ops live_ops;

static void nothing(void *arg)
{
	(void)arg;
}

static struct stk_error *open_live(struct image *image, uint64_t pid, bool none, bool stopped)
{
	struct live *live = image->own;
	struct proc_status status;
	FREE_AT_END char *exe = NULL, *mem = NULL;
	struct stk_error *err = find_process(live, image->b, pid, &status);

	if (!err)
		err = find_arch(image);
	if (err)
		return err;
	image->owner = status.uid[0];
	if (!none)
		err = attach(live);
	if (!is_the_same(live)) {
		error_drop(err);
		return has_exited(live);
	}
	if (err)
		return err;
	exe = xasprintf("/proc/%u/exe", live->tid);
	mem = xasprintf("/proc/%u/mem", live->tid);
	live->exe = read_link(exe);
	live->mem = open(mem, O_RDONLY | O_CLOEXEC);
	find_root(live);
	read_auxv(image);
	fill_target(image, &status);
	add_facts(image, &status);
	look_at_threads(image);
	live->early = stopped && live->tracer;
	if (live->early)
		tracer_stop(live->tracer, live->max_pause_ms, nothing, NULL, true);
	return read_space(image);
}

struct stk_error *image_open_live(uint64_t pid, const struct stk_pause *pause,
				  const struct stk_files *files, unsigned want, bool stopped,
				  uint64_t *started, struct builder *b, struct image **ret)
{
	struct image *image = image_new(b, files);
	struct live *live = xcalloc(1, sizeof(*live));
	struct stk_error *err;

	image->own = live;
	image->ops = &live_ops;
	image->page = (uint64_t)sysconf(_SC_PAGESIZE);
	image->unverified = pause->none;
	live->mem = -1;
	live->want = want;
	live->started = *started;
	live->max_pause_ms = pause->max_pause_ms ? pause->max_pause_ms : DEFAULT_PAUSE_MS;
	err = open_live(image, pid, pause->none, stopped);
	*started = live->started;
	if (err) {
		image_close(image);
		return err;
	}
	*ret = image;
	return NULL;
}

/* ---- the operations ---- */

/* What is left of them comes last: a stack may lie in a mapping with much else (that of a goroutine does,
 * in the heap), and nobody knows here where it ends. */
static void copy_deep(struct image *image)
{
	struct live *live = image->own;

	if (live->want & STK_WANT_DEEP && !(live->want & STK_WANT_NO_STACKS))
		live_copy_stacks(image, live->stack_bytes, STACK_DEEP);
}

/* What the pause is for. */
static void copy_all(void *arg)
{
	struct image *image = arg;
	struct live *live = image->own;

	live->stopped = true;
	image->stale = !live_maps_again(image) && !live->early;
	if (live->tracer)
		live_threads_stopped(image);
	else
		live_threads_unstopped(image);
	if (!(live->want & STK_WANT_NO_STACKS))
		live_copy_stacks(image, 0, live->stack_bytes);
	if (!live->keep)
		copy_deep(image);
}

static struct stk_error *live_stop(struct image *image, bool keep)
{
	struct live *live = image->own;

	live->keep = keep;
	live_make_room(image, builder_target(image->b)->threads, keep);
	if (live->tracer && !live->early)
		tracer_stop(live->tracer, live->max_pause_ms, copy_all, image, keep);
	else
		copy_all(image);
	if (!image->nthreads || (!live->tracer && !is_the_same(live)))
		return has_exited(live);
	builder_target(image->b)->threads = (uint32_t)image->nthreads;
	return NULL;
}

static void note_pause(struct image *image)
{
	const struct live *live = image->own;

	if (live->tracer && live->denied)
		builder_note_remedy(
			image->b, STK_REMEDY_MAX_PAUSE, STK_NOTE_PAUSE_EXCEEDED,
			builder_target(image->b)->name,
			"it was let go after %llu ms of at most %u, before everything was read",
			(unsigned long long)(tracer_pause_ns(live->tracer) / 1000000),
			live->max_pause_ms);
	if (!live->tracer)
		builder_note(
			image->b, STK_NOTE_UNVERIFIED, builder_target(image->b)->name,
			"it was read while it ran: stacks may be of different moments, or wrong");
}

static void live_resume(struct image *image)
{
	struct live *live = image->own;

	if (live->resumed)
		return;
	if (live->stopped && live->keep)
		copy_deep(image);
	live->resumed = true;
	if (live->tracer)
		tracer_resume(live->tracer);
	if (!live->stopped)
		return;
	if (live->tracer) {
		builder_target(image->b)->pause_ns = tracer_pause_ns(live->tracer);
		live_threads_explain(image);
	}
	note_pause(image);
}

static void live_read_late(struct image *image, bool on)
{
	struct live *live = image->own;

	live->late = on;
}

static void live_close(struct image *image)
{
	struct live *live = image->own;

	tracer_close(live->tracer);
	live_copies_deinit(live);
	live_threads_deinit(live);
	if (live->mem >= 0)
		close(live->mem);
	free(live->exe);
	free(live);
}

/* /proc/PID/map_files leads to what was mapped, whatever became of its name, but is for root
 * alone; /proc/PID/exe is for everyone who may trace. */
static int live_open_mapped(struct image *image, const struct mapped_file *first)
{
	const struct live *live = image->own;
	FREE_AT_END char *path = NULL;
	int fd;

	path = xasprintf("/proc/%u/map_files/%llx-%llx", live->tid,
			 (unsigned long long)first->start, (unsigned long long)first->end);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && live->exe && !strcmp(live->exe, first->path)) {
		free(path);
		path = xasprintf("/proc/%u/exe", live->tid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

static const char *live_root(struct image *image)
{
	const struct live *live = image->own;

	return *live->root ? live->root : NULL;
}

static const char *live_why_unreadable(struct image *image, uint64_t addr,
				       enum stk_remedy *ret_remedy)
{
	const struct live *live = image->own;
	const struct image_range *range = image_range_at(image, addr);
	bool deep;

	if (!range || !range->readable)
		return NULL;
	if (live->tracer && tracer_expired(live->tracer)) {
		*ret_remedy = STK_REMEDY_MAX_PAUSE;
		return "was not copied before the end of the pause";
	}
	if (live->copies.full)
		return builder_fmt(image->b,
				   "was not copied: %zu MiB are copied of a process at most",
				   LIMIT_COPY_BYTES >> 20);
	deep = live->want & STK_WANT_DEEP;
	*ret_remedy = deep ? STK_REMEDY_NONE : STK_REMEDY_DEEP;
	return builder_fmt(image->b, "was not copied: of each stack the newest %llu KiB were",
			   (unsigned long long)(deep ? STACK_DEEP : live->stack_bytes) >> 10);
}

static const struct image_ops live_ops = {
	.fetch = live_fetch,
	.peek = live_peek,
	.gather = live_gather,
	.stop = live_stop,
	.resume = live_resume,
	.read_late = live_read_late,
	.close = live_close,
	.open_mapped = live_open_mapped,
	.root = live_root,
	.why_unreadable = live_why_unreadable,
};
