/* SPDX-License-Identifier: Apache-2.0 */
/* sink - where the data goes: standard output, or a file that appears whole or not at all. */
#ifndef SINK_H
#define SINK_H

#include "opt.h"

/* Names of inputs come from two places: the arguments, and options. */
enum { SINK_LISTS = 2 };

struct sink {
	int fd;
	char *path;      /* what it becomes; NULL: fd is written in place */
	char *temporary; /* what it is until then */
};

/* `path` NULL or "-" is standard output. It may be none of the inputs, by whatever name: that
 * would destroy it; where one of them can be read by its owner only, so can the output. Returns 0,
 * or the exit status after saying why not. sink_close() is called either way. */
int sink_open(struct sink *sink, const char *path, const struct list inputs[SINK_LISTS]);
/* Gives the file its name. */
int sink_commit(struct sink *sink);
/* Removes what was not committed. */
void sink_close(struct sink *sink);

#endif
