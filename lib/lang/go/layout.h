/* SPDX-License-Identifier: Apache-2.0 */
/* Where the fields of Go's runtime structures stand, by release. Offsets in bytes, the same on
 * amd64 and arm64. Solved from memory of real programs of every release against the runtime's
 * own dumps; held against the debug information of programs built by each (tests/go/layout.c). */
#ifndef LANG_GO_LAYOUT_H
#define LANG_GO_LAYOUT_H

#include "../../base/base.h"

/* Go 1.N. */
enum { GO_OLDEST = 17, GO_NEWEST = 27 };

struct golayout {
	unsigned minor;
	struct {
		uint16_t lr, syscallsp, syscallpc, status, goid, waitsince, waitreason, lockedm;
		uint16_t sig, sigcode0, sigcode1, sigpc, parent, gopc, ancestors, startpc, waiting;
		uint16_t labels, timer, bubble, size; /* 0: there is none */
	} g;
	struct {
		uint16_t procid, gsignal, curg, caughtsig, id, throwing, dying, incgo;
	} m;
	struct {
		uint16_t types, gofunc, next; /* gofunc 0: none */
	} md;
	struct {
		uint16_t elem, waitlink, chan;
	} sudog;
	struct {
		uint16_t elemtype, recvq, sendq;
	} hchan;
	struct {
		uint16_t arg, link, recovered, goexit, repanicked; /* repanicked 0: none */
	} panic;
	uint16_t bubble_id; /* in synctestBubble; 0: it is the root's goroutine id */
	uint16_t poll_rg;   /* in pollDesc; wg follows */
	uint16_t timer_when;
	const char *const *reasons;
	unsigned nreasons;
};

/* Offsets that never changed. */
/* clang-format off */
enum {
	GO_G_LO = 0, GO_G_HI = 8, GO_G_PANIC = 32, GO_G_M = 48,
	GO_G_SP = 56, GO_G_PC = 64, GO_G_SELF = 72,
	GO_M_G0 = 0,
	GO_MD_FUNCTAB = 104, GO_MD_MINPC = 160, GO_MD_MAXPC = 168, GO_MD_TEXT = 176,
	GO_MD_DATA = 208, GO_MD_EDATA = 216, GO_MD_BSS = 224, GO_MD_EBSS = 232,
	GO_MD_ENOPTRBSS = 248,
	GO_BUBBLE_NOW = 80, GO_BUBBLE_ROOT = 88,
};
/* clang-format on */

/* Status of a goroutine, without the scan bit. */
/* clang-format off */
enum {
	GO_IDLE, GO_RUNNABLE, GO_RUNNING, GO_SYSCALL, GO_WAITING, GO_DEAD = 6, GO_COPYSTACK = 8,
	GO_PREEMPTED, GO_LEAKED, GO_DEADEXTRA, GO_SCAN = 0x1000,
};
/* clang-format on */

/* minor is clamped to what is known. */
void golayout_init(struct golayout *ret, unsigned minor);
/* Word of a status; "???" as the runtime prints it when it is none. */
const char *golayout_status(uint32_t status);

#endif
