/* SPDX-License-Identifier: Apache-2.0 */
/* Time, size and memory of formats: bench_outputs TASKS KINDS FORMAT... writes a made-up dump of
 * TASKS goroutines with KINDS different stacks of 6 to 15 frames to /dev/null. With OUT=FILE in
 * the environment, to FILE. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/output/output.h"
#include "../unit/sample_dump.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Grouping counts: it is a part of what the format costs. */
static void write_prepared(const struct stk_dump *dump, const struct output *output,
			   struct out *out)
{
	struct stk_style style = { 0 };
	struct stk_dump *grouped = NULL;

	if (output->format.groups)
		stk_error_free(stk_group(dump, STK_GROUP_LINE, &grouped));
	output->write(grouped ? grouped : dump, &style, out);
	stk_free(grouped);
}

static int measure(const struct stk_dump *dump, const char *name)
{
	const char *path = getenv("OUT");
	int fd = open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);
	const struct output *output = output_find(name);
	long before = peak_kib();
	double start = now_ms();
	struct out out;

	if (fd < 0 || !output)
		return 1;
	out_init(&out, fd);
	write_prepared(dump, output, &out);
	stk_error_free(out_finish(&out));
	printf("%s: %.0f ms, %.1f MB, %ld KiB more memory at the peak\n", name, now_ms() - start,
	       (double)out.total / 1e6, peak_kib() - before);
	out_deinit(&out);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct stk_dump *dump;
	int i, status = argc < 4;

	if (status) {
		fprintf(stderr, "usage: bench_outputs TASKS KINDS FORMAT...\n");
		return 64;
	}
	dump = many_dump((uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]));
	for (i = 3; i < argc; i++)
		status |= measure(dump, argv[i]);
	stk_free(dump);
	return status;
}
