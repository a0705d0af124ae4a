/* SPDX-License-Identifier: Apache-2.0 */
/* Every size or count that comes from a file or a target meets one of these before it
 * reaches an allocator or bounds a loop; where one is hit, a note says so. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define LIMIT_FRAMES 1000000u /* of one stack */
#define LIMIT_THREADS 1000000u
#define LIMIT_PROFILE_TASKS 4000000u /* a profile of ten bytes can claim any number */
#define LIMIT_SEGMENTS 16000000u     /* PT_LOADs; vm.max_map_count is far below */
#define LIMIT_MAPPINGS 4000000u      /* entries of NT_FILE */
#define LIMIT_MODULES 100000u
#define LIMIT_CORE_BYTES ((uint64_t)1 << 46) /* of a decompressed core (sparse) */
#define LIMIT_COPY_BYTES ((size_t)1 << 30)   /* of a live target's memory */
#define LIMIT_MAPS_BYTES ((size_t)1 << 28)   /* of /proc/PID/maps */
#define LIMIT_STRING 65536u                  /* a path or a name read from a target */
#define LIMIT_SYMBOLS 50000000u              /* of one module */
#define LIMIT_INLINE_DEPTH 256u
#define LIMIT_DIE_DEPTH 256u
#define LIMIT_INFLATED ((uint64_t)4 << 30) /* of the debug sections of one file */
#define LIMIT_DOWNLOAD_SECONDS 90u         /* for one debug file */
#define LIMIT_OPEN_SECONDS 5u              /* for a file system to say whether it has a file */

#endif
