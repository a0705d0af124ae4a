/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the text framework share; formats see only text.h. */
#ifndef INPUT_TEXT_READER_H
#define INPUT_TEXT_READER_H

#include "text.h"

/* The bytes of one path, mapped, read or decompressed. */
struct source {
	struct slice bytes;
	struct mapping mapping;
	char *copy;   /* malloc'ed */
	bool kept;    /* the dump has taken them */
};

/* How many lines of other writers may stand between two of a trace. */
#define FOREIGN_LINES 32
#define LENS_PREFIX 512 /* a longer prefix is no prefix */

/* What stands around the lines of a trace. Zeroed: nothing. */
struct lens {
	bool on;
	struct slice prefix;      /* as the first line has it */
	bool varies[LENS_PREFIX]; /* digits that may be others, and be more or fewer (timestamps) */
	bool indent;              /* the prefix is blanks only */
	bool cri;                 /* the prefix ends in "F " or, for a part of a line, "P " */
	bool hashed;              /* control bytes are written as rsyslog does: #012 */
	bool escaped;             /* line ends and quotes are written as escapes ... */
	bool quoted;              /* ... up to the closing quote */
	bool piped;               /* ... TeamCity's, up to the closing apostrophe */
	bool doubled;             /* every line has an empty one behind it */
	struct slice key;         /* `"message":"`: of lines of JSON whose other members vary */
	bool inner;               /* escaped: there is a line end before the first mark */
	bool joins;               /* escaped: a line that does not end in \n goes on in the next */
	struct slice suffix;
};

/* Bytes [at, end) of other writers between the lines of a trace; of lines that were decoded, a copy
 * in the memory of the dump. */
struct foreign {
	size_t at, end;
	struct slice copy;
	uint32_t task; /* the one that comes next; STK_NONE: behind the trace */
};

struct trace {
	struct builder *b;
	unsigned want;
	const char *source;    /* the file's name, interned */
	struct slice bytes;    /* the whole input */
	struct trace_place place;
	uint32_t line;         /* number of the line that was given last */
	struct lens lens;
	struct arena scratch;  /* decoded lines */
	struct slice decoded;  /* the last of them: place.rest is a part of it */

	struct foreign *foreign;
	size_t nforeign, foreign_cap;

	/* the stack that is being collected */
	uint32_t *frames;
	struct stk_detail *details; /* parallel, only with STK_WANT_DETAIL */
	size_t nframes, frames_cap, details_cap;
	uint32_t elided, elided_at;
	enum stk_end end;      /* valid with has_end */
	uint64_t end_address;
	bool has_end;
	bool detailed;         /* it has details whatever is asked for */

	/* source lines of the frame that is being made: bytes, a line end behind each */
	char *snippet;
	size_t snippet_size, snippet_cap, snippet_head;
	uint32_t snippet_first, snippet_lines;
	const struct stk_source **sources; /* all of them so far */
	size_t nsources, sources_cap;

	uint32_t nprofiled;    /* tasks that profiles have given */
	struct intern memo;
	struct arena memo_keys;
	uint32_t *memo_frames;
	size_t memo_cap;

	struct stk_report report;
	uint32_t first_report; /* of this file */
	bool reported;         /* the format has made its reports itself */
	bool restored;         /* the target is known: the input was a dump */
	bool html;             /* the input has entities of HTML */
	bool found;            /* a trace, in this file */
	bool has_cause;

	struct trace_mapping *mappings; /* of all files */
	size_t nmappings, mappings_cap;
};

/* wrapper.c: what may stand around the line `raw`, whose clean part begins at `column`; `next`
 * are the bytes after it. false: nothing that could be taken off. */
bool lens_find(struct lens *lens, struct slice raw, size_t column, struct slice next);
/* What all of the first three lines end in: " key=value". */
struct slice lens_suffix(struct slice bytes);
/* Length of the prefix in `raw`, or SIZE_MAX when it is another's line. */
size_t lens_match(const struct lens *lens, struct slice raw);
/* How much of the line is certainly no part of a trace: the field of journalctl -o export. */
size_t lens_always(struct slice raw);
/* Do all lines have an empty one behind them? */
bool lens_doubled(struct slice bytes);
/* Undoes the escapes of a string; out has room for its size. */
size_t lens_undo(const struct lens *lens, struct slice content, char *out);
/* Moves to the apostrophe that closes TeamCity's string in which s begins. */
bool lens_skip_pipes(struct slice *s);
bool lens_is_part(const struct lens *lens, struct slice raw, size_t prefix);

/* lines.c */
/* The physical line at offset `at`, without its end; *next is where the following begins. */
struct slice line_at(struct slice bytes, size_t at, size_t *next);
void lines_deinit(struct trace *t);
/* Lines of a decoded string, which has no bytes in the input, are another's: they stay as text. */
void lines_keep(struct trace *t, struct slice text);

/* decode.c: of whole texts */
/* What there is to undo in a text. */
struct text_needs { bool colours, entities; };
struct text_needs text_needs(struct slice text);
size_t text_undo_entities(struct slice s, char *out); /* room for s.size */
bool text_is_utf16(struct slice text);
size_t text_undo_utf16(struct slice text, char *out); /* room for 3 bytes of each 2 */

/* find.c */
struct marks;

/* What the traces of all formats are found by; free() it. */
struct marks *trace_marks(void);
/* Reads t->bytes: false, and nothing, when they are no profile or other input that is not lines. */
bool trace_read_binary(struct trace *t);
void trace_read_lines(struct trace *t, const struct marks *marks);

/* source.c */
/* `keep`: the bytes stay until the dump is freed. */
struct stk_error *source_open(struct builder *b, const char *path, bool keep,
			      struct source *ret) STK_MUST;
void source_close(struct source *source);

/* stack.c */
void report_begin(struct trace *t, const char *format);
void report_end(struct trace *t);
void build_deinit(struct trace *t);

#endif
