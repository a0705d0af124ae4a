/* SPDX-License-Identifier: Apache-2.0 */
/* sink - where the data goes: standard output, or a file that appears whole or not at all. */
#ifndef SINK_H
#define SINK_H

struct sink {
	int fd;
	char *path;      /* what it becomes; NULL: fd is written in place */
	char *temporary; /* what it is until then */
};

/* `path` NULL or "-" is standard output. Returns 0, or the exit status after saying why not.
 * sink_close() is called either way. */
int sink_open(struct sink *sink, const char *path);
/* Gives the file its name. */
int sink_commit(struct sink *sink);
/* Removes what was not committed. */
void sink_close(struct sink *sink);

#endif
