// What the library's parts offer to its interface. All of them throw; all pointers to vectors are to the device's memory.

#ifndef CLEARPROOF_CUDA_PARTS_HPP
#define CLEARPROOF_CUDA_PARTS_HPP

#include <cstddef>
#include <cstdint>

class gpu_t;

namespace clearproof {

// Jacobian coordinates of the sum over `count` points, one at least.
void sum_g1(const gpu_t &gpu, const void *points, const void *scalars, size_t count, uint64_t sum[12]);
void sum_g2(const gpu_t &gpu, const void *points, const void *scalars, size_t count, uint64_t sum[24]);

// Transforms and what comes between them. They are queued on the device's main stream and not waited for.
void transform(const gpu_t &gpu, void *values, uint32_t log_size, bool inverse, bool coset);
void divide(const gpu_t &gpu, void *a, const void *b, const void *c, const uint64_t factor[4], size_t count);
void quotient(const gpu_t &gpu, void *a, void *b, void *c, const uint64_t factor[4], uint32_t log_size);

} // namespace clearproof

#endif
