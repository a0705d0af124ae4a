/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

const struct goruntime *goruntime_of_code(const struct go *go, const struct gocode *code)
{
	size_t i;

	for (i = 0; i < go->count; i++)
		if (code->module >= go->modules[i].items &&
		    code->module < go->modules[i].items + go->modules[i].count)
			return &go->runtimes[i];
	return &go->runtimes[0];
}

struct goruntime *goruntime_of_goroutine(const struct go *go, const struct goroutine *g)
{
	size_t i;

	for (i = 0; i < go->count; i++)
		if (g >= go->runtimes[i].gs && g < go->runtimes[i].gs + go->runtimes[i].count)
			return &go->runtimes[i];
	return &go->runtimes[0];
}
