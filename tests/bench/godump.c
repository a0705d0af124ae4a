/* SPDX-License-Identifier: Apache-2.0 */
/* A dump of goroutines as a busy server writes it: godump [GOROUTINES] prints it.
 *
 * Some dozens of distinct stacks, every goroutine with arguments of its own; with 100,000
 * goroutines 176 MB. The same bytes every time. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { KINDS = 40, DEPTH = 14 };

static uint64_t seed = 88172645463325252ull;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void put_frame(unsigned kind, unsigned depth)
{
	static const char *const packages[] = { "net/http", "database/sql", "internal/poll",
						"example.com/server/queue",
						"google.golang.org/grpc" };
	const char *package = packages[(kind * 7 + depth * 3) % 5];
	unsigned line = 20 + kind * 13 + depth * 41;

	printf("%s.(*Worker%u).step%u(0xc%09llx, {0x%llx?, 0xc%09llx?}, 0x%llx)\n", package,
	       kind % 8, depth, (unsigned long long)(next() >> 28),
	       (unsigned long long)(next() >> 40), (unsigned long long)(next() >> 28),
	       (unsigned long long)(next() >> 60));
	printf("\t/usr/local/src/%s/worker%u.go:%u +0x%x\n", package, kind % 8, line, line * 3);
}

int main(int argc, char **argv)
{
	static const char *const states[] = {
		"chan receive",      "select", "IO wait", "semacquire", "chan receive, 3 minutes",
		"select, 17 minutes"
	};
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000, i;

	for (i = 1; i <= count; i++) {
		unsigned kind = (unsigned)(next() % KINDS), depth = DEPTH - kind % 4, j;

		printf("%sgoroutine %lu [%s]:\n", i > 1 ? "\n" : "", i, states[next() % 6]);
		for (j = 0; j < depth; j++)
			put_frame(kind, j);
		printf("created by net/http.(*Server).Serve%u\n"
		       "\t/usr/local/go/src/net/http/server.go:%u +0x2a\n",
		       kind % 3, 3000 + kind % 3);
	}
	return 0;
}
