/* SPDX-License-Identifier: Apache-2.0 */
#include "out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "utf8.h"

/* Flushed when it is this full: few system calls, and constant memory however large the output. */
#define FLUSH_AT ((size_t)64 * 1024)

void out_init(struct out *out, int fd)
{
	memset(out, 0, sizeof(*out));
	out->fd = fd;
}

void out_deinit(struct out *out)
{
	free(out->buffer);
	memset(out, 0, sizeof(*out));
	out->fd = -1;
}

static void flush(struct out *out)
{
	size_t done = 0;

	while (done < out->used && !out->errnum) {
		ssize_t wrote = write(out->fd, out->buffer + done, out->used - done);

		if (wrote >= 0)
			done += (size_t)wrote;
		else if (errno != EINTR)
			out->errnum = errno;
	}
	out->used = 0;
}

struct stk_error *out_finish(struct out *out)
{
	if (out->fd >= 0)
		flush(out);
	if (!out->errnum)
		return NULL;
	if (out->errnum == EPIPE)
		return error_create(STK_FAILED, "%s", "");
	return error_create(STK_FAILED, "cannot write the output: %s", strerror(out->errnum));
}

void out_bytes(struct out *out, const void *bytes, size_t size)
{
	if (out->fd >= 0 && out->used >= FLUSH_AT)
		flush(out);
	if (size > out->cap - out->used)
		out->buffer = grow(out->buffer, &out->cap, out->used + size, 1);
	if (size)
		memcpy(out->buffer + out->used, bytes, size);
	out->used += size;
	out->total += size;
}

void out_str(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

void out_char(struct out *out, char c)
{
	if (out->used == out->cap || out->used >= FLUSH_AT) {
		out_bytes(out, &c, 1);
		return;
	}
	out->buffer[out->used++] = c;
	out->total++;
}

void out_fmt(struct out *out, const char *format, ...)
{
	char fixed[256];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(fixed, sizeof(fixed), format, args);
	va_end(args);
	if (size < 0)
		return;
	if ((size_t)size < sizeof(fixed)) {
		out_bytes(out, fixed, (size_t)size);
		return;
	}
	FREE_AT_END char *text = xmalloc((size_t)size + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)size + 1, format, args);
	va_end(args);
	out_bytes(out, text, (size_t)size);
}

void out_dec(struct out *out, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	out_bytes(out, digits + at, sizeof(digits) - at);
}

void out_hex(struct out *out, uint64_t value, unsigned digits)
{
	char text[18];
	size_t at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value || sizeof(text) - at < digits);
	text[--at] = 'x';
	text[--at] = '0';
	out_bytes(out, text + at, sizeof(text) - at);
}

void out_pad(struct out *out, size_t spaces)
{
	while (spaces--)
		out_char(out, ' ');
}

void out_paint(struct out *out, enum out_colour colour)
{
	static const char *const codes[] = {
		[OUT_PLAIN] = "\033[0m", [OUT_BAD] = "\033[1;31m", [OUT_FUNC] = "\033[33m",
		[OUT_FILE] = "\033[32m", [OUT_DIM] = "\033[2m",    [OUT_HEAD] = "\033[1m",
		[OUT_GOOD] = "\033[36m",
	};

	if (out->colour)
		out_str(out, codes[colour]);
}

/* What a terminal could obey, or a reader be deceived by. */
static bool is_deceptive(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe007f);
}

size_t out_printable(const char *text, size_t size)
{
	uint32_t c = 0;
	size_t length = utf8_char(text, size, &c);

	return is_deceptive(c) ? 0 : length;
}

static void escape(struct out *out, unsigned char c)
{
	if (c == '\n')
		out_str(out, "\\n");
	else if (c == '\t')
		out_str(out, "\\t");
	else if (c == '\r')
		out_str(out, "\\r");
	else
		out_fmt(out, "\\x%02x", c);
}

/* How many bytes at the beginning are printable ASCII, eight at a time: a byte below ' ' or
 * above '~' sets the top bit of its lane in one of the three terms. Lanes above it may be wrong
 * then, which costs a closer look at bytes that are plain. */
static size_t plain_ascii(const char *text, size_t size)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	size_t at = 0;
	uint64_t word;

	for (; size - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if (((word - ones * 0x20) | (word + ones) | word) & (ones << 7))
			break;
	}
	while (at < size && text[at] >= 0x20 && text[at] < 0x7f)
		at++;
	return at;
}

void out_textn(struct out *out, const char *text, size_t size)
{
	size_t at = 0, plain = 0, length;

	/* Long printable runs go out in one piece. */
	for (;;) {
		at += plain_ascii(text + at, size - at);
		if (at == size)
			break;
		length = out_printable(text + at, size - at);
		if (length) {
			at += length;
			continue;
		}
		out_bytes(out, text + plain, at - plain);
		escape(out, (unsigned char)text[at]);
		plain = ++at;
	}
	out_bytes(out, text + plain, at - plain);
}

void out_text(struct out *out, const char *text)
{
	if (text)
		out_textn(out, text, strlen(text));
}
