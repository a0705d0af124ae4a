#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# shrink.py CORE OUT: what stk needs of a core of Python when none of its files are there: the notes, and
# writable memory. `zstd -19` makes some hundred kilobytes of it, so that cores of releases that no
# machine has can be kept (testdata/python).
import struct
import sys

data = open(sys.argv[1], 'rb').read()
ehdr = bytearray(data[:64])
phoff, = struct.unpack_from('<Q', data, 32)
phnum, = struct.unpack_from('<H', data, 56)
kept = []
for i in range(phnum):
    at = phoff + 56 * i
    kind, flags, offset, vaddr, paddr, filesz, memsz, align = struct.unpack_from('<IIQQQQQQ', data, at)
    body = data[offset:offset + filesz]
    if kind == 1 and (not flags & 2 or not body.strip(b'\0')):
        body = b''
    kept.append((kind, flags, vaddr, paddr, memsz, body))
offset = 64 + 56 * len(kept)
heads, bodies = b'', b''
for kind, flags, vaddr, paddr, memsz, body in kept:
    heads += struct.pack('<IIQQQQQQ', kind, flags, offset + len(bodies), vaddr, paddr, len(body), memsz, 1)
    bodies += body
struct.pack_into('<Q', ehdr, 32, 64)
struct.pack_into('<QHHHHHH', ehdr, 40, 0, 0, 64, 56, len(kept), 64, 0)
ehdr[40:48] = bytes(8)
struct.pack_into('<HHHHHH', ehdr, 52, 64, 56, len(kept), 64, 0, 0)
open(sys.argv[2], 'wb').write(bytes(ehdr) + heads + bodies)
