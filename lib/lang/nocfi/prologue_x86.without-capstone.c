/* SPDX-License-Identifier: Apache-2.0 */
#include "prologue.h"

const struct prologue_ops prologue_x86_64, prologue_i386;
