// Swift GotAPI · SPDX-License-Identifier: MIT
// glibc's malloc.h, which the module Glibc leaves out: malloc_trim(3).
#pragma once
#include <malloc.h>
