/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test starts with: cmocka, and a word for tests that cannot run here. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Ends the running test as skipped and says why. */
/* clang-format off */
#define SKIP_TEST(reason)                     \
	do {                                  \
		printf("SKIP: %s\n", reason); \
		skip();                       \
	} while (0)
/* clang-format on */

#endif
