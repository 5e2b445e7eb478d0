/* Swift GotAPI · SPDX-License-Identifier: MIT
 *
 * libffi, for functions of libraries that have no GotAPI code. The functions below hand out the addresses of its global
 * type descriptions, which Swift cannot take, and its default calling convention; they do nothing of their own. */

#ifndef CFFI_SHIM_H
#define CFFI_SHIM_H

#include <ffi.h>
#include <stdint.h>

/* What the caller relies on: a small integer result comes back as an ffi_arg of 64 bits. */
_Static_assert(sizeof(ffi_arg) == sizeof(uint64_t), "libffi widens small results to another size");

static inline ffi_type *CFFI_void(void) { return &ffi_type_void; }
static inline ffi_type *CFFI_sint8(void) { return &ffi_type_sint8; }
static inline ffi_type *CFFI_sint16(void) { return &ffi_type_sint16; }
static inline ffi_type *CFFI_sint32(void) { return &ffi_type_sint32; }
static inline ffi_type *CFFI_sint64(void) { return &ffi_type_sint64; }
static inline ffi_type *CFFI_uint8(void) { return &ffi_type_uint8; }
static inline ffi_type *CFFI_uint16(void) { return &ffi_type_uint16; }
static inline ffi_type *CFFI_uint32(void) { return &ffi_type_uint32; }
static inline ffi_type *CFFI_uint64(void) { return &ffi_type_uint64; }
static inline ffi_type *CFFI_float(void) { return &ffi_type_float; }
static inline ffi_type *CFFI_double(void) { return &ffi_type_double; }
static inline ffi_type *CFFI_pointer(void) { return &ffi_type_pointer; }

static inline ffi_status CFFI_prepare(ffi_cif *cif, unsigned int count, ffi_type *result, ffi_type **arguments) {
    return ffi_prep_cif(cif, FFI_DEFAULT_ABI, count, result, arguments);
}

/* `address` is a function's, as dlsym(3) gives it. */
static inline void CFFI_call(ffi_cif *cif, void *address, void *result, void **arguments) {
    ffi_call(cif, FFI_FN(address), result, arguments);
}

#endif
