/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the text framework share; formats see only text.h. */
#ifndef INPUT_TEXT_READER_H
#define INPUT_TEXT_READER_H

#include "text.h"

/* The bytes of one path, mapped, read or decompressed. */
struct source {
	struct slice bytes;
	struct mapping mapping;
	char *copy; /* malloc'ed */
	bool kept;  /* the dump has taken them */
};

/* How many lines of other writers may stand between two of a trace. */
#define FOREIGN_LINES 32
#define WRAPPER_PREFIX 512 /* what is longer is no prefix of a logger */

/* What a logger, a container runtime or a person who pasted it has put around the lines of a
 * trace; wrapper.c finds it out at the first line and takes it off the others. Zeroed: nothing.
 *
 *	2024-01-02T03:04:05.6Z stderr F #0 0x1149 in f x.c:3 pod=web-1
 *	`----------- prefix -----------'                    `-suffix-'
 */
struct wrapper {
	bool on;
	struct slice prefix;         /* as the first line has it */
	bool varies[WRAPPER_PREFIX]; /* its digits that count or tell the time: others may stand there, and
				      * more or fewer of them */
	bool bare;  /* the prefix has no letter or digit: blanks, a mark of quotation. It is
				      * no logger's, and a line without it is outside of what is meant */
	bool signs; /* of CockroachDB: it ends in a sign of how an entry goes on */
	bool cri;   /* of kubernetes: it ends in "F " or, where the line was cut and goes
				      * on in the next, in "P " */
	struct slice suffix; /* " key=value": the same behind every line */
	bool doubled;        /* every line has an empty one behind it */

	/* The whole trace, or a piece of it, is one string in which line ends and quotes are escapes:
	 * {"log":"goroutine 1 [running]:\n..."} */
	bool escaped;
	bool quoted;         /* the string ends at its closing quote ... */
	bool piped;          /* ... or is TeamCity's: "|n", up to the closing apostrophe ... */
	bool hashed;         /* ... or rsyslog's: "#012", up to the end of the line */
	struct slice key;    /* `"message":"`: before it in objects whose other members vary */
	bool after_line_end; /* the mark of the trace is not in the string's first line */
	bool continues;      /* a string that does not end in a line end goes on in the next */
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
	const char *source; /* the file's name, interned */
	struct slice bytes; /* the whole input */
	struct trace_place place;
	size_t floor;  /* where the last trace ended */
	uint32_t line; /* number of the line that was given last */
	struct wrapper wrapper;
	struct arena scratch; /* decoded lines */
	struct slice decoded; /* the last of them: place.rest is a part of it */

	struct foreign *foreign;
	size_t nforeign, foreign_cap;

	/* the stack that is being collected */
	uint32_t *frames;
	struct stk_detail *details; /* parallel, only with STK_WANT_DETAIL */
	size_t nframes, frames_cap, details_cap;
	uint32_t elided, elided_at;
	enum stk_end end; /* valid with has_end */
	uint64_t end_address;
	bool has_end;
	bool detailed; /* it has details whatever is asked for */

	/* source lines of the frame that is being made: bytes, a line end behind each */
	char *snippet;
	size_t snippet_size, snippet_cap, snippet_head;
	uint32_t snippet_first, snippet_lines;
	const struct stk_source **sources; /* all of them so far */
	size_t nsources, sources_cap;

	uint32_t nprofiled; /* tasks that profiles have given */
	struct intern memo;
	struct arena memo_keys;
	uint32_t *memo_frames;
	size_t memo_cap;

	struct stk_report report;
	uint32_t first_report; /* of this file */
	bool reported;         /* the format has made its reports itself */
	bool restored;         /* the target is known: the input was a dump */
	const char *refused;   /* this file is a dump that is not to be read: why */
	bool html;             /* the input has entities of HTML */
	bool found;            /* a trace, in this file */
	bool has_cause;
	uint32_t nunread;     /* stacks that were said and not read, in this file */
	uint32_t unread_line; /* the last of them, and of whom it is */
	const char *unread_language;
	bool has_logged; /* the cause is that of an exception that was only logged */

	struct trace_mapping *mappings; /* of all files */
	size_t nmappings, mappings_cap;
};

/* wrapper.c */
/* Finds out what stands around the line `raw`, where a trace begins at `column`; `next` are the
 * bytes after it. false: nothing that could be taken off. */
bool wrapper_find(struct wrapper *wrapper, struct slice raw, size_t column, struct slice next);
/* What all of the first three lines end in, where it looks like a logger's " key=value". */
struct slice wrapper_suffix(struct slice bytes);
/* Length of the prefix in `raw`, or SIZE_MAX when it is another's line. */
size_t wrapper_match(const struct wrapper *wrapper, struct slice raw);
/* How much of the line is certainly no part of a trace: the field of journalctl -o export. */
size_t wrapper_journal_field(struct slice raw);
/* false: in this line is certainly no escape for a line end. */
bool wrapper_may_escape(struct slice raw);
/* Do all lines have an empty one behind them? */
bool wrapper_doubles_lines(struct slice bytes);
/* The text that an escaped string stands for; out has room for its size. */
size_t wrapper_unescape(const struct wrapper *wrapper, struct slice content, char *out);
/* Moves to the apostrophe that closes TeamCity's string in which s begins. */
bool wrapper_skip_piped(struct slice *s);
bool wrapper_is_part(const struct wrapper *wrapper, struct slice raw, size_t prefix);

/* lines.c */
/* The physical line at offset `at`, without its end; *next is where the following begins. */
struct slice line_at(struct slice bytes, size_t at, size_t *next);
void lines_deinit(struct trace *t);
/* Lines of a decoded string, which has no bytes in the input, are another's: they stay as text. */
void lines_keep(struct trace *t, struct slice text);

/* The clean part of a physical line, or of the last one in it. */
struct slice lines_clean(struct trace *t, struct slice raw, size_t prefix);

/* above.c */
/* Where a trace begins that has a mark in the line at `marked`: an offset in the input, or in `text`. */
size_t above_start(struct trace *t, const struct trace_format *format, size_t marked);
size_t above_start_decoded(struct trace *t, const struct trace_format *format, struct slice text,
			   size_t marked);

/* decode.c: of whole texts */
/* What there is to decode in a text. */
struct text_needs {
	bool colours, entities;
};
struct text_needs text_needs(struct slice text);
size_t text_decode_entities(struct slice s, char *out); /* room for s.size */
bool text_is_utf16(struct slice text);
size_t text_decode_utf16(struct slice text, char *out); /* room for 3 bytes of each 2 */

/* marks.c */
#define MAX_FORMATS 128

struct marks;

/* A line with marks in it. */
struct candidate {
	size_t line;                /* offset of the line (of the one above, for `above`) */
	size_t marked;              /* offset of the line that has the mark */
	size_t end;                 /* offset of the line after it */
	unsigned count;             /* how many formats have a mark in it ... */
	bool has[MAX_FORMATS];      /* ... and which */
	size_t column[MAX_FORMATS]; /* where their trace would begin */
	bool above[MAX_FORMATS];
};

struct marks *marks_new(const struct trace_format *const *formats, unsigned nformats);
/* The first line at or after `from` with a mark in it; what a mark is above of is sought back to
 * `floor`. */
bool marks_next(const struct marks *marks, struct slice bytes, size_t floor, size_t from,
		struct candidate *c);
/* Where the line with offset `at` begins, at or after `floor`. */
size_t line_start(struct slice bytes, size_t floor, size_t at);

/* find.c */
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

/* build.c */
void report_begin(struct trace *t, const char *format);
void report_end(struct trace *t);
void build_deinit(struct trace *t);

#endif
