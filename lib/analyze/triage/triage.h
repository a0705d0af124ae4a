/* SPDX-License-Identifier: Apache-2.0 */
/* analyze/triage/ - many crashes, few bugs. A dump becomes a crash (crash.c), that a line of JSON and
 * back (line.c), and lines from anywhere become bugs (bugs.c): so the expensive part, reading a core,
 * is one process's, and what it found can be put together in any order, on any machine.
 *
 * Two crashes are of one bug when their kind of fault and what their signatures are made of are equal.
 * What is only alike (alike.c) is proposed, never merged: a wrong merge hides a bug. */
#ifndef ANALYZE_TRIAGE_H
#define ANALYZE_TRIAGE_H

#include "../analyze.h"

/* Frames of a stack that are kept: the newest, beyond which nothing tells faults apart. */
#define TRIAGE_FRAMES 64u

/* ---- crash.c ---- */
/* The crash of a dump: strings are the dump's or the arena's. */
struct stk_crash triage_crash(const struct stk_dump *dump, const char *path, struct arena *arena);

/* ---- severity.c ---- */
/* In CASR's classes, by what the statements of the cause say that the instruction did. */
void triage_severity(const struct stk_dump *dump, struct stk_crash *crash);
/* 0 for none; the more the worse. */
unsigned triage_rank(const char *severity);

/* ---- line.c ---- */
char *triage_line(const struct stk_crash *crash);
/* The same line for another path; NULL: it is none. */
char *triage_line_as(const char *line, const char *path);
/* Strings go to the arena. false: it is no such line. */
bool triage_read_line(const char *line, struct arena *arena, struct stk_crash *ret);

/* ---- alike.c ---- */
/* Fills likes of every bug. Linear in the frames but for pairs that share a rare one. */
void triage_likes(struct stk_bugs *bugs, struct stk_bug *list, struct arena *arena);
char *triage_why(const struct stk_bugs *bugs, const struct stk_crash *a, const struct stk_crash *b);

#endif
