/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of a core, collected over all its PT_NOTE segments. */
#ifndef IMAGE_NOTES_H
#define IMAGE_NOTES_H

#include "private.h"

struct core_notes {
	bool kernel; /* of a kernel: it has a note VMCOREINFO */
	bool has_psinfo, has_siginfo, damaged;
	uint32_t pid, uid; /* of has_psinfo */
	bool traced;       /* a debugger wrote it: the process was stopped for one */
	char fname[16], psargs[80];
	int signal, signal_code;
	uint64_t signal_address;
	uint32_t sender_pid, sender_uid;
	const unsigned char *auxv;
	size_t auxv_size;
};

/* Reads one segment's notes: threads go to the image, the rest to notes. */
void notes_read(struct image *image, struct core_notes *notes, struct cursor *c);
/* After the last segment: NT_FILE's and NT_AUXV's contents go to the image; duplicate threads are
 * dropped, damage is noted. */
void notes_finish(struct image *image, struct core_notes *notes);

#endif
