/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <pthread.h>
#include <string.h>

/* To add a format: a line here, in the order of documentation. The file NAME.c ends with
 * `const struct output output_NAME`. */
#define OUTPUTS(X) \
	X(delve) \
	X(go) \
	X(group) \
	X(debug1) \
	X(json) \
	X(jsonl) \
	X(pprof) \
	X(folded) \
	X(flamegraph) \
	X(speedscope) \
	X(html) \
	X(dot) \
	X(waits) \
	X(threads) \
	X(goroutines) \
	X(info) \
	X(addr) \
	X(diff)

#define X(name) extern const struct output output_##name;
OUTPUTS(X)
#undef X

static const struct output *const outputs[] = {
#define X(name) &output_##name,
	OUTPUTS(X)
#undef X
		NULL
};

const struct output *output_find(const char *name)
{
	const struct output *const *output;

	for (output = outputs; *output; output++)
		if (!strcmp((*output)->format.name, name))
			return *output;
	return NULL;
}

/* The listed rows' public parts side by side; the rest stays zeroed and ends them. */
static struct stk_format formats[ARRAY_SIZE(outputs)];

static void list_formats(void)
{
	const struct output *const *output;
	size_t count = 0;

	for (output = outputs; *output; output++)
		if ((*output)->listed)
			formats[count++] = (*output)->format;
}

STK_API const struct stk_format *stk_formats(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, list_formats);
	return formats;
}
