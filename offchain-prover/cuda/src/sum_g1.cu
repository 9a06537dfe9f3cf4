// Sums over points of G1.

#include <ff/alt_bn128.hpp>

#include <ec/jacobian_t.hpp>
#include <ec/xyzz_t.hpp>

typedef jacobian_t<fp_t> point_t;
typedef xyzz_t<fp_t> bucket_t;
typedef bucket_t::affine_t affine_t;
typedef fr_t scalar_t;

#define SORT_OF_THIS_GROUP sort_g1
#include "sum.cuh"

#include "parts.hpp"

#ifndef __CUDA_ARCH__

void clearproof::sum_g1(const gpu_t &gpu, const void *points, const void *scalars, size_t count, uint64_t sum[12])
{
    static_assert(sizeof(affine_t) == 64 && sizeof(scalar_t) == 32, "as the interface has them");
    static_assert(sizeof(point_t) == 12 * sizeof(uint64_t), "as the interface has them");
    sum_points(gpu, points, scalars, count, sum);
}

#endif
