/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets of the runtime's structures, against those solved from real programs of each release. */
#include "test.h"

#include "lang/go/layout.h"

static void offsets_of_g_are_those_of_the_release(void **state)
{
	static const struct {
		unsigned minor;
		uint16_t syscallsp, status, goid, waitsince, waitreason, lockedm, sig, sigcode0,
			sigpc;
		uint16_t parent, gopc, startpc, waiting, labels;
	} cases[] = {
		{ 17, 112, 144, 152, 168, 176, 232, 240, 272, 288, 0, 296, 312, 328, 360 },
		{ 20, 112, 144, 152, 168, 176, 232, 240, 272, 288, 0, 296, 312, 328, 360 },
		{ 21, 112, 144, 152, 168, 176, 208, 216, 248, 264, 272, 280, 296, 312, 344 },
		{ 22, 112, 144, 152, 168, 176, 208, 216, 248, 264, 272, 280, 296, 312, 344 },
		{ 23, 112, 152, 160, 176, 184, 216, 224, 256, 272, 280, 288, 304, 320, 352 },
		{ 24, 112, 152, 160, 176, 184, 216, 228, 256, 272, 280, 288, 304, 320, 352 },
		{ 25, 104, 144, 152, 168, 176, 208, 220, 248, 264, 272, 280, 296, 312, 344 },
		{ 26, 104, 144, 152, 168, 176, 208, 224, 256, 272, 280, 288, 304, 320, 352 },
		{ 27, 104, 144, 152, 168, 176, 208, 224, 256, 272, 280, 288, 304, 320, 352 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct golayout l;

		golayout_init(&l, cases[i].minor);
		assert_int_equal(l.g.syscallsp, cases[i].syscallsp);
		assert_int_equal(l.g.status, cases[i].status);
		assert_int_equal(l.g.goid, cases[i].goid);
		assert_int_equal(l.g.waitsince, cases[i].waitsince);
		assert_int_equal(l.g.waitreason, cases[i].waitreason);
		assert_int_equal(l.g.lockedm, cases[i].lockedm);
		assert_int_equal(l.g.sig, cases[i].sig);
		assert_int_equal(l.g.sigcode0, cases[i].sigcode0);
		assert_int_equal(l.g.sigpc, cases[i].sigpc);
		assert_int_equal(l.g.parent, cases[i].parent);
		assert_int_equal(l.g.gopc, cases[i].gopc);
		assert_int_equal(l.g.startpc, cases[i].startpc);
		assert_int_equal(l.g.waiting, cases[i].waiting);
		assert_int_equal(l.g.labels, cases[i].labels);
	}
}

static void offsets_of_m_are_those_of_the_release(void **state)
{
	static const struct {
		unsigned minor;
		uint16_t procid, curg, caughtsig, id, throwing, dying;
	} cases[] = {
		{ 17, 72, 192, 200, 232, 244, 268 },
		{ 24, 72, 192, 200, 232, 244, 268 },
		{ 25, 64, 184, 192, 224, 236, 260 },
		{ 26, 64, 184, 192, 232, 244, 268 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct golayout l;

		golayout_init(&l, cases[i].minor);
		assert_int_equal(l.m.procid, cases[i].procid);
		assert_int_equal(l.m.curg, cases[i].curg);
		assert_int_equal(l.m.caughtsig, cases[i].caughtsig);
		assert_int_equal(l.m.id, cases[i].id);
		assert_int_equal(l.m.throwing, cases[i].throwing);
		assert_int_equal(l.m.dying, cases[i].dying);
	}
}

static void wait_reasons_have_the_numbers_of_the_release(void **state)
{
	/* clang-format off */
	static const struct { unsigned minor, number, count; const char *words; } cases[] = {
		{ 17, 18, 27, "semacquire" }, { 19, 26, 27, "debug call" },
		{ 20, 21, 32, "sync.Mutex.Lock" }, { 21, 31, 32, "stopping the world" },
		{ 22, 36, 38, "coroutine" }, { 23, 37, 38, "GC weak to strong wait" },
		{ 24, 24, 44, "sync.WaitGroup.Wait" }, { 24, 43, 44, "select (synctest)" },
		{ 25, 18, 47, "GOMAXPROCS updater (idle)" }, { 25, 46, 47, "cleanup wait" },
		{ 26, 19, 47, "chan receive" }, { 27, 46, 47, "cleanup wait" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct golayout l;

		golayout_init(&l, cases[i].minor);
		assert_int_equal(l.nreasons, cases[i].count);
		assert_string_equal(l.reasons[cases[i].number], cases[i].words);
	}
}

static void unknown_releases_get_the_nearest(void **state)
{
	struct golayout l;

	(void)state;
	golayout_init(&l, 3);
	assert_int_equal(l.minor, GO_OLDEST);
	golayout_init(&l, 99);
	assert_int_equal(l.minor, GO_NEWEST);
}

static void statuses_are_words(void **state)
{
	(void)state;
	assert_string_equal(golayout_status(GO_WAITING), "waiting");
	assert_string_equal(golayout_status(GO_RUNNING | GO_SCAN), "running");
	assert_string_equal(golayout_status(12), "???");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_of_g_are_those_of_the_release),
		cmocka_unit_test(offsets_of_m_are_those_of_the_release),
		cmocka_unit_test(wait_reasons_have_the_numbers_of_the_release),
		cmocka_unit_test(unknown_releases_get_the_nearest),
		cmocka_unit_test(statuses_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
