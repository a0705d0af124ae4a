/* SPDX-License-Identifier: Apache-2.0 */
/* Without libseccomp system calls have numbers, and no names. */
#include "private.h"

char *callname(const struct arch *arch, int64_t number)
{
	(void)arch, (void)number;
	return NULL;
}
