/* SPDX-License-Identifier: Apache-2.0 */
/* JSON taken apart without building it: where values, members and elements begin and end. What
 * is in them is for a real parser to judge, piece by piece; brackets and strings are all that is
 * looked at here. */
#ifndef INPUT_STK_PIECES_H
#define INPUT_STK_PIECES_H

#include "../text/text.h"

/* The value at the start of `s`, and `s` is what follows it. false: it does not end in `s`, or there
 * is none. Blanks before it are passed over. */
bool json_value(struct slice *s, struct slice *ret);

/* Walking through an object or array, of which `s` is what is left: at first from its bracket on.
 * json_key() moves to the value of the next member, whose key it gives with its quotes; json_next()
 * moves to the next element; what stands there is for the caller to take off. false: there is no
 * more, and json_close() takes the bracket off; it is false where the input ends before that. */
bool json_key(struct slice *s, struct slice *key);
bool json_next(struct slice *s);
bool json_close(struct slice *s);
/* json_key() and json_value(). */
bool json_member(struct slice *s, struct slice *key, struct slice *value);
/* The member of this name; false when it has none. The object need not end. */
bool json_find(struct slice object, const char *name, struct slice *ret);
/* Is the key, quotes and all, this name? */
bool json_is_key(struct slice key, const char *name);

/* For text that comes in lines: is it a whole value yet? Zeroed at first. */
struct json_balance {
	size_t depth;
	bool begun, in_string, escaped;
};

/* Goes over more of it; true when the value ends here, after *used bytes. */
bool json_balance(struct json_balance *b, struct slice more, size_t *used);

#endif
